import Komoku
import KomokuClient
import KomokuTesting
@testable import KomokuWire
import Testing

@testable import komoku_cli

struct OutputTests {
    @Test(
        arguments: [
            (0.0, "0"), (21.371423, "21.3714"), (1_234_567.89, "1234568"), (0.000123456789, "0.000123457"),
            (-1.2999999999, "-1.3"), (1e300, "1e+300"), (5e-300, "5e-300"),
        ] as [(Double, String)])
    func computedNumbersKeepSixDigits(number: Double, text: String) {
        #expect(Numbers.computed(number) == text)
    }

    @Test func columnsHaveEquallyManyDecimals() {
        #expect(Numbers.column([1, 2.5, nil, -3.25]) == ["1.00", "2.50", "", "-3.25"])
        #expect(Numbers.column([1, 2]) == ["1", "2"])
        #expect(Numbers.column([21.37142, 5], decimals: 1) == ["21.4", "5.0"])
        #expect(Numbers.column([1e300, 1]) == ["1e+300", "1"])
        #expect(Numbers.column([nil, nil]) == ["", ""])
    }

    @Test(
        arguments: [
            (0, "0s"), (0.25, "0.25s"), (59.6, "60s"), (60, "1m"), (3661, "1h 1m"), (3600, "1h"), (86_400, "1d"),
            (90_061, "1d 1h"), (172_805, "2d"), (-90, "-1m 30s"),
        ] as [(Double, String)])
    func lengthsHaveTwoParts(seconds: Double, text: String) {
        #expect(Numbers.length(seconds) == text)
    }

    @Test(
        arguments: [
            (0, "0.0 %"), (1, "100.0 %"), (0.9999, "99.99 %"), (0.5, "50.0 %"), (0.00001, "0.001 %"),
            (0.975, "97.5 %"),
        ] as [(Double, String)])
    func almostAllIsNotAll(share: Double, text: String) {
        #expect(Numbers.percent(share) == text)
    }

    @Test(arguments: [(999, "999 B"), (1000, "1 kB"), (999_950, "1 MB"), (1.5e9, "1.5 GB")] as [(Double, String)])
    func bytesHaveUnits(bytes: Double, text: String) {
        #expect(Numbers.bytes(bytes) == text)
        #expect(Numbers.grouped(1_234_567) == "1,234,567" && Numbers.grouped(-1000) == "-1,000")
    }

    @Test func barsGrowByEighths() {
        #expect(Bar.text(1, width: 4) == "████")
        #expect(Bar.text(0.53, width: 4) == "██▏")
        #expect(Bar.text(0, width: 4) == "")
        #expect(Bar.text(0.001, width: 4) == "▏")
        #expect(Bar.text(7, width: 4) == "████")
        #expect(Bar.text(0.5, width: 4, isUnicode: false) == "##")
        #expect(Bar.text(.nan, width: 4) == "")
    }

    @Test func sparklinesReachFromLowestToHighest() {
        #expect(Bar.sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
        #expect(Bar.sparkline([1, nil, 1]) == "▅ ▅")
        #expect(Bar.sparkline([]) == "")
        #expect(Bar.sparkline([-1e308, 1e308], isUnicode: false) == "_#")
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func aTableIsNeverWiderThanTheScreen(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var table = TextTable()
        let texts = ["", "1", "żółć", "日本語", "a rather long text in a cell", "\u{1F600}", "e\u{301}"]
        for column in 0..<Int(random.next() % 5 + 1) {
            let cells = (0..<6).map { _ in texts[Int(random.next() % UInt64(texts.count))] }
            table.add("column \(column)", cells, isRight: random.next() % 2 == 0)
        }
        table.bars = (0..<6).map { _ in Double(random.next() % 100) / 99 }
        let width = Int(random.next() % 120) + 1
        for isUnicode in [true, false] {
            for line in table.lines(on: Screen(columns: width, isUnicode: isUnicode)) { #expect(line.columns <= width) }
        }
        #expect(table.lines(on: .plain).allSatisfy { !$0.contains("█") && !$0.contains("▏") })
    }

    private static func statistics(_ type: String, step: String?, _ windows: [JSON]) throws -> KeyStatistics {
        let json: JSON = [
            "key": "k", "type": .string(type), "unit": "W", "step": step.map { .string($0) } ?? .null,
            "windows": .array(windows),
        ]
        return try KeyStatistics(json)
    }

    @Test func aTableOfWindowsHasBarsOnATerminalOnly() throws {
        let windows: [JSON] = [
            ["start": 0, "end": 3600, "count": 0, "known_time": 0],
            ["start": 3600, "end": 7200, "count": 2, "min": 1, "time_mean": 1.55555, "max": 2.5, "known_time": 3600],
            ["start": 7200, "end": 10800, "count": 3, "min": 3, "time_mean": 3.5, "max": 4, "known_time": 3600],
        ]
        let shown = StatisticsShown(answer: try Self.statistics("numeric", step: "1h", windows))
        let plain = shown.table(on: .plain)
        #expect(plain.count == 3)
        #expect(plain[0].hasSuffix("points  min  mean  max"))
        #expect(plain[1].hasSuffix("2    1  1.56  2.5"))
        let bars = shown.table(on: Screen(columns: 60))
        #expect(bars[2].hasSuffix("██████"))
        #expect(bars.allSatisfy { $0.columns <= 60 })
    }

    @Test func aBlockSaysWhatTheTypeHas() throws {
        let boolean = try Self.statistics(
            "boolean", step: nil,
            [["start": 0, "end": 100, "count": 4, "fraction": 0.25, "true_time": 20, "known_time": 80, "edges": 3]])
        let lines = StatisticsShown(answer: boolean).block()
        #expect(lines.contains("true       25.0 %"))
        #expect(lines.contains("known for  1m 20s  80.0 % of the time"))
        let nothing = try Self.statistics(
            "numeric", step: nil, [["start": 0, "end": 100, "count": 0, "known_time": 0]])
        #expect(StatisticsShown(answer: nothing).block().last == "nothing is known of this time")
        let text = try Self.statistics(
            "string", step: nil,
            [["start": 0, "end": 100, "count": 2, "known_time": 100, "states": ["b": 25, "a": 75], "last": "b"]])
        #expect(StatisticsShown(answer: text).block().contains("  a        1m 15s  75.0 %"))
    }

    @Test func statisticsAreCSVWithExactNumbers() throws {
        let answer = try Self.statistics(
            "numeric", step: nil, [["start": 0, "end": 0.5, "min": 1.123456789, "last": "a\"b", "percentiles": [2]]])
        let lines = StatisticsShown(answer: answer, fields: [.minimum, .last], percentiles: [50, 99.9]).csv()
        #expect(lines.first == "start,end,min,last,p50,p99.9")
        #expect(lines.last?.hasSuffix(#",1.123456789,"a""b",2,"#) == true)
    }

    @Test func spansAreSummedUp() throws {
        let spans = try [KeySpan](pairs: [[0, 60], [100, 0.5], [200, .null]])
        let list = SpanList(spans, until: Timestamp(microseconds: 500_000_000))
        #expect(list.summary(of: "k was true") == "k was true 3 times, 6m 1s in all, 5m at the longest")
        #expect(SpanList([], until: .distantFuture).summary(of: "k was true") == "k was true at no time")
        #expect(list.rows().last?[1] == "until now")
    }

    @Test func courseIsOneLine() {
        let points = (0..<100).map {
            HistoryPoint(time: Timestamp(microseconds: $0 * 1_000_000), value: .number(Double($0)))
        }
        let line = Sparkline(points, unit: "W").text(width: 40, Screen(columns: 40))
        #expect(line?.columns == 40)
        #expect(line?.hasPrefix("0 ▁") == true)
        #expect(line?.hasSuffix("█ 99 W") == true)
        let means = [20.527272727272727, 21.73897435897436].enumerated().map { index, mean in
            HistoryPoint(time: Timestamp(microseconds: Int64(index)), value: .number(mean))
        }
        let shown = Sparkline(means, unit: "°C").text(width: 40, Screen(columns: 40)) ?? ""
        #expect(shown.hasPrefix("20.5273 ") && shown.hasSuffix(" 21.739 °C"))
        #expect(Sparkline(Array(points.prefix(1)), unit: nil).text(width: 40, .plain) == nil)
        let same = points.prefix(2).map { HistoryPoint(time: Timestamp(microseconds: 5), value: $0.value) }
        #expect(Sparkline(same, unit: nil).text(width: 40, .plain)?.columns ?? 0 <= 40)
    }
}

struct PaceTests {
    private static let start = Timestamp(seconds: 1_700_000_000) ?? .distantPast

    @Test(
        arguments: [
            (1, 500, 0.5, ["50.0 %"]), (10, 5000, 0.25, ["25.0 %", "500 points/s", "30s left"]),
            (10, 5000, nil, ["500 points/s"]), (10, nil, nil, ["for 10s"]), (90, nil, 0.5, ["50.0 %", "1m 30s left"]),
            (10, nil, 1.5, ["100.0 %", "for 10s"]), (10, 0, 0, ["0.0 %", "0 points/s"]),
        ] as [(Int64, Int?, Double?, [String])])
    func longWorkTellsHowFastItGoes(seconds: Int64, points: Int?, share: Double?, texts: [String]) {
        #expect(
            Pace(start: Self.start).texts(points: points, share: share, now: Self.start + .seconds(seconds)) == texts)
    }
}
