import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct TierBlockTests {
    @Test(arguments: PointSource.allCases, [Tier.fiveMinutes, .hour])
    func whatWasPackedComesBackAndPackingThatGivesTheSameBytes(
        _ source: PointSource, _ tier: Tier
    ) throws {
        for seed in 0..<3 as Range<UInt64> {
            let buckets = source.buckets(2000, tier.span, seed: seed)
            let data = TierBlock.encode(buckets[...], span: tier.span)
            let read = try TierBlock.decode(data)
            #expect(read.count == buckets.count, "seed \(seed)")
            for (before, after) in zip(buckets, read) { expectEqual(before, after, "seed \(seed)") }
            #expect(TierBlock.encode(read[...], span: tier.span) == data, "seed \(seed)")
        }
    }

    @Test(arguments: PointSource.allCases)
    func aBucketAloneAndAnySliceComeBack(_ source: PointSource) throws {
        let buckets = source.buckets(300, Tier.fiveMinutes.span, seed: 7)
        for range in [0..<1, 1..<2, 5..<8, 0..<buckets.count] {
            let slice = buckets[range.clamped(to: 0..<buckets.count)]
            let read = try TierBlock.decode(TierBlock.encode(slice, span: Tier.fiveMinutes.span))
            #expect(read.count == slice.count)
            for (before, after) in zip(slice, read) { expectEqual(before, after, "\(range)") }
        }
    }

    @Test(arguments: PointSource.allCases)
    func bucketsAreAddedUpInTheirColumnsAsOneByOne(_ source: PointSource) throws {
        var random = SplitMix(seed: 5)
        for seed in 0..<3 as Range<UInt64> {
            let data = TierBlock.encode(source.buckets(2000, Tier.fiveMinutes.span, seed: seed)[...], span: 300_000_000)
            let (columns, buckets) = (try TierBlock.Columns(data), try TierBlock.decode(data))
            #expect(columns.isPlain != [.texts, .longTexts, .counter, .mixed].contains(source))
            guard columns.isPlain else { continue }
            for _ in 0..<50 {
                let lower = Int.random(in: buckets.indices, using: &random)
                let range = lower..<Int.random(in: (lower + 1)...buckets.count, using: &random)
                var sum = Summary()
                for bucket in buckets[range] { sum.add(bucket.summary) }
                #expect(columns.summary(of: range) == sum, "\(range) of seed \(seed)")
            }
        }
    }

    @Test func sumsOfDecimalsBecomeExact() throws {
        var summary = Summary()
        let points = (0..<30).map { index in
            Point(time: Timestamp(microseconds: Int64(index) * 10_000_000), value: .number(0.1), provenance: .live)
        }
        summary.add(PointColumns(points), 0..<30, counter: nil)
        #expect(summary.sum != 3)
        let bucket = TierBucket(start: 0, summary: summary)
        let read = try TierBlock.decode(TierBlock.encode([bucket], span: Tier.fiveMinutes.span))
        #expect(read[0].summary.sum == 3)
        #expect(read[0].summary.moment == 0)
        #expect(read[0].summary.integral == 29)
    }

    @Test func aSensorTakesSevenBytesABucket() {
        let buckets = PointSource.regular.buckets(64_800, Tier.fiveMinutes.span, seed: 3)
        var (bytes, start) = (0, 0)
        while start < buckets.count {
            let packed = TierBlock.packed(buckets[start...], span: Tier.fiveMinutes.span)
            #expect(packed.data.count <= Block.targetSize)
            bytes += packed.data.count
            start += packed.count
        }
        #expect(Double(bytes) / Double(buckets.count) < 7)
    }

    @Test(arguments: PointSource.allCases)
    func aPackedBlockIsFullOrHoldsAllThatThereIs(_ source: PointSource) throws {
        let buckets = source.buckets(24_000, Tier.fiveMinutes.span, seed: 5)
        let packed = TierBlock.packed(buckets[...], span: Tier.fiveMinutes.span)
        #expect(packed.data.count <= Block.targetSize)
        #expect(try TierBlock.decode(packed.data).count == packed.count)
        if packed.count < min(buckets.count, TierBlock.maximumCount) {
            #expect(packed.data.count > Block.targetSize * 9 / 10)
        }
    }

    @Test func whatDoesNotFitABlockAloneIsOne() throws {
        let text = String(repeating: "é", count: 20_000)
        let point = Point(time: Timestamp(microseconds: 5), value: .string(text), provenance: .live)
        var summary = Summary()
        summary.add(PointColumns([point]), 0..<1, counter: nil)
        let bucket = TierBucket(start: 0, summary: summary)
        let packed = TierBlock.packed([bucket], span: Tier.fiveMinutes.span)
        #expect(packed.count == 1)
        #expect(try TierBlock.decode(packed.data) == [bucket])
    }

    @Test func noBytesTrap() {
        var random = SplitMix(seed: 11)
        let blocks = PointSource.allCases.map { source in
            TierBlock.encode(
                source.buckets(600, Tier.fiveMinutes.span, seed: 9).prefix(40), span: Tier.fiveMinutes.span)
        }
        for _ in 0..<2000 {
            let valid = blocks[Int.random(in: blocks.indices, using: &random)]
            guard let buckets = try? TierBlock.decode(Mutation.of(valid, &random)) else { continue }
            // What can be read can also be added up and written again.
            let sum = buckets.reduce(into: Summary()) { $0.add($1.summary) }
            #expect(sum.count >= buckets.count)
            _ = TierBlock.encode(buckets[...], span: Tier.fiveMinutes.span)
        }
    }

    /// Equal to the bit, but for sums: these may have become the decimal that they are the rounding of.
    private func expectEqual(_ before: TierBucket, _ after: TierBucket, _ comment: String) {
        var same = after
        same.summary.sum = before.summary.sum
        same.summary.mean = before.summary.mean
        same.summary.moment = before.summary.moment
        same.summary.integral = before.summary.integral
        #expect(same == before, "\(comment)")
        let largest = max(before.summary.minimum.magnitude, before.summary.maximum.magnitude)
        let count = Double(before.summary.count)
        let error = 0x1p-50 * count * count
        #expect(isNear(before.summary.sum, after.summary.sum, error * largest), "\(comment)")
        #expect(isNear(before.summary.moment, after.summary.moment, error * largest * largest), "\(comment)")
        let seconds = Double(before.summary.known) / 1_000_000
        #expect(isNear(before.summary.integral, after.summary.integral, error * largest * seconds), "\(comment)")
    }

    private func isNear(_ number: Double, _ other: Double, _ error: Double) -> Bool {
        number == other || (number - other).magnitude <= error
    }
}

/// Kinds of keys, each with values such as it would have.
enum PointSource: CaseIterable {
    case regular, jitter, sparse, halves, whole, single, huge, tiny, boolean, texts, longTexts, counter, mixed,
        before1970, kinds

    func buckets(_ count: Int, _ span: Int64, seed: UInt64) -> [TierBucket] {
        let points = points(count, seed: seed)
        var buckets: [TierBucket] = []
        var index = 0
        while index < points.count {
            let time = points.times[index]
            let start = time - ((time % span) + span) % span
            let end = points.firstIndex(from: start + span)
            var summary = Summary()
            summary.add(points, index..<end, counter: self == .counter ? CounterRules() : nil)
            buckets.append(TierBucket(start: start, summary: summary))
            index = end
        }
        return buckets
    }

    private func points(_ count: Int, seed: UInt64) -> PointColumns {
        var random = SplitMix(seed: seed)
        var points = PointColumns()
        var time: Int64 = self == .before1970 ? -86_400_000_000 * 400 : 1_790_000_000_000_000
        var level = 20.0
        for _ in 0..<count {
            time += step(&random)
            level += Double.random(in: -0.15...0.15, using: &random) + (20 - level) * 0.001
            let value = value(level, &random)
            points.append(Point(time: Timestamp(microseconds: time), value: value, provenance: .live))
            if self == .counter { level += Double.random(in: 0...1, using: &random) }
        }
        return points
    }

    private func step(_ random: inout SplitMix) -> Int64 {
        switch self {
        case .jitter, .counter, .mixed: 10_000_000 + Int64.random(in: -300...300, using: &random) * 1000
        case .sparse, .texts, .longTexts, .kinds: Int64.random(in: 1...400_000_000, using: &random)
        case .huge: Int64.random(in: 1...20_000_000, using: &random)
        default: 10_000_000
        }
    }

    private func value(_ level: Double, _ random: inout SplitMix) -> Value? {
        switch self {
        case .regular, .jitter, .sparse, .before1970: return .number((level * 100).rounded() / 100)
        case .halves: return .number((level * 2).rounded() / 2)
        case .whole: return .number((level * 10).rounded())
        case .single: return .number(Double(Float(level * 50)))
        case .huge:
            return .number(Double(sign: .plus, exponent: Int.random(in: -900...1000, using: &random), significand: 1.7))
        case .tiny: return .number([0, -0.0, 0x1p-1074, 1e-7, -1e-7, 0.1].randomElement(using: &random) ?? 0)
        case .boolean: return .boolean(Int.random(in: 0..<20, using: &random) < 3)
        case .texts: return .string(["armed", "disarmed", "é", "e\u{301}", ""].randomElement(using: &random) ?? "")
        case .longTexts: return .string(String(repeating: "x", count: Int.random(in: 0...400, using: &random)))
        case .counter: return .number(counter(level, &random))
        case .mixed: return mixed(level, &random)
        case .kinds:
            return [nil, .boolean(true), .boolean(false), .number(level.rounded())].randomElement(using: &random) ?? nil
        }
    }

    private func counter(_ level: Double, _ random: inout SplitMix) -> Double {
        let number = (level * 1000).rounded() / 1000
        return Int.random(in: 0..<40, using: &random) == 0 ? (number * 5).rounded() / 10 : number
    }

    private func mixed(_ level: Double, _ random: inout SplitMix) -> Value? {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: nil
        case 1: .boolean(Bool.random(using: &random))
        case 2: .string("t\(Int.random(in: 0..<5, using: &random))")
        default: .number((level * 100).rounded() / 100)
        }
    }
}
