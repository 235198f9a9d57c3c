/// A hash of a message that is the same in every process, unlike `Hasher`'s: what was taken before a crash is recognised.
///
/// Eight bytes at a time, by a multiplication that mixes; no protection against who wants two messages to look alike, which
/// would only harm his own.
enum ContentHash {
    static func of(topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) -> UInt64 {
        mixed(payload, into: mixed(topic, into: 0x9E37_79B9_7F4A_7C15))
    }

    private static func mixed(_ bytes: UnsafeRawBufferPointer, into start: UInt64) -> UInt64 {
        var hash = mix(start, UInt64(truncatingIfNeeded: bytes.count))
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = mix(hash, UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return mix(hash, rest)
    }

    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0x9FB2_1C65_1E98_DF25
        return product ^ (product >> 32)
    }
}
