import Komoku

extension TierBlock {
    /// The columns of a block as they were read: where many buckets are asked for together, none is made.
    struct Columns {
        let counts: Counts
        private let booleans: Booleans
        private let texts: Texts
        private let numbers: Numbers
        private let counters: Counters

        init(_ bytes: [UInt8]) throws(Corruption) {
            var reader = try ByteReader(sealed: bytes)
            let version = try reader.byte()
            guard 1...TierBlock.version ~= version else { throw Corruption("its version \(version) is unknown") }
            let span = Int64(try reader.run(upTo: maximumSpan))
            let count = try reader.run(upTo: maximumCount)
            counts = try Counts(count: count, span: span, from: &reader)
            booleans = try Booleans(counts, from: &reader)
            texts = try Texts(counts, version, from: &reader)
            let (numbers, units) = try Numbers.read(counts, version, from: &reader)
            self.numbers = numbers
            counters =
                version == 1
                ? try Counters(version1: numbers, units, counts, from: &reader)
                : try Counters(units, counts, from: &reader)
            try reader.finish()
        }
    }
}

extension TierBlock.Columns {
    var buckets: [TierBucket] {
        var buckets = counts.buckets
        booleans.fill(&buckets, counts)
        numbers.fill(&buckets, counts)
        counters.fill(&buckets)
        texts.fill(&buckets, counts)
        return buckets
    }

    /// Neither texts nor counters: their buckets can be added up here.
    var isPlain: Bool {
        let special = TierBlock.Counts.isCounter | TierBlock.Counts.hasStates | TierBlock.Counts.isPartial
        return counts.forms.allSatisfy { form in
            form & special == 0 && form & 3 != Int64(ValueKind.string.rawValue)
                && form >> 2 & 3 != Int64(ValueKind.string.rawValue)
        }
    }

    /// The buckets that begin in a range of times.
    func range(from: Int64, before: Int64) -> Range<Int> {
        let lower = Self.firstIndex(counts.starts, from: from)
        return lower..<max(lower, Self.firstIndex(counts.starts, from: before))
    }

    /// The first bucket of a range whose first point comes at or after a time; the end of the range where there is none.
    func index(from time: Int64, in range: Range<Int>) -> Int {
        min(max(Self.firstIndex(counts.firstTimes, from: time), range.lowerBound), range.upperBound)
    }

    private static func firstIndex(_ times: [Int64], from time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - Adding up

extension TierBlock.Columns {
    /// The sum of the summaries of some buckets, at least one, of a plain block: the same as by `Summary.add`.
    func summary(of range: Range<Int>) -> Summary {
        var sum = Summary()
        sum.firstTime = counts.firstTimes[range.lowerBound]
        sum.lastTime = counts.lastTimes[range.upperBound - 1]
        addCounts(range, to: &sum)
        if booleans.isUsed { addBooleans(range, to: &sum) }
        if !numbers.slots.isEmpty { addNumbers(range, to: &sum) }
        return sum
    }

    private func addCounts(_ range: Range<Int>, to sum: inout Summary) {
        for index in range {
            sum.count += Int(counts.counts[index])
            sum.gaps += Int(counts.gaps[index])
            sum.edges += Int(counts.edges[index])
            sum.known = sum.known.clampedSum(counts.known[index])
        }
        // A value holds until the next bucket's first point.
        var before = range.lowerBound
        for index in range.dropFirst() {
            defer { before = index }
            let (last, next) = (counts.last(before), counts.first(index))
            guard last != ValueKind.gap.rawValue else { continue }
            sum.known = sum.known.clampedSum(counts.lastTimes[before].distance(upTo: counts.firstTimes[index]))
            if last != next, next != ValueKind.gap.rawValue { sum.edges += 1 }
        }
    }

    private func addBooleans(_ range: Range<Int>, to sum: inout Summary) {
        let kind = ValueKind.boolean.rawValue
        for index in range { sum.trueTime = sum.trueTime.clampedSum(booleans.trueTime[index]) }
        var before = range.lowerBound
        for index in range.dropFirst() {
            defer { before = index }
            guard counts.last(before) == kind else { continue }
            if booleans.last[before] == 1 {
                let time = counts.lastTimes[before].distance(upTo: counts.firstTimes[index])
                sum.trueTime = sum.trueTime.clampedSum(time)
            }
            if counts.first(index) == kind, booleans.first[index] != booleans.last[before] { sum.edges += 1 }
        }
        if counts.first(range.lowerBound) == kind { sum.first = .boolean(booleans.first[range.lowerBound] == 1) }
        let last = range.upperBound - 1
        if counts.last(last) == kind { sum.last = .boolean(booleans.last[last] == 1) }
    }

    private func addNumbers(_ range: Range<Int>, to sum: inout Summary) {
        let kind = ValueKind.number.rawValue
        let slots = numbers.slots
        var ordinal = slots.count == counts.forms.count ? range.lowerBound : slots.partition(before: range.lowerBound)
        var before: Int?
        while ordinal < slots.count, slots[ordinal] < range.upperBound {
            let index = slots[ordinal]
            // The last number holds until the next bucket's first point, whatever that is.
            if let before { hold(before, until: index, in: range, to: &sum) }
            if let before, slots[before] == index - 1, counts.last(slots[before]) == kind,
                counts.first(index) == kind, numbers.last[before] != numbers.first[ordinal]
            {
                sum.edges += 1
            }
            if index == range.lowerBound, counts.first(index) == kind { sum.first = .number(numbers.first[ordinal]) }
            if index == range.upperBound - 1, counts.last(index) == kind { sum.last = .number(numbers.last[ordinal]) }
            sum.integral += numbers.integral[ordinal]
            if counts.numbers[index] > 0 { sum.addNumbers(part(ordinal, index)) }
            before = ordinal
            ordinal += 1
        }
        if let before { hold(before, until: range.upperBound, in: range, to: &sum) }
    }

    /// Counts the time that the last number of a bucket held, up to the next one of the range.
    private func hold(_ ordinal: Int, until end: Int, in range: Range<Int>, to sum: inout Summary) {
        let index = numbers.slots[ordinal]
        guard index + 1 < range.upperBound, index + 1 <= end, counts.last(index) == ValueKind.number.rawValue else {
            return
        }
        let time = counts.lastTimes[index].distance(upTo: counts.firstTimes[index + 1])
        if time > 0 { sum.integral += numbers.last[ordinal] * (Double(time) * 1e-6) }
    }

    private func part(_ ordinal: Int, _ index: Int) -> Summary {
        var part = Summary()
        part.numbers = Int(counts.numbers[index])
        part.minimum = numbers.minimum[ordinal]
        part.maximum = numbers.maximum[ordinal]
        part.sum = numbers.sum[ordinal]
        part.mean = numbers.sum[ordinal] / Double(max(1, counts.numbers[index]))
        part.moment = numbers.moment[ordinal]
        return part
    }
}

extension [Int] {
    /// The first of some ascending numbers that is not less than another one.
    fileprivate func partition(before bound: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
