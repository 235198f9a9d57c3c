import Komoku

/// A word or sign of an expression.
struct Token: Sendable {
    enum Kind: Hashable, Sendable {
        case literal(Value)
        case name(KeyName, quoted: Bool)
        case infix(Infix)
        case not
        case open, close, comma
        case end
    }

    let kind: Kind
    /// Bytes of UTF-8.
    let span: Range<Int>
    /// As it was written, for messages; shortened where it is long.
    let text: String

    /// What a message calls it.
    var phrase: String { kind == .end ? "the end" : "'\(text)'" }
}
