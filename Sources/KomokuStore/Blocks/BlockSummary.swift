import Komoku

/// What is known of a block without reading it.
///
/// Durations count from the block's first point to its last; a value holds until the next point. The time from the last point
/// to the next block belongs to neither: `last` is what it takes.
struct BlockSummary: Hashable {
    static let version: UInt8 = 1

    /// Points, gaps included.
    var count = 0
    var gaps = 0
    /// How many points are numbers, and of these the smallest, the largest and the sum.
    var numbers = 0
    var minimum = 0.0
    var maximum = 0.0
    var sum = 0.0
    var first: Value?
    var last: Value?
    /// Numbers times the seconds that they held.
    var integral = 0.0
    /// Microseconds in which a value was known, and in which it was true.
    var knownTime: Int64 = 0
    var trueTime: Int64 = 0
    /// How often a point's value differs from that of the point before it.
    var edges = 0

    init(_ points: ArraySlice<Point>) {
        first = points.first?.value
        last = points.last?.value
        var previous: Point?
        for point in points {
            count += 1
            if point.value == nil { gaps += 1 }
            if let number = point.value?.number { add(number) }
            if let previous { add(from: previous, to: point) }
            previous = point
        }
    }

    private mutating func add(_ number: Double) {
        minimum = numbers == 0 ? number : min(minimum, number)
        maximum = numbers == 0 ? number : max(maximum, number)
        sum += number
        numbers += 1
    }

    private mutating func add(from point: Point, to next: Point) {
        if point.value != next.value { edges += 1 }
        guard let value = point.value else { return }
        let duration = next.time - point.time
        knownTime = knownTime.clampedSum(duration.microseconds)
        if value == .boolean(true) { trueTime = trueTime.clampedSum(duration.microseconds) }
        if let number = value.number { integral += number * duration.seconds }
    }
}

extension BlockSummary {
    func encode() -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(Self.version)
        for number in [count, gaps, numbers, edges] { writer.varint(number) }
        if numbers > 0 {
            for number in [minimum, maximum, sum, integral] { writer.fixed64(number.bitPattern) }
        }
        writer.varint(UInt64(knownTime))
        writer.varint(UInt64(trueTime))
        for value in [first, last] {
            let (code, scaled) = ValueCode.code(of: value)
            writer.byte(code)
            ValueCode.write(value, code: code, scaled: scaled, into: &writer)
        }
        return writer.sealed()
    }

    init(decoding bytes: [UInt8]) throws(Corruption) {
        var reader = try ByteReader(sealed: bytes)
        let version = try reader.byte()
        guard version == Self.version else { throw Corruption("its version \(version) is unknown") }
        count = try reader.run(upTo: Block.maximumCount)
        gaps = try reader.count(upTo: count)
        numbers = try reader.count(upTo: count)
        edges = try reader.count(upTo: count)
        if numbers > 0 {
            minimum = Double(bitPattern: try reader.fixed64())
            maximum = Double(bitPattern: try reader.fixed64())
            sum = Double(bitPattern: try reader.fixed64())
            integral = Double(bitPattern: try reader.fixed64())
        }
        knownTime = Int64(try reader.count(upTo: .max))
        trueTime = Int64(try reader.count(upTo: .max))
        first = try ValueCode.read(try reader.byte(), from: &reader)
        last = try ValueCode.read(try reader.byte(), from: &reader)
        try reader.finish()
    }
}

extension Int64 {
    fileprivate func clampedSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
