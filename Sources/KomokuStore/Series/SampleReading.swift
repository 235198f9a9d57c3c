import Komoku

/// How the values of a key are told as numbers.
package enum SampleReading: Hashable, Sendable {
    /// Numbers as they are, booleans as 1 and 0.
    case number
    /// 1 where the text is this one, 0 where it is another one.
    case text(String)

    /// Nil is a gap, and a value of another kind.
    func number(_ value: Value?) -> Double? {
        switch (self, value) {
        case (.number, .number(let number)): number
        case (.number, .boolean(let boolean)): boolean ? 1 : 0
        case (.text(let text), .string(let string)): string.utf8.elementsEqual(text.utf8) ? 1 : 0
        default: nil
        }
    }
}

/// A point as a number; nil is a gap.
package struct NumberedPoint: Hashable, Sendable {
    /// Microseconds since 1970.
    package var time: Int64
    package var value: Double?

    package init(time: Int64, value: Double?) { (self.time, self.value) = (time, value) }
}

/// Points of one key as numbers, ascending.
package struct NumberedPoints: Sendable {
    /// The newest one before the range.
    package internal(set) var before: NumberedPoint?
    /// Microseconds since 1970.
    package internal(set) var times: [Int64] = []
    /// NaN where there is a gap: no value of a key is one.
    package internal(set) var values: [Double] = []

    package init() {}
}

/// What is known of the points of one key in windows of one length that follow each other.
package struct NumberedWindows: Sendable {
    package struct Window: Sendable {
        /// Points, gaps included.
        package internal(set) var count = 0
        package internal(set) var first = NumberedPoint(time: 0, value: nil)
        package internal(set) var last = NumberedPoint(time: 0, value: nil)
        /// Points that are numbers, and of these the smallest, the largest, the sum, the mean, and the sum of the squared deviations.
        package internal(set) var numbers = 0
        package internal(set) var minimum = 0.0
        package internal(set) var maximum = 0.0
        package internal(set) var sum = 0.0
        package internal(set) var mean = 0.0
        package internal(set) var moment = 0.0
    }

    /// The newest point before the first window.
    package internal(set) var before: NumberedPoint?
    package internal(set) var windows: [Window]
}
