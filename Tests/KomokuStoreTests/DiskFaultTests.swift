import FoundationEssentials
import KomokuSQLite
import Komoku
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuStore

/// A disk that fails under an open store: it says so, keeps what it is given, and catches up.
@Suite struct DiskFaultTests {
    private let key = KeyID(rawValue: 0)

    /// A store with a hundred points in blocks and a hundred in the journal.
    private struct Fixture {
        let folder: MemoryFolder
        let disk: FaultDisk
        let store: Store

        init(_ change: (inout Store.Configuration) -> Void = { _ in }) async throws {
            folder = try MemoryFolder()
            disk = try FaultDisk(watching: folder.path)
            store = try Store.open(.file(folder.database)) {
                $0.durability = .full
                $0.commitPatience = .milliseconds(50)
                change(&$0)
            }
            try store.define(0..<1)
            store.append(DiskFaultTests.noise(0..<100))
            await store.sealed()
            store.append(DiskFaultTests.noise(100..<200))
            #expect(await store.committed() == .durable)
        }

        /// Makes the store try again now instead of after its patience.
        func retry() { store.monitor.withLock { $0.retry = .now } }
    }

    private static func noise(_ range: Range<Int>) -> [Put] {
        range.map { .point(0, Int64($0) * 1_000_000, .number(1 / Double($0 + 3))) }
    }

    private func times(_ store: Store) async throws -> [Int64] {
        try await store.points(of: key).map { $0.time.microseconds / 1_000_000 }
    }

    /// Everything is served at once, stored after healing, and there after opening again.
    private func expectCatchUp(_ fixture: Fixture, points: Int) async throws {
        let all = Array(0..<Int64(points))
        #expect(try await times(fixture.store) == all)
        fixture.disk.heal()
        fixture.retry()
        #expect(await fixture.store.committed() == .durable)
        #expect(fixture.store.statistics.isStoring)
        #expect(fixture.store.statistics.pendingPuts == 0)
        fixture.store.close()
        let again = try Store.open(.file(fixture.folder.database))
        #expect(try await times(again) == all)
        #expect(again.restored.first?.last?.time == Timestamp(microseconds: Int64(points - 1) * 1_000_000))
        #expect(again.statistics.corruptJournalRows == 0)
        #expect(try again.database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
        again.close()
        fixture.folder.remove()
    }

    typealias Fault = FaultDisk.Fault

    static let commitFaults: [(String, Fault)] =
        [
            ("no room for the log", Fault(.write, .full) { $0.suffix = "-wal" }),
            ("no room, half a header written", Fault(.write, .full) { ($0.suffix, $0.shortWrite) = ("-wal", 11) }),
            ("an error in writing", Fault(.write, .writeError) { $0.suffix = "-wal" }),
            ("an error in syncing", Fault(.sync, .syncError) { $0.suffix = "-wal" }),
            ("read-only", Fault([.write, .sync, .truncate, .delete, .open], .readOnly)),
        ]
        + (1...4).map { skipped in
            (
                "no room after \(skipped) writes",
                Fault(.write, .full) { ($0.suffix, $0.skipped, $0.shortWrite) = ("-wal", skipped, 700) }
            )
        }

    @Test(arguments: commitFaults)
    func aCommitThatFailsIsMadeUpFor(name: String, fault: Fault) async throws {
        let fixture = try await Fixture()
        fixture.disk.fail(fault)
        fixture.store.append(Self.noise(200..<2000))
        guard case .unstored(let reason) = await fixture.store.committed() else {
            Issue.record("it was stored")
            return
        }
        #expect(!reason.isEmpty)
        #expect(!fixture.store.statistics.isStoring)
        #expect(fixture.store.statistics.lastError == reason)
        #expect(fixture.disk.failureCount > 0)
        fixture.store.append(Self.noise(2000..<2100))
        try await expectCatchUp(fixture, points: 2100)
    }

    @Test(arguments: 0..<12)
    func aSealThatFailsCostsNothing(skipped: Int) async throws {
        let fixture = try await Fixture()
        fixture.disk.fail(
            Fault(.write, .full) { ($0.suffix, $0.skipped, $0.failing, $0.shortWrite) = ("-wal", skipped, 1, 500) })
        fixture.store.append(Self.noise(200..<1500))
        await fixture.store.sealed()
        try await expectCatchUp(fixture, points: 1500)
    }

    @Test func aSealOnAFullDiskCostsNothing() async throws {
        let fixture = try await Fixture()
        fixture.disk.limit(room: 0)
        fixture.store.append(Self.noise(200..<9000))
        guard case .unstored = await fixture.store.sealed() else {
            Issue.record("it was stored")
            return
        }
        try await expectCatchUp(fixture, points: 9000)
    }

    static let checkpointFaults: [(String, Fault)] = [
        ("no room", Fault(.write, .full) { ($0.suffix, $0.shortWrite) = (".db", 600) }),
        ("no room after a page", Fault(.write, .full) { ($0.suffix, $0.skipped) = (".db", 1) }),
        ("an error in writing", Fault(.write, .writeError) { $0.suffix = ".db" }),
        ("an error in syncing", Fault(.sync, .syncError) { $0.suffix = ".db" }),
    ]

    /// The log goes on growing; commits are as durable as ever.
    @Test(arguments: checkpointFaults)
    func aCheckpointThatFailsKeepsTheLog(name: String, fault: Fault) async throws {
        let fixture = try await Fixture()
        fixture.disk.fail(fault)
        var end = 200
        var random = SplitMix(seed: 1)
        // SQLite begins a checkpoint when the log has 1,000 pages.
        while fixture.disk.failureCount == 0, end < 20_000 {
            let text = (0..<50).map { _ in String(random.next(), radix: 36) }.joined()
            fixture.store.append((end..<(end + 500)).map { .point(0, Int64($0) * 1_000_000, .string("\($0)" + text)) })
            end += 500
            #expect(await fixture.store.committed() == .durable)
        }
        #expect(fixture.disk.failureCount > 0)
        // Closed while the disk still fails: what was acknowledged is in the log.
        fixture.store.close()
        fixture.disk.heal()
        let again = try Store.open(.file(fixture.folder.database))
        #expect(try await times(again).count == end)
        again.close()
        fixture.folder.remove()
    }

    @Test func aFullDiskTakesWhatFitsInMemoryAndStoresItWhenThereIsRoom() async throws {
        let fixture = try await Fixture { $0.headLimit = 1 << 30 }
        fixture.disk.limit(room: 0)
        let step = 5000
        var end = 200
        while end < 400_000 {
            fixture.store.append(Self.noise(end..<(end + step)))
            end += step
            if end == 200 + step { _ = await fixture.store.committed() }
            fixture.store.monitor.withLock { $0.retry = .now + .seconds(1000) }
        }
        let dropped = fixture.store.statistics.droppedPuts
        #expect(dropped > 0)
        #expect(end - dropped > 100_000)
        fixture.disk.heal()
        fixture.retry()
        #expect(await fixture.store.committed() == .durable)
        fixture.store.close()
        let again = try Store.open(.file(fixture.folder.database))
        let expected = Array(0..<Int64(200)) + Array(Int64(200 + dropped)..<Int64(end))
        #expect(try await times(again) == expected)
        again.close()
        fixture.folder.remove()
    }

    /// The disk fails again and again at other places; nothing may be lost or come twice.
    @Test(arguments: 0..<UInt64(4))
    func aDiskThatFailsNowAndThenLosesNothing(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let fixture = try await Fixture { $0.headLimit = 8 << 10 }
        var end = 200
        for _ in 0..<60 {
            let operation = [Fault.Operations.write, .sync, .truncate, [.write, .sync]].randomElement(using: &random)
            let result = [Fault.Result.full, .writeError, .syncError].randomElement(using: &random)
            fixture.disk.fail(
                Fault(operation ?? .write, result ?? .full) {
                    $0.skipped = Int.random(in: 0...20, using: &random)
                    $0.failing = Int.random(in: 1...3, using: &random)
                    $0.shortWrite = Int.random(in: 0...4096, using: &random)
                })
            let count = Int.random(in: 1...60, using: &random)
            fixture.store.append(Self.noise(end..<(end + count)))
            end += count
            if random.chance(20) { await fixture.store.sealed() } else { await fixture.store.committed() }
            fixture.disk.heal()
            fixture.store.monitor.withLock { if $0.retry != nil { $0.retry = .now } }
        }
        try await expectCatchUp(fixture, points: end)
    }

    /// The pages of the key's blocks cannot be read; the newest points, in other pages, can.
    @Test func aPlaceThatCannotBeReadCostsItsBlockOnly() async throws {
        let fixture = try await Fixture()
        fixture.store.append(Self.noise(200..<6000))
        _ = try await fixture.store.compacted()
        fixture.store.append(Self.noise(6000..<6100))
        fixture.store.close()
        let again = try Store.open(.file(fixture.folder.database))
        let whole = try await times(again)
        again.close()
        let page = try Self.pageOfABlock(fixture.folder)
        let store = try Store.open(.file(fixture.folder.database))
        fixture.disk.fail(
            Fault(.read, .readError) { ($0.suffix, $0.bytes) = (".db", (page * 4096)...(page * 4096 + 4095)) })
        let left = try? await times(store)
        #expect(fixture.disk.failureCount > 0)
        let count = try #require(left).count
        #expect(count < whole.count && count > whole.count / 4)
        #expect(store.statistics.corruptBlocks == 1)
        // What is new is stored as ever.
        store.append(Self.noise(6100..<6200))
        #expect(await store.committed() == .durable)
        fixture.disk.heal()
        #expect(try await times(store) == Array(0..<6200))
        store.close()
        fixture.folder.remove()
    }

    /// A page of the middle block of `blocks`, counted from 0.
    private static func pageOfABlock(_ folder: MemoryFolder) throws -> Int {
        let queue = try DatabasePool(path: folder.database)
        let data = try queue.read { db in
            try [UInt8].fetchOne(
                db,
                sql: """
                    SELECT data FROM blocks WHERE tier = 0 ORDER BY rowid
                    LIMIT 1 OFFSET (SELECT count(*) / 2 FROM blocks WHERE tier = 0)
                    """)
        }
        try queue.close()
        let end = [UInt8](try #require(data).suffix(64))
        return try #require(folder.place(of: end)) / 4096
    }
}
