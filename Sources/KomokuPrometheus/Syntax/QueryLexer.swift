/// Splits a query into words, as Prometheus does.
struct QueryLexer {
    private let bytes: [UInt8]
    private var index = 0
    private var tokens: [QueryToken] = []

    /// The words of `text`, the last of them the end.
    static func tokens(of text: [UInt8]) throws(QueryError) -> [QueryToken] {
        var lexer = QueryLexer(bytes: text)
        while try lexer.advance() {}
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func peek(_ distance: Int = 0) -> UInt8 {
        index + distance < bytes.count ? bytes[index + distance] : 0
    }

    private mutating func add(_ kind: QueryToken.Kind, from start: Int) {
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        tokens.append(QueryToken(kind: kind, offset: start, text: text))
    }

    private func fault(_ message: String, at offset: Int) -> QueryError { .parsing(message, at: offset, in: bytes) }

    private mutating func advance() throws(QueryError) -> Bool {
        skipBlanks()
        let start = index
        guard index < bytes.count else {
            add(.end, from: index)
            return false
        }
        switch peek() {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: ".") where Self.isDigit(peek(1)): try number()
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): try text()
        case let byte where Self.isLetter(byte):
            while Self.isLetter(peek()) || Self.isDigit(peek()) { index += 1 }
            let word = String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
            let numbers = ["inf": Double.infinity, "nan": .nan]
            add(numbers[word].map(QueryToken.Kind.number) ?? .name, from: start)
        default: try sign()
        }
        return true
    }

    private mutating func skipBlanks() {
        while index < bytes.count {
            if peek() == UInt8(ascii: "#") {
                while index < bytes.count, peek() != 0x0A { index += 1 }
            } else if [0x20, 0x09, 0x0A, 0x0D].contains(peek()) {
                index += 1
            } else {
                return
            }
        }
    }

    private static let signs = [
        "=~", "!=", "!~", "==", ">=", "<=", "=", ">", "<", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[", "]",
        ",", ":", "@",
    ]

    private mutating func sign() throws(QueryError) {
        let start = index
        guard let sign = Self.signs.first(where: { bytes[start...].starts(with: $0.utf8) }) else {
            let character = String(decoding: bytes[start...].prefix(4), as: UTF8.self).prefix(1)
            throw fault("unexpected character '\(character)'", at: start)
        }
        index += sign.utf8.count
        add(.sign(sign), from: start)
    }

    // MARK: Numbers and durations

    private mutating func number() throws(QueryError) {
        let start = index
        while Self.isLetter(peek()) && peek() != UInt8(ascii: ":") || Self.isDigit(peek())
            || peek() == UInt8(ascii: ".")
            || isSignOfExponent
        {
            index += 1
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if let number = Self.number(text) { return add(.number(number), from: start) }
        if let duration = Self.milliseconds(of: text) { return add(.duration(duration), from: start) }
        throw fault("bad number or duration syntax: \"\(text.prefix(40))\"", at: start)
    }

    private var isSignOfExponent: Bool {
        guard peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-"), index > 0, Self.isDigit(peek(1)) else {
            return false
        }
        return bytes[index - 1] | 0x20 == UInt8(ascii: "e") && !isHexadecimal
    }

    private var isHexadecimal: Bool {
        var start = index
        while start > 0, Self.isLetter(bytes[start - 1]) || Self.isDigit(bytes[start - 1]) { start -= 1 }
        return bytes[start...].starts(with: "0x".utf8) || bytes[start...].starts(with: "0X".utf8)
    }

    /// As Go reads it: `0x1f` and `017` are whole numbers of base 16 and 8.
    private static func number(_ text: String) -> Double? {
        if text.hasPrefix("0x") || text.hasPrefix("0X") {
            return UInt64(text.dropFirst(2), radix: 16).flatMap { $0 <= Int64.max ? Double($0) : nil }
        }
        if text.count > 1, text.hasPrefix("0"), let octal = Int64(text, radix: 8) { return Double(octal) }
        guard text.utf8.allSatisfy({ isDigit($0) || [0x2E, 0x65, 0x45, 0x2B, 0x2D].contains($0) }) else { return nil }
        return Double(text.hasSuffix(".") ? String(text.dropLast()) : text)
    }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 365 * 86_400_000), ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ("s", 1000), ("ms", 1),
    ]

    /// `1h30m`: each unit at most once, the longer ones first. Nil where it is none, or beyond a thousand years.
    static func milliseconds(of text: String) -> Int64? {
        var (rest, total, next) = (Substring(text), Int64(0), 0)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let word = rest.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
            guard let count = Int64(digits), let unit = units.firstIndex(where: { $0.name == word }), unit >= next
            else { return nil }
            let (length, overflow) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
            if overflow || length > longest - total { return nil }
            total += length
            next = unit + 1
            rest = rest.dropFirst(digits.count + word.count)
        }
        return total
    }

    private static let longest: Int64 = 1000 * 365 * 86_400_000

    // MARK: Texts

    private mutating func text() throws(QueryError) {
        let (start, quote) = (index, peek())
        index += 1
        var text: [UInt8] = []
        while peek() != quote || index >= bytes.count {
            guard index < bytes.count, peek() != 0x0A || quote == UInt8(ascii: "`") else {
                throw fault("unterminated quoted string", at: start)
            }
            if peek() == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
                text += try escape()
            } else {
                text.append(peek())
                index += 1
            }
        }
        index += 1
        guard let string = String(validating: text, as: UTF8.self) else {
            throw fault("the string is no valid UTF-8", at: start)
        }
        add(.text(string), from: start)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
        UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "'"): 0x27,
    ]

    private mutating func escape() throws(QueryError) -> [UInt8] {
        let start = index
        let letter = peek(1)
        index += 2
        if let byte = Self.escapes[letter] { return [byte] }
        let form: (digits: Int, radix: Int)? =
            switch letter {
            case UInt8(ascii: "x"): (2, 16)
            case UInt8(ascii: "u"): (4, 16)
            case UInt8(ascii: "U"): (8, 16)
            case UInt8(ascii: "0")...UInt8(ascii: "7"): (3, 8)
            default: nil
            }
        if form?.radix == 8 { index -= 1 }
        guard let form, index + form.digits <= bytes.count,
            let code = UInt32(String(decoding: bytes[index..<index + form.digits], as: UTF8.self), radix: form.radix)
        else { throw fault("unknown escape sequence", at: start) }
        index += form.digits
        if form.digits < 4 {
            guard let byte = UInt8(exactly: code) else { throw fault("unknown escape sequence", at: start) }
            return [byte]
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("unknown escape sequence", at: start) }
        return Array(String(Character(scalar)).utf8)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x61...0x7A ~= byte | 0x20 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
    }
}
