import Komoku

/// An expression with its names resolved to slots and its operations chosen.
indirect enum Code: Sendable {
    case constant(Value)
    case read(_ slot: Int)
    case negate(Code)
    case not(Code)
    case and(Code, Code)
    case or(Code, Code)
    case equal(Code, Code, negated: Bool)
    case ordered(Order, Code, Code)
    case membership(Code, [Code], negated: Bool)
    case conditional(Code, Code, Code)
    case fallback(Code, Code)
    case known(Code)
    case arithmetic(Arithmetic, Code, Code)
    /// A function of the values of its operands.
    case call(Operation, [Code])
    /// A reference whose parts are evaluated first.
    case computed(ComputedReference)

    var constant: Value? { if case .constant(let value) = self { value } else { nil } }
}

/// What a call has of a reference before its arguments are evaluated.
struct ComputedReference: Sendable {
    enum Subject: Hashable, Sendable {
        case key(KeyName)
        case computed(ComputedKey)
    }

    enum Kind: Sendable {
        case key(ComputedKey)
        case history(HistoryCall.Function, Subject, HistoryArgument)
        case stale(ComputedKey)
        case online(Code)
        /// A time as a text.
        case written(Code, TimeFormat)
        /// With a value that keys are compared with.
        case keys(KeysCall.Function, [KeySubject])
    }

    let kind: Kind

    struct KeySubject: Sendable {
        let pattern: KeyPattern
        let comparison: (HistoryCall.Comparison, Code)?

        init(_ pattern: KeyPattern, _ comparison: (HistoryCall.Comparison, Code)?) {
            self.pattern = pattern
            self.comparison = comparison
        }
    }
}

/// The second argument of a history function.
enum HistoryArgument: Sendable {
    case none
    case window(Code)
    /// With a key compared to a value as the first argument.
    case conditionAndWindow(HistoryCall.Comparison, Code, window: Code)
    case ago(Code)
    case time(Code)
}

enum Order: String, Sendable {
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="

    func holds(_ left: Double, _ right: Double) -> Bool {
        switch self {
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

enum Arithmetic: String, Sendable {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divided = "/"
    case remainder = "%"

    /// May be infinite or not a number.
    func result(_ left: Double, _ right: Double) -> Double {
        switch self {
        case .plus: left + right
        case .minus: left - right
        case .times: left * right
        case .divided: left / right
        case .remainder: left.truncatingRemainder(dividingBy: right)
        }
    }
}
