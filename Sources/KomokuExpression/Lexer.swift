import Komoku

/// Splits an expression into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private var index = 0
    private var tokens: [Token] = []

    /// The tokens of `text`, the last of them the end.
    static func tokens(of text: String) throws(Expression.Fault) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        while try lexer.advance() {}
        return lexer.tokens
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func peek(_ distance: Int = 0) -> UInt8 {
        index + distance < bytes.count ? bytes[index + distance] : 0
    }

    private mutating func add(_ kind: Token.Kind, from start: Int) {
        let text = String(decoding: bytes[start..<min(index, start + 80)], as: UTF8.self)
        tokens.append(Token(kind: kind, span: start..<index, text: text))
    }

    private mutating func advance() throws(Expression.Fault) -> Bool {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
        guard index < bytes.count else {
            add(.end, from: index)
            return false
        }
        switch peek() {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): try text()
        case UInt8(ascii: "`"): try quotedName()
        default: if try !sign() { try name() }
        }
        return true
    }

    private mutating func number() throws(Expression.Fault) {
        let start = index
        var end = index
        let number = DecimalNumber.parsePrefix(of: bytes, end: &end)
        index = max(end, start + 1)
        if number != nil, nextIsName, try duration(from: start) { return }
        let runsOn = nextIsName || peek() == UInt8(ascii: ".")
        guard let number, !runsOn else {
            while nextIsName || peek() == UInt8(ascii: ".") { index += scalarLength }
            let text = String(decoding: bytes[start..<index], as: UTF8.self)
            throw Expression.Fault(
                at: start..<index, "'\(text.prefix(80))' is not a number",
                remedy: remedy(forNumber: text, runsOn: runsOn))
        }
        add(.literal(.number(number)), from: start)
    }

    private func remedy(forNumber text: String, runsOn: Bool) -> String {
        if peek() == UInt8(ascii: ":") { return "a time of day is text, '06:00', and a duration is written like 5m" }
        if let remedy = Idiom.remedy(forNumber: text) { return remedy }
        guard runsOn, KeyName(text) != nil else { return "numbers are written like 12, 0.5 or 1e3" }
        let key = "a key that has a '-' or starts with a digit is written in backquotes"
        return text.utf8.contains(UInt8(ascii: ".")) ? key : "durations are written like 90s, 5m or 1h30m; \(key)"
    }

    /// Reads `5m`, `1h30m`; what runs on otherwise is left to `number()`.
    private mutating func duration(from start: Int) throws(Expression.Fault) -> Bool {
        let behindNumber = index
        while nextIsName || peek() == UInt8(ascii: ".") { index += scalarLength }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard let duration = try? Duration(parsing: text) else {
            index = behindNumber
            return false
        }
        guard duration <= Expression.longestDuration else {
            throw Expression.Fault(at: start..<index, "a duration is at most \(Expression.longestDuration)")
        }
        add(.duration(duration), from: start)
        return true
    }

    private mutating func text() throws(Expression.Fault) {
        let (start, quote) = (index, peek())
        var content: [UInt8] = []
        index += 1
        while index < bytes.count {
            if peek() == quote {
                index += 1
                // A quote written twice is one in the text.
                guard peek() == quote, index < bytes.count else {
                    add(.literal(.string(String(decoding: content, as: UTF8.self))), from: start)
                    return
                }
            }
            content.append(bytes[index])
            index += 1
        }
        let mark = quote == UInt8(ascii: "'") ? "'" : "\""
        throw Expression.Fault(
            at: start..<start + 1, "the text that starts here does not end", remedy: "close it with \(mark)")
    }

    private mutating func quotedName() throws(Expression.Fault) {
        let start = index
        guard let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "`")) else {
            throw Expression.Fault(
                at: start..<start + 1, "the name that starts here does not end", remedy: "close it with `")
        }
        index = end + 1
        let content = String(decoding: bytes[start + 1..<end], as: UTF8.self)
        if let key = try ComputedKey.parse(content, at: start..<index) {
            add(.computedName(key), from: start)
            return
        }
        add(.name(try keyName(start + 1..<end, at: start..<index), quoted: true), from: start)
    }

    private mutating func name() throws(Expression.Fault) {
        let start = index
        guard nextIsName else { throw stray() }
        while nextIsName || peek() == UInt8(ascii: ".") { index += scalarLength }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        switch text {
        case "and": add(.infix(.and), from: start)
        case "or": add(.infix(.or), from: start)
        case "not": add(.not, from: start)
        case "true": add(.literal(.boolean(true)), from: start)
        case "false": add(.literal(.boolean(false)), from: start)
        case "if": add(.if, from: start)
        case "then": add(.then, from: start)
        case "else": add(.else, from: start)
        case "in": add(.in, from: start)
        case "unknown":
            throw Expression.Fault(
                at: start..<index, "'\(text)' is a reserved word",
                remedy: "write known(a) or not known(a); a key of that name is written `\(text)`")
        default: add(.name(try keyName(start..<index, at: start..<index), quoted: false), from: start)
        }
    }

    private func keyName(_ range: Range<Int>, at span: Range<Int>) throws(Expression.Fault) -> KeyName {
        do throws(KeyName.Invalid) {
            return try KeyName(validating: String(decoding: bytes[range], as: UTF8.self))
        } catch {
            throw Expression.Fault(at: span, error.description)
        }
    }

    private mutating func sign() throws(Expression.Fault) -> Bool {
        let start = index
        guard let (kind, length) = signHere else { return false }
        index += length
        add(kind, from: start)
        return true
    }

    private var signHere: (Token.Kind, Int)? {
        switch (peek(), peek(1)) {
        case (UInt8(ascii: "="), UInt8(ascii: "=")) where peek(2) == UInt8(ascii: "="): nil
        case (UInt8(ascii: "!"), UInt8(ascii: "=")) where peek(2) == UInt8(ascii: "="): nil
        case (UInt8(ascii: "="), UInt8(ascii: "<")): nil
        case (UInt8(ascii: "="), UInt8(ascii: "=")): (.infix(.equal), 2)
        case (UInt8(ascii: "!"), UInt8(ascii: "=")): (.infix(.unequal), 2)
        case (UInt8(ascii: "<"), UInt8(ascii: "=")): (.infix(.lessOrEqual), 2)
        case (UInt8(ascii: ">"), UInt8(ascii: "=")): (.infix(.greaterOrEqual), 2)
        case (UInt8(ascii: "?"), UInt8(ascii: "?")): (.infix(.fallback), 2)
        case (UInt8(ascii: "="), UInt8(ascii: ">")), (UInt8(ascii: "<"), UInt8(ascii: ">")): nil
        case (UInt8(ascii: "="), _): (.infix(.equal), 1)
        case (UInt8(ascii: "<"), _): (.infix(.less), 1)
        case (UInt8(ascii: ">"), _): (.infix(.greater), 1)
        case (UInt8(ascii: "+"), _): (.infix(.plus), 1)
        case (UInt8(ascii: "-"), _): (.infix(.minus), 1)
        case (UInt8(ascii: "*"), _): (.infix(.times), 1)
        case (UInt8(ascii: "/"), _): (.infix(.divided), 1)
        case (UInt8(ascii: "%"), _): (.infix(.remainder), 1)
        case (UInt8(ascii: "("), _): (.open, 1)
        case (UInt8(ascii: ")"), _): (.close, 1)
        case (UInt8(ascii: "["), _): (.openList, 1)
        case (UInt8(ascii: "]"), _): (.closeList, 1)
        case (UInt8(ascii: ","), _): (.comma, 1)
        default: nil
        }
    }

    /// A fault about the character here, which begins nothing; with what people mean who write it.
    private func stray() -> Expression.Fault {
        for (sign, remedy) in Idiom.signs where bytes[index...].starts(with: sign.utf8) {
            return Expression.Fault(
                at: index..<index + sign.utf8.count, "'\(sign)' is no operator", remedy: remedy)
        }
        let end = min(index + scalarLength, bytes.count)
        let scalar = String(decoding: bytes[index..<end], as: UTF8.self)
        let shown = scalar.unicodeScalars.first.map { $0.escaped(asASCII: false) } ?? ""
        return Expression.Fault(
            at: index..<end, "'\(shown)' has no meaning here",
            remedy: Idiom.remedy(for: scalar, next: peek(end - index), after: tokens.last?.kind))
    }

    /// Bytes of the UTF-8 scalar here; the text came from a `String`, so it is whole.
    private var scalarLength: Int {
        switch peek() {
        case 0xF0...: 4
        case 0xE0...: 3
        case 0xC0...: 2
        default: 1
        }
    }

    /// Whether a scalar that may stand in a name without backquotes is here.
    private var nextIsName: Bool {
        switch peek() {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        case 0x80...:
            KeyName(String(decoding: bytes[index..<min(index + scalarLength, bytes.count)], as: UTF8.self)) != nil
        default: false
        }
    }
}
