/// Why a query has no answer, as Prometheus's API classes it.
package struct QueryError: Error, Hashable, Sendable {
    package enum Kind: String, Sendable {
        /// The question is wrong.
        case badData = "bad_data"
        /// The question is right, but it cannot be answered.
        case execution
        case timeout
        case canceled
        case unavailable
        case notFound = "not_found"
        case internalError = "internal"
    }

    package var kind: Kind
    /// A sentence for a person.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        (self.kind, self.message) = (kind, message)
    }

    /// The HTTP status that goes with it.
    package var status: Int {
        switch kind {
        case .badData: 400
        case .notFound: 404
        case .execution: 422
        case .internalError: 500
        case .timeout, .canceled, .unavailable: 503
        }
    }

    /// A fault in the text of a query.
    ///
    /// - Parameter offset: bytes of UTF-8 before it; it is told as line and column from 1 on.
    static func parsing(_ message: String, at offset: Int, in text: [UInt8]) -> QueryError {
        let before = text.prefix(max(0, min(offset, text.count)))
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return QueryError(.badData, "\(line):\(column): parse error: \(message)")
    }

    static func execution(_ message: String) -> QueryError { QueryError(.execution, message) }
}
