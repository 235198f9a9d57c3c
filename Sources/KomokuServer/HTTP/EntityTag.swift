internal import NIOHTTP1

/// What tells one answer from another (RFC 9110, section 8.8.3): a hash of its bytes, FNV-1a.
struct EntityTag: Hashable, Sendable {
    /// Without quotes.
    let opaque: String

    init(_ content: [UInt8]) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in content { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        // Weak: compressed it is the same answer of other bytes.
        opaque = String(hash, radix: 16)
    }

    /// As it is sent.
    var text: String { "W/\"\(opaque)\"" }

    /// Whether a client that asks has this answer already.
    func isKnown(to headers: HTTPHeaders) -> Bool {
        let quoted = text.dropFirst(2)
        return headers[canonicalForm: "If-None-Match"].contains { item in
            item.utf8.elementsEqual("*".utf8)
                || (item.hasPrefix("W/") ? item.dropFirst(2) : item[...]).utf8.elementsEqual(quoted.utf8)
        }
    }
}
