extension JinjaTemplate {
    /// Why a template cannot be used, as a sentence.
    struct Invalid: Error, Hashable, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }
}

/// Cuts a template into its texts, `{{ … }}` and `{% … %}`.
struct JinjaLexer {
    enum Piece: Hashable {
        case text(String)
        case output([Token])
        case block([Token])
    }

    enum Token: Hashable {
        case name(String)
        case int(Int)
        case float(Double)
        case string(String)
        case symbol(String)
    }

    /// The longest template, in bytes of UTF-8.
    static let maximumLength = 16 * 1024
    static let maximumTokens = 4096

    private let bytes: [UInt8]
    private var index = 0
    private var count = 0
    private var pieces: [Piece] = []
    /// The last tag ended with `-`.
    private var trimsNext = false

    private init(_ text: String) {
        bytes = Array(text.utf8)
    }

    static func pieces(of text: String) throws(JinjaTemplate.Invalid) -> [Piece] {
        guard text.utf8.count <= maximumLength else { throw JinjaTemplate.Invalid("it is longer than 16 KiB") }
        var lexer = JinjaLexer(text)
        try lexer.run()
        return lexer.pieces
    }

    private mutating func run() throws(JinjaTemplate.Invalid) {
        var text: [UInt8] = []
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "{"), index + 1 < bytes.count,
                let kind = Kind(rawValue: bytes[index + 1])
            else {
                text.append(bytes[index])
                index += 1
                continue
            }
            index += 2
            let trims = index < bytes.count && (bytes[index] == UInt8(ascii: "-"))
            if trims || (index < bytes.count && bytes[index] == UInt8(ascii: "+")) { index += 1 }
            add(&text, trimmingEnd: trims)
            try tag(kind)
            if pieces.last == .block([.name("raw")]) {
                pieces.removeLast()
                text = try raw()
            }
        }
        add(&text, trimmingEnd: false)
    }

    /// To behind `{% endraw %}`; it is a text.
    private mutating func raw() throws(JinjaTemplate.Invalid) -> [UInt8] {
        var text: [UInt8] = []
        while index < bytes.count {
            if bytes[index...].starts(with: [0x7B, 0x25]) {
                var end = bytes[(index + 2)...].drop { Self.isSpace($0) || $0 == UInt8(ascii: "-") }
                if end.starts(with: "endraw".utf8) {
                    end = end.dropFirst(6).drop { Self.isSpace($0) || $0 == UInt8(ascii: "-") }
                    if end.starts(with: [0x25, 0x7D]) {
                        index = end.startIndex + 2
                        return text
                    }
                }
            }
            text.append(bytes[index])
            index += 1
        }
        throw JinjaTemplate.Invalid("a 'raw' is not closed")
    }

    private enum Kind: UInt8 {
        case output = 0x7B
        case block = 0x25
        case comment = 0x23

        var end: [UInt8] { [self == .output ? 0x7D : rawValue, 0x7D] }
    }

    private mutating func add(_ text: inout [UInt8], trimmingEnd: Bool) {
        var part = text[...]
        if trimsNext { part = part.drop(while: Self.isSpace) }
        while trimmingEnd, let last = part.last, Self.isSpace(last) { part.removeLast() }
        if !part.isEmpty { pieces.append(.text(String(decoding: part, as: UTF8.self))) }
        text = []
        trimsNext = false
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

    private mutating func tag(_ kind: Kind) throws(JinjaTemplate.Invalid) {
        var tokens: [Token] = []
        // Inside of brackets a `}}` ends a dictionary.
        var open = 0
        while index < bytes.count {
            if Self.isSpace(bytes[index]) {
                index += 1
            } else if open == 0, ends(kind) {
                if kind == .output { pieces.append(.output(tokens)) }
                if kind == .block { pieces.append(.block(tokens)) }
                return
            } else if kind == .comment {
                index += 1
            } else {
                let token = try token()
                if [.symbol("("), .symbol("["), .symbol("{")].contains(token) { open += 1 }
                if [.symbol(")"), .symbol("]"), .symbol("}")].contains(token) { open = max(0, open - 1) }
                tokens.append(token)
                count += 1
                if count > Self.maximumTokens {
                    throw JinjaTemplate.Invalid("it has more than \(Self.maximumTokens) parts")
                }
            }
        }
        throw JinjaTemplate.Invalid("a '{\(Unicode.Scalar(kind.rawValue))' is not closed")
    }

    private mutating func ends(_ kind: Kind) -> Bool {
        let trims = bytes[index] == UInt8(ascii: "-")
        let start = trims || (bytes[index] == UInt8(ascii: "+") && kind != .output) ? index + 1 : index
        guard bytes[start...].starts(with: kind.end) else { return false }
        index = start + 2
        trimsNext = trims
        return true
    }

    // MARK: Tokens

    private mutating func token() throws(JinjaTemplate.Invalid) -> Token {
        let byte = bytes[index]
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return .string(try string(byte)) }
        if 0x30...0x39 ~= byte { return try number() }
        if Self.isLetter(byte) {
            let start = index
            while index < bytes.count, Self.isLetter(bytes[index]) || 0x30...0x39 ~= bytes[index] { index += 1 }
            return .name(String(decoding: bytes[start..<index], as: UTF8.self))
        }
        for length in [2, 1] {
            let text = String(decoding: bytes[index...].prefix(length), as: UTF8.self)
            if text.utf8.count == length, Self.symbols.contains(text) {
                index += length
                return .symbol(text)
            }
        }
        throw JinjaTemplate.Invalid("'\(String(decoding: bytes[index...].prefix(1), as: UTF8.self))' is not understood")
    }

    private static let symbols: Set<String> = [
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}",
        ".", ",", ":", "|",
    ]

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || 0x61...0x7A ~= byte | 0x20 || byte >= 0x80
    }

    private mutating func number() throws(JinjaTemplate.Invalid) -> Token {
        let start = index
        var isFloat = false
        func digits(_ index: inout Int) {
            while index < bytes.count, 0x30...0x39 ~= bytes[index] || bytes[index] == UInt8(ascii: "_") { index += 1 }
        }
        digits(&index)
        if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "."), 0x30...0x39 ~= bytes[index + 1] {
            isFloat = true
            index += 1
            digits(&index)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            var end = index + 1
            if end < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[end]) { end += 1 }
            if end < bytes.count, 0x30...0x39 ~= bytes[end] {
                isFloat = true
                index = end
                digits(&index)
            }
        }
        let text = String(decoding: bytes[start..<index].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        if isFloat, let number = Double(text), number.isFinite { return .float(number) }
        if !isFloat, let int = Int(text) { return .int(int) }
        throw JinjaTemplate.Invalid("'\(text.prefix(40))' is too large")
    }

    /// `x41`, `u00b0`, `U0001F4A1`: moves behind it.
    private mutating func scalar() throws(JinjaTemplate.Invalid) -> [UInt8] {
        let count = bytes[index] == UInt8(ascii: "x") ? 2 : bytes[index] == UInt8(ascii: "u") ? 4 : 8
        let digits = String(decoding: bytes[(index + 1)...].prefix(count), as: UTF8.self)
        guard digits.utf8.count == count, let number = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(number)
        else { throw JinjaTemplate.Invalid("the escape '\\\(Unicode.Scalar(bytes[index]))' names no character") }
        index += count + 1
        return Array(String(scalar).utf8)
    }

    private mutating func string(_ quote: UInt8) throws(JinjaTemplate.Invalid) -> String {
        index += 1
        var text: [UInt8] = []
        while index < bytes.count, bytes[index] != quote {
            var byte = bytes[index]
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                index += 1
                switch bytes[index] {
                case UInt8(ascii: "n"): byte = 10
                case UInt8(ascii: "r"): byte = 13
                case UInt8(ascii: "t"): byte = 9
                case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): byte = bytes[index]
                case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
                    text += try scalar()
                    continue
                case UInt8(ascii: "0"): byte = 0
                case UInt8(ascii: "a"): byte = 7
                case UInt8(ascii: "b"): byte = 8
                case UInt8(ascii: "f"): byte = 12
                case UInt8(ascii: "v"): byte = 11
                // As Python has it, a backslash before another letter is one: `'\d+'`.
                default:
                    text.append(byte)
                    byte = bytes[index]
                }
            }
            text.append(byte)
            index += 1
        }
        guard index < bytes.count else { throw JinjaTemplate.Invalid("a text is not closed") }
        index += 1
        return String(decoding: text, as: UTF8.self)
    }
}
