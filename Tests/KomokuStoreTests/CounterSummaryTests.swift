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
        var testDescription: String { "\(numbers)" }
    }

    @Test(arguments: [
        Example(numbers: [5], increase: 0),
        Example(numbers: [5, 7], increase: 2),
        Example(numbers: [5, 7, 7, 10], increase: 5),
        // Resets.
        Example(numbers: [5, 7, 0, 2], increase: 4, resets: 1),
        Example(numbers: [5, 7, 3, 4], increase: 6, resets: 1),
        Example(numbers: [5, 0], increase: 0, resets: 1),
        Example(numbers: [5, 3, 1], increase: 4, resets: 2),
        Example(numbers: [0, 5, 0, 3], increase: 8, resets: 1),
        Example(numbers: [1400, 0, 0, 1], increase: 1, resets: 1),
        // A meter that returns from a lone 0, or from a lone smaller number.
        Example(numbers: [1400, 0, 1400.5], increase: 0.5, glitches: 1),
        Example(numbers: [1400, 1401, 0, 1401, 1402], increase: 2, glitches: 1),
        Example(numbers: [1400, 0, 1400, 0, 1400], increase: 0, glitches: 2),
        Example(numbers: [10, 2, 10, 2, 10, 2], increase: 0, glitches: 2),
        // Spikes.
        Example(numbers: [1400, 99_999, 1400.5], increase: 0.5, glitches: 1),
        Example(numbers: [1400, 99_999, 1400, 1401], increase: 1, glitches: 1),
        Example(numbers: [1400, 1600, 1400.5], increase: 0.5, glitches: 1),
        Example(numbers: [2, 10, 3], increase: 11, resets: 1),
        // Corrections.
        Example(numbers: [1400.5, 1400.4, 1400.45, 1400.6], increase: 0.2, glitches: 1),
        Example(numbers: [1400, 1401, 1399, 1400, 1402], increase: 4, glitches: 1),
        // Below 0 nothing is gained by a reset.
        Example(numbers: [-5, -10, -8], increase: 2, resets: 1),
    ])
    func dropsAreToldApart(_ example: Example) {
        let summary = example.numbers.withUnsafeBufferPointer { CounterSummary($0) }
        #expect(isNear(summary.total.increase, example.increase, scale: 1))
        #expect(summary.total.resets == example.resets)
        #expect(summary.total.glitches == example.glitches)
    }

    static func oracle(_ numbers: [Double]) -> CounterTally {
        var tally = CounterTally()
        for step in steps(numbers) { tally.add(step) }
        return tally
    }

    /// Walks all numbers, each with its three neighbours in sight: what each one after the first adds.
    static func steps(_ numbers: [Double]) -> [CounterTally] {
        func at(_ index: Int) -> Double? { numbers.indices.contains(index) ? numbers[index] : nil }
        func isSpike(_ index: Int) -> Bool {
            guard let before = at(index - 1), let top = at(index), let after = at(index + 1) else { return false }
            return before > 0 && before <= after && after < top && (top - after) / 10 >= after - before
        }
        func isGlitch(_ index: Int) -> Bool {
            guard let before = at(index - 1), let low = at(index), let after = at(index + 1) else { return false }
            return low < before && after >= before
        }
        return numbers.indices.dropFirst().map { index in
            let (from, to) = (numbers[index - 1], numbers[index])
            if to >= from {
                if isGlitch(index - 1) { return CounterTally(increase: to - numbers[index - 2]) }
                return isSpike(index) ? CounterTally(glitches: 1) : CounterTally(increase: to - from)
            }
            if isGlitch(index) { return CounterTally(glitches: 1) }
            if isSpike(index - 1) { return CounterTally(increase: to - numbers[index - 2]) }
            if to >= from * 0.9 { return CounterTally(glitches: 1) }
            return CounterTally(increase: max(0, to), resets: 1)
        }
    }

    @Test(arguments: 0..<UInt64(60))
    func anySplitGivesWhatAWalkGives(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let points = RandomHistory.counter.points(Int.random(in: 1...80, using: &random), gaps: 20, &random)
        let numbers = points.compactMap { $0.value?.number }
        let columns = PointColumns(points)
        let expected = Self.oracle(numbers)
        for size in 1...8 {
            var sum = CounterSummary()
            var index = 0
            while index < points.count {
                let end = min(points.count, index + (size < 8 ? size : Int.random(in: 1...20, using: &random)))
                sum = sum + CounterSummary(columns, index..<end)
                index = end
            }
            #expect(isNear(sum.total.increase, expected.increase, scale: 1e6), "seed \(seed), size \(size)")
            #expect(sum.total.resets == expected.resets && sum.total.glitches == expected.glitches)
            #expect(sum.total.increase >= 0)
        }
    }

    @Test func aCounterThatOnlyRisesKeepsTwoNumbersAtEachEnd() {
        let summary = [1.0, 2, 3, 4, 5].withUnsafeBufferPointer { CounterSummary($0) }
        #expect(summary.head == [1, 2] && summary.tail == [4, 5])
        #expect(summary.increase == 2)
    }
}
