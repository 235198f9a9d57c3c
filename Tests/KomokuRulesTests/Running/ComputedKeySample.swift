import KomokuExpression

@testable import KomokuRules

enum ComputedKeySample {
    struct NotComputed: Error {}

    /// As it stands in an expression.
    static func key(_ text: String) throws -> KeyTarget {
        guard case .computedName(let key) = try Expression.parse(text).root.form else { throw NotComputed() }
        return .computed(key)
    }
}
