/// The start of what a program said, and its last words.
package struct CapturedOutput: Hashable, Sendable {
    package private(set) var bytes: [UInt8] = []
    /// There was more.
    package private(set) var isCut = false
    package let limit: Int
    /// The end of what was left out.
    private var tail: [UInt8] = []
    private static let maximumTail = 1024

    package init(limit: Int) {
        self.limit = limit
    }

    package mutating func append(_ part: some Collection<UInt8>) {
        let room = limit - bytes.count
        if part.count > room { isCut = true }
        bytes += part.prefix(room)
        guard isCut else { return }
        tail += part.dropFirst(room).suffix(Self.maximumTail)
        if tail.count > 2 * Self.maximumTail { tail = tail.suffix(Self.maximumTail) }
    }

    /// The end of what was left out, as UTF-8; nil where nothing was.
    package var ending: String? { isCut ? String(decoding: tail.suffix(Self.maximumTail), as: UTF8.self) : nil }

    /// As UTF-8; what is none is replaced. A character that was cut is left out, and it is no longer than `limit` bytes.
    package var text: String {
        let whole = isCut ? bytes.prefix(bytes.count - Self.incompleteTail(of: bytes)) : bytes[...]
        let text = String(decoding: whole, as: UTF8.self)
        guard text.utf8.count > limit else { return text }
        let repaired = Array(text.utf8.prefix(limit))
        return String(decoding: repaired.dropLast(Self.incompleteTail(of: repaired)), as: UTF8.self)
    }

    /// The bytes at the end that begin a character and do not finish it.
    private static func incompleteTail(of bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }
}
