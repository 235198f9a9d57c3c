internal import Komoku
internal import KomokuExpression

/// How a message says when its values were measured.
package struct TimeReader: Sendable {
    /// What a number counts, since 1970.
    enum Form: String, CaseIterable, Sendable {
        /// Told by its size: no clock shows a time in which two of them would be mistaken.
        case auto
        case seconds = "s"
        case milliseconds = "ms"
        case microseconds = "us"
        case nanoseconds = "ns"
        case iso
    }

    /// The dotted path of the field; empty for the payload itself.
    var path: String
    var form = Form.auto
    /// Of dates without an offset; nil does not take them.
    var zone: Zone?
    /// Calculates with `value`, the field.
    var expression: CompiledExpression?
    /// Older times are not believed.
    var maxAge = TimeReader.usualAge
    /// Where the message comes sooner than this, its arrival is more exact: the clock counts seconds, and other messages of
    /// the device have no time.
    var grain = Duration.zero

    /// Somebody wrote that this is a time: what is none is said. A device may have other things there.
    var isConfigured = false

    static let usualAge = Duration.seconds(30 * 86_400)
    /// A clock that is ahead by no more is as right as clocks are: the message's arrival counts, and nothing is said.
    static let tolerance = Duration.seconds(60)

    enum Outcome: Hashable {
        case time(Timestamp)
        /// There is no time in it, or the arrival is as good.
        case none
        /// Why it is not believed, as a sentence.
        case wrong(String)
    }

    func time(of input: FieldDecoder.Input, arrival: Timestamp) -> Outcome {
        switch stamp(input, arrival) {
        case .none: return .none
        case .wrong(let reason): return isConfigured ? .wrong(reason) : .none
        case .time(let stamp):
            if stamp > arrival + Self.tolerance {
                return .wrong("the time of measurement is \(Self.roughly(stamp - arrival)) ahead")
            }
            if arrival - stamp > maxAge {
                return .wrong("the time of measurement is \(Self.roughly(arrival - stamp)) ago, more than \(maxAge)")
            }
            return stamp >= arrival || arrival - stamp < grain ? .none : .time(stamp)
        }
    }

    private static func roughly(_ duration: Duration) -> String {
        let seconds = min(duration.seconds.magnitude, 1e12)
        let unit = seconds >= 172_800 ? 86_400.0 : seconds >= 7200 ? 3600 : 60
        return Duration(seconds: (seconds / unit).rounded() * unit).map(\.description) ?? "very long"
    }

    private func stamp(_ input: FieldDecoder.Input, _ arrival: Timestamp) -> Outcome {
        guard let raw = input.value else { return .none }
        guard let expression else {
            if case .text(let text) = input { return stamp(text: text, arrival) }
            return raw.number.map(stamp) ?? .wrong("'\(input.text.prefix(40))' is no time")
        }
        switch expression.outcome({ _ in input.raw }) {
        case .unknown(let reason): return .wrong("'\(expression.text)': \(reason)")
        case .value(.number(let number)): return stamp(number)
        case .value(.string(let text)): return stamp(text: text, arrival)
        case .value(.boolean): return .wrong("'\(expression.text)' makes no time")
        }
    }

    private func stamp(text: String, _ arrival: Timestamp) -> Outcome {
        if form != .iso, let number = DecimalNumber.parse(Array(text.utf8)) { return stamp(number) }
        if let time = Timestamp(dated: text, in: zone, notAfter: arrival + Self.tolerance) { return .time(time) }
        // Nobody has said what its zone is.
        if zone == nil, Timestamp(dated: text, in: .utc, notAfter: arrival) != nil { return .none }
        return .wrong("'\(text.prefix(40))' is no time")
    }

    private func stamp(_ number: Double) -> Outcome {
        let seconds: Double? =
            switch form {
            case .seconds: number
            case .milliseconds: number / 1e3
            case .microseconds: number / 1e6
            case .nanoseconds: number / 1e9
            case .iso: nil
            // As seconds these are the years 5138, 4.5 million and so on.
            case .auto:
                switch number.magnitude {
                case ..<1e11: number
                case ..<1e14: number / 1e3
                case ..<1e17: number / 1e6
                default: number / 1e9
                }
            }
        guard let time = seconds.flatMap({ Timestamp(seconds: $0) }) else {
            return .wrong("\(DecimalNumber.text(number)) is no time")
        }
        return .time(time)
    }
}
