/// A part of a query.
struct Node: Sendable {
    indirect enum Kind: Sendable {
        case number(Double)
        case text(String)
        case selector(Selector)
        /// With the window's length in microseconds.
        case range(Selector, Int64)
        case call(QueryFunction, [Node])
        case aggregation(Aggregation, parameter: Node?, Node)
        case binary(BinaryOperation, Node, Node)
        case negation(Node)
    }

    let kind: Kind
    let type: ValueType
    /// Bytes of UTF-8 of the query before it.
    let offset: Int
    /// The longest way down.
    let height: Int
}

/// Which series are asked for, and when.
package struct Selector: Sendable {
    package var matchers: [LabelMatcher]
    /// Microseconds.
    var offset: Int64 = 0
    var pin: Pin?

    /// `@`: the time that counts instead of the step's.
    enum Pin: Sendable {
        /// Microseconds since 1970.
        case time(Int64)
        case start
        case end
    }
}

struct Aggregation: Sendable {
    enum Operation: String, CaseIterable, Sendable {
        case average = "avg"
        case bottom = "bottomk"
        case count
        case deviation = "stddev"
        case group
        case maximum = "max"
        case minimum = "min"
        case quantile
        case sum
        case top = "topk"
        case variance = "stdvar"

        var takesParameter: Bool { self == .top || self == .bottom || self == .quantile }
        static let names = allCases.map(\.rawValue).joined(separator: ", ")
    }

    let operation: Operation
    var labels: Set<String> = []
    /// `without (…)`: all labels but these.
    var isWithout = false

    func group(of labels: Labels) -> Labels {
        isWithout ? labels.removing(self.labels.union([Labels.metricName])) : labels.keeping(self.labels)
    }
}

struct BinaryOperation: Sendable {
    enum Sign: String, CaseIterable, Sendable {
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divided = "/"
        case remainder = "%"
        case power = "^"
        case arcTangent = "atan2"
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case and
        case or
        case unless

        var isComparison: Bool {
            switch self {
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
            default: false
            }
        }
        var isSet: Bool { self == .and || self == .or || self == .unless }

        /// The higher binds tighter.
        var strength: Int {
            switch self {
            case .or: 1
            case .and, .unless: 2
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 3
            case .plus, .minus: 4
            case .times, .divided, .remainder, .arcTangent: 5
            case .power: 6
            }
        }
    }

    let sign: Sign
    /// A comparison gives 0 or 1 instead of leaving out.
    var givesBoolean = false
    /// `on (…)`; else `ignoring (…)`, of none where nothing is written.
    var isOn = false
    var labels: Set<String> = []
    var hasMatching = false

    func signature(of labels: Labels) -> [UInt8] {
        (isOn ? labels.keeping(self.labels) : labels.removing(self.labels.union([Labels.metricName]))).signature
    }
}
