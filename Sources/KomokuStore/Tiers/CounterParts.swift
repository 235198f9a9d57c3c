/// Counters of buckets, taken apart into columns: what shape each has, its readings in time order, and what it gained.
struct CounterParts {
    /// Of each counter, see `Flag`.
    private var flags: [Int64] = []
    private var headCounts: [Int64] = []
    private var tailCounts: [Int64] = []
    /// Bits of the wrong readings of head and tail.
    private var wrong: [Int64] = []
    private var resets: [Int64] = []
    private var glitches: [Int64] = []
    /// What only some shapes have, in the order in which they are read.
    private var details: [Int64] = []
    private var readings: [Double] = []
    private var gains: [Double] = []

    /// Where the next counter's parts begin, while reading.
    private var cursor = 0
    private var detail = 0
    private var reading = 0
    private var gain = 0

    private enum Flag {
        static let course: Int64 = 1
        static let path: Int64 = 2
        static let closing: Int64 = 4
        static let openingRest: Int64 = 8
        static let closingRest: Int64 = 16
        static let gain: Int64 = 32
        static let modulus: Int64 = 64
        static let rate: Int64 = 128
        /// Joined by no rules of today.
        static let old: Int64 = 256
        static let all: Int64 = 511
        // Of a rest, in its detail; above them the rises of its last ascent.
        static let peak: Int64 = 1
        static let proof: Int64 = 2
    }
}

extension CounterParts {
    mutating func append(_ summary: CounterSummary) {
        var flag: Int64 = 0
        let course = summary.course
        if let course {
            flag |= Flag.course | (course.tally.increase == 0 ? 0 : Flag.gain)
            if let path = course.path {
                flag |= Flag.path | (path.closing == nil ? 0 : Flag.closing)
                flag |= path.opening.rest == nil ? 0 : Flag.openingRest
                flag |= path.closing?.rest == nil ? 0 : Flag.closingRest
            }
        }
        let hasTimes = summary.rules?.maximumRate != nil
        flag |= (summary.rules?.modulus == nil ? 0 : Flag.modulus) | (hasTimes ? Flag.rate : 0)
        if summary.rules == nil { flag |= Flag.old }
        flags.append(flag)
        headCounts.append(Int64(summary.head.count))
        tailCounts.append(Int64(summary.tail.count))
        wrong.append(Self.wrong(summary.head + summary.tail))
        resets.append(Int64(course?.tally.resets ?? 0))
        glitches.append(Int64(course?.tally.glitches ?? 0))
        for rule in [summary.rules?.modulus, summary.rules?.maximumRate] { if let rule { gains.append(rule) } }
        append(summary.head, hasTimes)
        if let course { append(course, hasTimes) }
        append(summary.tail, hasTimes)
    }

    private static func wrong(_ readings: [CounterReading]) -> Int64 {
        readings.enumerated().reduce(0) { $1.element.isWrong ? $0 | 1 << Int64($1.offset) : $0 }
    }

    private mutating func append(_ readings: [CounterReading], _ hasTimes: Bool) {
        for reading in readings {
            self.readings.append(reading.value)
            if hasTimes { details.append(reading.time ?? .min) }
        }
    }

    private mutating func append(_ course: CounterCourse, _ hasTimes: Bool) {
        if course.tally.increase != 0 { gains.append(course.tally.increase) }
        guard let path = course.path else { return }
        append(path.opening)
        if let closing = path.closing { append(closing) }
        if hasTimes { details += [path.first.time ?? .min, path.last.time ?? .min] }
    }

    private mutating func append(_ stretch: CounterStretch) {
        details.append(Int64(stretch.head.rises.count))
        readings += [stretch.head.low] + stretch.head.rises + [stretch.head.high]
        guard let rest = stretch.rest else { return }
        let between = rest.between
        details.append(
            (between.peak == nil ? 0 : Flag.peak) | (between.proof == nil ? 0 : Flag.proof) | Int64(rest.tail.rises)
                << 2)
        if let peak = between.peak { readings.append(peak) }
        if let proof = between.proof {
            append(proof)
            readings.append(between.mark)
            gains.append(between.gain)
        }
        append(rest.tail)
    }

    private mutating func append(_ ascent: CounterAscent) {
        readings.append(ascent.low)
        if ascent.isProven { readings.append(ascent.proven) }
        readings.append(ascent.high)
    }

    // MARK: Bytes

    func write(decimals: Int?, into writer: inout ByteWriter) {
        for column in [flags, headCounts, tailCounts, wrong, resets, glitches] {
            IntegerColumn.encode(column, into: &writer)
        }
        for column in [details.count, readings.count, gains.count] { writer.varint(column) }
        if !details.isEmpty { IntegerColumn.encode(details, into: &writer) }
        if !readings.isEmpty { writeReadings(decimals, into: &writer) }
        if !gains.isEmpty { TierBlock.ExactColumn.write(gains, into: &writer) }
    }

    /// How far each is from the one before.
    private func writeReadings(_ decimals: Int?, into writer: inout ByteWriter) {
        let scaled = decimals.map { decimals in
            readings.compactMap { DecimalScale.scaled($0, decimals: decimals) }
        }
        guard var steps = scaled, steps.count == readings.count else {
            return TierBlock.ExactColumn.write(readings, into: &writer)
        }
        writer.byte(0)
        for index in steps.indices.dropFirst().reversed() { steps[index] &-= steps[index - 1] }
        IntegerColumn.encode(steps, into: &writer)
    }

    init(count: Int, decimals: Int?, from reader: inout ByteReader) throws(Corruption) {
        flags = try IntegerColumn.decode(count: count, from: &reader)
        headCounts = try IntegerColumn.decode(count: count, from: &reader)
        tailCounts = try IntegerColumn.decode(count: count, from: &reader)
        wrong = try IntegerColumn.decode(count: count, from: &reader)
        resets = try IntegerColumn.decode(count: count, from: &reader)
        glitches = try IntegerColumn.decode(count: count, from: &reader)
        // More than any counter has: two ends, two stretches, and the times of all.
        let limit = 64 * count
        let lengths = (
            try reader.count(upTo: limit), try reader.count(upTo: limit), try reader.count(upTo: limit)
        )
        if lengths.0 > 0 { details = try IntegerColumn.decode(count: lengths.0, from: &reader) }
        if lengths.1 > 0 { readings = try Self.readings(lengths.1, decimals, from: &reader) }
        if lengths.2 > 0 { gains = try TierBlock.ExactColumn.read(lengths.2, from: &reader) }
    }

    private static func readings(
        _ count: Int, _ decimals: Int?, from reader: inout ByteReader
    ) throws(Corruption) -> [Double] {
        let form = try reader.byte()
        guard form == 0 else { return try TierBlock.ExactColumn.read(form: form, count, from: &reader) }
        guard let decimals else { throw Corruption("a form of a column is unknown") }
        var scaled = try IntegerColumn.decode(count: count, from: &reader)
        for index in scaled.indices.dropFirst() { scaled[index] &+= scaled[index - 1] }
        return scaled.map { DecimalScale.number($0, decimals: decimals) }
    }

    // MARK: One after the other

    mutating func next() throws(Corruption) -> CounterSummary {
        defer { cursor += 1 }
        let flag = flags[cursor]
        guard flag & ~Flag.all == 0 else { throw Corruption("a counter's flags are unknown") }
        var rules = CounterRules()
        if flag & Flag.modulus != 0 { rules.modulus = try nextGain() }
        if flag & Flag.rate != 0 { rules.maximumRate = try nextGain() }
        let hasTimes = flag & Flag.rate != 0
        let hasCourse = flag & Flag.course != 0
        var head = try nextReadings(headCounts[cursor], upTo: (hasCourse ? 1 : 2) * CounterReading.reach, hasTimes)
        let course = hasCourse ? try nextCourse(flag, hasTimes) : nil
        var tail = try nextReadings(tailCounts[cursor], upTo: hasCourse ? CounterReading.reach : 0, hasTimes)
        for index in head.indices { head[index].isWrong = wrong[cursor] >> Int64(index) & 1 != 0 }
        for index in tail.indices { tail[index].isWrong = wrong[cursor] >> Int64(head.count + index) & 1 != 0 }
        return CounterSummary(head: head, course: course, tail: tail, flag & Flag.old == 0 ? rules : nil)
    }

    func finish() throws(Corruption) {
        guard detail == details.count, reading == readings.count, gain == gains.count else {
            throw Corruption("a counter's parts are too many")
        }
    }

    private mutating func nextDetail() throws(Corruption) -> Int64 {
        guard detail < details.count else { throw Corruption("a counter's parts are too few") }
        defer { detail += 1 }
        return details[detail]
    }

    private mutating func nextReading() throws(Corruption) -> Double {
        guard reading < readings.count else { throw Corruption("a counter's parts are too few") }
        defer { reading += 1 }
        return readings[reading]
    }

    private mutating func nextGain() throws(Corruption) -> Double {
        guard gain < gains.count else { throw Corruption("a counter's parts are too few") }
        defer { gain += 1 }
        return gains[gain]
    }

    private mutating func nextReadings(
        _ count: Int64, upTo limit: Int, _ hasTimes: Bool
    ) throws(Corruption) -> [CounterReading] {
        guard 0...Int64(limit) ~= count else { throw Corruption("a counter's ends are too few or too many") }
        var readings: [CounterReading] = []
        for _ in 0..<count {
            readings.append(CounterReading(try nextReading(), at: hasTimes ? try nextDetail() : nil))
        }
        return readings
    }

    private mutating func nextCourse(_ flag: Int64, _ hasTimes: Bool) throws(Corruption) -> CounterCourse {
        var course = CounterCourse()
        course.tally.resets = Int(resets[cursor])
        course.tally.glitches = Int(glitches[cursor])
        if flag & Flag.gain != 0 { course.tally.increase = try nextGain() }
        guard flag & Flag.path != 0 else { return course }
        let opening = try nextStretch(hasRest: flag & Flag.openingRest != 0)
        let closing = flag & Flag.closing == 0 ? nil : try nextStretch(hasRest: flag & Flag.closingRest != 0)
        let end = closing ?? opening
        course.path = CounterPath(
            first: CounterReading(opening.head.low, at: hasTimes ? try nextDetail() : nil),
            last: CounterReading(end.rest?.tail.high ?? end.head.high, at: hasTimes ? try nextDetail() : nil),
            opening: opening, closing: closing)
        return course
    }

    private mutating func nextStretch(hasRest: Bool) throws(Corruption) -> CounterStretch {
        let count = try nextDetail()
        guard 0...Int64(CounterAscent.proof) ~= count else { throw Corruption("a counter rises too often") }
        let low = try nextReading()
        var values: [Double] = []
        for _ in 0..<count { values.append(try nextReading()) }
        var stretch = CounterStretch(head: CounterClimb(low: low, high: try nextReading(), rises: values))
        guard hasRest else { return stretch }
        let shape = try nextDetail()
        let rises = shape >> 2
        guard 0...Int64(CounterAscent.proof) ~= rises else { throw Corruption("a counter rises too often") }
        let peak = shape & Flag.peak == 0 ? nil : try nextReading()
        var between = CounterPassage(peak: peak, proof: nil, gain: 0, mark: 0)
        if shape & Flag.proof != 0 {
            let proof = try nextAscent(rises: CounterAscent.proof)
            between = CounterPassage(peak: peak, proof: proof, gain: try nextGain(), mark: try nextReading())
        }
        stretch.rest = CounterStretch.Rest(between: between, tail: try nextAscent(rises: Int(rises)))
        return stretch
    }

    private mutating func nextAscent(rises: Int) throws(Corruption) -> CounterAscent {
        let low = try nextReading()
        let proven = rises == CounterAscent.proof ? try nextReading() : 0
        return CounterAscent(low: low, high: try nextReading(), rises: rises, proven: proven)
    }
}
