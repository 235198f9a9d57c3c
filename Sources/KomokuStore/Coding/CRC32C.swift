/// The Castagnoli checksum (RFC 3720, appendix B.4), eight bytes a step.
enum CRC32C {
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var sum = ~UInt32(0)
            var index = 0
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                sum = mix(word ^ UInt64(sum), tables)
                index += 8
            }
            while index < bytes.count {
                sum = tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)] ^ (sum >> 8)
                index += 1
            }
            return ~sum
        }
    }

    @inline(__always)
    private static func mix(_ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        var sum: UInt32 = 0
        for offset in 0..<8 {
            sum ^= tables[(7 - offset) * 256 + Int((word >> UInt64(8 * offset)) & 0xFF)]
        }
        return sum
    }

    /// Eight tables of 256 (Kounavis and Berry, "slicing by eight"): the first is the sum of one byte, each next one that of a
    /// byte followed by one more zero byte.
    private static let tables: [UInt32] = {
        var tables = (0..<UInt32(256)).map { byte in
            (0..<8).reduce(byte) { sum, _ in sum & 1 == 1 ? (sum >> 1) ^ 0x82F6_3B78 : sum >> 1 }
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append(tables[Int(before & 0xFF)] ^ (before >> 8))
        }
        return tables
    }()
}
