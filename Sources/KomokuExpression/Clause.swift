package import Komoku

/// One of the parts of a condition that `and` joins.
struct Clause: Sendable {
    /// Bytes of UTF-8 of the expression's text.
    let span: Range<Int>
    let code: Code

    /// - Parameter code: what the tree was made into.
    static func all(of root: Syntax, _ code: Code) -> [Clause] {
        guard case .infix(.and, let left, let right) = root.form, case .and(let first, let second) = code else {
            return [Clause(span: root.span, code: code)]
        }
        return all(of: left, first) + all(of: right, second)
    }
}

/// The part of a condition for which it does not hold, for the log that says why a rule did not run.
package struct UnmetClause: Sendable, CustomStringConvertible {
    /// As it was written.
    package let text: String
    /// False or unknown.
    package let evaluation: Evaluation
    /// What it read, in the order of reading, each once.
    package let values: [(reference: Reference, value: Value?)]
    /// A value that nobody may see is in it.
    let isHidden: Bool

    /// `hall.lux < 40 is false: hall.lux is 52`; `hall.lux < 40 is unknown: hall.lux has no value`.
    package var description: String {
        if isHidden { return evaluation.value == nil ? "\(text) is unknown" : "\(text) is false" }
        if let reason = evaluation.reason { return "\(text) is unknown: \(reason)" }
        let found = values.map { "\($0.reference) is \($0.value.map { Self.shown($0) } ?? "unknown")" }
        return "\(text) is false" + (found.isEmpty ? "" : ": " + found.joined(separator: ", "))
    }

    private static func shown(_ value: Value) -> String {
        guard case .string(let text) = value else { return value.description }
        return "'\(text.prefix(80))'"
    }
}

extension CompiledExpression {
    /// The first part for which the condition does not hold: a false one, or where none is false an unknown one.
    ///
    /// - Returns: nil where it holds.
    package func unmetClause(_ lookup: (Reference) -> Answer) -> UnmetClause? {
        var unknown: UnmetClause?
        for clause in body.clauses {
            var values: [(reference: Reference, value: Value?)] = []
            let evaluation = evaluation(of: clause.code, expecting: .boolean) { reference in
                let answer = lookup(reference)
                if !values.contains(where: { $0.reference == reference }) {
                    values.append((reference, answer.value))
                }
                return answer
            }
            if evaluation.value == .boolean(true) { continue }
            let unmet = UnmetClause(
                text: text(of: clause), evaluation: evaluation, values: values, isHidden: isHidden)
            if evaluation.value != nil { return unmet }
            unknown = unknown ?? unmet
        }
        return unknown
    }

    private func text(of clause: Clause) -> String {
        if isHidden { return Self.notShown }
        return String(decoding: Array(text.utf8)[clause.span], as: UTF8.self)
    }
}
