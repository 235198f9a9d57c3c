internal import NIOHTTP1

/// What tells one answer from another (RFC 9110, section 8.8.3): a hash of its bytes, FNV-1a.
struct EntityTag: Hashable, Sendable {
    /// Without quotes.
    let opaque: String

    init(_ content: [UInt8]) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in content { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        opaque = String(hash, radix: 16)
    }

    /// As it is sent. Weak: compressed it is the same answer of other bytes.
    var text: String { "W/\"\(opaque)\"" }

    /// Whether a client that asks has this answer already.
    func isKnown(to headers: HTTPHeaders) -> Bool { Self.lists(headers, "If-None-Match", Self.strong(text[...])) }

    /// Whether something is to be done only where one of these is what is there.
    ///
    /// Tags compare weakly, unlike in RFC 9110, section 13.1.1: all of ours are weak, and it is the value that counts.
    ///
    /// - Parameter tags: of all forms of what is there; nil where there is nothing.
    static func allows(_ headers: HTTPHeaders, _ tags: [EntityTag]?) -> Bool {
        func lists(_ name: String) -> Bool {
            guard let tags else { return false }
            return tags.contains { Self.lists(headers, name, strong($0.text[...])) }
        }
        if !headers["If-Match"].isEmpty, !lists("If-Match") { return false }
        return headers["If-None-Match"].isEmpty || !lists("If-None-Match")
    }

    private static func lists(_ headers: HTTPHeaders, _ name: String, _ wanted: Substring) -> Bool {
        headers[canonicalForm: name].contains { item in
            item.utf8.elementsEqual("*".utf8) || strong(item).utf8.elementsEqual(wanted.utf8)
        }
    }

    private static func strong(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
}
