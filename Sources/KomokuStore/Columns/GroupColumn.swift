/// Small numbers in groups, each group one symbol: a prefix code has whole bits, which is much where a number has only one or two.
struct GroupColumn {
    /// Numbers are below it.
    private let base: UInt64
    /// Numbers in a group, the first one lowest. What is missing in the last group is zero.
    private let size: Int
    private let counts: TokenCounts
    private let groups: [UInt64]

    private static let bases: ClosedRange<UInt64> = 2...16

    /// Nil where the numbers are too large to be grouped.
    init?(_ numbers: [UInt64], maximum: UInt64) {
        guard Self.bases.contains(maximum + 1) else { return nil }
        base = maximum + 1
        var size = 1
        var values = base
        while values * base <= 256 {
            values *= base
            size += 1
        }
        self.size = size
        groups = Self.groups(numbers, base: base, size: size)
        counts = TokenCounts(groups, .bytes)
    }

    var cost: Double { counts.cost(zerosAsRuns: false) + 16 }

    private static func groups(_ numbers: [UInt64], base: UInt64, size: Int) -> [UInt64] {
        stride(from: 0, to: numbers.count, by: size).map { start in
            var group: UInt64 = 0
            for index in stride(from: min(start + size, numbers.count) - 1, through: start, by: -1) {
                group = group * base + numbers[index]
            }
            return group
        }
    }

    func encode(into writer: inout ByteWriter) {
        writer.byte(UInt8(base))
        writer.byte(UInt8(size))
        TokenColumn.write(groups, counts, zerosAsRuns: false, into: &writer)
    }

    /// Fills all of `numbers`, which holds zeros.
    static func decode(
        into numbers: UnsafeMutableBufferPointer<UInt64>, from reader: inout ByteReader
    ) throws(Corruption) {
        let base = UInt64(try reader.byte())
        let size = Int(try reader.byte())
        guard bases.contains(base), (1...8).contains(size) else { throw Corruption("a group is out of range") }
        var groups = [UInt64](repeating: 0, count: (numbers.count + size - 1) / size)
        try groups.withUnsafeMutableBufferPointer { groups throws(Corruption) in
            try reader.bits { bits throws(Corruption) in try TokenColumn.read(.bytes, into: groups, from: &bits) }
        }
        var index = 0
        // What is not below base to the power of size loses its upper part: those bytes were made by nobody.
        for group in groups {
            var rest = UInt32(truncatingIfNeeded: group)
            for _ in 0..<min(size, numbers.count - index) {
                let quotient = rest / UInt32(base)
                numbers[index] = UInt64(rest &- quotient &* UInt32(base))
                rest = quotient
                index += 1
            }
        }
    }
}
