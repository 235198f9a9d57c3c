import KomokuSQLite
import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// Merging where the history is odd.
@Suite struct MergeTests {
    private let key = KeyID(rawValue: 0)
    private static let start: Int64 = 1_700_006_400_000_000
    private static let hour: Int64 = 3_600_000_000
    private static let minute: Int64 = 60_000_000

    private func counts(_ store: Store, hours: Int, type: KeyType = .numeric) async throws -> [Int] {
        let bounds = (0...hours).map { Timestamp(microseconds: Self.start + Int64($0) * Self.hour) }
        let query = StatisticsQuery(key: key, type: type, bounds: bounds, now: bounds[hours])
        return try await store.statistics(query).windows.map(\.count)
    }

    /// A point a minute.
    private func points(_ minutes: Range<Int64>) -> [Put] {
        minutes.map { .point(0, Self.start + $0 * Self.minute, .number(Double($0 % 7))) }
    }

    @Test(arguments: [10, 20_000] as [Int64])
    func whatCameWhileAKeyWasALogIsInItsStatistics(many: Int64) async throws {
        let store = try Folder().open()
        try store.define(0..<1, type: .string)
        func put(_ hour: Int64, _ count: Int64) {
            store.append((0..<count).map { .point(0, Self.start + hour * Self.hour + $0 * 1000, .string("\($0)")) })
        }
        put(0, 7)
        try await store.compacted()
        store.setLog(Store.LogKeeping(), of: key)
        put(2, many)
        put(0, 9)
        try await store.compacted()
        #expect(try await counts(store, hours: 5, type: .string) == [9, 0, Int(many), 0, 0])
        store.setLog(nil, of: key)
        put(3, 5)
        #expect(try await counts(store, hours: 5, type: .string) == [9, 0, Int(many), 5, 0])
        try await store.compacted()
        #expect(try await counts(store, hours: 5, type: .string) == [9, 0, Int(many), 5, 0])
        put(4, 3)
        try await store.compacted()
        #expect(try await counts(store, hours: 5, type: .string) == [9, 0, Int(many), 5, 3])
    }

    @Test func aLogFromTheBeginningHasStatisticsOnceItIsNone() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        store.setLog(Store.LogKeeping(), of: key)
        store.append(points(0..<60))
        try await store.compacted()
        store.setLog(nil, of: key)
        store.append(points(60..<90))
        try await store.compacted()
        #expect(try await counts(store, hours: 3) == [60, 30, 0])
    }

    static let farTimes: [Int64] = [.min, .min + 1, -1 << 62, -1, 0, 1 << 61, 1 << 62, .max - 1, .max]

    @Test func timesAtTheEndsOfAllTimeAreKept() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        var expected: [Int64] = []
        for (round, time) in (Self.farTimes + Self.farTimes.reversed().map { $0 / 2 }).enumerated() {
            store.append([.point(0, time, .number(Double(round)))])
            if !expected.contains(time) { expected.append(time) }
            try await store.compacted()
        }
        store.append(points(0..<60))
        expected += points(0..<60).map(\.time.microseconds)
        try await store.compacted()
        #expect(try await store.points(of: key).map(\.time.microseconds) == expected.sorted())
        #expect(try await counts(store, hours: 1) == [60])
        #expect(store.statistics.corruptBlocks == 0)
        let questions: [[Int64]] = [
            [.min, .max], [.max - 1, .max], [.min, .min + 1], [.min, 0, .max], [0, 1 << 62],
        ]
        for bounds in questions {
            let query = StatisticsQuery(
                key: key, type: .numeric, bounds: bounds.map { Timestamp(microseconds: $0) }, now: .distantFuture)
            let inside = expected.count { $0 >= bounds[0] && $0 < bounds[bounds.count - 1] }
            #expect(try await store.statistics(query).windows.reduce(0) { $0 + $1.count } == inside)
        }
    }

    @Test func aLargeBacklogIsMergedPieceByPieceAndCanBeReadMeanwhile() async throws {
        let folder = try Folder()
        let store = try folder.open { $0.headLimit = 1 << 30 }
        try store.define(0..<1)
        let end: Int64 = 300_000
        store.append((0..<end).map { .point(0, Self.start + $0 * 1_000_000, .number(Double($0))) })
        await store.sealed()
        store.append((0..<1000).map { .point(0, Self.start + $0 * 300_000_000, .number(-1)) })
        await store.sealed()
        let total = store.statistics.points
        var pieces = 0
        var added = 0
        var isDone = false
        while !isDone, pieces < 100 {
            (isDone, added) = try store.database.write { [key, added] db in
                var merge = KeyMerge(db, key, KeyTraits(), report: { _ in })
                let isDone = try merge.run(upTo: .max)
                return (isDone, added + merge.added)
            }
            pieces += 1
            let points = try await store.points(of: key)
            #expect(points.count == Int(end))
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.time < $1.time })
            #expect(points.count { $0.value == .number(-1) } == 1000)
            #expect(try await counts(store, hours: 84) == [Int](repeating: 3600, count: 83) + [1200])
        }
        #expect(isDone)
        #expect(pieces > 2)
        #expect(total + added == Int(end))
        store.close()
        #expect(try await folder.open().points(of: key).count == Int(end))
    }

    @Test func latePointsInVeryManyBlocksAreTakenInPieces() async throws {
        let store = try Folder().open { $0.headLimit = 1 << 30 }
        try store.define(0..<1)
        var random = SplitMix(seed: 5)
        let count: Int64 = 150_000
        try await store.insert(
            (0..<count).map { Point(Self.start + $0 * 1_000_000, .number(.random(in: 0...1, using: &random))) },
            into: key)
        let late = stride(from: Int64(0), to: count, by: 100).map { Self.start + $0 * 1_000_000 + 7 }
        store.append(late.map { .point(0, $0, .number(2)) })
        await store.sealed()
        let isDone = try store.database.write { [key] db in
            var merge = KeyMerge(db, key, KeyTraits(), report: { _ in })
            return try merge.run(upTo: .max)
        }
        #expect(!isDone)
        #expect(try await store.points(of: key).count == Int(count) + late.count)
        try await store.compacted()
        #expect(try await store.points(of: key).count == Int(count) + late.count)
        #expect(try await counts(store, hours: 2) == [3636, 3636])
        #expect(store.statistics.points == Int(count) + late.count)
        #expect(try await store.report().freshPoints == 0)
    }

    @Test func aDamagedTierWhoseRawPointsAreGoneStopsNothing() async throws {
        let fixture = try OldRaw(days: 40)
        let store = fixture.store
        try await fixture.fill(0..<40)
        try store.database.write { db in
            try db.execute(sql: "UPDATE tails SET data = zeroblob(50) WHERE id & 3 > 0")
            // Of raw points only old ones are left.
            try db.execute(sql: "DELETE FROM tails WHERE id & 3 = 0")
            try db.execute(
                sql: "DELETE FROM blocks WHERE tier = 0 AND rowid > (SELECT min(rowid) FROM blocks WHERE tier = 0)")
        }
        try await fixture.fill(40..<41)
        let hours = try store.database.read { db in
            try TierReader(db, KeyID(rawValue: 0), .hour, report: { _ in }).buckets(from: .min, before: .max)
        }
        #expect(zip(hours, hours.dropFirst()).allSatisfy { $0.start < $1.start })
        #expect(hours.suffix(24).allSatisfy { $0.summary.count == 60 })
    }

    @Test func aDamagedFreshRowIsCountedOffOnce() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        store.append(points(0..<100))
        await store.sealed()
        try store.database.write {
            try $0.execute(sql: "UPDATE fresh SET data = CAST(substr(data, 1, length(data) - 1) || x'00' AS BLOB)")
        }
        for minute in 200..<Int64(205) {
            try await store.insert([], into: key)
            try await store.insert([Point(Self.start + minute * Self.minute, .number(1))], into: key)
        }
        #expect(store.statistics.points == 5)
    }

    @Test func aCopyCountsEachPointOfAHalfGoneBucketOnce() async throws {
        let fixture = try OldRaw(days: 60)
        try await fixture.fill(0..<60)
        let store = fixture.store
        let old = try await fixture.counts(of: 0)
        #expect(old.reduce(0, +) == 60 * 1440)
        let horizon = try store.database.read { try ProgressTable.get(KeyID(rawValue: 0), $0).horizon }
        #expect(try #require(horizon) % Self.hour != 0)
        _ = try await withCheckedContinuation { continuation in
            store.copyHistory(of: KeyID(rawValue: 0), into: KeyID(rawValue: 1)) { continuation.resume(returning: $0) }
        }.get()
        #expect(try await fixture.counts(of: 1) == old)
        try await store.compacted()
        #expect(try await fixture.counts(of: 1) == old)
    }

    @Test func windowsThatCutTheBeginningOfRawCountEachPointOnce() async throws {
        let fixture = try OldRaw(days: 60)
        try await fixture.fill(0..<60)
        let bounds = [fixture.begin, fixture.begin + 60 * 24 * Self.hour].map { Timestamp(microseconds: $0) }
        var query = StatisticsQuery(key: key, type: .numeric, bounds: bounds, now: .distantFuture)
        #expect(try await fixture.store.statistics(query).windows[0].count == 60 * 1440)
        query.percentiles = [50]
        #expect(try await fixture.store.statistics(query).windows[0].count == 60 * 1440)
    }

    @Test func spansBeginWhereRawPointsDo() async throws {
        let fixture = try OldRaw(days: 60)
        try await fixture.fill(0..<60)
        let since = Timestamp(microseconds: fixture.begin + Self.minute / 2)
        let spans = try await withCheckedContinuation { continuation in
            fixture.store.spans(
                of: key, value: fixture.value(0), since: since, until: fixture.clock.now, now: fixture.clock.now,
                limit: .max
            ) { continuation.resume(returning: $0) }
        }.get()
        #expect(!spans.isEmpty)
        #expect(spans.allSatisfy { $0.length == .seconds(60) })
    }

    @Test func whatHeldIsTakenFromTheFinestBucketThatKnows() async throws {
        let fixture = try OldRaw(days: 60)
        try await fixture.fill(0..<60)
        for minute in [4, 9, 64, 1000] as [Int64] {
            // The last point of a bucket of five minutes.
            let time = fixture.begin + minute * Self.minute
            let value: Value? = try await withCheckedContinuation { continuation in
                fixture.store.value(of: key, at: Timestamp(microseconds: time)) { continuation.resume(returning: $0) }
            }.get()
            #expect(value == fixture.value(minute))
        }
    }

    @Test func retentionDropsABoundedNumberOfBlocksAtATime() async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        var random = SplitMix(seed: 9)
        let points = (0..<150_000).map { Point(Int64($0) * 1_000_000, .number(.random(in: 0...1, using: &random))) }
        try await store.insert(points, into: key)
        let all = try await store.report().tiers[0].blocks
        try #require(all > 200)
        try store.database.write { db in
            let keeping = Keeping(Store.LogKeeping(age: .seconds(1)))
            // What came late is kept for some days after it came.
            let later = Timestamp(microseconds: 4_000_000_000_000_000)
            var retention = Retention(db, KeyID(rawValue: 0), keeping, now: later)
            try retention.run()
            #expect(!retention.isDone)
        }
        let left = try await store.report().tiers[0].blocks
        #expect(left > 0 && left < all)
    }

    @Test func aBlockOfAnImpossibleKeyDoesNotKeepTheCapGoing() async throws {
        let store = try Folder().open()
        try store.database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO blocks (key, tier, start, "end", count, summary, data)
                    VALUES (99999999999, 0, 0, 0, 1, x'', zeroblob(3000))
                    """)
            var cap = SizeCap(limit: 4096, replacements: ReplacementBook())
            for _ in 0..<10 where try cap.drop(64, db).isDone { return }
            Issue.record("it goes on and on")
        }
    }
}

/// A key with a point a minute whose older raw points the retention dropped.
private struct OldRaw {
    let store: Store
    let clock: VirtualClock
    let begin: Int64 = 1_700_006_400_000_000
    let days: Int

    init(days: Int) throws {
        self.days = days
        let clock = VirtualClock(seconds: 1_700_006_400)
        var configuration = Store.Configuration(location: .file(try Folder().database))
        configuration.durability = .normal
        configuration.retention = [Store.RetentionRule(keys: [.all], raw: .seconds(3 * 86_400))]
        store = try Store(
            configuration, clock: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        self.clock = clock
        try store.define(0..<2)
    }

    func value(_ minute: Int64) -> Value { .number(Double((minute * 7919) % 1000) / 8) }

    func fill(_ days: Range<Int64>) async throws {
        for day in days {
            store.append(
                (day * 1440..<(day + 1) * 1440).map { .point(0, begin + $0 * 60_000_000, value($0)) })
            clock.advance(by: .seconds(86_400))
            if day % 8 == 7 || day == days.upperBound - 1 { try await store.compacted() }
        }
    }

    func counts(of key: Int32) async throws -> [Int] {
        let bounds = (0...(days * 24)).map { Timestamp(microseconds: begin + Int64($0) * 3_600_000_000) }
        let query = StatisticsQuery(key: KeyID(rawValue: key), type: .numeric, bounds: bounds, now: .distantFuture)
        return try await store.statistics(query).windows.map(\.count)
    }
}
