import Komoku

/// A word or sign of an expression.
struct Token: Sendable {
    enum Kind: Hashable, Sendable {
        case literal(Value)
        case duration(Duration)
        case name(KeyName, quoted: Bool)
        case computedName(ComputedKey)
        case infix(Infix)
        case not
        case `if`, then, `else`, `in`
        case open, close, comma
        case openList, closeList
        case end
    }

    let kind: Kind
    /// Bytes of UTF-8.
    let span: Range<Int>
    /// As it was written, for messages; shortened where it is long.
    let text: String

    /// Whether a value may begin with it.
    var beginsValue: Bool {
        switch kind {
        case .literal, .duration, .name, .computedName, .not, .open, .if, .infix(.minus): true
        case .infix, .then, .else, .in, .close, .comma, .openList, .closeList, .end: false
        }
    }

    /// What a message calls it.
    var phrase: String { kind == .end ? "the end" : "'\(text)'" }
}
