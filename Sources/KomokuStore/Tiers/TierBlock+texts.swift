import Komoku

extension TierBlock {
    /// The texts of some buckets, each once, and where they are.
    struct Texts {
        private var texts: [String] = []
        /// First and last of each bucket; -1 where it is no text.
        private var first: [Int64] = []
        private var last: [Int64] = []
        /// Of the buckets that have times of texts: how many, which, how long, and how long all others.
        private var stateCounts: [Int64] = []
        private var states: [Int64] = []
        private var times: [Int64] = []
        private var others: [Int64] = []
        /// How often each of these was there.
        private var visits: [Int64] = []
        private var otherVisits: [Int64] = []
    }
}

extension TierBlock.Texts {
    init(_ buckets: ArraySlice<TierBucket>) {
        var numbers: [ByteText: Int64] = [:]
        func number(_ text: String) -> Int64 {
            let text = ByteText(text)
            if let number = numbers[text] { return number }
            let number = Int64(texts.count)
            numbers[text] = number
            texts.append(text.text)
            return number
        }
        for bucket in buckets {
            let summary = bucket.summary
            first.append(summary.first?.string.map(number) ?? -1)
            if let summaryStates = summary.states {
                stateCounts.append(Int64(summaryStates.times.count))
                others.append(summaryStates.others)
                otherVisits.append(Int64(summaryStates.otherCount))
                for state in summaryStates.times {
                    states.append(number(state.text))
                    times.append(state.time)
                    visits.append(Int64(state.count))
                }
            }
            last.append(summary.last?.string.map(number) ?? -1)
        }
    }

    func write(_ counts: TierBlock.Counts, into writer: inout ByteWriter) {
        writer.varint(texts.count)
        for text in texts { writer.text(text) }
        if !texts.isEmpty {
            IntegerColumn.encode(first, into: &writer)
            IntegerColumn.encode(TierBlock.difference(last, first), into: &writer)
        }
        guard !stateCounts.isEmpty else { return }
        IntegerColumn.encode(stateCounts, into: &writer)
        IntegerColumn.encode(others, into: &writer)
        IntegerColumn.encode(otherVisits, into: &writer)
        guard !states.isEmpty else { return }
        let shape = StateShape(stateCounts, counts)
        IntegerColumn.encode(TierBlock.difference(states, shape.guesses(first)), into: &writer)
        var rests = times
        shape.subtract(from: &rests, others)
        IntegerColumn.encode(rests, into: &writer)
        IntegerColumn.encode(visits, into: &writer)
    }

    init(_ counts: TierBlock.Counts, _ version: UInt8, from reader: inout ByteReader) throws(Corruption) {
        let textCount = try reader.count(upTo: reader.remaining)
        texts.reserveCapacity(textCount)
        for _ in 0..<textCount { texts.append(try reader.text()) }
        if !texts.isEmpty {
            first = try IntegerColumn.decode(count: counts.forms.count, from: &reader)
            last = TierBlock.sum(first, try IntegerColumn.decode(count: counts.forms.count, from: &reader))
        }
        try checkTexts(counts)
        let slots = counts.slots(TierBlock.Counts.hasStates)
        guard !slots.isEmpty else { return }
        stateCounts = try IntegerColumn.decode(count: slots.count, from: &reader)
        others = try IntegerColumn.decode(count: slots.count, from: &reader)
        // Version 1 did not count: there was one at least.
        otherVisits =
            version == 1
            ? others.map { $0 > 0 ? 1 : 0 } : try IntegerColumn.decode(count: slots.count, from: &reader)
        guard stateCounts.allSatisfy({ 0...Int64(StateTimes.limit) ~= $0 }) else {
            throw Corruption("a count is out of range")
        }
        let shape = StateShape(stateCounts, counts)
        if shape.total > 0 {
            let misses = try IntegerColumn.decode(count: shape.total, from: &reader)
            states = TierBlock.sum(misses, shape.guesses(first))
            times = try IntegerColumn.decode(count: shape.total, from: &reader)
            shape.add(to: &times, others)
            visits =
                version == 1
                ? times.map { _ in 1 } : try IntegerColumn.decode(count: shape.total, from: &reader)
        }
        let limit = Int64(TierBlock.maximumSpan)
        guard states.allSatisfy(isText), times.allSatisfy({ 0...limit ~= $0 }), others.allSatisfy({ 0...limit ~= $0 }),
            visits.allSatisfy({ 0...limit ~= $0 }), otherVisits.allSatisfy({ 0...limit ~= $0 })
        else { throw Corruption("a bucket is impossible") }
    }

    private func isText(_ number: Int64) -> Bool { number >= 0 && number < texts.count }

    private func checkTexts(_ counts: TierBlock.Counts) throws(Corruption) {
        for index in counts.forms.indices where counts.has(.string, index) {
            guard !texts.isEmpty, counts.first(index) != ValueKind.string.rawValue || isText(first[index]),
                counts.last(index) != ValueKind.string.rawValue || isText(last[index])
            else { throw Corruption("a text is missing") }
        }
    }

    func fill(_ buckets: inout [TierBucket], _ counts: TierBlock.Counts) {
        for index in buckets.indices where counts.has(.string, index) {
            if counts.first(index) == ValueKind.string.rawValue {
                buckets[index].summary.first = .string(texts[Int(first[index])])
            }
            if counts.last(index) == ValueKind.string.rawValue {
                buckets[index].summary.last = .string(texts[Int(last[index])])
            }
        }
        var next = 0
        for (index, slot) in counts.slots(TierBlock.Counts.hasStates).enumerated() {
            var summary = StateTimes()
            summary.others = others[index]
            summary.otherCount = Int(otherVisits[index])
            for _ in 0..<stateCounts[index] {
                summary.times.append(
                    StateTimes.State(
                        text: texts[Int(states[next])], time: times[next], count: Int(visits[next])))
                next += 1
            }
            buckets[slot].summary.states = summary
        }
    }
}

/// How the states of all buckets lie one after the other.
private struct StateShape {
    private let stateCounts: [Int64]
    private let slots: [Int]
    private let known: [Int64]
    let total: Int

    init(_ stateCounts: [Int64], _ counts: TierBlock.Counts) {
        self.stateCounts = stateCounts
        slots = counts.slots(TierBlock.Counts.hasStates)
        known = slots.map { counts.known[$0] }
        total = Int(stateCounts.reduce(0, +))
    }

    /// The first is the bucket's first text, the next ones were met one after the other.
    func guesses(_ first: [Int64]) -> [Int64] {
        var guesses: [Int64] = []
        guesses.reserveCapacity(total)
        for (slot, count) in zip(slots, stateCounts) {
            let begin = first.isEmpty ? 0 : max(0, first[slot])
            for offset in 0..<count { guesses.append(begin &+ offset) }
        }
        return guesses
    }

    /// All times of a bucket make up the time known, so the last one is what is left of it.
    func subtract(from times: inout [Int64], _ others: [Int64]) {
        forEachLast { last, before, index in times[last] &-= rest(times, before, index, others) }
    }

    func add(to times: inout [Int64], _ others: [Int64]) {
        forEachLast { last, before, index in times[last] &+= rest(times, before, index, others) }
    }

    private func rest(_ times: [Int64], _ before: Range<Int>, _ index: Int, _ others: [Int64]) -> Int64 {
        before.reduce(known[index] &- others[index]) { $0 &- times[$1] }
    }

    private func forEachLast(_ body: (Int, Range<Int>, Int) -> Void) {
        var begin = 0
        for (index, count) in stateCounts.enumerated() where count > 0 {
            let last = begin + Int(count) - 1
            body(last, begin..<last, index)
            begin = last + 1
        }
    }
}
