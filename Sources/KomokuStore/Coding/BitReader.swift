/// Reads what `BitWriter` wrote. Behind the last byte it reads zeros; `isOverrun` tells that it did.
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    /// The byte that is loaded next; it grows beyond the end where zeros are read.
    private var index = 0
    /// The low `fill` bits are what comes next. Those above are either zeros or right already.
    private var pending: UInt64 = 0
    private var fill = 0

    /// - Parameter bytes: must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Loads bits until there are at least 56.
    @inline(__always)
    mutating func refill() {
        // After F. Giesen, "Reading bits in far too many ways", variant 4: no branch on how many bytes are used up.
        if index &+ 8 <= bytes.count {
            pending |= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) << UInt64(fill)
            index &+= (63 &- fill) >> 3
            fill |= 56
        } else {
            refillAtEnd()
        }
    }

    @inline(never)
    private mutating func refillAtEnd() {
        while fill < 56 {
            if index < bytes.count { pending |= UInt64(bytes[index]) << UInt64(fill) }
            index += 1
            fill += 8
        }
    }

    /// What comes next, without taking it: at least 56 bits are right after a `refill`.
    var ahead: UInt64 {
        @inline(__always) get { pending }
    }

    /// - Parameter count: no more than were loaded.
    @inline(__always)
    mutating func skip(_ count: Int) {
        pending >>= UInt64(truncatingIfNeeded: count)
        fill &-= count
    }

    /// - Parameter count: 0 to 56, no more than were loaded.
    @inline(__always)
    mutating func take(_ count: Int) -> UInt64 {
        let bits = pending & ((1 << UInt64(truncatingIfNeeded: count)) &- 1)
        skip(count)
        return bits
    }

    /// Loads and takes 0 to 64 bits.
    @inline(__always)
    mutating func read(_ count: Int) -> UInt64 {
        refill()
        if count <= 56 { return take(count) }
        let low = take(32)
        refill()
        return low | take(count &- 32) << 32
    }

    /// Bytes that were begun.
    var usedBytes: Int { (index * 8 - fill + 7) / 8 }

    var isOverrun: Bool { usedBytes > bytes.count }
}
