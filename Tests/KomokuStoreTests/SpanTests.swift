import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct SpanTests {
    static func spans(
        _ points: [Point], of value: Value = .boolean(true), since: Int64, until: Int64, now: Int64 = 1000,
        carried: Value? = nil, limit: Int = .max
    ) -> [Span] {
        var collector = SpanCollector(
            of: value, since: Timestamp(microseconds: since), until: Timestamp(microseconds: until),
            now: Timestamp(microseconds: now), carried: carried, limit: limit)
        let columns = PointColumns(points)
        for index in 0..<columns.count { collector.add(columns, index..<(index + 1)) }
        return collector.finish()
    }

    static func span(_ start: Int64, _ length: Int64?) -> Span {
        Span(start: Timestamp(microseconds: start), length: length.map(Duration.init(microseconds:)))
    }

    static let points = [
        Point(10, .boolean(true)), Point(20, .boolean(true)), Point(30, .boolean(false)), Point(40, .boolean(true)),
        Point(50, nil), Point(60, .boolean(true)),
    ]

    @Test func equalValuesInARowAreOneSpanAndAGapEndsOne() {
        #expect(
            Self.spans(Self.points, since: 0, until: 1000)
                == [Self.span(10, 20), Self.span(40, 10), Self.span(60, nil)])
        #expect(Self.spans(Self.points, of: .boolean(false), since: 0, until: 1000) == [Self.span(30, 10)])
    }

    @Test func aSpanUnderWayBeginsAtSince() {
        #expect(Self.spans(Self.points, since: 15, until: 45) == [Self.span(15, 15), Self.span(40, 5)])
        #expect(
            Self.spans([Point(30, .boolean(false))], since: 15, until: 45, carried: .boolean(true))
                == [Self.span(15, 15)])
        // The value of a point at since itself is what holds then.
        #expect(Self.spans(Self.points, since: 30, until: 45, carried: .boolean(true)) == [Self.span(40, 5)])
    }

    @Test func onlyASpanThatReachesNowHasNoLength() {
        #expect(Self.spans(Self.points, since: 55, until: 999) == [Self.span(60, 939)])
        #expect(Self.spans(Self.points, since: 55, until: 1000) == [Self.span(60, nil)])
        #expect(Self.spans(Self.points, since: 55, until: 5000) == [Self.span(60, nil)])
        #expect(Self.spans([], since: 5, until: 5000, carried: .boolean(true)) == [Self.span(5, nil)])
        #expect(Self.spans([], since: 5, until: 5, carried: .boolean(true)).isEmpty)
    }

    @Test func textsAreComparedByteByByte() {
        let points = ["é", "e\u{301}", "é", "x"].enumerated().map { Point(Int64($0) * 10, .string($1)) }
        #expect(Self.spans(points, of: .string("é"), since: 0, until: 100) == [Self.span(0, 10), Self.span(20, 10)])
        #expect(Self.spans(points, of: .string("x"), since: 0, until: 100) == [Self.span(30, 70)])
    }

    @Test func theNewestAreKept() {
        let points = (0..<2000).map { Point(Int64($0), .boolean($0 % 2 == 0)) }
        let spans = Self.spans(points, since: 0, until: 2000, now: 5000, limit: 3)
        #expect(spans.map(\.start.microseconds) == [1994, 1996, 1998])
        #expect(Self.spans(points, since: 0, until: 2000, limit: 0).isEmpty)
    }

    @Test(arguments: 0..<UInt64(50))
    func spansAddUpToTheTrueTime(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let points = RandomHistory.boolean.points(80, gaps: 20, &random)
        let (since, until) = (points[20].time.microseconds - 3, points[60].time.microseconds + 3)
        let carried = points[19].value
        let spans = Self.spans(points, since: since, until: until, now: .max)
        var query = StatisticsQuery(
            key: KeyID(rawValue: 1), type: .boolean, bounds: [since, until].map(Timestamp.init(microseconds:)),
            now: .distantFuture)
        query.wantsSpans = true
        var accumulator = WindowAccumulator(query, carried: carried)
        accumulator.add(PointColumns(points), 20..<80)
        let window = accumulator.finish()[0]
        #expect(spans.reduce(0) { $0 + ($1.length?.microseconds ?? 0) } == window.trueTime?.microseconds)
        #expect(spans.compactMap(\.length).max() == window.longest)
        #expect(spans.compactMap(\.length).min() == window.shortest)
    }
}
