internal import Komoku

extension JinjaValue {
    /// Reads a JSON payload as Python does: whole numbers and others are told apart. Nil where it is no JSON.
    init?(parsing bytes: UnsafeBufferPointer<UInt8>) {
        var reader = JinjaDocument(bytes: bytes)
        guard let value = reader.document() else { return nil }
        self = value
    }

    init?(parsing text: String) {
        var text = text
        guard let value = text.withUTF8({ JinjaValue(parsing: $0) }) else { return nil }
        self = value
    }
}

/// A reader of RFC 8259, bounded in depth. A word that stands for no number (`NaN`) is as if it were missing.
private struct JinjaDocument {
    let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func document() -> JinjaValue? {
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return index == bytes.count ? value : nil
    }

    private mutating func value(depth: Int) -> JinjaValue? {
        skipSpace()
        guard depth < JSON.maximumDepth, index < bytes.count else { return nil }
        let length = DecimalNumber.lengthOfNoNumber(in: bytes, at: index)
        if length > 0 {
            index += length
            return .undefined
        }
        switch bytes[index] {
        case UInt8(ascii: "{"): return members(depth: depth + 1)
        case UInt8(ascii: "["): return items(depth: depth + 1)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "t"): return word("true", .bool(true))
        case UInt8(ascii: "f"): return word("false", .bool(false))
        case UInt8(ascii: "n"): return word("null", .none)
        default: return number()
        }
    }

    private mutating func members(depth: Int) -> JinjaValue? {
        index += 1
        var members: [JinjaValue.Member] = []
        if skip(UInt8(ascii: "}")) { return .dict(members) }
        repeat {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\""), let name = string(),
                skip(UInt8(ascii: ":")), let value = value(depth: depth)
            else { return nil }
            members.append(JinjaValue.Member(name: name, value: value))
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "}")) ? .dict(Self.unique(members)) : nil
    }

    /// Of members with one name the last counts, in the place of the first.
    private static func unique(_ members: [JinjaValue.Member]) -> [JinjaValue.Member] {
        var indices: [ByteText: Int] = [:]
        var result: [JinjaValue.Member] = []
        for member in members {
            if let index = indices.updateValue(result.count, forKey: ByteText(member.key.text)) {
                indices[ByteText(member.key.text)] = index
                result[index] = member
            } else {
                result.append(member)
            }
        }
        return result
    }

    private mutating func items(depth: Int) -> JinjaValue? {
        index += 1
        var items: [JinjaValue] = []
        if skip(UInt8(ascii: "]")) { return .list(items) }
        repeat {
            guard let value = value(depth: depth) else { return nil }
            items.append(value)
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "]")) ? .list(items) : nil
    }

    private mutating func number() -> JinjaValue? {
        let start = index
        guard let number = DecimalNumber.parsePrefix(of: bytes, end: &index) else { return nil }
        let digits = bytes[start..<index]
        let isWhole = digits.allSatisfy { $0 == UInt8(ascii: "-") || 0x30...0x39 ~= $0 }
        if isWhole, let int = Int(String(decoding: digits, as: UTF8.self)) { return .int(int) }
        return .float(number)
    }

    private mutating func string() -> String? {
        let start = index
        index += 1
        var isEscaped = false
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] < 0x20 { return nil }
            if bytes[index] == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        guard index < bytes.count else { return nil }
        index += 1
        if !isEscaped { return String(validating: bytes[start + 1..<index - 1], as: UTF8.self) }
        return try? JSON(parsing: bytes[start..<index]).string
    }

    private mutating func word(_ word: StaticString, _ value: JinjaValue) -> JinjaValue? {
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[index...].prefix(expected.count).elementsEqual(expected) else { return nil }
        index += expected.count
        return value
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }
}
