import KomokuSQLite
import Komoku
import Testing

@testable import KomokuStore

/// The number of all points.
@Suite struct PointCountTests {
    @Test func replacedAndLatePointsCountOnce() async throws {
        let folder = try Folder()
        var store = try folder.open()
        try store.define(0..<2)
        store.append((0..<2000).map { .point(0, $0 * 10, .number(1)) } + [.point(1, 5, .number(1))])
        store.append([.point(1, 5, .number(2))])
        #expect(store.statistics.points == 2001)
        await store.sealed()
        #expect(store.statistics.points == 2001)
        store.append([.point(0, 15, nil, isNewest: false), .point(0, 20, .number(9), isNewest: false)])
        await store.sealed()
        // One replaces a point that is in the file: it counts beside it until both are merged.
        #expect(store.statistics.points == 2003)
        try await store.compacted()
        #expect(store.statistics.points == 2002)
        store.append([.point(0, 30_000, .number(2))])
        #expect(store.statistics.points == 2003)
        store.close()
        store = try folder.open()
        #expect(store.statistics.points == 2003)
        store.append([.point(0, 30_000, .number(3))])
        #expect(store.statistics.points == 2003)
    }

    @Test func theCountFollowsDeletedKeysAndDamagedBlocks() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<2)
        store.append((0..<3000).map { .point(Int32($0 % 2), $0, .number(1)) })
        try await store.compacted()
        store.append((3000..<3010).map { .point(Int32($0 % 2), $0, .number(1)) })
        var batch = Batch()
        batch.deletedKeys = [KeyID(rawValue: 0)]
        store.append(batch)
        #expect(store.statistics.points == 3005)
        for _ in 0..<1000 where store.statistics.points > 1505 { await store.committed() }
        #expect(store.statistics.points == 1505)
        try store.database.write { try $0.execute(sql: "UPDATE tails SET data = x'00' WHERE id & 3 = 0") }
        store.append([.point(1, 2, .number(1), isNewest: false)])
        try await store.compacted()
        let count = try await store.points(of: KeyID(rawValue: 1)).count
        #expect(count < 1505)
        #expect(store.statistics.points == count)
    }

    @Test func aDatabaseWithoutTheNumberIsCounted() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append((0..<1000).map { .point(0, $0, .number(1)) })
        try await store.compacted()
        store.append((1000..<1500).map { .point(0, $0, .number(1)) })
        await store.sealed()
        try store.database.write { try $0.execute(sql: "DELETE FROM meta WHERE name = 'points'") }
        store.close()
        #expect(try folder.open().statistics.points == 1500)
    }
}
