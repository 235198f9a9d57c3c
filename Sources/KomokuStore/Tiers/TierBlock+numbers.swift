import Komoku

extension TierBlock {
    /// The numbers of the buckets that have any. Where the first or the last value is none, it stands for what is near.
    struct Numbers {
        /// The buckets that they belong to.
        var slots: [Int] = []
        var first: [Double] = []
        var last: [Double] = []
        var minimum: [Double] = []
        var maximum: [Double] = []
        var sum: [Double] = []
        var moment: [Double] = []
        var integral: [Double] = []
    }

    /// The same as whole numbers of units, each 10 to the power of minus `decimals`.
    struct Units {
        var decimals = 0
        /// What divides all of them.
        var divisor: Int64 = 1
        var first: [Int64] = []
        var last: [Int64] = []
        var minimum: [Int64] = []
        var maximum: [Int64] = []

        static let maximumDecimals = 6
        /// Written instead of the decimals where there are no such units.
        static let none: UInt8 = 255
    }
}

extension TierBlock.Numbers {
    init(_ buckets: ArraySlice<TierBucket>, _ counts: TierBlock.Counts) {
        slots = counts.forms.indices.filter(counts.isNumeric)
        let summaries = slots.map { buckets[buckets.startIndex + $0].summary }
        var before: Double?
        for summary in summaries {
            let begin = summary.first?.number ?? before ?? summary.minimum
            let end = summary.last?.number ?? begin
            first.append(begin)
            last.append(end)
            before = end
        }
        minimum = summaries.map(\.minimum)
        maximum = summaries.map(\.maximum)
        sum = summaries.map(\.sum)
        moment = summaries.map(\.moment)
        integral = summaries.map(\.integral)
    }

    /// - Returns: the units, for what else is counted in them.
    func write(_ counts: TierBlock.Counts, into writer: inout ByteWriter) -> TierBlock.Units? {
        guard !slots.isEmpty else { return nil }
        let units = TierBlock.Units(self)
        if let units {
            units.write(into: &writer)
        } else {
            writer.byte(TierBlock.Units.none)
            for numbers in [first, last, minimum, maximum] { TierBlock.ExactColumn.write(numbers, into: &writer) }
        }
        TierBlock.Sums.write(self, units, counts, into: &writer)
        return units
    }

    static func read(
        _ counts: TierBlock.Counts, _ version: UInt8, from reader: inout ByteReader
    ) throws(Corruption) -> (numbers: TierBlock.Numbers, units: TierBlock.Units?) {
        var numbers = TierBlock.Numbers()
        numbers.slots = counts.forms.indices.filter(counts.isNumeric)
        let count = numbers.slots.count
        guard count > 0 else { return (numbers, nil) }
        let decimals = try reader.byte()
        var units: TierBlock.Units?
        if decimals == TierBlock.Units.none {
            numbers.first = try TierBlock.ExactColumn.read(count, from: &reader)
            numbers.last = try TierBlock.ExactColumn.read(count, from: &reader)
            numbers.minimum = try TierBlock.ExactColumn.read(count, from: &reader)
            numbers.maximum = try TierBlock.ExactColumn.read(count, from: &reader)
        } else {
            let read = try TierBlock.Units(decimals: decimals, count: count, from: &reader)
            units = read
            func number(_ scaled: Int64) -> Double { DecimalScale.number(scaled, decimals: read.decimals) }
            (numbers.first, numbers.last) = (read.first.map(number), read.last.map(number))
            (numbers.minimum, numbers.maximum) = (read.minimum.map(number), read.maximum.map(number))
        }
        try TierBlock.Sums.read(&numbers, units, counts, version, from: &reader)
        return (numbers, units)
    }

    /// Version 1 kept sums of squares: what cancelled in them is lost.
    mutating func takeSquaresForMoments(_ counts: TierBlock.Counts) {
        for (index, slot) in slots.enumerated() {
            let mean = sum[index] / Double(max(1, counts.numbers[slot]))
            moment[index] = max(0, moment[index] - mean * sum[index])
        }
    }

    func fill(_ buckets: inout [TierBucket], _ counts: TierBlock.Counts) {
        for (index, slot) in slots.enumerated() {
            if counts.first(slot) == ValueKind.number.rawValue { buckets[slot].summary.first = .number(first[index]) }
            if counts.last(slot) == ValueKind.number.rawValue { buckets[slot].summary.last = .number(last[index]) }
            buckets[slot].summary.minimum = minimum[index]
            buckets[slot].summary.maximum = maximum[index]
            buckets[slot].summary.sum = sum[index]
            buckets[slot].summary.mean = sum[index] / Double(max(1, counts.numbers[slot]))
            buckets[slot].summary.moment = moment[index]
            buckets[slot].summary.integral = integral[index]
        }
    }
}

extension TierBlock.Units {
    /// Nil where the numbers have more than `maximumDecimals` decimals.
    init?(_ numbers: TierBlock.Numbers) {
        let columns = [numbers.first, numbers.last, numbers.minimum, numbers.maximum]
        for column in columns {
            for number in column {
                while DecimalScale.scaled(number, decimals: decimals) == nil {
                    decimals += 1
                    guard decimals <= Self.maximumDecimals else { return nil }
                }
            }
        }
        var scaled: [[Int64]] = []
        for column in columns {
            let units = column.compactMap { DecimalScale.scaled($0, decimals: decimals) }
            guard units.count == column.count else { return nil }
            scaled.append(units)
        }
        (first, last, minimum, maximum) = (scaled[0], scaled[1], scaled[2], scaled[3])
        divisor = Self.divisor(scaled)
    }

    private static func divisor(_ columns: [[Int64]]) -> Int64 {
        var divisor: UInt64 = 0
        for column in columns {
            for number in column {
                var rest = number.magnitude
                while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
                if divisor == 1 { return 1 }
            }
        }
        return divisor == 0 ? 1 : Int64(divisor)
    }

    /// A bucket begins near where the one before ended, and what it reaches beyond its first and last value is small.
    func write(into writer: inout ByteWriter) {
        writer.byte(UInt8(decimals))
        writer.varint(Int(divisor))
        var jumps = first
        for index in first.indices.dropFirst() { jumps[index] &-= last[index - 1] }
        IntegerColumn.encode(jumps, into: &writer)
        IntegerColumn.encode(TierBlock.difference(last, first), into: &writer)
        IntegerColumn.encode(TierBlock.difference(zip(first, last).map { min($0, $1) }, minimum), into: &writer)
        IntegerColumn.encode(TierBlock.difference(maximum, zip(first, last).map { max($0, $1) }), into: &writer)
    }

    init(decimals: UInt8, count: Int, from reader: inout ByteReader) throws(Corruption) {
        guard decimals <= Self.maximumDecimals else { throw Corruption("a number has too many decimals") }
        self.decimals = Int(decimals)
        divisor = Int64(try reader.run(upTo: 1 << 53))
        first = try IntegerColumn.decode(count: count, from: &reader)
        last = try IntegerColumn.decode(count: count, from: &reader)
        minimum = try IntegerColumn.decode(count: count, from: &reader)
        maximum = try IntegerColumn.decode(count: count, from: &reader)
        var before: Int64 = 0
        for index in 0..<count {
            let begin = first[index] &+ before
            let end = begin &+ last[index]
            first[index] = begin
            last[index] = end
            minimum[index] = min(begin, end) &- minimum[index]
            maximum[index] = max(begin, end) &+ maximum[index]
            before = end
        }
    }
}
