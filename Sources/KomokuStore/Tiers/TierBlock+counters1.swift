import Komoku

extension TierBlock.Counters {
    /// Version 1 kept up to three numbers at each end, and what was gained between by rules that looked at three.
    init(
        version1 numbers: TierBlock.Numbers, _ units: TierBlock.Units?, _ counts: TierBlock.Counts,
        from reader: inout ByteReader
    ) throws(Corruption) {
        self.init(slots: counts.slots(TierBlock.Counts.isCounter))
        guard !slots.isEmpty else { return }
        let usual = slots.map { min(3, counts.numbers[$0]) }
        let lengths = TierBlock.sum(try IntegerColumn.decode(count: slots.count, from: &reader), usual)
        let resets = try IntegerColumn.decode(count: slots.count, from: &reader)
        let glitches = try IntegerColumn.decode(count: slots.count, from: &reader)
        guard lengths.allSatisfy({ 0...3 ~= $0 }) else { throw Corruption("a count is out of range") }
        let ends = CounterEnds(slots, lengths, numbers, units)
        let heads = try ends.read(isTail: false, heads: [], from: &reader)
        let tails = try ends.read(isTail: true, heads: heads, from: &reader)
        let increases = try TierBlock.SumColumn.read(
            ends.growth(heads, tails), units?.decimals ?? 0, from: &reader
        ).values
        for (index, slot) in slots.enumerated() {
            let limits = 0...counts.numbers[slot]
            guard limits.contains(resets[index]), limits.contains(glitches[index]) else {
                throw Corruption("a bucket is impossible")
            }
            let tally = CounterTally(
                increase: increases[index], resets: Int(resets[index]), glitches: Int(glitches[index]))
            append(CounterSummary(version1: heads[index], tails[index], isAll: lengths[index] < 3, tally))
        }
    }
}

extension CounterSummary {
    /// The first and the last step are open; what lies between is known only as a sum.
    fileprivate init(version1 head: [Double], _ tail: [Double], isAll: Bool, _ tally: CounterTally) {
        let (head, tail) = (head.map { CounterReading($0, at: nil) }, tail.map { CounterReading($0, at: nil) })
        guard !isAll, head.count > 1, tail.count > 1, let last = tail.last else {
            self.init(head: head, course: nil, tail: [], nil)
            return
        }
        var course = CounterCourse()
        let (first, end) = (head[1], tail[tail.count - 2])
        course.tally = tally
        course.path = CounterPath(
            first: first, last: end, opening: CounterStretch(head: CounterClimb(first.value)),
            closing: CounterStretch(head: CounterClimb(end.value)))
        self.init(head: [head[0]], course: course, tail: [last], nil)
    }
}

/// The outermost numbers of counters, of version 1, written as how far they are from the first and the last value.
private struct CounterEnds {
    private let lengths: [Int64]
    private let decimals: Int
    private var first: [Double] = []
    private var last: [Double] = []

    init(_ slots: [Int], _ lengths: [Int64], _ numbers: TierBlock.Numbers, _ units: TierBlock.Units?) {
        self.lengths = lengths
        decimals = units?.decimals ?? 0
        var index = 0
        for slot in slots {
            while index < numbers.slots.count, numbers.slots[index] < slot { index += 1 }
            let isThere = index < numbers.slots.count && numbers.slots[index] == slot
            first.append(isThere ? numbers.first[index] : 0)
            last.append(isThere ? numbers.last[index] : 0)
        }
    }

    /// - Parameter heads: what the tails are where there are up to two numbers.
    func read(
        isTail: Bool, heads: [[Double]], from reader: inout ByteReader
    ) throws(Corruption) -> [[Double]] {
        let written = lengths.indices.filter { !isTail || lengths[$0] > 2 }
        var ends = isTail ? heads : [[Double]](repeating: [], count: lengths.count)
        guard !written.isEmpty else { return ends }
        let usual = written.map { min(2, lengths[$0]) }
        let misses = try IntegerColumn.decode(count: written.count, from: &reader)
        let counts = TierBlock.sum(misses, usual)
        for (slot, count) in zip(written, counts) {
            let possible = lengths[slot] < 3 ? lengths[slot]...lengths[slot] : 2...3
            guard possible.contains(count) else { throw Corruption("a counter's ends are too few or too many") }
        }
        let numbers = try numbers(written, counts.map { Int($0) }, isTail: isTail, from: &reader)
        var next = 0
        for (slot, count) in zip(written, counts) {
            ends[slot] = []
            for _ in 0..<count {
                ends[slot].append(numbers[next])
                next += 1
            }
        }
        return ends
    }

    private func numbers(
        _ slots: [Int], _ counts: [Int], isTail: Bool, from reader: inout ByteReader
    ) throws(Corruption) -> [Double] {
        let total = counts.reduce(0, +)
        guard total > 0 else { return [] }
        let form = try reader.byte()
        guard form == 0 else { return try TierBlock.ExactColumn.read(form: form, total, from: &reader) }
        let misses = try IntegerColumn.decode(count: total, from: &reader)
        let scaled = TierBlock.sum(misses, guesses(slots, counts, isTail: isTail))
        return scaled.map { DecimalScale.number($0, decimals: decimals) }
    }

    private func guesses(_ slots: [Int], _ counts: [Int], isTail: Bool) -> [Int64] {
        let power = TierBlock.power(decimals)
        var guesses: [Int64] = []
        for (slot, count) in zip(slots, counts) {
            let (begin, end) = (TierBlock.whole(first[slot] * power), TierBlock.whole(last[slot] * power))
            for offset in 0..<count {
                guesses.append(isTail || (lengths[slot] == 2 && offset == 1) ? end : begin)
            }
        }
        return guesses
    }

    /// The increase where nothing fell, in units: from the second number to the second last.
    func growth(_ heads: [[Double]], _ tails: [[Double]]) -> [Int64] {
        lengths.indices.map { index in
            guard lengths[index] > 2, heads[index].count > 1, tails[index].count > 1 else { return 0 }
            let tail = tails[index]
            return TierBlock.whole((tail[tail.count - 2] - heads[index][1]) * TierBlock.power(decimals))
        }
    }
}
