import KomokuSQLite
import Komoku
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuStore

/// Devices and discovery messages in the file.
@Suite struct DeviceTableTests {
    private func batch(
        _ devices: [(String, JSON?)] = [], _ discoveries: [(String, [UInt8]?)] = []
    ) -> Batch {
        var batch = Batch()
        batch.devices = devices.map { DeviceWrite(id: $0.0, data: $0.1) }
        batch.discoveries = discoveries.map { DiscoveryWrite(topic: $0.0, payload: $0.1) }
        return batch
    }

    @Test func devicesAndDiscoveryMessagesSurvive() async throws {
        let folder = try Folder()
        var store = try folder.open()
        store.append(batch([("b", ["x": 1]), ("é", 1), ("e\u{301}", 2), ("c", 3)], [("t", [0, 255]), ("u", [])]))
        store.append(batch([("b", ["x": 2]), ("c", nil)], [("v", [1]), ("v", nil)]))
        for _ in 0..<2 {
            await store.committed()
            #expect(
                try store.devices().map(\.id).map { Array($0.utf8) } == ["b", "e\u{301}", "é"].map { Array($0.utf8) })
            #expect(try store.devices().map(\.data) == [["x": 2], 2, 1])
            #expect(
                try store.discoveries() == [
                    DiscoveryWrite(topic: "t", payload: [0, 255]), DiscoveryWrite(topic: "u", payload: []),
                ])
            store.close()
            store = try folder.open()
        }
    }

    @Test func aFileOfTheSecondSchemaGetsTheTables() async throws {
        let folder = try Folder()
        var store = try folder.open()
        try store.define(0..<1)
        store.append(Batch(puts: [.point(0, 1, .number(1))]))
        store.close()
        let queue = try DatabasePool(path: folder.database)
        try queue.write { db in
            try db.execute(sql: "DROP TABLE devices; DROP TABLE discoveries; DROP TABLE runs; PRAGMA user_version = 2")
        }
        try queue.close()
        store = try folder.open()
        #expect(try store.devices() == [])
        #expect(try await store.points(of: KeyID(rawValue: 0)).map(\.value) == [.number(1)])
        store.append(batch([("a", 1)], [("t", [1])]))
        await store.committed()
        #expect(try store.devices().count == 1)
    }

    @Test func aDamagedRowIsPassedOver() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.database.write { db in
            try db.execute(sql: "INSERT INTO devices VALUES ('a', 'no JSON'), ('b', '1')")
        }
        var skipped: [String] = []
        #expect(try store.devices { skipped.append($0) }.map(\.id) == ["b"])
        #expect(skipped == ["a"])
    }

    @Test func aBackupHoldsThem() async throws {
        let folder = try Folder()
        let store = try folder.open()
        store.append(batch([("a", 1)], [("t", [1])]))
        let path = folder.database + ".backup"
        let result = await withCheckedContinuation { done in store.backup(to: path) { done.resume(returning: $0) } }
        _ = try result.get()
        let copy = try Store.open(.file(path))
        #expect(try copy.devices().map(\.id) == ["a"])
        #expect(try copy.discoveries().map(\.topic) == ["t"])
    }

    @Test func aSalvageKeepsThem() async throws {
        let folder = try Folder()
        let store = try folder.open()
        store.append(batch([("a", 1)], [("t", [1])]))
        store.close()
        let other = try Folder()
        try other.open().close()
        let source = try DatabasePool(path: folder.database)
        let target = try DatabasePool(path: other.database)
        try source.writeWithoutTransaction { from in
            for name in ["devices", "discoveries"] {
                try target.writeWithoutTransaction { to in
                    var copy = try #require(try SalvageCopy(name, from: from, to: to))
                    try copy.run()
                    #expect(copy.saved == 1)
                    #expect(copy.gaps + copy.refused == 0)
                }
            }
        }
    }

    @Test func whatWaitsWhileStoringIsImpossibleIsTheNewestOfEach() throws {
        var state = StoreState(generation: 1)
        state.retry = .now + .seconds(1000)
        for index in 0..<10_000 {
            state.append(
                batch(
                    [("d\(index % 10)", .number(Double(index)))], [("t\(index % 5)", [UInt8](repeating: 1, count: 500))]
                ))
        }
        let kept = try #require(state.pending.first?.batch)
        #expect(kept.devices.count == 10)
        #expect(kept.discoveries.count == 5)
        #expect(state.pending.last?.batch.devices == [DeviceWrite(id: "d9", data: 9999)])
        #expect(state.pendingSize <= StoreState.backlogLimit)
    }
}

extension Batch {
    fileprivate init(puts: [Put]) {
        self.init()
        self.puts = puts
    }
}
