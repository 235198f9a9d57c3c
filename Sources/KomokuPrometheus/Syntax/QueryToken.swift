/// A word of a query.
struct QueryToken {
    enum Kind: Equatable {
        case name
        case number(Double)
        /// Milliseconds.
        case duration(Int64)
        case text(String)
        /// `(`, `=~`, `>=`.
        case sign(String)
        case end
    }

    var kind: Kind
    /// Bytes of UTF-8 before it.
    var offset: Int
    /// As it was written.
    var text: String

    var isName: Bool { kind == .name }

    func isSign(_ sign: String) -> Bool { kind == .sign(sign) }

    /// Whether it is a word of the language, which may be written in any case.
    func isWord(_ word: String) -> Bool { isName && text.lowercased() == word }

    /// For messages.
    var told: String { kind == .end ? "end of the query" : "\"\(text.prefix(40))\"" }
}
