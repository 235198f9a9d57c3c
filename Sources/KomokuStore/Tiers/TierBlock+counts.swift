import Komoku

extension TierBlock {
    /// What every bucket has, whatever its values are.
    struct Counts {
        var starts: [Int64] = []
        var firstTimes: [Int64] = []
        var lastTimes: [Int64] = []
        var counts: [Int64] = []
        var gaps: [Int64] = []
        /// The kind of the first value, that of the last times 4, 16 for a counter, 32 for times of texts, 64 for a partial one.
        var forms: [Int64] = []
        var numbers: [Int64] = []
        var known: [Int64] = []
        var edges: [Int64] = []

        static let isCounter: Int64 = 16
        static let hasStates: Int64 = 32
        static let isPartial: Int64 = 64

        @inline(__always)
        func first(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: forms[index] & 3) }

        @inline(__always)
        func last(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: forms[index] >> 2 & 3) }

        /// Whether a bucket's first or last value is of a kind.
        @inline(__always)
        func has(_ kind: ValueKind, _ index: Int) -> Bool {
            first(index) == kind.rawValue || last(index) == kind.rawValue
        }

        @inline(__always)
        func isNumeric(_ index: Int) -> Bool { numbers[index] != 0 || has(.number, index) }

        func slots(_ form: Int64) -> [Int] { forms.indices.filter { forms[$0] & form != 0 } }
    }
}

extension TierBlock.Counts {
    init(_ buckets: ArraySlice<TierBucket>) {
        starts = buckets.map(\.start)
        firstTimes = buckets.map(\.summary.firstTime)
        lastTimes = buckets.map(\.summary.lastTime)
        counts = buckets.map { Int64($0.summary.count) }
        gaps = buckets.map { Int64($0.summary.gaps) }
        numbers = buckets.map { Int64($0.summary.numbers) }
        known = buckets.map(\.summary.known)
        edges = buckets.map { Int64($0.summary.edges) }
        forms = buckets.map { bucket in
            let summary = bucket.summary
            return Int64(ValueKind(of: summary.first).rawValue) | Int64(ValueKind(of: summary.last).rawValue) << 2
                | (summary.counter == nil ? 0 : Self.isCounter) | (summary.states == nil ? 0 : Self.hasStates)
                | (summary.isPartial ? Self.isPartial : 0)
        }
    }

    func write(span: Int64, into writer: inout ByteWriter) {
        IntegerColumn.encode(starts, into: &writer)
        IntegerColumn.encode(TierBlock.difference(firstTimes, starts), into: &writer)
        IntegerColumn.encode(counts, into: &writer)
        let several = severalSlots
        IntegerColumn.encode(several.map { starts[$0] &+ span &- lastTimes[$0] }, into: &writer)
        IntegerColumn.encode(gaps, into: &writer)
        IntegerColumn.encode(forms, into: &writer)
        IntegerColumn.encode(TierBlock.difference(numbers, predictedNumbers), into: &writer)
        IntegerColumn.encode(TierBlock.difference(TierBlock.difference(lastTimes, firstTimes), known), into: &writer)
        let fewer = TierBlock.difference(predictedEdges, edges)
        let changesOften = fewer.reduce(0) { $0 + Double($1.magnitude) } < edges.reduce(0) { $0 + Double($1.magnitude) }
        writer.byte(changesOften ? 1 : 0)
        IntegerColumn.encode(changesOften ? fewer : edges, into: &writer)
    }

    init(count: Int, span: Int64, from reader: inout ByteReader) throws(Corruption) {
        starts = try IntegerColumn.decode(count: count, from: &reader)
        firstTimes = TierBlock.sum(starts, try IntegerColumn.decode(count: count, from: &reader))
        counts = try IntegerColumn.decode(count: count, from: &reader)
        lastTimes = firstTimes
        let several = severalSlots
        let ends = try IntegerColumn.decode(count: several.count, from: &reader)
        for (slot, end) in zip(several, ends) { lastTimes[slot] = starts[slot] &+ span &- end }
        gaps = try IntegerColumn.decode(count: count, from: &reader)
        forms = try IntegerColumn.decode(count: count, from: &reader)
        numbers = TierBlock.sum(try IntegerColumn.decode(count: count, from: &reader), predictedNumbers)
        known = TierBlock.difference(
            TierBlock.difference(lastTimes, firstTimes), try IntegerColumn.decode(count: count, from: &reader))
        let choice = try reader.byte()
        guard choice <= 1 else { throw Corruption("a form of a column is unknown") }
        edges = try IntegerColumn.decode(count: count, from: &reader)
        if choice == 1 { edges = TierBlock.difference(predictedEdges, edges) }
        try check(span: span)
    }

    /// The buckets with more points than one: of those with one, its time is the first and the last.
    private var severalSlots: [Int] { counts.indices.filter { counts[$0] > 1 } }

    /// All values are numbers where the first or the last is one.
    private var predictedNumbers: [Int64] {
        counts.indices.map { has(.number, $0) ? counts[$0] &- gaps[$0] : 0 }
    }

    /// Each value differs from the one before.
    private var predictedEdges: [Int64] {
        counts.indices.map { counts[$0] &- gaps[$0] &- 1 }
    }

    /// What everything that reads buckets relies on, so that no sum overflows.
    private func check(span: Int64) throws(Corruption) {
        let limit = Int64(TierBlock.maximumSpan)
        var isGood = true
        for index in starts.indices {
            let count = counts[index]
            let length = lastTimes[index] &- firstTimes[index]
            isGood =
                isGood && count > 0 && count <= limit && gaps[index] >= 0 && gaps[index] <= count
                && numbers[index] >= 0 && numbers[index] <= count && edges[index] >= 0 && edges[index] <= count
                && starts[index].magnitude < 1 << 62 && firstTimes[index] >= starts[index] && length >= 0
                && lastTimes[index] < starts[index] &+ span && known[index] >= 0 && known[index] <= length
                && forms[index] >= 0 && forms[index] < 128 && (index == 0 || starts[index - 1] < starts[index])
        }
        guard isGood else { throw Corruption("a bucket is impossible") }
    }

    /// The buckets as far as these columns know them.
    var buckets: [TierBucket] {
        starts.indices.map { index in
            var summary = Summary()
            summary.count = Int(counts[index])
            summary.gaps = Int(gaps[index])
            summary.firstTime = firstTimes[index]
            summary.lastTime = lastTimes[index]
            summary.numbers = Int(numbers[index])
            summary.known = known[index]
            summary.edges = Int(edges[index])
            summary.isPartial = forms[index] & Self.isPartial != 0
            return TierBucket(start: starts[index], summary: summary)
        }
    }
}
