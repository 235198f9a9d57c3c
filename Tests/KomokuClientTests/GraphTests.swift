import Komoku
import Testing

@testable import komoku_cli

/// Graphs in the terminal and as pictures.
@Suite struct GraphTests {
    private static func series(_ values: [Double?], isBoolean: Bool = false) -> GraphSeries {
        let start = Timestamp(microseconds: 1_767_225_600_000_000)
        var series = GraphSeries(
            key: "a.<b>", unit: "°C", isBoolean: isBoolean, isCounter: false, since: start,
            until: start + .seconds(Int64(60 * values.count)))
        series.parts = values.enumerated().map { index, value in
            GraphSeries.Part(
                start: start.seconds + Double(index * 60), value: value, low: value.map { $0 - 1 },
                high: value.map { $0 + 1 })
        }
        return series
    }

    @Test func aRampIsALineFromCornerToCorner() {
        let lines = BrailleChart(height: 2, isUnicode: true).lines((0..<8).map { Double($0) }, low: 0, high: 7)
        #expect(lines == ["⠀⠀⡠⠊", "⡠⠊⠀⠀"])
        let plain = BrailleChart(height: 3, isUnicode: false).lines([0, 1, nil, 2], low: 0, high: 2)
        #expect(plain == ["   *", " *  ", "*   "])
    }

    /// Whatever the values are, no line is wider than the terminal, and there are as many as were asked for.
    @Test(arguments: [20, 40, 80, 200]) func nothingIsWiderThanTheTerminal(width: Int) {
        let strange: [Double?] = [nil, .infinity, -.infinity, .nan, 1e308, -1e308, .leastNonzeroMagnitude, 0, 1e-9, 42]
        for values in [[nil, nil], [1], [1, 1], [1e308, -1e308], strange, (0..<500).map { Double($0 * $0) }] {
            for isBoolean in [false, true] {
                let lines = Self.series(values, isBoolean: isBoolean).lines(width: width, height: 5, isUnicode: true)
                #expect(lines.count == 2 || lines.count == 8)
                #expect(lines.dropFirst().allSatisfy { $0.columns <= max(width, 48) }, "\(lines)")
                #expect(!GraphPicture(series: [Self.series(values, isBoolean: isBoolean)]).text.contains("nan"))
            }
        }
    }

    @Test func aPictureIsWellFormedAndSaysWhatItShows() {
        let text = GraphPicture(series: [Self.series([1, 2, nil, 3])]).text
        #expect(text.contains("a.&lt;b&gt; °C") && !text.contains("<b>"))
        #expect(text.hasPrefix("<svg xmlns=") && text.hasSuffix("</svg>\n"))
        #expect(text.count { $0 == "<" } == text.count { $0 == ">" })
    }

    @Test func aCounterThatStoodStillIsALineAtTheBottom() {
        let start = Timestamp(microseconds: 0)
        var series = GraphSeries(
            key: "a", unit: nil, isBoolean: false, isCounter: true, since: start, until: start + .seconds(60))
        series.parts = [GraphSeries.Part(start: 0, value: 0)]
        #expect(series.bounds?.low == 0 && series.bounds?.high == 1)
    }

    @Test func fewPartsFillTheirColumnsAndGapsStayGaps() {
        #expect(Self.series([1, nil, 3]).columns(6) == [1, 1, nil, nil, 3, 3])
        #expect(Self.series([1, 3, 5, 7]).columns(2) == [2, 6])
    }
}
