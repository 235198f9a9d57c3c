/// Bits as they are stored: the first one is the lowest of the first byte.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    /// Bits that fill no word yet, the low `fill` of them; `fill` is below 32.
    private var pending: UInt64 = 0
    private var fill = 0

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// - Parameters:
    ///   - bits: has no ones above the low `count`.
    ///   - count: 0 to 32.
    @inline(__always)
    mutating func write(_ bits: UInt64, count: Int) {
        pending |= bits << UInt64(fill)
        fill += count
        guard fill >= 32 else { return }
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: pending).littleEndian) { bytes.append(contentsOf: $0) }
        pending >>= 32
        fill -= 32
    }

    /// Like `write`, with 0 to 64 bits.
    @inline(__always)
    mutating func writeLong(_ bits: UInt64, count: Int) {
        if count > 32 {
            write(bits & 0xFFFF_FFFF, count: 32)
            write(bits >> 32, count: count - 32)
        } else {
            write(bits, count: count)
        }
    }

    /// Zeros up to the end of a byte, then all bytes.
    consuming func finish() -> [UInt8] {
        while fill > 0 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            fill -= 8
        }
        return bytes
    }
}
