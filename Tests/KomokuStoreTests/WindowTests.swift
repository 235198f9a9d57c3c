import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// What windows say, by walking each of them second by second, so to speak.
private struct WindowOracle {
    let points: [Point]
    let type: KeyType
    let now: Int64
    let bounds: [Int64]

    /// Pieces of a window in which one value, or none, holds.
    func holds(_ window: Int) -> [(value: Value, time: Int64, start: Int64)] {
        if now <= bounds[window] { return [] }
        var cuts = [bounds[window], min(now, bounds[window + 1])]
        cuts += points.map(\.time.microseconds).filter { $0 > cuts[0] && $0 < cuts[1] }
        cuts.sort()
        return zip(cuts, cuts.dropFirst()).compactMap { start, end in
            guard end > start, let value = points.last(where: { $0.time.microseconds <= start })?.value else {
                return nil
            }
            return (value, end - start, start)
        }
    }

    func inside(_ window: Int) -> [Point] {
        points.filter { $0.time.microseconds >= bounds[window] && $0.time.microseconds < bounds[window + 1] }
    }

    func edges(_ window: Int) -> Int {
        zip(points, points.dropFirst()).count { old, new in
            new.time.microseconds >= bounds[window] && new.time.microseconds < bounds[window + 1] && old.value != nil
                && new.value != nil && old.value != new.value
        }
    }

    func spans(_ window: Int) -> [Int64] {
        var spans: [Int64] = []
        var end: Int64?
        for hold in holds(window) where hold.value == .boolean(true) {
            if end == hold.start { spans[spans.count - 1] += hold.time } else { spans.append(hold.time) }
            end = hold.start + hold.time
        }
        return spans
    }

    /// Of all numbers, those before and after the windows too.
    func growth(_ window: Int) -> CounterTally {
        let model = CounterModel(readings)
        var tally = CounterTally()
        for (reading, gain) in zip(model.readings, model.gains) {
            if let time = reading.time, bounds[window]..<bounds[window + 1] ~= time { tally.add(gain) }
        }
        return tally
    }

    var readings: [CounterReading] {
        points.compactMap { point in
            point.value?.number.map { CounterReading($0, at: point.time.microseconds) }
        }
    }

    func delta(_ window: Int) -> Double? {
        let inside = inside(window)
        if bounds[window] >= now, !inside.contains(where: { $0.value?.number != nil }) { return nil }
        let carried = points.last { $0.time.microseconds < bounds[window] }?.value?.number
        // The outermost values: of a window that begins or ends with a gap nobody knows.
        guard let start = carried ?? inside.first?.value?.number else { return nil }
        guard let last = inside.last else { return 0 }
        return last.value?.number.map { $0 - start }
    }
}

@Suite struct WindowTests {
    static let types: [(RandomHistory, KeyType)] = [
        (.gauge, .numeric), (.counter, .counter), (.boolean, .boolean), (.text, .string),
    ]

    /// Feeds points after the first window's start in parts, some of them as summaries.
    static func feed(
        _ accumulator: inout WindowAccumulator, _ points: [Point], _ bounds: [Int64], type: KeyType,
        summaries: Int, _ random: inout SplitMix
    ) {
        let columns = PointColumns(points)
        var index = 0
        while index < points.count {
            var end = min(points.count, index + Int.random(in: 1...12, using: &random))
            guard random.chance(summaries) else {
                accumulator.add(columns, index..<end)
                index = end
                continue
            }
            let bound = bounds.first { $0 > columns.times[index] } ?? .max
            end = min(end, columns.times.firstIndex { $0 >= bound } ?? points.count)
            var summary = Summary()
            summary.add(columns, index..<end, counter: type == .counter ? CounterRules() : nil)
            accumulator.add(summary)
            index = end
        }
    }

    @Test(arguments: types, 0..<UInt64(40))
    func windowsAreWhatAWalkGives(_ history: (RandomHistory, KeyType), seed: UInt64) {
        var random = SplitMix(seed: seed)
        let points = history.0.points(60, gaps: Int(seed % 2) * 15, &random)
        let length = (points[59].time - points[0].time).microseconds
        let start = points[0].time.microseconds + Int64.random(in: -1...length / 4, using: &random)
        var bounds = [start]
        for _ in 0..<Int.random(in: 1...15, using: &random) {
            bounds.append((bounds.last ?? 0) + Int64.random(in: 1...length / 6, using: &random))
        }
        let now = random.chance(50) ? start + Int64.random(in: 0...length, using: &random) : start + 2 * length
        let summaries = seed % 4 < 2 || now < start + 2 * length ? 0 : 50
        var query = StatisticsQuery(
            key: KeyID(rawValue: 1), type: history.1, bounds: bounds.map(Timestamp.init(microseconds:)),
            now: Timestamp(microseconds: now))
        query.percentiles = [50]
        query.wantsSpans = true
        let carried = points.last { $0.time.microseconds < start }?.value
        let oracle = WindowOracle(points: points, type: history.1, now: now, bounds: bounds)
        let behind = oracle.readings.filter { $0.time ?? 0 < start }
        var accumulator = WindowAccumulator(
            query, carried: carried, behind: CounterSummary(behind, CounterRules()))
        let rest = points.filter { $0.time.microseconds >= start }
        Self.feed(&accumulator, rest, bounds, type: history.1, summaries: summaries, &random)
        let windows = accumulator.finish()
        #expect(windows.count == bounds.count - 1)
        for (index, window) in windows.enumerated() {
            Self.check(window, index, oracle, isRaw: summaries == 0, "seed \(seed), window \(index)")
        }
    }

    private static func check(
        _ window: WindowStatistics, _ index: Int, _ oracle: WindowOracle, isRaw: Bool, _ comment: Comment
    ) {
        let (inside, holds) = (oracle.inside(index), oracle.holds(index))
        let known = holds.reduce(0) { $0 + $1.time }
        let numbers = inside.compactMap { $0.value?.number }
        #expect(window.count == inside.count, comment)
        #expect(window.first == inside.first?.value && window.last == inside.last?.value, comment)
        #expect(window.known.microseconds == known, comment)
        switch oracle.type {
        case .numeric, .counter:
            #expect(window.minimum == numbers.min() && window.maximum == numbers.max(), comment)
            #expect(isNear(window.sum ?? 0, numbers.reduce(0, +), scale: 1e5), comment)
            #expect((window.deviation == nil) == numbers.isEmpty && (window.mean == nil) == numbers.isEmpty, comment)
            let integral = holds.reduce(0.0) { $0 + ($1.value.number ?? 0) * Double($1.time) }
            #expect((window.timeMean == nil) == (known == 0), comment)
            #expect(isNear((window.timeMean ?? 0) * Double(known), integral, scale: 1e12), comment)
            if isRaw || window.delta != nil { #expect(window.delta == oracle.delta(index), comment) }
            if isRaw { #expect((window.percentiles.first == nil) == false, comment) }
        case .boolean, .uptime:
            let trueTime = holds.reduce(0) { $1.value == .boolean(true) ? $0 + $1.time : $0 }
            #expect(window.trueTime?.microseconds == trueTime, comment)
            #expect(window.fraction == (known == 0 ? nil : Double(trueTime) / Double(known)), comment)
            #expect(window.edges == oracle.edges(index), comment)
            if isRaw {
                #expect(window.longest?.microseconds == oracle.spans(index).max(), comment)
                #expect(window.shortest?.microseconds == oracle.spans(index).min(), comment)
            }
        case .string:
            #expect(window.edges == oracle.edges(index), comment)
            #expect(window.states.reduce(0) { $0 + $1.time.microseconds } == known, comment)
            for state in window.states {
                let time = holds.reduce(0) { $1.value == .string(state.text) ? $0 + $1.time : $0 }
                #expect(state.time.microseconds == time, comment)
            }
        }
        guard oracle.type == .counter, window.increase != nil else { return }
        let growth = oracle.growth(index)
        #expect(isNear(window.increase ?? -1, growth.increase, scale: 1e6), comment)
        #expect(window.resets == growth.resets && window.glitches == growth.glitches, comment)
    }

    static func windows(
        _ points: [Point], bounds: [Int64], type: KeyType, carried: Value? = nil, now: Int64 = .max,
        percentiles: [Double] = []
    ) -> [WindowStatistics] {
        var query = StatisticsQuery(
            key: KeyID(rawValue: 1), type: type, bounds: bounds.map { Timestamp(microseconds: $0 * 1_000_000) },
            now: Timestamp(microseconds: now == .max ? .max : now * 1_000_000))
        query.wantsSpans = true
        query.percentiles = percentiles
        var accumulator = WindowAccumulator(query, carried: carried)
        let columns = PointColumns(
            points.map { Point($0.time.microseconds * 1_000_000, $0.value) })
        accumulator.add(columns, 0..<columns.count)
        return accumulator.finish()
    }

    @Test func aWindowWithoutPointsHasWhatIsCarriedIn() {
        let windows = Self.windows([], bounds: [0, 10, 20, 30], type: .counter, carried: .number(5), now: 15)
        #expect(windows.map(\.timeMean) == [5, 5, nil])
        #expect(windows.map(\.known) == [.seconds(10), .seconds(5), .zero])
        #expect(windows.map(\.delta) == [0, 0, nil])
        #expect(windows.map(\.increase) == [0, 0, nil])
        #expect(windows.map(\.rate) == [0, 0, nil])
        #expect(windows.map(\.minimum) == [nil, nil, nil])
        #expect(windows.map(\.count) == [0, 0, 0])
    }

    @Test func aWindowBeforeAllPointsKnowsNothing() {
        let windows = Self.windows([Point(15, .number(1))], bounds: [0, 10, 20], type: .counter, now: 100)
        #expect(windows[0].known == .zero && windows[0].increase == nil && windows[0].delta == nil)
        #expect(windows[1].known == .seconds(5) && windows[1].increase == 0 && windows[1].delta == 0)
    }

    @Test func aStepOverABoundBelongsToTheWindowOfTheLaterPoint() {
        let counts = Self.windows(
            [Point(5, .number(10)), Point(15, .number(14)), Point(25, .number(2))], bounds: [0, 10, 20, 30],
            type: .counter, carried: .number(9), now: 100)
        #expect(counts.map(\.increase) == [1, 4, 2])
        #expect(counts.map(\.resets) == [0, 0, 1])
        #expect(counts.map(\.delta) == [1, 4, -12])
        let edges = Self.windows(
            [Point(5, .boolean(true)), Point(15, .boolean(false))], bounds: [0, 10, 20], type: .boolean,
            carried: .boolean(false), now: 100)
        #expect(edges.map(\.edges) == [1, 1])
    }

    @Test func whetherADropWasAGlitchShowsInALaterWindow() {
        for last in [20, 1000] as [Int64] {
            let windows = Self.windows(
                [Point(5, .number(1400)), Point(15, .number(0)), Point(25, .number(1401))], bounds: [0, 10, last],
                type: .counter, now: 100)
            #expect(windows[1].glitches == 1 && windows[1].resets == 0)
            #expect(windows[1].increase == (last == 20 ? 0 : 1))
        }
    }

    @Test func spansAreCutAtBounds() {
        let windows = Self.windows(
            [Point(5, .boolean(true)), Point(22, .boolean(false)), Point(24, .boolean(true)), Point(25, nil)],
            bounds: [0, 10, 20, 30], type: .uptime, now: 100)
        #expect(windows.map(\.longest) == [.seconds(5), .seconds(10), .seconds(2)])
        #expect(windows.map(\.shortest) == [.seconds(5), .seconds(10), .seconds(1)])
        #expect(windows.map(\.known) == [.seconds(5), .seconds(10), .seconds(5)])
        #expect(windows.map(\.fraction) == [1, 1, 0.6])
    }

    @Test func pointsBeforeTheFirstWindowAreCarriedIn() {
        let windows = Self.windows(
            [Point(1, .number(3)), Point(4, .number(7)), Point(12, .number(9))], bounds: [10, 20], type: .numeric,
            now: 100)
        #expect(windows[0].count == 1)
        #expect(windows[0].timeMean == 8.6)
        #expect(windows[0].delta == 2)
    }

    @Test func statesAreSortedByTheirTime() {
        let windows = Self.windows(
            [Point(1, .string("off")), Point(4, .string("on"))], bounds: [0, 10], type: .string,
            carried: .string("idle"), now: 100)
        #expect(windows[0].states.map(\.text) == ["on", "off", "idle"])
        #expect(windows[0].states.map(\.time) == [.seconds(6), .seconds(3), .seconds(1)])
        #expect(windows[0].edges == 2)
    }

    @Test func fewerThanTwoBoundsAreNoWindows() {
        for bounds in [[], [5]] as [[Int64]] {
            #expect(Self.windows([Point(7, .number(1))], bounds: bounds, type: .numeric).isEmpty)
        }
    }
}
