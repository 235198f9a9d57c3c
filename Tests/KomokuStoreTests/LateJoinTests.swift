import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// Points that come late for hours of which only sums are left.
@Suite struct LateJoinTests {
    private static let hour = CoverageTests.hour
    private static let minute: Int64 = 60_000_000
    /// An hour with points in its minutes 0 and 30, closed long ago.
    private static let third = CoverageTests.start + 3 * CoverageTests.day

    private func count(_ house: CoverageHouse) async throws -> Int {
        try await house.statistics(0, [Self.third, Self.third + Self.hour]).windows[0].count
    }

    /// - Parameter fine: days for which buckets of 5 minutes are kept.
    @Test(arguments: [2, 400], [false, true])
    func whatNobodyCanHaveGivenBeforeIsTakenOnce(fine: Int, isPut: Bool) async throws {
        let house = try CoverageHouse(raw: 1, fiveMinutes: fine)
        for day in 0..<16 { try await house.live(day: day) }
        var wanted = 2
        let isFine = fine == 400
        for (minute, isNew) in [(12, isFine), (45, true), (30, false), (13, isFine), (40, isFine), (58, true)] {
            let time = Self.third + Int64(minute) * Self.minute
            if isNew { wanted += 1 }
            for round in 0..<2 {
                if isPut {
                    house.store.append([.point(0, time, .number(7), isNewest: false)])
                } else {
                    let inserted = try await house.store.added([Point(time, .number(7), .backfill)], to: house.key(0))
                    #expect(inserted.stored == (isNew && round == 0 ? 1 : 0) && inserted.stored + inserted.leftOut == 1)
                }
                try await house.store.compacted()
                #expect(try await count(house) == wanted, "minute \(minute)")
            }
        }
        let day = [Self.third, Self.third + CoverageTests.day]
        #expect(try await house.statistics(0, day).windows[0].count == 46 + wanted)
        let left = house.store.statistics.leftOutPoints
        #expect(left == 12 - (wanted - 2))
    }

    @Test(arguments: MeterHistory.allCases)
    func aCounterCountsWhatComesBetween(history: MeterHistory) async throws {
        var random = SplitMix(seed: 77)
        let clock = VirtualClock(seconds: Double(CoverageTests.start / 1_000_000))
        var configuration = Store.Configuration(location: .file(try Folder().database))
        configuration.durability = .normal
        configuration.retention = [
            Store.RetentionRule(keys: [.all], raw: .seconds(86_400), fiveMinutes: nil, hour: nil)
        ]
        let store = try Store(
            configuration, clock: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let key = KeyID(rawValue: 0)
        try store.define(0..<1, type: .counter)
        let readings = history.numbers(160, &random).enumerated().map {
            CounterReading($0.element, at: CoverageTests.start + Int64($0.offset) * 7 * Self.minute)
        }
        // Whole slots come when the points of their hours are gone.
        let late = Set(readings.indices.filter { _ in random.chance(15) })
        for (index, reading) in readings.enumerated() where !late.contains(index) {
            store.append([.point(0, reading.time ?? 0, .number(reading.value))])
        }
        clock.advance(by: .seconds(86_400))
        // A round goes on by a week at most.
        for _ in 0..<10 {
            clock.advance(by: .seconds(8 * 86_400))
            store.append([.point(0, clock.now.microseconds, .number(readings[159].value))])
            try await store.compacted()
        }
        let end = CoverageTests.start + 24 * Self.hour
        var query = StatisticsQuery(
            key: key, type: .counter, bounds: [.init(microseconds: CoverageTests.start), .init(microseconds: end)],
            now: clock.now)
        query.rules = CounterRules()
        #expect(try await store.statistics(query).rawSince != nil)
        let given = readings.indices.filter { late.contains($0) }.map {
            Point(readings[$0].time ?? 0, .number(readings[$0].value), .backfill)
        }
        for _ in 0..<2 { try await store.inserted(given, into: key) }
        let window = try await store.statistics(query).windows[0]
        let last = CounterReading(readings[159].value, at: clock.now.microseconds)
        let model = CounterModel(readings + [last])
        let wanted = model.gains.dropLast().reduce(into: CounterTally()) { $0.add($1) }
        #expect(window.count == readings.count)
        #expect(isNear(window.increase ?? -1, wanted.increase, scale: 1e6))
        #expect(window.resets == wanted.resets && window.glitches == wanted.glitches)
        store.close()
    }
}
