package import Komoku

/// An expression that was checked and can be evaluated: any number of times, from any thread.
package struct CompiledExpression: Sendable {
    /// Shared, so that a copy of the expression costs one reference.
    let body: Body

    final class Body: Sendable {
        let text: String
        let code: Code
        let kind: ValueKind?
        let mayBeUnknown: Bool
        let expected: ValueKind?
        let unit: String?
        let references: [Reference]
        let reads: Reads
        let clauses: [Clause]
        let nowUse: NowUse
        /// A value that nobody may see stands in its text, or in a name that it reads.
        let isHidden: Bool

        init(
            _ expression: Expression, result: Checker.Checked, expected: ValueKind?, references: [Reference],
            reads: Reads
        ) {
            text = expression.text
            self.expected = expected
            self.references = references
            self.reads = reads
            code = result.code
            kind = result.kind ?? expected
            mayBeUnknown = result.mayBeUnknown
            unit = result.measure.unit
            clauses = Clause.all(of: expression.root, result.code)
            nowUse = NowUse(code, references: references)
            isHidden = false
        }

        init(hiding body: Body) {
            text = body.text
            code = body.code
            kind = body.kind
            mayBeUnknown = body.mayBeUnknown
            expected = body.expected
            unit = body.unit
            references = body.references
            reads = body.reads
            clauses = body.clauses
            nowUse = body.nowUse
            isHidden = true
        }
    }

    /// As it was written. `shown` is what people may see.
    package var text: String { body.text }
    /// As it was written, or that it is not to be seen.
    package var shown: String { body.isHidden ? Self.notShown : body.text }
    package var isHidden: Bool { body.isHidden }

    /// What stands for something with a value of the environment in it.
    package static let notShown = "(not shown: it holds a value of the environment)"

    /// The same expression, of which neither the text nor what it reads is shown.
    package var hidden: CompiledExpression { CompiledExpression(body: Body(hiding: body)) }
    /// Nil where it is known only when evaluated.
    package var kind: ValueKind? { body.kind }
    package var mayBeUnknown: Bool { body.mayBeUnknown }
    /// What the result counts, as keys declare it; `s` for durations and times; nil where it is not known.
    package var unit: String? { body.unit }
    /// What it reads whose arguments are constant; the index is the slot. Others are in `reads`.
    package var references: [Reference] { body.references }
    package var reads: Reads { body.reads }
    /// The keys whose names are known, each once, those inside history and state calls included.
    package var keys: [KeyName] { body.reads.keys }
    /// The kind that the place takes; a value of another kind is unknown.
    var expected: ValueKind? { body.expected }

    /// What came out.
    package enum Outcome: Hashable, Sendable {
        case value(Value)
        /// The reason is one clause for a person.
        case unknown(String)

        package var value: Value? { if case .value(let value) = self { value } else { nil } }
    }

    /// - Parameter lookup: the value of the slot's reference, nil where it has none. References whose arguments are
    ///   evaluated first (a computed key, a window from a local) have no slot and are unknown here.
    /// - Returns: nil for unknown.
    package func value(slots lookup: (_ slot: Int) -> Value?) -> Value? {
        var evaluator = Evaluator()
        let value = evaluator.value(body.code) { if case .slot(let slot) = $0 { lookup(slot) } else { nil } }
        return value.flatMap { expected == nil || expected == ValueKind($0) ? $0 : nil }
    }

    /// - Parameter lookup: what a reference is, nil where it has no value.
    /// - Returns: nil for unknown.
    package func evaluate(_ lookup: (Reference) -> Value?) -> Value? {
        var evaluator = Evaluator()
        let value = evaluator.value(body.code) { [body] in
            switch $0 {
            case .slot(let slot): lookup(body.references[slot])
            case .reference(let reference): lookup(reference)
            }
        }
        return value.flatMap { expected == nil || expected == ValueKind($0) ? $0 : nil }
    }

    /// Whether a condition holds: unknown does not.
    package func holds(_ lookup: (Reference) -> Value?) -> Bool {
        evaluate(lookup) == .boolean(true)
    }

    /// As `evaluate`, and why where it is unknown.
    package func outcome(_ lookup: (Reference) -> Value?) -> Outcome {
        let evaluation = evaluation { lookup($0).map { .value($0) } ?? .unknown }
        return evaluation.value.map { .value($0) } ?? .unknown(evaluation.reason ?? "unknown")
    }
}
