import Komoku

extension TierBlock {
    /// How the counters among the buckets grew.
    struct Counters {
        /// The buckets that are of a counter.
        private var places: [Int] = []
        private var summaries: [CounterSummary] = []
    }
}

extension TierBlock.Counters {
    init(_ buckets: ArraySlice<TierBucket>) {
        for (place, bucket) in buckets.enumerated() {
            guard let counter = bucket.summary.counter else { continue }
            places.append(place)
            summaries.append(counter)
        }
    }

    func write(
        _ numbers: TierBlock.Numbers, _ units: TierBlock.Units?, _ counts: TierBlock.Counts,
        into writer: inout ByteWriter
    ) {
        guard !places.isEmpty else { return }
        let lengths = summaries.map { Int64($0.length) }
        let usual = places.map { min(3, counts.numbers[$0]) }
        IntegerColumn.encode(TierBlock.difference(lengths, usual), into: &writer)
        IntegerColumn.encode(summaries.map { Int64($0.resets) }, into: &writer)
        IntegerColumn.encode(summaries.map { Int64($0.glitches) }, into: &writer)
        let ends = CounterEnds(places, lengths, numbers, units)
        let (heads, tails) = (summaries.map(\.head), summaries.map(\.tail))
        ends.write(heads, isTail: false, into: &writer)
        ends.write(tails, isTail: true, into: &writer)
        let increases = summaries.map(\.increase)
        let column = units.flatMap {
            TierBlock.SumColumn(
                increases, grids: [1], decimals: $0.decimals, errors: ends.errors(counts.numbers, places))
        }
        TierBlock.SumColumn.write(column, increases, ends.growth(heads, tails), into: &writer)
    }

    init(
        _ numbers: TierBlock.Numbers, _ units: TierBlock.Units?, _ counts: TierBlock.Counts,
        from reader: inout ByteReader
    ) throws(Corruption) {
        places = counts.places(TierBlock.Counts.isCounter)
        guard !places.isEmpty else { return }
        let usual = places.map { min(3, counts.numbers[$0]) }
        let lengths = TierBlock.sum(try IntegerColumn.decode(count: places.count, from: &reader), usual)
        let resets = try IntegerColumn.decode(count: places.count, from: &reader)
        let glitches = try IntegerColumn.decode(count: places.count, from: &reader)
        guard lengths.allSatisfy({ 0...3 ~= $0 }) else { throw Corruption("a count is out of range") }
        let ends = CounterEnds(places, lengths, numbers, units)
        let heads = try ends.read(isTail: false, heads: [], from: &reader)
        let tails = try ends.read(isTail: true, heads: heads, from: &reader)
        let increases = try TierBlock.SumColumn.read(
            ends.growth(heads, tails), units?.decimals ?? 0, from: &reader
        ).values
        summaries.reserveCapacity(places.count)
        for (index, place) in places.enumerated() {
            let limits = 0...counts.numbers[place]
            guard limits.contains(resets[index]), limits.contains(glitches[index]) else {
                throw Corruption("a bucket is impossible")
            }
            var summary = CounterSummary()
            summary.increase = increases[index]
            summary.resets = Int(resets[index])
            summary.glitches = Int(glitches[index])
            summary.length = Int(lengths[index])
            summary.head = heads[index]
            summary.tail = tails[index]
            summaries.append(summary)
        }
    }

    func fill(_ buckets: inout [TierBucket]) {
        for (place, summary) in zip(places, summaries) { buckets[place].summary.counter = summary }
    }
}

/// The outermost numbers of counters, written as how far they are from the first and the last value.
private struct CounterEnds {
    private let lengths: [Int64]
    private let decimals: Int
    private let hasUnits: Bool
    private var first: [Double] = []
    private var last: [Double] = []

    init(_ places: [Int], _ lengths: [Int64], _ numbers: TierBlock.Numbers, _ units: TierBlock.Units?) {
        self.lengths = lengths
        decimals = units?.decimals ?? 0
        hasUnits = units != nil
        var index = 0
        for place in places {
            while index < numbers.places.count, numbers.places[index] < place { index += 1 }
            let isThere = index < numbers.places.count && numbers.places[index] == place
            first.append(isThere ? numbers.first[index] : 0)
            last.append(isThere ? numbers.last[index] : 0)
        }
    }

    func write(_ ends: [OuterNumbers], isTail: Bool, into writer: inout ByteWriter) {
        // Up to two numbers are the head and the tail at once.
        let written = ends.indices.filter { !isTail || lengths[$0] > 2 }
        guard !written.isEmpty else { return }
        let usual = written.map { min(2, lengths[$0]) }
        IntegerColumn.encode(TierBlock.difference(written.map { Int64(ends[$0].count) }, usual), into: &writer)
        let numbers = written.flatMap { Array(ends[$0]) }
        guard !numbers.isEmpty else { return }
        let scaled = numbers.compactMap { DecimalScale.scaled($0, decimals: decimals) }
        guard hasUnits, scaled.count == numbers.count else {
            return TierBlock.ExactColumn.write(numbers, into: &writer)
        }
        writer.byte(0)
        let guesses = guesses(written, written.map { ends[$0].count }, isTail: isTail)
        IntegerColumn.encode(TierBlock.difference(scaled, guesses), into: &writer)
    }

    /// - Parameter heads: what the tails are where there are up to two numbers.
    func read(
        isTail: Bool, heads: [OuterNumbers], from reader: inout ByteReader
    ) throws(Corruption) -> [OuterNumbers] {
        let written = lengths.indices.filter { !isTail || lengths[$0] > 2 }
        var ends = isTail ? heads : [OuterNumbers](repeating: [], count: lengths.count)
        guard !written.isEmpty else { return ends }
        let usual = written.map { min(2, lengths[$0]) }
        let misses = try IntegerColumn.decode(count: written.count, from: &reader)
        let counts = TierBlock.sum(misses, usual)
        for (place, count) in zip(written, counts) {
            let possible = lengths[place] < 3 ? lengths[place]...lengths[place] : 2...3
            guard possible.contains(count) else { throw Corruption("a counter's ends are too few or too many") }
        }
        let numbers = try numbers(written, counts.map { Int($0) }, isTail: isTail, from: &reader)
        var next = 0
        for (place, count) in zip(written, counts) {
            ends[place] = []
            for _ in 0..<count {
                ends[place].append(numbers[next])
                next += 1
            }
        }
        return ends
    }

    private func numbers(
        _ places: [Int], _ counts: [Int], isTail: Bool, from reader: inout ByteReader
    ) throws(Corruption) -> [Double] {
        let total = counts.reduce(0, +)
        guard total > 0 else { return [] }
        let form = try reader.byte()
        guard form == 0 else { return try TierBlock.ExactColumn.read(form: form, total, from: &reader) }
        let misses = try IntegerColumn.decode(count: total, from: &reader)
        let scaled = TierBlock.sum(misses, guesses(places, counts, isTail: isTail))
        return scaled.map { DecimalScale.number($0, decimals: decimals) }
    }

    private func guesses(_ places: [Int], _ counts: [Int], isTail: Bool) -> [Int64] {
        let power = TierBlock.power(decimals)
        var guesses: [Int64] = []
        for (place, count) in zip(places, counts) {
            let (begin, end) = (TierBlock.whole(first[place] * power), TierBlock.whole(last[place] * power))
            for offset in 0..<count {
                guesses.append(isTail || (lengths[place] == 2 && offset == 1) ? end : begin)
            }
        }
        return guesses
    }

    /// The increase where nothing fell, in units: from the second number to the second last.
    func growth(_ heads: [OuterNumbers], _ tails: [OuterNumbers]) -> [Int64] {
        lengths.indices.map { index in
            guard lengths[index] > 2, heads[index].count > 1, tails[index].count > 1 else { return 0 }
            let tail = tails[index]
            return TierBlock.whole((tail[tail.count - 2] - heads[index][1]) * TierBlock.power(decimals))
        }
    }

    /// The largest rounding errors of adding up the steps.
    func errors(_ counts: [Int64], _ places: [Int]) -> [Double] {
        places.indices.map { index in
            let largest = max(first[index].magnitude, last[index].magnitude)
            let count = Double(counts[places[index]])
            return count * (count + 4) * 0x1p-52 * largest
        }
    }
}
