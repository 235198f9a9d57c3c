import FoundationEssentials
import KomokuSQLite
import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// Random retention, late points, imports, merges of keys, a largest size and restarts beside a plain list of points.
@Suite struct CoverageTests {
    static let start: Int64 = 1_700_006_400_000_000
    static let hour: Int64 = 3_600_000_000
    static let day: Int64 = 24 * hour

    static let seeds: Range<UInt64> = 0..<(ProcessInfo.processInfo.environment["KOMOKU_SOAK"] == nil ? 4 : 400)

    @Test(arguments: seeds)
    func whatIsKnownIsWhatCameOnce(seed: UInt64) async throws {
        var house = try CoverageHouse(seed: seed)
        for round in 0..<12 {
            let what = try await house.step()
            try await house.compare("seed \(seed), round \(round), \(what)")
        }
    }

    // MARK: What was seen

    @Test func aLatePointBeforeWhatATierCoversLeavesTheDayAsItWas() async throws {
        let house = try CoverageHouse(raw: 1, fiveMinutes: 2)
        for day in 0..<30 { try await house.live(day: day) }
        let third = Self.start + 3 * Self.day
        func counts() async throws -> [Int] {
            var counts: [Int] = []
            for step in [Self.day, Self.hour, Self.hour / 12, Self.day / 7 + 123] {
                var bounds = Array(stride(from: third, to: third + Self.day, by: Int(step)))
                bounds.append(third + Self.day)
                let windows = try await house.statistics(0, bounds).windows
                counts.append(windows.reduce(0) { $0 + $1.count })
            }
            return counts
        }
        #expect(try await counts() == [48, 48, 48, 48])
        // Of a time that nothing is known of, and of one that is summed up.
        for late in [Self.start - 20 * Self.day + 5, third + Self.hour + 5] {
            house.store.append([.point(0, late, .number(99), isNewest: false)])
            #expect(try await counts() == [48, 48, 48, 48])
            try await house.store.compacted()
            #expect(try await counts() == [48, 48, 48, 48])
        }
        let old = Self.start - 20 * Self.day
        #expect(try await house.statistics(0, [old, old + Self.hour]).windows[0].count == 1)
        #expect(house.store.statistics.leftOutPoints == 1)
    }

    @Test(arguments: [10, 3000], [false, true])
    func theSameImportAgainChangesNothing(size: Int, isInterrupted: Bool) async throws {
        var house = try CoverageHouse(raw: 1, fiveMinutes: 400)
        house.clock.advance(by: .seconds(200 * 86_400))
        try await house.live(day: 200)
        let points = (0..<3000).map { Point(Self.start + Int64($0) * 600_000_000, .number(Double($0 % 7)), .backfill) }
        let all = [Self.start, Self.start + 100 * Self.day]
        var total = 0
        for round in 0..<3 {
            var sum = Store.Inserted()
            for begin in stride(from: 0, to: points.count, by: size) {
                let part = Array(points[begin..<min(begin + size, points.count)])
                sum +=
                    size < 512
                    ? try await house.store.added(part, to: house.key(0))
                    : try await house.store.inserted(part, into: house.key(0))
                if isInterrupted, round == 0, begin > 1501 { break }
            }
            total += sum.stored
            #expect(sum.leftOut == 0)
            #expect(try await house.statistics(0, all).windows[0].count == total)
            try await house.store.compacted()
            house.clock.advance(by: .seconds(86_400))
            try await house.live(day: 201 + round)
            try house.reopen()
            #expect(try await house.statistics(0, all).windows[0].count == total)
        }
        #expect(total == 3000)
        // Its raw points go, and the same is told from what is new no more.
        for day in 204..<216 { try await house.live(day: day) }
        let again = try await house.store.inserted(points, into: house.key(0))
        #expect(again.stored == 0 && again.leftOut == 3000)
        #expect(try await house.statistics(0, all).windows[0].count == 3000)
        try await house.store.compacted()
        #expect(try await house.statistics(0, all).windows[0].count == 3000)
    }

    @Test(arguments: [1, 3, 10])
    func aMergeOfKeysWhoseRawPointsAreGoneLosesNothing(slices: Int) async throws {
        let house = try CoverageHouse(raw: 1, fiveMinutes: 400)
        for day in 0..<20 {
            try await house.live(day: day, keys: day < 12 ? [0, 1] : [1])
        }
        let bounds = (0...20).map { Self.start + Int64($0) * Self.day }
        let before = try await house.statistics(1, bounds, percentiles: [50]).windows
        let sums = try await house.statistics(0, bounds).windows
        // Interrupted after some slices.
        let seal = try house.store.database.read { try Meta.sealed.get($0) ?? 0 }
        var copy = HistoryCopy(from: house.key(0), into: house.key(1), seal: seal)
        for _ in 0..<slices where !copy.isDone {
            copy = try house.store.database.write { [copy, time = house.clock.now] db in
                var copy = copy
                _ = try copy.slice(
                    HistoryCopy.Scene(db: db, source: KeyTraits(), target: KeyTraits(), time: time, report: { _ in }))
                return copy
            }
        }
        for _ in 0..<2 {
            _ = try await house.store.copied(from: house.key(0), into: house.key(1))
            let after = try await house.statistics(1, bounds, percentiles: [50]).windows
            for ((window, old), source) in zip(zip(after, before), sums) {
                #expect(window.count == old.count + source.count)
                #expect(isNear(window.sum ?? 0, (old.sum ?? 0) + (source.sum ?? 0), scale: 1e5))
            }
            // Where only the target has points, they are as before.
            #expect(after.suffix(2).map(\.percentiles) == before.suffix(2).map(\.percentiles))
            #expect(after[19].percentiles[0] != nil)
        }
    }

    @Test func aGapIsNeverAKeysLastValue() async throws {
        let folder = try Folder()
        for size in [3, 600] {
            let store = try folder.open("\(size).db")
            try store.define(0..<1)
            let points = (0..<size).map { Point(Int64($0) * 1_000_000, .number(Double($0))) }
            try await store.insert(points + [Point(Int64(size) * 1_000_000, nil)], into: KeyID(rawValue: 0))
            await store.sealed()
            store.close()
            let again = try folder.open("\(size).db")
            #expect(again.restored[0].last?.value == .number(Double(size - 1)))
            #expect(again.restored[0].newestPoint?.value == nil)
            #expect(again.restored[0].newestPoint?.time.microseconds == Int64(size) * 1_000_000)
        }
    }

    @Test func theFirstHourOfAKeyIsToldAsFinelyAsItIsKept() async throws {
        let house = try CoverageHouse(raw: 1, fiveMinutes: 400)
        for day in 0..<20 { try await house.live(day: day, from: 35) }
        let first = Self.start + 35 * 60_000_000
        let report = try await house.statistics(0, (0...6).map { first + Int64($0) * Self.hour / 12 })
        #expect(report.windows.map(\.count) == [1, 0, 0, 0, 0, 0])
    }

    @Test func timeInWhichThereIsNothingCostsNothing() async throws {
        var house = try CoverageHouse(raw: 1, fiveMinutes: 400)
        let far: [Int64] = [-1 << 61, -1 << 52, -1 << 40, 0, 1 << 40, Self.start - 40 * 365 * Self.day]
        for time in far {
            try await house.store.inserted(
                (0..<300).map { Point(time + $0 * 700_000_000, .number(Double($0) / 7)) }, into: house.key(0))
        }
        for round in 0..<3 {
            let begin = ContinuousClock.now
            let all = try await house.statistics(0, [-1 << 62 + 1 << 43, 1 << 62 - 1 << 43]).windows[0]
            #expect(all.count == far.count * 300 + 48 * min(round, 1) * 12)
            let hours = (0...10_000).map { Self.start - (10_000 - Int64($0)) * 365 * Self.day }
            #expect(try await house.statistics(0, hours).windows.count == 10_000)
            #expect(ContinuousClock.now - begin < .seconds(10))
            // Then their raw points go.
            if round > 0 { continue }
            for day in 0..<12 { try await house.live(day: day) }
            try house.reopen()
        }
        let seal = try house.store.database.read { try Meta.sealed.get($0) ?? 0 }
        var copy = HistoryCopy(from: house.key(0), into: house.key(1), seal: seal)
        var slices = 0
        while !copy.isDone, slices < 100 {
            slices += 1
            copy = try house.store.database.write { [copy, time = house.clock.now] db in
                var copy = copy
                _ = try copy.slice(
                    HistoryCopy.Scene(db: db, source: KeyTraits(), target: KeyTraits(), time: time, report: { _ in }))
                return copy
            }
        }
        #expect(slices < 20)
        #expect(
            try await house.statistics(1, [-1 << 62 + 1 << 43, 1 << 62 - 1 << 43]).windows[0].count
                == far.count * 300 + 48 * 12)
    }

    @Test func aClockThatIsSetBackOrFarAheadDoesNotMoveTheRetention() async throws {
        let house = try CoverageHouse(raw: 2, fiveMinutes: 400)
        for day in 0..<20 { try await house.live(day: day) }
        let raw = try await house.store.points(of: house.key(0)).count
        let now = house.clock.now
        // Back: nothing is dropped, and nothing is forgotten.
        house.clock.advance(by: .seconds(-10_000 * 86_400))
        try await house.store.compacted()
        house.clock.advance(by: now - house.clock.now)
        // Far ahead, again and again, while nothing is written.
        house.clock.advance(by: .seconds(10_000 * 86_400))
        for _ in 0..<20 { try await house.store.compacted() }
        #expect(try await house.store.points(of: house.key(0)).count >= raw - 48)
        house.clock.advance(by: now - house.clock.now)
        for day in 20..<30 { try await house.live(day: day) }
        #expect(try await house.store.points(of: house.key(0)).count < raw + 48)
    }
}
