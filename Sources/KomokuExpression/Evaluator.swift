import Komoku

/// Evaluates a tree of code, remembering the first reason for an unknown part. Never traps: the tree's height is bounded
/// by `Expression.maximumHeight`.
struct Evaluator {
    enum Reason {
        case noValue(slot: Int)
        case noAnswer(Reference)
        case mismatch(expected: ValueKind, found: ValueKind)
        case divisionByZero
        case notFinite
        /// What was made is no name of a key.
        case notName(ComputedKey)
        case notANumber(String)
        case notABoolean(String)
        case notWhole(Double)
        case noPart(Double)
        case emptySeparator
        case patternTooLong
        case notATime(Double)
        case notAMoment(Double)
        case textTooLong
        /// As the square root of -1 is.
        case notDefined
        case notAPath(String)
        /// Why not.
        case notJSON(String)
        case noMember
        /// Nothing in the text is like the pattern.
        case noMatch
        case exhausted
        /// Why not.
        case notAPattern(String)
    }

    /// What is looked up.
    enum Source {
        case slot(Int)
        case reference(Reference)
    }

    typealias Lookup = (Source) -> Value?

    /// Why a part was unknown, where no `??` stood in for it.
    private(set) var reason: Reason?

    mutating func unknown(_ reason: Reason) -> Value? {
        if self.reason == nil { self.reason = reason }
        return nil
    }

    mutating func value(_ code: Code, _ lookup: Lookup) -> Value? {
        switch code {
        case .constant(let value):
            value
        case .read(let slot):
            sound(lookup(.slot(slot)), or: .noValue(slot: slot))
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
        case .membership(let operand, let items, let negated):
            membership(operand, items, lookup).map { .boolean($0 != negated) }
        case .conditional(let condition, let then, let otherwise):
            boolean(condition, lookup).flatMap { value($0 ? then : otherwise, lookup) }
        case .fallback(let left, let right):
            fallback(left, right, lookup)
        case .known(let operand):
            known(operand, lookup)
        case .arithmetic(let operation, let left, let right):
            numbers(left, right, lookup).flatMap { arithmetic(operation, $0.0, $0.1) }
        case .call(let operation, let operands):
            operation.body(&self, operands, lookup)
        case .computed(let reference):
            computed(reference, lookup)
        }
    }

    /// What was looked up; a number that is none never gets in.
    mutating func sound(_ value: Value?, or reason: @autoclosure () -> Reason) -> Value? {
        guard let value else { return unknown(reason()) }
        if case .number(let number) = value, !number.isFinite { return unknown(.notFinite) }
        return value
    }

    mutating func number(_ code: Code, _ lookup: Lookup) -> Double? {
        guard let value = value(code, lookup) else { return nil }
        if case .number(let number) = value { return number }
        _ = unknown(.mismatch(expected: .number, found: ValueKind(value)))
        return nil
    }

    private mutating func numbers(_ left: Code, _ right: Code, _ lookup: Lookup) -> (Double, Double)? {
        guard let left = number(left, lookup), let right = number(right, lookup) else { return nil }
        return (left, right)
    }

    private mutating func boolean(_ code: Code, _ lookup: Lookup) -> Bool? {
        guard let value = value(code, lookup) else { return nil }
        if case .boolean(let boolean) = value { return boolean }
        _ = unknown(.mismatch(expected: .boolean, found: ValueKind(value)))
        return nil
    }

    /// `decisive`: the operand that settles the result whatever the other is, unknown included.
    private mutating func logic(
        _ left: Code, _ right: Code, decisive: Bool, _ lookup: Lookup
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

    private mutating func equality(_ left: Code, _ right: Code, _ lookup: Lookup) -> Bool? {
        guard let left = value(left, lookup), let right = value(right, lookup) else { return nil }
        let (kind, other) = (ValueKind(left), ValueKind(right))
        if kind == other { return left == right }
        _ = unknown(.mismatch(expected: kind, found: other))
        return nil
    }

    /// Unknown items count only where no other one is equal.
    private mutating func membership(_ operand: Code, _ items: [Code], _ lookup: Lookup) -> Bool? {
        guard let value = value(operand, lookup) else { return nil }
        let before = reason
        var isUnknown = false
        for item in items {
            guard let other = self.value(item, lookup) else {
                isUnknown = true
                continue
            }
            if other == value {
                reason = before
                return true
            }
            guard ValueKind(other) == ValueKind(value) else {
                _ = unknown(.mismatch(expected: ValueKind(value), found: ValueKind(other)))
                isUnknown = true
                continue
            }
        }
        return isUnknown ? nil : false
    }

    private mutating func known(_ operand: Code, _ lookup: Lookup) -> Value? {
        let before = reason
        let isKnown = value(operand, lookup) != nil
        reason = before
        return .boolean(isKnown)
    }

    private mutating func fallback(_ left: Code, _ right: Code, _ lookup: Lookup) -> Value? {
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

    mutating func finite(_ number: Double) -> Value? {
        number.isFinite ? .number(number) : unknown(number.isNaN ? .notDefined : .notFinite)
    }
}
