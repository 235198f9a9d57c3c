internal import Komoku

/// Values as JSON text.
extension JinjaValue {
    /// How JSON is written.
    struct JSONStyle {
        /// A blank after each comma and colon, as Python writes it.
        var isSpaced = false
        var sortsKeys = false
        /// What is beyond ASCII is escaped, and what means something in HTML.
        var isEscaped = false
        /// Blanks at each level; nil is all in one line.
        var indent: Int?
    }

    func json(_ style: JSONStyle) -> String {
        var text = ""
        write(to: &text, style, depth: 0)
        return text
    }

    private func write(to text: inout String, _ style: JSONStyle, depth: Int) {
        switch self {
        case .undefined, .none, .space: text += "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .int: text += representation
        case .float(let number): text += number.isFinite ? representation : "null"
        case .string(let string): text += Self.quoted(string, style)
        case .time(let time): text += Self.quoted(time.isoText(), style)
        case .span(let span): text += Self.quoted(JinjaTime.text(ofSpan: span), style)
        case .list(let items), .tuple(let items):
            Self.write(items.map { (nil, $0) }, ("[", "]"), to: &text, style, depth: depth)
        case .dict(let members):
            var parts = members.map { (key: Optional($0.key.keyText), value: $0.value) }
            if style.sortsKeys { parts.sort { ByteText($0.key ?? "") < ByteText($1.key ?? "") } }
            Self.write(parts, ("{", "}"), to: &text, style, depth: depth)
        }
    }

    private static func write(
        _ parts: [(key: String?, value: JinjaValue)], _ brackets: (String, String), to text: inout String,
        _ style: JSONStyle, depth: Int
    ) {
        text += brackets.0
        for (index, part) in parts.enumerated() {
            if index > 0 { text += style.isSpaced && style.indent == nil ? ", " : "," }
            if let indent = style.indent { text += "\n" + String(repeating: " ", count: indent * (depth + 1)) }
            if let key = part.key { text += quoted(key, style) + (style.isSpaced || style.indent != nil ? ": " : ":") }
            part.value.write(to: &text, style, depth: depth + 1)
        }
        if let indent = style.indent, !parts.isEmpty { text += "\n" + String(repeating: " ", count: indent * depth) }
        text += brackets.1
    }

    /// Keys of JSON are texts.
    private var keyText: String {
        switch self {
        case .string(let text): text
        case .none: "null"
        case .bool(let bool): bool ? "true" : "false"
        default: text
        }
    }

    private static func quoted(_ text: String, _ style: JSONStyle) -> String {
        let plain = JSON.string(text).text
        guard style.isEscaped else { return plain }
        var result = ""
        for unit in plain.utf16 {
            let isMarkup = [0x3C, 0x3E, 0x26, 0x27].contains(unit)
            if unit < 0x80, !isMarkup, let scalar = Unicode.Scalar(unit) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u" + JinjaTime.padded(String(unit, radix: 16), 4)
            }
        }
        return result
    }
}
