package import Komoku

/// Something outside an expression that it reads. The caller's lookup says what it is, nil where it has no value.
package enum Reference: Hashable, Sendable, CustomStringConvertible {
    case key(KeyName)
    case local(String)
    indirect case history(HistoryCall)
    case state(StateCall)
    indirect case clock(ClockCall)
    indirect case keys(KeysCall)
    case calendar(CalendarCall)
    /// A number from 0 up to, and without, 1: another one each time.
    case random

    package var description: String {
        switch self {
        case .key(let name): name.text
        case .local(let name): name
        case .history(let call): call.description
        case .state(let call): call.description
        case .clock(let call): call.description
        case .keys(let call): call.description
        case .calendar(let call): call.description
        case .random: "random()"
        }
    }
}

/// A question about a key's recorded values, with all that it needs.
package struct HistoryCall: Hashable, Sendable {
    package enum Function: String, Hashable, Sendable, CaseIterable {
        /// Number over the window: the time-weighted mean, the least, the greatest, the sum of the points.
        case avg, min, max, sum
        /// Number over the window: the change of the value (of a counter: its increase), and that per second.
        case delta, rate
        /// Number of points in the window.
        case count
        /// The newest value, whether the key is stale or not; the one before it.
        case last, previous
        /// Seconds since the key was last heard of, since its value became what it is.
        case age, since
        /// The value at a moment.
        case at
        /// Of the time in the window for which the key was known: the part, or the seconds, with `condition` met.
        case fraction, duration
        /// Boolean: whether the value became another one in the window.
        case changed
    }

    /// What `fraction` and `duration` count.
    package struct Condition: Hashable, Sendable {
        package let comparison: Comparison
        package let value: Value

        package init(_ comparison: Comparison, _ value: Value) {
            self.comparison = comparison
            self.value = value
        }

        /// Whether a value of the key meets it; nil where the two cannot be compared.
        package func holds(_ other: Value) -> Bool? {
            switch comparison {
            case .equal: ValueKind(other) == ValueKind(value) ? other == value : nil
            case .unequal: ValueKind(other) == ValueKind(value) ? other != value : nil
            default:
                if case .number(let left) = other, case .number(let right) = value {
                    Order(rawValue: comparison.rawValue)?.holds(left, right)
                } else {
                    nil
                }
            }
        }
    }

    /// The key's value stands on the left.
    package enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equal = "="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    package enum Moment: Hashable, Sendable {
        case ago(Duration)
        case time(Timestamp)
    }

    package let function: Function
    package let key: KeyName
    /// Up to now, more than zero; nil for `last`, `previous`, `age` and `at`.
    package var window: Duration?
    /// For `fraction` and `duration` only.
    package var condition: Condition?
    /// For `at` only.
    package var moment: Moment?

    package init(
        _ function: Function, _ key: KeyName, window: Duration? = nil, condition: Condition? = nil,
        moment: Moment? = nil
    ) {
        self.function = function
        self.key = key
        self.window = window
        self.condition = condition
        self.moment = moment
    }
}

extension HistoryCall: CustomStringConvertible {
    /// As it would be written, with its values in place.
    package var description: String {
        var subject = key.text
        if let condition {
            subject += " \(condition.comparison.rawValue) \(Syntax(.literal(condition.value), at: 0..<0))"
        }
        switch (window, moment) {
        case (let window?, _): return "\(function.rawValue)(\(subject), \(window))"
        case (nil, .ago(let duration)): return "at(\(subject), \(duration))"
        case (nil, .time(let time)): return "at(\(subject), \(DecimalNumber.text(time.seconds)))"
        case (nil, nil): return "\(function.rawValue)(\(subject))"
        }
    }
}

/// A question about the state of a key or a device; the answer is a boolean.
package enum StateCall: Hashable, Sendable, CustomStringConvertible {
    /// Whether nothing was heard of the key for as long as it is expected.
    case stale(KeyName)
    /// Whether the device of that name is reachable; nil where there is none.
    case online(device: String)

    package var description: String {
        switch self {
        case .stale(let key): "stale(\(key))"
        case .online(let device): "online('\(device)')"
        }
    }
}
