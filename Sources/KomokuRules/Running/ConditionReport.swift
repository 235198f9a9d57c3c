package import Komoku
package import KomokuExpression

/// Why a condition does not hold: the first of the parts joined by `and` that is false, or where none is false the first that
/// is unknown, with what it read.
package struct ConditionReport: Hashable, Sendable {
    /// As it was written.
    package let clause: String
    /// Each once, in the order of the text; nil where there is no value.
    package let values: [Read]

    package struct Read: Hashable, Sendable {
        package let reference: Reference
        package let value: Value?
    }

    /// What else made it unknown: `division by zero`.
    package let fault: String?

    /// The longest description, in bytes of UTF-8.
    package static let maximumLength = 200

    /// Nil where the condition holds.
    package init?(_ condition: CompiledExpression, _ lookup: (Reference) -> Value?) {
        guard let unmet = condition.unmetClause({ lookup($0).map { .value($0) } ?? .unknown }) else { return nil }
        clause = unmet.text
        values = unmet.values.map { Read(reference: $0.reference, value: $0.value) }
        fault = unmet.evaluation.isFault ? unmet.evaluation.reason : nil
    }
}

extension ConditionReport: CustomStringConvertible {
    /// `hall.lux < 40: hall.lux is 120`; `hall.lux < 40: hall.lux has no value`.
    package var description: String {
        var found = values.map { read in
            read.value.map { "\(read.reference) is \(Self.shown($0))" } ?? "\(read.reference) has no value"
        }
        if let fault { found.append(fault) }
        let text = found.isEmpty ? clause : "\(clause.cut(to: 100)): \(found.joined(separator: ", "))"
        return text.cut(to: Self.maximumLength)
    }

    private static func shown(_ value: Value) -> String {
        if case .string(let text) = value { "'\(text.cut(to: 40))'" } else { value.description }
    }
}
