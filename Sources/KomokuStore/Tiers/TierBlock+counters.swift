import Komoku

extension TierBlock {
    /// How the counters among the buckets grew.
    struct Counters {
        /// The buckets that are of a counter.
        let slots: [Int]
        private var summaries: [CounterSummary] = []

        init(slots: [Int]) { self.slots = slots }

        mutating func append(_ summary: CounterSummary) { summaries.append(summary) }
    }
}

extension TierBlock.Counters {
    init(_ buckets: ArraySlice<TierBucket>) {
        slots = buckets.indices.filter { buckets[$0].summary.counter != nil }.map { $0 - buckets.startIndex }
        summaries = buckets.compactMap(\.summary.counter)
    }

    func write(_ units: TierBlock.Units?, into writer: inout ByteWriter) {
        guard !slots.isEmpty else { return }
        var parts = CounterParts()
        for summary in summaries { parts.append(summary) }
        parts.write(decimals: units?.decimals, into: &writer)
    }

    init(
        _ units: TierBlock.Units?, _ counts: TierBlock.Counts, from reader: inout ByteReader
    ) throws(Corruption) {
        slots = counts.slots(TierBlock.Counts.isCounter)
        guard !slots.isEmpty else { return }
        var parts = try CounterParts(count: slots.count, decimals: units?.decimals, from: &reader)
        summaries.reserveCapacity(slots.count)
        for slot in slots {
            let summary = try parts.next()
            let limits = 0...Int(counts.numbers[slot])
            let tally = summary.course?.tally ?? CounterTally()
            guard limits.contains(tally.resets), limits.contains(tally.glitches) else {
                throw Corruption("a bucket is impossible")
            }
            summaries.append(summary)
        }
        try parts.finish()
    }

    func fill(_ buckets: inout [TierBucket]) {
        for (slot, summary) in zip(slots, summaries) { buckets[slot].summary.counter = summary }
    }
}
