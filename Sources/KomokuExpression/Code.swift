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
    case fallback(Code, Code)
    case arithmetic(Arithmetic, Code, Code)
    case minimum([Code])
    case maximum([Code])
    case absolute(Code)
    case round(Code, decimals: Int)
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

/// Evaluates a tree of code, remembering the first reason for an unknown part. Never traps: the tree's height is bounded
/// by `Expression.maximumHeight`.
struct Evaluator {
    enum Reason {
        case noValue(slot: Int)
        case mismatch(expected: ValueKind, found: ValueKind)
        case divisionByZero
        case notFinite
    }

    /// Why a part was unknown, where no `??` stood in for it.
    private(set) var reason: Reason?

    private mutating func unknown(_ reason: Reason) -> Value? {
        if self.reason == nil { self.reason = reason }
        return nil
    }

    mutating func value(_ code: Code, _ lookup: (_ slot: Int) -> Value?) -> Value? {
        switch code {
        case .constant(let value):
            value
        case .read(let slot):
            lookup(slot) ?? unknown(.noValue(slot: slot))
        case .negate(let operand):
            number(operand, lookup).flatMap { finite(-$0) }
        case .not(let operand):
            boolean(operand, lookup).map { .boolean(!$0) }
        case .and(let left, let right):
            logic(left, right, decisive: false, lookup)
        case .or(let left, let right):
            logic(left, right, decisive: true, lookup)
        case .equal(let left, let right, let negated):
            equality(left, right, lookup).map { .boolean($0 != negated) }
        case .ordered(let order, let left, let right):
            numbers(left, right, lookup).map { .boolean(order.holds($0.0, $0.1)) }
        case .fallback(let left, let right):
            fallback(left, right, lookup)
        case .arithmetic(let operation, let left, let right):
            numbers(left, right, lookup).flatMap { arithmetic(operation, $0.0, $0.1) }
        case .minimum(let operands):
            all(operands, lookup)?.min().map { .number($0) }
        case .maximum(let operands):
            all(operands, lookup)?.max().map { .number($0) }
        case .absolute(let operand):
            number(operand, lookup).map { .number(Swift.abs($0)) }
        case .round(let operand, let decimals):
            number(operand, lookup).flatMap { finite(DecimalNumber.round($0, decimals: decimals)) }
        }
    }

    private mutating func number(_ code: Code, _ lookup: (Int) -> Value?) -> Double? {
        guard let value = value(code, lookup) else { return nil }
        if case .number(let number) = value, number.isFinite { return number }
        _ = unknown(.mismatch(expected: .number, found: ValueKind(value)))
        return nil
    }

    private mutating func numbers(_ left: Code, _ right: Code, _ lookup: (Int) -> Value?) -> (Double, Double)? {
        guard let left = number(left, lookup), let right = number(right, lookup) else { return nil }
        return (left, right)
    }

    private mutating func all(_ codes: [Code], _ lookup: (Int) -> Value?) -> [Double]? {
        var numbers: [Double] = []
        for code in codes {
            guard let number = number(code, lookup) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    private mutating func boolean(_ code: Code, _ lookup: (Int) -> Value?) -> Bool? {
        guard let value = value(code, lookup) else { return nil }
        if case .boolean(let boolean) = value { return boolean }
        _ = unknown(.mismatch(expected: .boolean, found: ValueKind(value)))
        return nil
    }

    /// `decisive`: the operand that settles the result whatever the other is, unknown included.
    private mutating func logic(
        _ left: Code, _ right: Code, decisive: Bool, _ lookup: (Int) -> Value?
    ) -> Value? {
        let before = reason
        let first = boolean(left, lookup)
        if first == decisive { return .boolean(decisive) }
        let second = boolean(right, lookup)
        if second == decisive {
            reason = before
            return .boolean(decisive)
        }
        return first == nil || second == nil ? nil : .boolean(!decisive)
    }

    private mutating func equality(_ left: Code, _ right: Code, _ lookup: (Int) -> Value?) -> Bool? {
        guard let left = value(left, lookup), let right = value(right, lookup) else { return nil }
        let (kind, other) = (ValueKind(left), ValueKind(right))
        if kind == other { return left == right }
        _ = unknown(.mismatch(expected: kind, found: other))
        return nil
    }

    private mutating func fallback(_ left: Code, _ right: Code, _ lookup: (Int) -> Value?) -> Value? {
        let before = reason
        guard let value = value(left, lookup) else {
            reason = before
            return self.value(right, lookup)
        }
        return value
    }

    private mutating func arithmetic(_ operation: Arithmetic, _ left: Double, _ right: Double) -> Value? {
        if right == 0, operation == .divided || operation == .remainder { return unknown(.divisionByZero) }
        return finite(operation.result(left, right))
    }

    private mutating func finite(_ number: Double) -> Value? {
        number.isFinite ? .number(number) : unknown(.notFinite)
    }
}
