package import Komoku

/// An expression that was checked and can be evaluated: any number of times, from any thread.
package struct CompiledExpression: Sendable {
    /// As it was written.
    package let text: String
    let code: Code
    /// Nil where it is known only when evaluated.
    package let kind: ValueKind?
    package let mayBeUnknown: Bool
    /// The kind that the place takes; a value of another kind is unknown.
    let expected: ValueKind?
    /// What it reads; the index is the slot.
    package let references: [Reference]
    /// The keys among them, each once.
    package let keys: [KeyName]

    init(
        text: String, code: Code, kind: ValueKind?, mayBeUnknown: Bool, expected: ValueKind?, references: [Reference]
    ) {
        self.text = text
        self.code = code
        self.kind = kind
        self.mayBeUnknown = mayBeUnknown
        self.expected = expected
        self.references = references
        keys = references.compactMap { if case .key(let name) = $0 { name } else { nil } }
    }

    /// What came out.
    package enum Outcome: Hashable, Sendable {
        case value(Value)
        /// The reason is one clause for a person.
        case unknown(String)

        package var value: Value? { if case .value(let value) = self { value } else { nil } }
    }

    /// - Parameter lookup: the value of the slot's reference, nil where it has none.
    /// - Returns: nil for unknown.
    package func value(slots lookup: (_ slot: Int) -> Value?) -> Value? {
        var evaluator = Evaluator()
        guard let value = evaluator.value(code, lookup) else { return nil }
        return expected == nil || expected == ValueKind(value) ? value : nil
    }

    package func evaluate(_ lookup: (Reference) -> Value?) -> Value? {
        value(slots: { lookup(references[$0]) })
    }

    /// Whether a condition holds: unknown does not.
    package func holds(_ lookup: (Reference) -> Value?) -> Bool {
        evaluate(lookup) == .boolean(true)
    }

    /// As `evaluate`, and why where it is unknown.
    package func outcome(_ lookup: (Reference) -> Value?) -> Outcome {
        var evaluator = Evaluator()
        guard let value = evaluator.value(code, { lookup(references[$0]) }) else {
            return .unknown(describe(evaluator.reason))
        }
        guard let expected, expected != ValueKind(value) else { return .value(value) }
        return .unknown(describe(.mismatch(expected: expected, found: ValueKind(value))))
    }

    private func describe(_ reason: Evaluator.Reason?) -> String {
        switch reason {
        case .noValue(let slot): "\(references[slot]) has no value"
        case .mismatch(let expected, let found): "\(expected.phrase) is needed, there is \(found.phrase)"
        case .divisionByZero: "division by zero"
        case .notFinite: "the result is too large for a number"
        case nil: "unknown"
        }
    }
}
