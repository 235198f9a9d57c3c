extension JSON {
    /// Why a text is not JSON.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// Bytes before the fault.
        public let offset: Int
        public let reason: String
        public var description: String { "not JSON: \(reason) at byte \(offset)" }
    }

    /// The deepest nesting that is read.
    public static let maximumDepth = 64

    /// Reads one JSON document that takes all of `bytes`.
    ///
    /// - Throws: `JSON.Invalid` where it is not JSON, not UTF-8, nested deeper than `maximumDepth`, or holds a number that
    ///   no double can hold.
    public init(parsing bytes: some Sequence<UInt8>) throws(Invalid) {
        var parser = JSONParser(bytes: Array(bytes))
        self = try parser.document()
    }

    /// The same, of what a device wrote: numbers that are none (`NaN`, `-inf`, `Infinity`), which JSON does not have, are null.
    public init(parsingFromDevice bytes: some Sequence<UInt8>) throws(Invalid) {
        var parser = JSONParser(bytes: Array(bytes), takesNoNumbers: true)
        self = try parser.document()
    }

    public init(parsing text: String) throws(Invalid) {
        try self.init(parsing: text.utf8)
    }
}

/// A recursive-descent reader of RFC 8259, bounded in depth.
struct JSONParser {
    private let bytes: [UInt8]
    private var index = 0
    private let takesNoNumbers: Bool

    init(bytes: [UInt8], takesNoNumbers: Bool = false) {
        self.bytes = bytes
        self.takesNoNumbers = takesNoNumbers
    }

    mutating func document() throws(JSON.Invalid) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        if index < bytes.count { throw fault("more after the document") }
        return value
    }

    private mutating func value(depth: Int) throws(JSON.Invalid) -> JSON {
        skipSpace()
        guard depth < JSON.maximumDepth else { throw fault("nested deeper than \(JSON.maximumDepth)") }
        if takesNoNumbers, case let length = lengthOfNoNumber, length > 0 {
            index += length
            return .null
        }
        switch peek() {
        case UInt8(ascii: "{"): return .object(try members(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try items(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard let number = DecimalNumber.parsePrefix(of: bytes, end: &index) else { throw fault("a bad number") }
            return .number(number)
        default:
            throw fault(index < bytes.count ? "an unexpected character" : "an unexpected end")
        }
    }

    private var lengthOfNoNumber: Int {
        bytes.withUnsafeBufferPointer { DecimalNumber.lengthOfNoNumber(in: $0, at: index) }
    }

    private mutating func members(depth: Int) throws(JSON.Invalid) -> [JSON.Member] {
        index += 1
        var members: [JSON.Member] = []
        if skip(UInt8(ascii: "}")) { return members }
        repeat {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw fault("a member name is missing") }
            let name = try string()
            guard skip(UInt8(ascii: ":")) else { throw fault("':' is missing") }
            members.append(JSON.Member(name, try value(depth: depth)))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw fault("'}' is missing") }
        return members
    }

    private mutating func items(depth: Int) throws(JSON.Invalid) -> [JSON] {
        index += 1
        var items: [JSON] = []
        if skip(UInt8(ascii: "]")) { return items }
        repeat {
            items.append(try value(depth: depth))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw fault("']' is missing") }
        return items
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSON.Invalid) -> JSON {
        let length = word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: length)
        guard bytes[index...].prefix(length).elementsEqual(expected) else { throw fault("an unknown word") }
        index += length
        return value
    }

    private mutating func string() throws(JSON.Invalid) -> String {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
            if bytes[index] < 0x20 { throw fault("a control character in a text") }
            index += 1
        }
        guard index < bytes.count else { throw fault("a text without its end") }
        if bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return try text(bytes[start..<index - 1])
        }
        return try escapedString(from: start)
    }

    private mutating func escapedString(from start: Int) throws(JSON.Invalid) -> String {
        var buffer = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(buffer[...])
            case UInt8(ascii: "\\"): try escape(into: &buffer)
            case 0..<0x20: throw fault("a control character in a text")
            default: buffer.append(byte)
            }
        }
        throw fault("a text without its end")
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSON.Invalid) {
        let byte = peek()
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(8)
        case UInt8(ascii: "f"): buffer.append(12)
        case UInt8(ascii: "n"): buffer.append(10)
        case UInt8(ascii: "r"): buffer.append(13)
        case UInt8(ascii: "t"): buffer.append(9)
        case UInt8(ascii: "u"): try unicodeEscape(into: &buffer)
        default: throw fault("an unknown escape")
        }
    }

    /// A lone surrogate becomes U+FFFD: it has no UTF-8.
    private mutating func unicodeEscape(into buffer: inout [UInt8]) throws(JSON.Invalid) {
        var code = try hexadecimal()
        if 0xD800..<0xDC00 ~= code, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        {
            let before = index
            index += 2
            let low = try hexadecimal()
            if 0xDC00..<0xE000 ~= low {
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            } else {
                index = before
            }
        }
        buffer.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
    }

    private mutating func hexadecimal() throws(JSON.Invalid) -> UInt32 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ UInt8(ascii: "+") != $0 && UInt8(ascii: "-") != $0 }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fault("a bad \\u escape") }
        index += 4
        return code
    }

    private func text(_ slice: ArraySlice<UInt8>) throws(JSON.Invalid) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw fault("a text that is not UTF-8") }
        return text
    }

    private func peek() -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private func fault(_ reason: String) -> JSON.Invalid {
        JSON.Invalid(offset: min(index, bytes.count), reason: reason)
    }
}
