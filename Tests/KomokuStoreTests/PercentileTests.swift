import Komoku
import Testing

@testable import KomokuStore

@Suite struct PercentileTests {
    @Test(
        arguments: [
            (0, 1), (25, 1.75), (50, 2.5), (90, 3.7), (100, 4), (-1, nil), (101, nil), (.nan, nil),
        ] as [(Double, Double?)])
    func betweenRanksIsInterpolated(percentage: Double, expected: Double?) {
        let found = Percentile.of([1, 2, 3, 4], percentage)
        #expect((found == nil) == (expected == nil))
        #expect(isNear(found ?? 0, expected ?? 0))
    }

    @Test func ofOneNumberAllAreThat() {
        #expect([0, 50, 100].map { Percentile.of([7], $0) } == [7, 7, 7])
        #expect(Percentile.of([], 50) == nil)
    }

    @Test func windowsAnswerInTheOrderOfTheQuestion() {
        let points = (1...9).map { Point(Int64($0), .number(Double(10 - $0))) }
        let windows = WindowTests.windows(points, bounds: [0, 5, 20, 30], type: .numeric, percentiles: [100, 50, 0])
        #expect(windows[0].percentiles == [9, 7.5, 6])
        #expect(windows[1].percentiles == [5, 3, 1])
        #expect(windows[2].percentiles == [nil, nil, nil])
    }

    @Test func summariesHaveNone() {
        var query = StatisticsQuery(
            key: KeyID(rawValue: 1), type: .numeric, bounds: [0, 10].map(Timestamp.init(microseconds:)),
            now: Timestamp(microseconds: 20))
        query.percentiles = [50]
        var accumulator = WindowAccumulator(query, carried: nil)
        accumulator.add(SummaryTests.summary([Point(1, .number(1)), Point(2, .number(2))]))
        #expect(accumulator.finish().map(\.percentiles) == [[nil]])
    }
}
