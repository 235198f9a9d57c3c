package import Komoku

/// What a reference is at the moment.
package enum Answer: Hashable, Sendable {
    case value(Value)
    case unknown
    /// It could not be looked up; the reason is one clause for a person.
    case fault(String)

    package var value: Value? { if case .value(let value) = self { value } else { nil } }
}

/// What came out of an expression.
package struct Evaluation: Hashable, Sendable {
    /// Nil for unknown.
    package let value: Value?
    /// Why it is unknown, as one clause for a person.
    package let reason: String?
    /// Whether it is unknown for something that should not happen: a division by zero, a text where a number comes, a lookup
    /// that failed. False where merely something has no value.
    package let isFault: Bool

    package init(value: Value?, reason: String?, isFault: Bool) {
        self.value = value
        self.reason = reason
        self.isFault = isFault
    }
}

extension CompiledExpression {
    /// As `evaluate`, with lookups that may fail, and why where it is unknown. A part that failed and for which `??`, `known`,
    /// `and` or `or` did not need a value is no fault of the whole.
    package func evaluation(resolving lookup: (Reference) -> Answer) -> Evaluation {
        evaluation(of: body.code, expecting: expected, lookup)
    }

    func evaluation(
        of code: Code, expecting expected: ValueKind?, _ lookup: (Reference) -> Answer
    ) -> Evaluation {
        var evaluator = Evaluator()
        var failures: [Reference: String] = [:]
        let value = evaluator.value(code) { source in
            let reference = reference(of: source)
            switch lookup(reference) {
            case .value(let value): return value
            case .unknown: return nil
            case .fault(let reason):
                failures[reference] = reason
                return nil
            }
        }
        guard let value else { return evaluation(unknown: evaluator.reason, failures) }
        guard let expected, expected != ValueKind(value) else {
            return Evaluation(value: value, reason: nil, isFault: false)
        }
        return evaluation(unknown: .mismatch(expected: expected, found: ValueKind(value)), failures)
    }

    private func reference(of source: Evaluator.Source) -> Reference {
        switch source {
        case .slot(let slot): references[slot]
        case .reference(let reference): reference
        }
    }

    private func evaluation(unknown reason: Evaluator.Reason?, _ failures: [Reference: String]) -> Evaluation {
        let absent: Reference? =
            switch reason {
            case .noValue(let slot): references[slot]
            case .noAnswer(let reference): reference
            default: nil
            }
        guard let absent else {
            let isAbsent =
                switch reason {
                case nil, .noMember, .noMatch: true
                default: false
                }
            return Evaluation(value: nil, reason: reason?.description ?? "unknown", isFault: !isAbsent)
        }
        let failure = failures[absent]
        return Evaluation(
            value: nil, reason: failure.map { "\(absent): \($0)" } ?? "\(absent) has no value", isFault: failure != nil)
    }
}

extension Evaluator.Reason: CustomStringConvertible {
    var description: String {
        switch self {
        case .noValue, .noAnswer: "something has no value"
        case .mismatch(let expected, let found): "\(expected.phrase) is needed, there is \(found.phrase)"
        case .divisionByZero: "division by zero"
        case .notFinite: "the result is too large for a number"
        case .notDefined: "the result is no number"
        case .notName(let key): "`\(key)` makes no name of a key"
        case .notANumber(let text): "'\(text)' is not a number"
        case .notABoolean(let text): "'\(text)' is neither true nor false"
        case .notWhole(let number): "\(DecimalNumber.text(number)) is no count"
        case .noPart(let place): "there is no part \(DecimalNumber.text(place))"
        case .emptySeparator: "the text to look for is empty"
        case .patternTooLong: Glob.refusal
        case .notATime(let seconds): "\(DecimalNumber.text(seconds)) seconds cannot be looked back"
        case .notAMoment(let seconds): "\(DecimalNumber.text(seconds)) seconds since 1970 is no time"
        case .notAPath(let path): "'\(path)' is no path into JSON"
        case .notJSON(let reason): reason
        case .noMatch: "the pattern does not match"
        case .exhausted: RegularExpression.Exhausted.reason
        case .notAPattern(let reason): reason
        case .noMember: "there is no such part in the JSON"
        case .textTooLong: "the text is longer than \(Value.maximumStringLength) bytes"
        }
    }
}
