import Komoku
import KomokuSQLite
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuStore

/// What is newest after a crash is what was newest before, whatever imports and merges wrote past the journal.
@Suite struct InsertionCrashTests {
    private static let limit = Timestamp(microseconds: 1_000_000)

    private func inserted(_ points: [Point], into key: Int32, _ store: Store) async throws {
        _ = try await withCheckedContinuation { continuation in
            store.insert(points, into: KeyID(rawValue: key), limit: Self.limit) { continuation.resume(returning: $0) }
        }.get()
    }

    private func copied(from source: Int32, into target: Int32, _ store: Store) async throws {
        _ = try await withCheckedContinuation { continuation in
            store.copyHistory(of: KeyID(rawValue: source), into: KeyID(rawValue: target), limit: Self.limit) {
                continuation.resume(returning: $0)
            }
        }.get()
    }

    private func expectSame(_ store: Store, _ folder: Folder, _ comment: Comment) throws {
        let crashed = try Folder()
        try folder.copyFiles(to: crashed)
        let reopened = try crashed.open()
        defer { reopened.close() }
        let (wanted, found) = (store.monitor.withLock { $0 }, reopened.monitor.withLock { $0 })
        for key in 0..<3 {
            #expect(found.newestPoints[key] == wanted.newestPoints[key], comment)
            #expect(found.ahead[key] == wanted.ahead[key], comment)
            // A point that is newer than the newest put counts as one, after a start.
            let last = [wanted.lasts[key], wanted.newestPoints[key]].compactMap(\.self)
                .filter { $0.value != nil }.max { $0.time < $1.time }
            #expect(found.lasts[key] == last, comment)
        }
    }

    @Test(arguments: 0..<5 as Range<UInt64>)
    func theNewestIsTheSame(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let folder = try Folder()
        let store = try folder.open()
        defer { store.close() }
        try store.define(0..<3)
        var now: Int64 = 1
        for step in 0..<20 {
            let key = Int32.random(in: 0..<3, using: &random)
            now += Int64.random(in: 1...20_000, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                // As the hub does: what is older than the newest is history.
                let last = store.monitor.withLock { $0.lasts.time(at: Int(key)) } ?? .min
                store.append([.point(key, now, .number(Double(now)), isNewest: now >= last)])
            case 2: await store.sealed()
            case 3: try await copied(from: key, into: (key + 1) % 3, store)
            default:
                let start = Int64.random(in: 0...(now + 400_000), using: &random)
                let points = (0..<Int64.random(in: 1...300, using: &random)).map { index in
                    Point(start + index * 997, random.chance(20) ? nil : .number(Double(index)))
                }
                try await inserted(points, into: key, store)
            }
            await store.committed()
            try expectSame(store, folder, "seed \(seed), step \(step)")
        }
    }

    /// Between two slices: some of the points are in the file, and nobody was told.
    @Test func ofACrashAmidAnImportWhatWasWrittenCounts() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append([.point(0, 5, .number(5))])
        await store.sealed()
        let key = KeyID(rawValue: 0)
        let points = PointColumns((0..<200_000).map { Point(10 + Int64($0), .number(Double($0))) })
        let end = try store.database.write { db in
            var merge = KeyMerge(db, key, KeyTraits(), report: { _ in })
            _ = try merge.run(upTo: Meta.sealed.get(db) ?? 0)
            let end = try merge.insert(points, from: 0, at: Timestamp(microseconds: 1))
            try LastsTable.noteInsertion(into: key, db)
            return end
        }
        #expect(0..<200_000 ~= end)
        store.close()
        let reopened = try folder.open()
        #expect(reopened.restored.first?.last?.time.microseconds == points.times[end - 1])
        #expect(reopened.restored.first?.newestPoint?.time.microseconds == points.times[end - 1])
        reopened.close()
    }
}
