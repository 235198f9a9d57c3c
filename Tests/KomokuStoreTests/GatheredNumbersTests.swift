import Komoku
import Testing

@testable import KomokuStore

@Suite struct GatheredNumbersTests {
    private static let percentages = [0.0, 1, 25, 50, 90, 99.9, 100]

    private func numbers(_ seed: UInt64, _ count: Int) -> [Double] {
        var random = SplitMix(seed: seed)
        return (0..<count).map { _ in
            let part = Double(random.next() % 2_000_000) - 1_000_000
            return seed.isMultiple(of: 2) ? part / 8 : part * part * part
        }
    }

    private func gathered(_ numbers: [Double], shares: Int = 1) -> GatheredNumbers {
        var gathered = GatheredNumbers(shares: shares)
        for number in numbers { gathered.append(number) }
        return gathered
    }

    private func expectNear(_ found: GatheredNumbers, _ all: [Double]) {
        let sorted = all.sorted()
        let error = found.error ?? 0
        let answers = found.percentiles(Self.percentages, minimum: sorted[0], maximum: sorted[sorted.count - 1])
        for (percentage, answer) in zip(Self.percentages, answers) {
            // The rank that is nearest, and its neighbours.
            let place = Int((percentage / 100 * Double(sorted.count - 1)).rounded())
            let wanted = sorted[max(0, place - 1)...min(sorted.count - 1, place + 1)]
            let isNear = wanted.contains { abs((answer ?? .infinity) - $0) <= abs($0) * error * 2 }
            let isBetween = answer.map { wanted.first ?? 0 <= $0 && $0 <= wanted.last ?? 0 } ?? false
            #expect(isNear || isBetween, "\(percentage) %")
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func whatFitsIsExact(seed: UInt64) {
        let all = numbers(seed, 1000)
        let found = gathered(all)
        #expect(found.error == nil)
        let sorted = all.sorted()
        #expect(
            found.percentiles(Self.percentages, minimum: sorted[0], maximum: sorted[999])
                == Self.percentages.map { Percentile.of(sorted, $0) })
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func whatDoesNotFitIsNear(seed: UInt64) {
        let all = numbers(seed, 60_000)
        let found = gathered(all, shares: 1000)
        #expect(found.error ?? 1 <= 0x1p-13)
        #expect(found.count == all.count)
        expectNear(found, all)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func partsMakeTheWhole(seed: UInt64) {
        let all = numbers(seed, 9000)
        for shares in [1, 300, 2000] {
            var found = gathered(Array(all[..<3000]), shares: shares)
            found.add(gathered(Array(all[3000..<3100]), shares: shares))
            found.add(gathered(Array(all[3100...]), shares: 500))
            #expect(found.count == all.count)
            expectNear(found, all)
        }
    }
}
