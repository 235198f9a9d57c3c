import Komoku
import KomokuTesting
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

    /// Between the neighbours of a percentile's place, off by no more than is said.
    private func expectNear(_ found: GatheredNumbers, _ all: [Double]) {
        let sorted = all.sorted()
        let error = found.error ?? 0
        let answers = found.percentiles(Self.percentages, minimum: sorted[0], maximum: sorted[sorted.count - 1])
        for (percentage, answer) in zip(Self.percentages, answers) {
            let exact = Percentile.of(sorted, percentage) ?? .infinity
            let place = percentage / 100 * Double(sorted.count - 1)
            let near = [place.rounded(.down), place.rounded(.up)].map { abs(sorted[Int($0)]) }.max() ?? 0
            #expect(abs((answer ?? .infinity) - exact) <= near * error * 1.001 + 1e-300, "\(percentage) %")
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
        let found = gathered(all, shares: 30)
        #expect(found.error.map { 0..<0.1 ~= $0 } ?? false)
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

    /// Nothing is lost by counting where sensors round.
    @Test func fewDifferentOnesAreExactHoweverManyThereAre() {
        var random = SplitMix(seed: 1)
        let all = (0..<100_000).map { _ in Double(random.next() % 900) / 10 - 20 }
        let found = gathered(all, shares: 60)
        #expect(found.error == nil)
        let sorted = all.sorted()
        #expect(
            found.percentiles(Self.percentages, minimum: sorted[0], maximum: sorted[sorted.count - 1])
                == Self.percentages.map { Percentile.of(sorted, $0) })
    }

    @Test func whatIsFarApartIsToldApart() {
        let all = (0..<20_000).map { index in
            Double(index % 2 == 0 ? -1 : 1) * Double(bitPattern: UInt64(index) << 48 & 0x7FEF << 48)
        }
        expectNear(gathered(all, shares: 2000), all)
    }
}
