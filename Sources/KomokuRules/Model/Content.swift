package import Komoku
package import KomokuExpression

/// A value in an action: constant, calculated, or built of both.
package indirect enum Content: Sendable {
    case constant(JSON)
    case text(CompiledTemplate)
    case expression(CompiledExpression)
    case array([Content])
    case object([Member])

    package struct Member: Sendable {
        package let name: String
        package let content: Content

        package init(name: String, content: Content) {
            self.name = name
            self.content = content
        }
    }
}

extension Content {
    /// Nil where it is known only when evaluated.
    var kind: ValueKind? {
        switch self {
        case .constant(.number): .number
        case .constant(.bool): .boolean
        case .constant(.string), .text: .text
        case .expression(let expression): expression.kind
        case .constant, .array, .object: nil
        }
    }
}

extension Content: CustomStringConvertible {
    package var description: String {
        switch self {
        case .constant(let json): json.text
        case .text(let template): "'\(template.written)'"
        case .expression(let expression): "(\(expression.shown))"
        case .array(let items): "[\(items.map(\.description).joined(separator: ", "))]"
        case .object(let members): "{" + members.map { "\($0.name): \($0.content)" }.joined(separator: ", ") + "}"
        }
    }
}

extension CompiledTemplate {
    /// As it was written.
    var written: String {
        parts.map { part in
            switch part {
            case .text(let text):
                String(decoding: text.utf8.flatMap { $0 == 0x7B || $0 == 0x7D ? [$0, $0] : [$0] }, as: UTF8.self)
            case .expression(let expression): "{\(expression.shown)}"
            }
        }.joined()
    }
}
