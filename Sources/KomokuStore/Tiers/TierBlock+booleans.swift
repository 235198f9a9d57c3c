import Komoku

extension TierBlock {
    /// The first and last values that are booleans, 0 or 1 and 0 where it is none, and the time true.
    struct Booleans {
        var first: [Int64]
        var last: [Int64]
        var trueTime: [Int64]
        /// Otherwise all of them are 0.
        var isUsed = true
    }
}

extension TierBlock.Booleans {
    init(_ buckets: ArraySlice<TierBucket>, _ counts: TierBlock.Counts) {
        first = buckets.map { $0.summary.first == .boolean(true) ? 1 : 0 }
        last = buckets.map { $0.summary.last == .boolean(true) ? 1 : 0 }
        trueTime = buckets.map(\.summary.trueTime)
    }

    /// The last value follows from the first and the edges, the next first value from the last; with no edge, so does the time.
    func write(_ counts: TierBlock.Counts, into writer: inout ByteWriter) {
        let isUsed = counts.forms.indices.contains { counts.has(.boolean, $0) || trueTime[$0] != 0 }
        writer.byte(isUsed ? 1 : 0)
        guard isUsed else { return }
        var changes = first
        var surprises = last
        var before: Int64 = 0
        for index in first.indices {
            changes[index] = first[index] ^ (counts.first(index) == ValueKind.boolean.rawValue ? before : 0)
            surprises[index] = last[index] ^ Self.predictedLast(index, first, counts)
            before = last[index]
        }
        IntegerColumn.encode(changes, into: &writer)
        IntegerColumn.encode(surprises, into: &writer)
        IntegerColumn.encode(TierBlock.difference(trueTime, predictedTime(counts)), into: &writer)
    }

    init(_ counts: TierBlock.Counts, from reader: inout ByteReader) throws(Corruption) {
        let count = counts.forms.count
        let choice = try reader.byte()
        guard choice <= 1 else { throw Corruption("a form of a column is unknown") }
        first = [Int64](repeating: 0, count: count)
        (last, trueTime) = (first, first)
        isUsed = choice == 1
        guard isUsed else { return }
        let changes = try IntegerColumn.decode(count: count, from: &reader)
        let surprises = try IntegerColumn.decode(count: count, from: &reader)
        var before: Int64 = 0
        for index in 0..<count {
            first[index] = (changes[index] ^ (counts.first(index) == ValueKind.boolean.rawValue ? before : 0)) & 1
            last[index] = (surprises[index] ^ Self.predictedLast(index, first, counts)) & 1
            before = last[index]
        }
        trueTime = try IntegerColumn.decode(count: count, from: &reader)
        trueTime = TierBlock.sum(trueTime, predictedTime(counts))
        for index in 0..<count where trueTime[index] < 0 || trueTime[index] > counts.known[index] {
            throw Corruption("a bucket is impossible")
        }
    }

    private static func predictedLast(_ index: Int, _ first: [Int64], _ counts: TierBlock.Counts) -> Int64 {
        counts.last(index) == ValueKind.boolean.rawValue ? (first[index] ^ counts.edges[index]) & 1 : 0
    }

    private func predictedTime(_ counts: TierBlock.Counts) -> [Int64] {
        first.indices.map { counts.edges[$0] == 0 && first[$0] == 1 ? counts.known[$0] : 0 }
    }

    func fill(_ buckets: inout [TierBucket], _ counts: TierBlock.Counts) {
        for index in buckets.indices {
            if counts.first(index) == ValueKind.boolean.rawValue {
                buckets[index].summary.first = .boolean(first[index] == 1)
            }
            if counts.last(index) == ValueKind.boolean.rawValue {
                buckets[index].summary.last = .boolean(last[index] == 1)
            }
            buckets[index].summary.trueTime = trueTime[index]
        }
    }
}
