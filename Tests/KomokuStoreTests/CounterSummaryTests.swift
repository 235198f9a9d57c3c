import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct CounterSummaryTests {
    struct Example: CustomTestStringConvertible {
        let numbers: [Double]
        let increase: Double
        var resets = 0
        var glitches = 0
        var rules = CounterRules()
        var testDescription: String { "\(numbers.prefix(12))" }
    }

    private static let flickering: [Double] =
        [1000] + (0..<100).flatMap { (step: Int) -> [Double] in [1001, 1000, 1001].map { $0 + Double(step) } }

    private static func times(_ count: Int, _ numbers: [Double]) -> [Double] {
        (0..<count).flatMap { _ in numbers }
    }

    static let rises: [Example] = [
        Example(numbers: [5], increase: 0),
        Example(numbers: [5, 7], increase: 2),
        Example(numbers: [5, 7, 7, 10], increase: 5),
    ]

    /// Resets.
    static let resets: [Example] = [
        Example(numbers: [100, 3, 5], increase: 5, resets: 1),
        Example(numbers: [5, 7, 0, 2], increase: 4, resets: 1),
        Example(numbers: [5, 7, 3, 4], increase: 6, resets: 1),
        Example(numbers: [5, 0], increase: 0, resets: 1),
        Example(numbers: [5, 2, 0], increase: 2, resets: 2),
        Example(numbers: [0, 5, 0, 3], increase: 8, resets: 1),
        Example(numbers: [1400, 0, 0, 1], increase: 1, resets: 1),
        Example(numbers: [100, 0, 20, 40, 60, 80, 100, 120], increase: 120, resets: 1),
        Example(numbers: times(3, [0, 1, 2, 3, 4, 5, 6, 7, 8]), increase: 24, resets: 2),
        Example(numbers: [0.1, 0.2, 0.3, 0, 0.1, 0.2, 0.3, 0.4], increase: 0.6, resets: 1),
        Example(numbers: [2, 10, 3], increase: 11, resets: 1),
    ]

    /// Dips: a meter that boots says 0, or an error value, before it reads itself again.
    static let dips: [Example] = [
        Example(numbers: [1400, 0, 1400.5], increase: 0.5, glitches: 1),
        Example(numbers: [1400, 1401, 0, 1401, 1402], increase: 2, glitches: 1),
        Example(numbers: [571.905, 0, 0, 571.929], increase: 0.024, glitches: 2),
        Example(numbers: [571.905, 0, 0.1, 571.929], increase: 0.024, glitches: 2),
        Example(numbers: [571.905, 0, 0, 0, 0, 0, 571.929], increase: 0.024, glitches: 5),
        Example(numbers: [571.9, 0, 571.8, 572], increase: 0.1, glitches: 2),
        Example(numbers: [3.1, -3461, -3461, 3.3], increase: 0.2, glitches: 2),
        Example(numbers: [1400, 0, 1400, 0, 1400], increase: 0, glitches: 2),
        Example(numbers: [0, 5, 0, 5], increase: 5, glitches: 1),
    ]

    /// Spikes.
    static let spikes: [Example] = [
        Example(numbers: [1400, 99_999, 1400.5], increase: 0.5, glitches: 1),
        Example(numbers: [1400, 99_999, 1400, 1401], increase: 1, glitches: 1),
        Example(numbers: [1400, 1600, 1400.5], increase: 0.5, glitches: 1),
        Example(numbers: [100, 90_000, 90_000, 101], increase: 1, glitches: 2),
        Example(numbers: [100, 0, 90_000, 101], increase: 1, glitches: 2),
        Example(numbers: [100, 90_000, 0, 101], increase: 1, glitches: 2),
        Example(numbers: [100, 90_000, 100.1, 90_000, 100.2], increase: 0.2, glitches: 3),
        Example(numbers: [5012.3, 5092.3, 5012.4, 5012.5], increase: 0.2, glitches: 1),
    ]

    /// Each new reading is followed once by the old one.
    static let echoes: [Example] = [
        Example(numbers: [100, 101, 100, 101], increase: 1, glitches: 1),
        Example(numbers: [100, 101, 100, 101, 100], increase: 1, glitches: 3),
        Example(numbers: [100, 200, 100, 200, 300], increase: 200, glitches: 2),
        Example(numbers: [215.6, 215.7, 215.6, 215.7, 215.8], increase: 0.2, glitches: 1),
        Example(
            numbers: flickering,
            increase: 100, glitches: 100),
    ]

    /// Jitter, however long each value lasts.
    static let jitter: [Example] = [
        Example(numbers: times(20, [10, 10, 10, 10.1, 10.1, 10.1]), increase: 0.1, glitches: 57),
        Example(numbers: times(20, times(9, [10.0]) + times(9, [10.1])), increase: 0.1, glitches: 19),
        Example(numbers: times(50, [10, 10.2, 10.1, 10.3, 10.1]), increase: 0.3, glitches: 150),
    ]

    /// Corrections: below the mark six rises in a row count.
    static let corrections: [Example] = [
        Example(numbers: [1000, 999.5, 999.8], increase: 0.3, glitches: 1),
        Example(numbers: [1400.5, 1400.4, 1400.45, 1400.6], increase: 0.1, glitches: 1),
        Example(numbers: [5000, 4800, 4801, 4802, 4803, 4804, 4805, 4806, 5006], increase: 206, glitches: 1),
        Example(numbers: [5000, 4800, 4801, 4802, 4803, 4804, 4802, 4803], increase: 1, glitches: 3),
    ]

    /// Some of the count is lost.
    static let losses: [Example] = [
        Example(numbers: [0.9, 0.6], increase: 0, glitches: 1),
        Example(numbers: [0.1, 0.5, 0.9, 0.6, 0.7], increase: 0.9, glitches: 1),
    ]

    /// Below 0 nothing is gained by a reset.
    static let belowZero: [Example] = [
        Example(numbers: [-5, -10, -8], increase: 2, resets: 1)
    ]

    /// Roll-overs.
    static let rollOvers: [Example] = [
        Example(
            numbers: [65_000, 65_500, 400, 900], increase: 1436, resets: 1, rules: CounterRules(modulus: 65_536)),
        Example(numbers: [65_530, 0, 65_531], increase: 1, glitches: 1, rules: CounterRules(modulus: 65_536)),
    ]

    /// A faster rise than 0.1 a second, which is 30 from one reading to the next.
    static let rates: [Example] = [
        Example(
            numbers: [100, 110, 9000, 9000, 9000, 9000, 9000, 9000, 9010, 120, 130], increase: 30, glitches: 2,
            rules: CounterRules(maximumRate: 0.1)),
        Example(
            numbers: [100, 0, 0, 0, 0, 0, 0, 0, 101, 102], increase: 1, resets: 1, glitches: 1,
            rules: CounterRules(maximumRate: 0.1)),
    ]

    static let examples =
        [rises, resets, dips, spikes, echoes, jitter, corrections] + [losses, belowZero, rollOvers, rates]

    @Test(arguments: examples.flatMap(\.self))
    func readingsAreToldApart(_ example: Example) {
        let model = CounterModel(example.numbers, example.rules)
        for total in [CounterSummary(model.readings, example.rules).total, model.total] {
            #expect(isNear(total.increase, example.increase, scale: 1))
            #expect(total.resets == example.resets)
            #expect(total.glitches == example.glitches)
        }
    }

    @Test(arguments: MeterHistory.allCases, 0..<UInt64(60))
    func anySplitInAnyOrderGivesWhatTheModelGives(history: MeterHistory, seed: UInt64) {
        var random = SplitMix(seed: seed)
        let numbers = history.numbers(Int.random(in: 1...90, using: &random), &random)
        for rules in [CounterRules(), CounterRules(modulus: 1000), CounterRules(maximumRate: 0.02)] {
            let model = CounterModel(numbers, rules)
            for size in 1...9 {
                var parts: [CounterSummary] = []
                var index = 0
                while index < numbers.count {
                    let end = min(numbers.count, index + (size < 8 ? size : Int.random(in: 1...40, using: &random)))
                    parts.append(CounterSummary(Array(model.readings[index..<end]), rules))
                    index = end
                }
                while parts.count > 1 {
                    let place = size % 2 == 0 ? 0 : Int.random(in: 0..<(parts.count - 1), using: &random)
                    parts[place] = parts[place] + parts.remove(at: place + 1)
                }
                expectSame(parts[0].total, model.total, "\(history), seed \(seed), size \(size)")
                #expect(parts[0].head.count + parts[0].tail.count <= 12)
            }
        }
    }

    @Test(arguments: MeterHistory.allCases, 0..<UInt64(40))
    func eachWindowGetsWhatTheModelGivesItsReadings(history: MeterHistory, seed: UInt64) {
        var random = SplitMix(seed: seed)
        let numbers = history.numbers(Int.random(in: 1...90, using: &random), &random)
        let model = CounterModel(numbers)
        let gains = model.gains
        for size in [1, 2, 5, 13, 30] {
            var expected: [CounterTally] = []
            var growth = CounterGrowth(count: numbers.count / size + 1)
            var index = 0
            while index < numbers.count {
                let end = min(numbers.count, index + size)
                growth.add(CounterSummary(Array(model.readings[index..<end]), CounterRules()), to: index / size)
                expected.append(gains[index..<end].reduce(into: CounterTally()) { $0.add($1) })
                index = end
            }
            growth.finish()
            for (place, tally) in expected.enumerated() {
                expectSame(growth.tallies[place], tally, "\(history), seed \(seed), size \(size), window \(place)")
                #expect(growth.tallies[place].increase >= 0)
            }
        }
    }

    /// What wavers within a band is counted once, however long it wavers; and what is open at the end once more.
    @Test(arguments: 0..<UInt64(30))
    func jitterStaysBounded(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let levels = Int.random(in: 2...6, using: &random)
        var numbers: [Double] = []
        while numbers.count < 3000 {
            let level = Double(1000 + Int.random(in: 0..<levels, using: &random)) / 10
            for _ in 0..<Int.random(in: 1...12, using: &random) { numbers.append(level) }
        }
        let total = CounterSummary(CounterModel(numbers).readings, CounterRules()).total
        #expect(total.increase <= Double(levels - 1) / 5 + 1e-9 && total.resets == 0)
    }

    /// Wrong readings up to five in a row, and resets, change nothing of what was consumed.
    @Test(arguments: 0..<UInt64(60))
    func whatWasConsumedComesOutWhateverIsBetween(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var (level, consumed) = (Double(Int.random(in: 100...900, using: &random)), 0.0)
        var numbers = [level]
        func count(_ times: Int) {
            for _ in 0..<times {
                let step = Double(Int.random(in: 0...2, using: &random))
                level += step
                consumed += step
                numbers.append(level)
            }
        }
        count(10)
        for _ in 0..<20 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where level > 60:
                level = Double(Int.random(in: 0...1, using: &random))
                consumed += level
                numbers.append(level)
                // It is far from where it was for longer than wrong readings last.
                for _ in 0..<80 { count(1) }
            case 1:
                let wrong: Double = [0, -1, 65_535, 4_294_967_295].randomElement(using: &random) ?? 0
                numbers += [Double](repeating: wrong, count: Int.random(in: 1...5, using: &random))
            default: break
            }
            count(Int.random(in: 8...30, using: &random))
        }
        let total = CounterSummary(CounterModel(numbers).readings, CounterRules()).total
        #expect(isNear(total.increase, consumed, scale: 1), "seed \(seed)")
    }

    private func expectSame(_ tally: CounterTally, _ other: CounterTally, _ comment: String) {
        #expect(isNear(tally.increase, other.increase, scale: 1e6), "\(comment)")
        #expect(tally.resets == other.resets && tally.glitches == other.glitches, "\(comment)")
    }
}
