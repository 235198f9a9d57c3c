/// Some buckets of one key and tier, packed by columns: what one column says is predicted from those before it, and how far that is
/// wrong is stored. See `docs/store-format.md`.
enum TierBlock {
    static let version: UInt8 = 2
    static let maximumCount = 8192
    /// The longest span of a bucket, in microseconds: some 12 days.
    static let maximumSpan = 1 << 40

    /// - Parameters:
    ///   - buckets: 1 to `maximumCount`, their starts strictly ascending.
    ///   - span: of each bucket, in microseconds.
    static func encode(_ buckets: ArraySlice<TierBucket>, span: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.reserve(Block.targetSize + Block.targetSize / 4)
        writer.byte(version)
        writer.varint(Int(span))
        writer.varint(buckets.count)
        let counts = Counts(buckets)
        counts.write(span: span, into: &writer)
        Booleans(buckets, counts).write(counts, into: &writer)
        Texts(buckets).write(counts, into: &writer)
        let numbers = Numbers(buckets, counts)
        let units = numbers.write(counts, into: &writer)
        Counters(buckets).write(units, into: &writer)
        return writer.sealed()
    }

    /// Reads a block. Sums come back as the decimals that they stand for, where they were within the rounding of one.
    ///
    /// Allocates at most a fixed amount, for `maximumCount` buckets, besides the texts.
    static func decode(_ bytes: [UInt8]) throws(Corruption) -> [TierBucket] {
        try Columns(bytes).buckets
    }

    /// As many of the first buckets as fill a block.
    static func packed(_ buckets: ArraySlice<TierBucket>, span: Int64) -> (data: [UInt8], count: Int) {
        var over = min(buckets.count, maximumCount) + 1
        var best: (data: [UInt8], count: Int) = ([], 0)
        var guess = min(over - 1, 512)
        for _ in 0..<12 {
            let data = encode(buckets.prefix(guess), span: span)
            if data.count <= Block.targetSize || guess == 1 { best = (data, guess) } else { over = guess }
            guard best.count + 1 < over, best.data.count < Block.targetSize * 98 / 100 else { break }
            let scaled = guess * (Block.targetSize * 99 / 100) / max(1, data.count)
            guess = min(max(scaled, best.count + 1), over - 1)
        }
        return best.count > 0 ? best : (encode(buckets.prefix(1), span: span), 1)
    }
}

extension TierBlock {
    static func difference(_ numbers: [Int64], _ others: [Int64]) -> [Int64] {
        var result = numbers
        for index in result.indices { result[index] &-= others[index] }
        return result
    }

    static func sum(_ numbers: [Int64], _ others: [Int64]) -> [Int64] {
        var result = numbers
        for index in result.indices { result[index] &+= others[index] }
        return result
    }

    /// A prediction as a whole number; 0 where it is none. Only how good it is depends on it, as both ends compute the same.
    @inline(__always)
    static func whole(_ number: Double) -> Int64 {
        number.magnitude < 9.2e18 ? Int64(number.rounded()) : 0
    }
}
