import Komoku
import KomokuSQLite
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuStore

/// Faults that pass: nobody is answered before, and nothing is lost by them.
@Suite struct WriterPatienceTests {
    private let key = KeyID(rawValue: 0)

    private func open(_ folder: Folder, patience: Duration = .seconds(45)) async throws -> Store {
        let store = try folder.open { $0.commitPatience = patience }
        try store.define(0..<1)
        #expect(await store.committed() == .durable)
        return store
    }

    @Test func anotherProgramThatHoldsTheLockDelaysACommit() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        let other = OtherProgram(try Database(path: folder.database))
        try other.hold(for: .milliseconds(2500))
        let began = Moment.now
        store.append([.point(0, 1, .number(1))])
        #expect(await store.committed() == .durable)
        #expect(began + .milliseconds(2000) < .now)
        #expect(store.statistics.isStoring)
        #expect(try await store.points(of: key).count == 1)
        try other.close()
        store.close()
        #expect(try await folder.open().points(of: key).count == 1)
    }

    /// What is appended meanwhile is not held back, and each wait is answered once.
    @Test func whatComesMeanwhileGoesIntoTheNextCommit() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        let other = OtherProgram(try Database(path: folder.database))
        try other.hold(for: .milliseconds(1500))
        async let first = store.committed()
        for time in Int64(0)..<100 { store.append([.point(0, time, .number(Double(time)))]) }
        async let second = store.committed()
        async let sealed = store.sealed()
        #expect(await [first, second, sealed] == [.durable, .durable, .durable])
        #expect(try await store.insert([Point(-1, .number(0))], into: key) == 1)
        #expect(try await store.points(of: key).count == 101)
        try other.close()
    }

    @Test func storingIsImpossibleWhenTheWaitIsOverAndWorksAgainAfterwards() async throws {
        let folder = try Folder()
        let store = try await open(folder, patience: .milliseconds(500))
        let other = try Database(path: folder.database)
        try other.beginTransaction()
        store.append([.point(0, 1, .number(1))])
        guard case .unstored = await store.committed() else {
            Issue.record("it was stored")
            return
        }
        #expect(!store.statistics.isStoring)
        other.rollback()
        store.monitor.withLock { $0.retry = .now }
        #expect(await store.committed() == .durable)
        #expect(store.statistics.isStoring)
    }

    static let faults: [(String, FaultDisk.Fault)] = (0..<2).flatMap { skipped in
        [
            (
                "writing",
                FaultDisk.Fault(.write, .writeError) { ($0.suffix, $0.skipped, $0.failing) = ("-wal", skipped, 1) }
            ),
            (
                "syncing",
                FaultDisk.Fault(.sync, .syncError) { ($0.suffix, $0.skipped, $0.failing) = ("-wal", 0, 1 + skipped) }
            ),
        ]
    }

    @Test(arguments: faults)
    func anErrorOfTheDiskThatPassesCostsNothing(name: String, fault: FaultDisk.Fault) async throws {
        let folder = try MemoryFolder()
        let disk = try FaultDisk(watching: folder.path)
        let store = try Store.open(.file(folder.database)) { $0.durability = .full }
        try store.define(0..<1)
        await store.committed()
        disk.fail(fault)
        store.append((0..<500).map { .point(0, Int64($0), .number(1 / Double($0 + 3))) })
        #expect(await store.committed() == .durable)
        #expect(disk.failureCount > 0)
        #expect(store.statistics.isStoring)
        store.close()
        let again = try Store.open(.file(folder.database))
        #expect(try await again.points(of: key).count == 500)
        again.close()
        folder.remove()
    }
}

/// Another program. `@unchecked`: the connection is used by one thread after the other.
private final class OtherProgram: @unchecked Sendable {
    private let database: Database
    private var thread: NamedThread?

    init(_ database: Database) { self.database = database }

    /// Holds the lock for writing from now on.
    func hold(for length: Duration) throws {
        try database.beginTransaction()
        let end = Moment.now + length
        thread = try NamedThread("other program") { [self] in
            Monitor(()).wait { _ in end <= .now ? .result(()) : .until(end) }
            database.rollback()
        }
    }

    func close() throws {
        thread?.join()
        try database.close()
    }
}
