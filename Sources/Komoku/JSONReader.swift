/// Reads JSON (RFC 8259) part by part, bounded in depth: all of it into a value, or what is wanted of a document of any size.
///
/// Of a document that comes in pieces it holds one scalar and one piece, no more.
package struct JSONReader {
    /// What begins here, or is here.
    package enum Part: Hashable {
        /// Members follow, `nextName` by `nextName`.
        case object
        /// Items follow, `nextItem` by `nextItem`.
        case array
        case text(String)
        /// Where it was written as a whole number, `whole` has it exactly.
        case number(Double)
        case bool(Bool)
        case null
        /// A number that is none, which JSON does not have: `NaN`, `-inf`.
        case noNumber
    }

    /// The longest text or number of a document that comes in pieces, in bytes.
    package static let longestScalar = 1 << 20

    private var bytes: [UInt8]
    private var index = 0
    /// Objects and arrays that are open.
    private var depth = 0
    /// Nothing of the innermost of them was read.
    private var isFirst = false
    private var lastNumber = 0..<0
    private let takesNoNumbers: Bool
    /// The next bytes, none at the end.
    private let more: (() throws -> [UInt8])?
    /// What `more` has thrown: the document ends there.
    package private(set) var failure: (any Error)?
    /// Bytes and line ends of the pieces that were dropped.
    private var passed = (bytes: 0, lines: 0)

    /// - Parameter takesNoNumbers: of what a device wrote.
    package init(_ bytes: [UInt8], takesNoNumbers: Bool = false) {
        self.bytes = bytes
        self.takesNoNumbers = takesNoNumbers
        more = nil
    }

    /// - Parameter more: the next bytes, none at the end.
    package init(pieces more: @escaping () throws -> [UInt8]) {
        bytes = []
        takesNoNumbers = false
        self.more = more
    }

    /// In which line of the document the next part stands, from 1.
    package var line: Int { 1 + passed.lines + bytes[..<min(index, bytes.count)].count { $0 == 0x0A } }

    /// The number that was read last, where it is written without a point and an exponent, and fits.
    package var whole: Int? {
        let digits = bytes[lastNumber]
        guard digits.allSatisfy({ $0 == UInt8(ascii: "-") || 0x30...0x39 ~= $0 }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// The value that stands here, or the beginning of it.
    package mutating func next() throws(JSON.Invalid) -> Part {
        skipSpace()
        guard depth < JSON.maximumDepth else { throw fault("nested deeper than \(JSON.maximumDepth)") }
        if takesNoNumbers, case let length = lengthOfNoNumber, length > 0 {
            index += length
            return .noNumber
        }
        switch peek() {
        case UInt8(ascii: "{"): return begin(.object)
        case UInt8(ascii: "["): return begin(.array)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw fault(index < bytes.count ? "an unexpected character" : "an unexpected end")
        }
    }

    /// The name of the next member of the object that is open, whose value follows; nil behind the last.
    package mutating func nextName() throws(JSON.Invalid) -> String? {
        guard try hasMore(before: UInt8(ascii: "}"), "'}' is missing") else { return nil }
        skipSpace()
        guard peek() == UInt8(ascii: "\"") else { throw fault("a member name is missing") }
        let name = try string()
        guard skip(UInt8(ascii: ":")) else { throw fault("':' is missing") }
        return name
    }

    /// Whether an item of the array that is open follows.
    package mutating func nextItem() throws(JSON.Invalid) -> Bool {
        try hasMore(before: UInt8(ascii: "]"), "']' is missing")
    }

    /// Behind the document: nothing but blanks may follow.
    package mutating func end() throws(JSON.Invalid) {
        skipSpace()
        if index < bytes.count { throw fault("more after the document") }
    }

    /// Passes over the value that stands here, of any size.
    package mutating func skipValue() throws(JSON.Invalid) {
        switch try next() {
        case .object: while try nextName() != nil { try skipValue() }
        case .array: while try nextItem() { try skipValue() }
        case .text, .number, .bool, .null, .noNumber: break
        }
    }

    private mutating func begin(_ part: Part) -> Part {
        index += 1
        depth += 1
        isFirst = true
        return part
    }

    private mutating func hasMore(before close: UInt8, _ missing: StaticString) throws(JSON.Invalid) -> Bool {
        let isFirst = isFirst
        self.isFirst = false
        if isFirst ? !skip(close) : skip(UInt8(ascii: ",")) { return true }
        guard isFirst || skip(close) else { throw fault("\(missing)") }
        depth -= 1
        return false
    }
}

// MARK: - Scalars

extension JSONReader {
    private var lengthOfNoNumber: Int {
        bytes.withUnsafeBufferPointer { DecimalNumber.lengthOfNoNumber(in: $0, at: index) }
    }

    private mutating func number() throws(JSON.Invalid) -> Double {
        try gatherNumber()
        let start = index
        guard let number = DecimalNumber.parsePrefix(of: bytes, end: &index) else { throw fault("a bad number") }
        lastNumber = start..<index
        return number
    }

    /// What reaches to the end of a piece may go on in the next one.
    private mutating func gatherNumber() throws(JSON.Invalid) {
        guard more != nil else { return }
        var length = 0
        while true {
            while index + length < bytes.count, Self.mayBeOfNumber(bytes[index + length]) { length += 1 }
            guard index + length == bytes.count, try fill(keeping: index) else { return }
        }
    }

    private static func mayBeOfNumber(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
    }

    private mutating func word(_ word: StaticString, _ part: Part) throws(JSON.Invalid) -> Part {
        let length = word.utf8CodeUnitCount
        while bytes.count - index < length, try fill(keeping: index) {}
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: length)
        guard bytes[index...].prefix(length).elementsEqual(expected) else { throw fault("an unknown word") }
        index += length
        return part
    }

    private mutating func string() throws(JSON.Invalid) -> String {
        index += 1
        var start = index
        while true {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != UInt8(ascii: "\\") {
                if bytes[index] < 0x20 { throw fault("a control character in a text") }
                index += 1
            }
            guard index == bytes.count, try fill(keeping: start) else { break }
            start = 0
        }
        guard index < bytes.count else { throw fault("a text without its end") }
        if bytes[index] == UInt8(ascii: "\"") {
            index += 1
            return try text(bytes, start..<index - 1)
        }
        return try escapedString(from: start)
    }

    private mutating func escapedString(from start: Int) throws(JSON.Invalid) -> String {
        var buffer = Array(bytes[start..<index])
        while case let byte = peek(), index < bytes.count {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(buffer, 0..<buffer.count)
            case UInt8(ascii: "\\"): try escape(into: &buffer)
            case 0..<0x20: throw fault("a control character in a text")
            default: buffer.append(byte)
            }
            if more != nil, buffer.count > Self.longestScalar { throw tooLong }
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
        if 0xD800..<0xDC00 ~= code {
            while bytes.count - index < 6, try fill(keeping: index) {}
            if bytes[index...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
                let before = index
                index += 2
                let low = try hexadecimal()
                if 0xDC00..<0xE000 ~= low {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    index = before
                }
            }
        }
        buffer.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
    }

    private mutating func hexadecimal() throws(JSON.Invalid) -> UInt32 {
        while bytes.count - index < 4, try fill(keeping: index) {}
        let digits = bytes[min(index, bytes.count)...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ UInt8(ascii: "+") != $0 && UInt8(ascii: "-") != $0 }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw fault("a bad \\u escape") }
        index += 4
        return code
    }

    /// Of a pointer: of a slice it takes half as long again.
    private func text(_ bytes: [UInt8], _ range: Range<Int>) throws(JSON.Invalid) -> String {
        let text = bytes.withUnsafeBufferPointer {
            String(validating: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
        guard let text else { throw fault("a text that is not UTF-8") }
        return text
    }
}

// MARK: - Bytes

extension JSONReader {
    /// The next byte; 0 at the end, which is part of no document.
    private mutating func peek() -> UInt8 {
        if index < bytes.count { return bytes[index] }
        return more != nil && (try? fill(keeping: index)) ?? false ? bytes[index] : 0
    }

    private mutating func skipSpace() {
        while true {
            switch peek() {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    /// Adds the next piece, and drops what stands before `start`, which becomes the front.
    ///
    /// - Returns: false at the end of the document.
    private mutating func fill(keeping start: Int) throws(JSON.Invalid) -> Bool {
        guard let more, failure == nil else { return false }
        if bytes.count - start > Self.longestScalar { throw tooLong }
        let piece: [UInt8]
        do { piece = try more() } catch {
            failure = error
            return false
        }
        if piece.isEmpty { return false }
        passed.bytes += start
        passed.lines += bytes[..<start].count { $0 == 0x0A }
        bytes.removeFirst(start)
        index -= start
        bytes += piece
        return true
    }

    private var tooLong: JSON.Invalid { fault("a text or number of more than \(Self.longestScalar >> 20) MiB") }

    func fault(_ reason: String) -> JSON.Invalid {
        JSON.Invalid(offset: passed.bytes + min(index, bytes.count), reason: reason)
    }
}
