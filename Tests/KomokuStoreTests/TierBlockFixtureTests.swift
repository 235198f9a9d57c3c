import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// Blocks that earlier versions wrote.
@Suite struct TierBlockFixtureTests {
    private static let counters =
        "0180c6868f01060d0080c6868f0102040000100a0703412b1980a4faf70180ade2040703070f04000004340004"
        + "0000040000011800020001100000010518d00f058d030108182805930308c7c600cbc628001e00003418000a00"
        + "01042000011800174f06280ad4285a000128cb0102a1130e0c0a04c59f4d07004050000080ade2040400000400"
        + "0010000001041000000108100000010c002c0005000504000000f2ff2ee0220000100000010200100909040a5a"
        + "a4aa0001200075077676ffaa0076319af3ce"
    private static let numbers =
        "0180c8ceb40d040d0080c8ceb40d020400000428000480fc84aa12000400000414000400000400000104000000"
        + "0002191a842019a70199ada5809e01234c8f5b95060000000004c8010004000004c801000e0019040200000120"
        + "128080808080e0ffc181018080808080c06cd3f99cd3c2b282df0d3c9f6dcd1fef69260a000000000000000080"
        + "dea0cb051800dbd8cbabf4030001024b7dc324"
    private static let exact =
        "0180c8ceb40d040d0080c8ceb40d020400000428000480fc84aa12000400000414000400000400000104000000"
        + "00ff01021a84201904c39eeeaa69234dab04f0040000000001021acc211904c39eeeaa69234dab04f004000000"
        + "0001021a84201904c39eeeaa69234dab04f0040000000001201aaad5aad5aad5eab680018080408080808001d3"
        + "f59880d00d271fac04a850000000000001001ada060504c39eeeaa69234dab04f0040000000001201280808080"
        + "80e0ffc181018080808080c06cd3f99cd3c2b282df0d3c9f6dcd1fef69260a0000000000000001201280808080"
        + "80a0f0d781018080808080a0478b80d5b2efcdcff0063b09f0bf38d3f21405000000000000008a53e113"

    private static func buckets(_ hexadecimal: String) throws -> [TierBucket] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
        return try TierBlock.decode(bytes)
    }

    @Test func countersOfTheFirstVersionKeepWhatTheyGained() throws {
        let buckets = try Self.buckets(Self.counters)
        let totals = buckets.compactMap { $0.summary.counter?.total }
        #expect(totals.map { ($0.increase * 1000).rounded() / 1000 } == [2, 0.5, 0, 6, 2.6, 0])
        #expect(totals[3].resets == 1)
        #expect(buckets.allSatisfy { $0.summary.counter?.rules == nil })
        let sum = buckets.reduce(into: Summary()) { $0.add($1.summary) }
        // 100 to 105, a reset to 2, up to 9.
        #expect(isNear(sum.counter?.total.increase ?? 0, 14.1))
        let again = try TierBlock.decode(TierBlock.encode(buckets[...], span: Tier.fiveMinutes.span))
        #expect(again.map(\.summary.counter) == buckets.map(\.summary.counter))
    }

    @Test(arguments: [numbers, exact])
    func deviationsOfTheFirstVersionAreWhatTheSquaresLeft(_ block: String) throws {
        let buckets = try Self.buckets(block)
        // Twenty numbers, 0, 1 or 2 above the first one.
        let deviation = (0..<20).map { Double($0 % 3) }.deviation
        #expect(isNear(buckets[0].summary.deviation ?? 0, deviation))
        #expect(isNear(buckets[3].summary.deviation ?? 0, deviation))
        #expect(buckets[2].summary.deviation != nil)
        #expect(buckets.map(\.summary.mean)[2] == 1_767_225_601.2)
    }
}

/// What is left of large numbers that are near each other.
@Suite struct DeviationTests {
    @Test(arguments: [0, 1_767_225_600.25, 4.5e12, -3e9])
    func itDoesNotCancel(_ base: Double) throws {
        let numbers = (0..<5000).map { base + Double($0 % 3) / 2 }
        let expected = (0..<5000).map { Double($0 % 3) / 2 }.deviation
        let points = numbers.enumerated().map { Point(Int64($0.offset) * 1_000_000, .number($0.element)) }
        let columns = PointColumns(points)
        var (whole, parts) = (Summary(), Summary())
        whole.add(columns, 0..<5000, counter: nil)
        var buckets: [TierBucket] = []
        for start in stride(from: 0, to: 5000, by: 300) {
            var summary = Summary()
            summary.add(columns, start..<min(5000, start + 300), counter: nil)
            parts.add(summary)
            buckets.append(TierBucket(start: Int64(start) * 1_000_000, summary: summary))
        }
        let read = try TierBlock.decode(TierBlock.encode(buckets[...], span: Tier.fiveMinutes.span))
        let stored = read.reduce(into: Summary()) { $0.add($1.summary) }
        for summary in [whole, parts, stored] {
            #expect(((summary.deviation ?? 0) - expected).magnitude < 1e-6, "\(summary.deviation ?? 0)")
        }
    }
}

extension [Double] {
    fileprivate var deviation: Double {
        let mean = reduce(0, +) / Double(count)
        return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
    }
}
