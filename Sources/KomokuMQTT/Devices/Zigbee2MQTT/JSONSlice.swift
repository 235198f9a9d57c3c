internal import Komoku

/// A part of a JSON document by its bytes, valid as long as they are. The document was checked before: this only finds
/// where its parts begin and end, so that a large one is not turned into values where little of it is wanted.
struct JSONSlice {
    let bytes: UnsafeBufferPointer<UInt8>
    let range: Range<Int>

    /// A whole document.
    ///
    /// - Throws: where it is not JSON.
    init(checking bytes: UnsafeBufferPointer<UInt8>) throws(FieldScanner.Fault) {
        var scanner = FieldScanner(paths: [], takesNoNumbers: false)
        try scanner.scan(bytes)
        self.bytes = bytes
        range = Self.trimmed(0..<bytes.count, bytes)
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    var isObject: Bool { first == UInt8(ascii: "{") }
    var isArray: Bool { first == UInt8(ascii: "[") }
    private var first: UInt8? { range.isEmpty ? nil : bytes[range.lowerBound] }

    /// Of the bytes as they stand; for this run of the process.
    var hash: Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[range]))
        return hasher.finalize()
    }

    /// The value, built.
    var json: JSON? { try? JSON(parsing: bytes[range]) }

    /// The items of an array; none of anything else.
    var items: [JSONSlice] {
        guard isArray else { return [] }
        var items: [JSONSlice] = []
        var index = range.lowerBound + 1
        while index < range.upperBound - 1 {
            let end = Self.end(of: index, bytes, range.upperBound - 1)
            let item = Self.trimmed(index..<end, bytes)
            if !item.isEmpty { items.append(JSONSlice(bytes, item)) }
            index = end + 1
        }
        return items
    }

    /// The members of an object whose names are wanted, in the order of `names`; of equal names the last counts. A name
    /// that is written with escapes is not found.
    func members(_ names: [StaticString]) -> [JSONSlice?] {
        var found: [JSONSlice?] = Array(repeating: nil, count: names.count)
        guard isObject else { return found }
        var index = range.lowerBound + 1
        while index < range.upperBound - 1 {
            let end = Self.end(of: index, bytes, range.upperBound - 1)
            let member = Self.trimmed(index..<end, bytes)
            index = end + 1
            guard member.count > 3 else { continue }
            let quote = Self.endOfText(member.lowerBound, bytes, member.upperBound)
            let name = member.lowerBound + 1..<max(member.lowerBound + 1, quote - 1)
            guard let wanted = names.firstIndex(where: { Self.isEqual($0, bytes, name) }) else { continue }
            let colon = Self.trimmed(quote..<member.upperBound, bytes)
            found[wanted] = JSONSlice(bytes, Self.trimmed(colon.dropFirst(), bytes))
        }
        return found
    }

    // MARK: Finding ends

    private static func isEqual(_ name: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool
    {
        guard name.utf8CodeUnitCount == range.count else { return false }
        for offset in 0..<range.count where name.utf8Start[offset] != bytes[range.lowerBound + offset] { return false }
        return true
    }

    private static func trimmed(_ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] <= 0x20 { start += 1 }
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        return start..<end
    }

    /// The next comma of this level, or the limit.
    private static func end(of start: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ limit: Int) -> Int {
        var (index, depth) = (start, 0)
        while index < limit {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index = endOfText(index, bytes, limit)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ",") where depth == 0: return index
            default: break
            }
            index += 1
        }
        return limit
    }

    /// Behind the closing quote of the text that begins at `start`.
    private static func endOfText(_ start: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ limit: Int) -> Int {
        var index = start + 1
        while index < limit, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, limit)
    }
}
