/// Bytes as they are stored: varints are LEB128, fixed numbers little-endian.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    mutating func reserve(_ capacity: Int) { bytes.reserveCapacity(capacity) }

    @inline(__always)
    mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    @inline(__always)
    mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inline(__always)
    mutating func varint(_ count: Int) { varint(UInt64(count)) }

    /// A signed number as a varint: small magnitudes take few bytes.
    @inline(__always)
    mutating func zigzag(_ number: Int64) {
        varint(UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    mutating func fixed32(_ number: UInt32) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func fixed64(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A length as a varint, then the bytes of UTF-8.
    mutating func text(_ text: String) {
        varint(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Bytes as they are.
    mutating func raw(_ more: some Collection<UInt8>) { bytes.append(contentsOf: more) }

    /// Overwrites four bytes that were written before.
    mutating func set32(_ number: UInt32, at index: Int) {
        for offset in 0..<4 { bytes[index + offset] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(offset))) }
    }

    /// The bytes and their CRC-32C behind them.
    consuming func sealed() -> [UInt8] {
        fixed32(CRC32C.checksum(bytes[...]))
        return bytes
    }
}
