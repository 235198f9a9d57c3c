/// A query of the language of Prometheus, read and checked.
package struct Query: Sendable {
    let root: Node

    /// The longest text, in bytes of UTF-8.
    package static let maximumLength = 16 << 10
    /// The longest way down, which parentheses, calls and operators in a row make longer.
    static let maximumHeight = 200
    /// Series are looked up for each selector.
    static let maximumSelectors = 64

    /// - Throws: the first fault, with its line and column.
    package init(_ text: String) throws(QueryError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else {
            throw QueryError(.badData, "a query is at most \(Self.maximumLength) bytes long")
        }
        var parser = QueryParser(tokens: try QueryLexer.tokens(of: bytes), text: bytes)
        root = try parser.query()
    }

    /// - Throws: where it gives what has no course over time.
    package func checkForRange() throws(QueryError) {
        guard root.type == .vector || root.type == .scalar else {
            throw QueryError(
                .badData,
                "invalid expression type \"\(root.type.rawValue)\" for range query, must be Scalar or instant Vector")
        }
    }

    /// Reads a selector alone, as `match[]` has it.
    package static func selector(_ text: String) throws(QueryError) -> [LabelMatcher] {
        let query = try Query(text)
        guard case .selector(let selector) = query.root.kind else {
            throw QueryError(
                .badData, "\"\(text.prefix(80))\" is no selector of series, as komoku_value{room=\"hall\"} is")
        }
        return selector.matchers
    }

    /// Reads `90s` or `1h30m`, as Prometheus writes durations: milliseconds.
    package static func milliseconds(of text: String) -> Int64? { QueryLexer.milliseconds(of: text) }
}
