import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// Random puts, commits, seals and reopenings beside a dictionary.
@Suite struct ModelTests {
    private struct Model {
        var points: [KeyID: [Timestamp: Point]] = [:]
        var lasts: [KeyID: Point] = [:]

        mutating func apply(_ put: Put) {
            if let time = put.pointTime {
                points[put.key, default: [:]][time] = Point(time: time, value: put.value, provenance: put.provenance)
            }
            if put.isNewest { lasts[put.key] = Point(time: put.time, value: put.value, provenance: put.provenance) }
        }

        func sorted(_ key: KeyID) -> [Point] { (points[key] ?? [:]).values.sorted { $0.time < $1.time } }
    }

    private static let keys: Int32 = 4

    private func put(_ model: Model, _ clock: inout Int64, _ random: inout SplitMix) -> Put {
        let key = KeyID(rawValue: Int32.random(in: 0..<Self.keys, using: &random))
        clock += Int64.random(in: 0...2000, using: &random)
        let value = random.value()
        let provenance = Provenance.allCases.randomElement(using: &random) ?? .live
        let now = Timestamp(microseconds: clock)
        if random.chance(20), let old = model.points[key]?.keys.sorted().randomElement(using: &random) {
            let time = random.chance(50) ? old : Timestamp(microseconds: old.microseconds - 1)
            return Put(
                key: key, time: time, value: value, provenance: .backfill, pointTime: time,
                isNewest: time >= model.lasts[key]?.time ?? time)
        }
        let newest = model.points[key]?.keys.max()
        let pointTime = random.chance(15) ? nil : random.chance(10) ? newest ?? now : now
        return Put(
            key: key, time: now, value: value, provenance: provenance, pointTime: pointTime, isNewest: true)
    }

    @Test(arguments: 0..<UInt64(12))
    func theStoreAnswersAsADictionaryWould(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let folder = try Folder()
        var store = try folder.open()
        try store.define(0..<Self.keys)
        var model = Model()
        var clock: Int64 = seed % 2 == 0 ? 1_700_000_000_000_000 : -5000
        for round in 0..<60 {
            var puts: [Put] = []
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                puts.append(put(model, &clock, &random))
                model.apply(puts[puts.count - 1])
            }
            store.append(puts)
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3: await store.committed()
            case 4: await store.sealed()
            case 6: try await store.compacted()
            case 7: try await insert(into: store, &model, &random)
            case 5:
                store.close()
                store = try folder.open()
                try compare(store.restored, model, "seed \(seed) round \(round)")
            default: break
            }
            try await compare(store, model, &random, "seed \(seed) round \(round)")
        }
        try await store.compacted()
        let stored = model.points.values.reduce(0) { $0 + $1.count }
        #expect(store.statistics.points == stored, "seed \(seed)")
        #expect(try await store.report().tiers.first { $0.name == "raw" }?.count == stored, "seed \(seed)")
    }

    /// Imported points count over those that are there, and become the last where they are the newest.
    private func insert(into store: Store, _ model: inout Model, _ random: inout SplitMix) async throws {
        let key = KeyID(rawValue: Int32.random(in: 0..<Self.keys, using: &random))
        let known = model.sorted(key)
        var points: [Timestamp: Point] = [:]
        for _ in 0..<Int.random(in: 1...200, using: &random) {
            let near = known.randomElement(using: &random)?.time.microseconds ?? 0
            let time = Timestamp(microseconds: near + Int64.random(in: -50...50, using: &random))
            points[time] = Point(time: time, value: random.value(), provenance: .backfill)
        }
        let added = points.keys.count { model.points[key]?[$0] == nil }
        await store.sealed()
        try await store.compacted()
        let sorted = points.values.sorted { $0.time < $1.time }
        #expect(try await store.insert(sorted, into: key) == added)
        for point in sorted {
            model.points[key, default: [:]][point.time] = point
            // A gap is never a last value.
            if point.value != nil, model.lasts[key].map({ point.time >= $0.time }) ?? true { model.lasts[key] = point }
        }
    }

    private func compare(_ restored: [RestoredKey], _ model: Model, _ place: String) throws {
        for key in restored {
            #expect(key.last == model.lasts[key.record.id], "\(place)")
            #expect(key.newestPoint == model.sorted(key.record.id).last, "\(place)")
        }
    }

    private func compare(
        _ store: Store, _ model: Model, _ random: inout SplitMix, _ place: String
    ) async throws {
        let key = KeyID(rawValue: Int32.random(in: 0..<Self.keys, using: &random))
        let expected = model.sorted(key)
        let since = random.chance(50) ? expected.randomElement(using: &random)?.time : nil
        let until = random.chance(50) ? expected.randomElement(using: &random)?.time : nil
        let limit = random.chance(50) ? Int.random(in: 0...100, using: &random) : .max
        let newestFirst = random.chance(50)
        var wanted = expected.filter { $0.time > since ?? .distantPast && $0.time < until ?? .distantFuture }
        if newestFirst { wanted.reverse() }
        let found = try await store.points(
            of: key, since: since, until: until, limit: limit, newestFirst: newestFirst)
        #expect(found == Array(wanted.prefix(limit)), "\(place)")
    }

    @Test func aReaderSeesEachPointOnceWhileSealsGoOn() async throws {
        let store = try Folder().open()
        try store.define(0..<2)
        let key = KeyID(rawValue: 0)
        let rounds = 150
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<rounds {
                    store.append((0..<20).map { .point(0, Int64(round * 20 + $0), .number(Double(round))) })
                    if round % 3 == 0 { await store.sealed() } else { await store.committed() }
                }
            }
            for newestFirst in [false, true] {
                group.addTask {
                    var seen = 0
                    while seen < rounds * 20 {
                        var times = try await store.points(of: key, newestFirst: newestFirst).map(\.time.microseconds)
                        if newestFirst { times.reverse() }
                        #expect(times.count >= seen)
                        try #require(times == Array(0..<Int64(times.count)))
                        seen = times.count
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(store.statistics.seals == rounds / 3)
    }
}
