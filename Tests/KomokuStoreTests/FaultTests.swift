import FoundationEssentials
import KomokuSQLite
import Komoku
import KomokuSystem
import Testing

@testable import KomokuStore

@Suite struct FaultTests {
    private let key = KeyID(rawValue: 0)

    private func refusal(_ folder: Folder) throws -> Store.Error? {
        do {
            _ = try folder.open()
            return nil
        } catch let error as Store.Error {
            return error
        }
    }

    @Test func aSchemaFromTheFutureIsRefusedAndUntouched() throws {
        let folder = try Folder()
        try folder.open().close()
        let queue = try DatabasePool(path: folder.database)
        try queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try queue.close()
        let before = try folder.bytes()
        let error = try #require(try refusal(folder))
        #expect(error.message.contains("schema 99 is newer"))
        #expect(try folder.bytes() == before)
    }

    @Test func aDatabaseOfAnotherApplicationIsRefusedAndUntouched() throws {
        let folder = try Folder()
        let queue = try DatabasePool(path: folder.database)
        try queue.write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        try queue.close()
        let before = try folder.bytes()
        #expect(try refusal(folder)?.message == "it is a database of another application")
        #expect(try folder.bytes() == before)
    }

    @Test(arguments: [
        "this is no database, but a text that is long enough to be taken for the header of one, with its hundred bytes.",
        "short",
    ])
    func aFileThatIsNoDatabaseIsRefusedAndUntouched(text: String) throws {
        let folder = try Folder()
        try Data(text.utf8).write(to: URL(filePath: folder.database))
        let error = try #require(try refusal(folder))
        #expect(error.message.contains("not a database"))
        #expect(error.remedy.contains("name another file"))
        #expect(try folder.bytes() == Data(text.utf8))
    }

    @Test func aMissingDirectoryIsNamedWithItsRemedy() throws {
        let folder = try Folder()
        #expect(throws: Store.Error.self) { try folder.open("none/test.db") }
        do { _ = try folder.open("none/test.db") } catch let error as Store.Error {
            #expect(error.message == "the directory \(folder.path)/none does not exist")
            #expect(error.remedy.contains("create it"))
        }
    }

    @Test func aDirectoryIsNoDatabase() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder.database, withIntermediateDirectories: false)
        #expect(try refusal(folder)?.message == "it is not a file")
    }

    @Test func aSecondStoreOnTheSameFileIsRefused() throws {
        let folder = try Folder()
        let store = try folder.open()
        let error = try #require(try refusal(folder))
        #expect(error.message.contains("the database is open in another process"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link.db", withDestinationPath: folder.database)
        #expect(throws: Store.Error.self) { try folder.open("link.db") }
        store.close()
        #expect(try refusal(folder) == nil)
    }

    @Test func theFileIsMarkedAndPreparedForShrinking() async throws {
        let store = try Folder().open { $0.durability = .full }
        let pragmas = try store.database.writeWithoutTransaction { db in
            try ["auto_vacuum", "journal_mode", "synchronous", "application_id", "user_version"].map {
                try DatabaseValue.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(
            pragmas == [
                .integer(2), .text("wal"), .integer(2), .integer(Int64(Schema.applicationID)),
                .integer(Int64(Schema.version)),
            ])
        let reader = try store.database.read { try Int.fetchOne($0, sql: "PRAGMA wal_autocheckpoint") }
        #expect(reader == 0)
    }

    static let damages: [(String, String)] = [
        ("a byte in the middle", "data = CAST(substr(data, 1, 9) || x'FF' || substr(data, 11) AS BLOB)"),
        ("cut short", "data = substr(data, 1, length(data) - 3)"),
        ("empty", "data = x''"),
        ("zeros", "data = zeroblob(length(data))"),
        ("a byte too many", "data = CAST(data || x'00' AS BLOB)"),
        ("another version", "data = CAST(x'63' || substr(data, 2) AS BLOB)"),
    ]

    @Test(arguments: damages)
    func aDamagedJournalRowCostsItselfOnly(_ name: String, _ damage: String) async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        // Large enough for rows of their own.
        for commit in 0..<Int64(3) {
            store.append((0..<9000).map { .point(0, commit * 9000 + $0, .number(1e-9 * Double($0))) })
            await store.committed()
        }
        try store.database.write { db in
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM journal") == 3)
            try db.execute(sql: "UPDATE journal SET \(damage) WHERE id = (SELECT min(id) + 1 FROM journal)")
        }
        store.close()
        let again = try folder.open()
        let left = Array(0..<Int64(9000)) + Array(18_000..<Int64(27_000))
        #expect(try await again.points(of: key).map(\.time.microseconds) == left)
        #expect(again.statistics.corruptJournalRows == 1)
        // A seal makes the journal void: what could not be read stays.
        let damaged = try again.database.read { try [UInt8].fetchOne($0, sql: "SELECT data FROM journal WHERE id = 2") }
        await again.sealed()
        let kept = try again.database.read { db in
            try [UInt8].fetchAll(db, sql: "SELECT data FROM blocks WHERE tier = 255")
        }
        #expect(kept == [damaged].compactMap(\.self).filter { !$0.isEmpty })
    }

    /// Damages the n-th small commit, counted from 0, of the first slot.
    private func damageCommit(_ number: Int, _ store: Store) async throws {
        try store.database.write { db in
            let data = try [UInt8].fetchOne(db, sql: "SELECT data FROM slots WHERE id = 1")
            var bytes = try [UInt8](#require(data))
            var index = 1
            for _ in 0..<number { index += 2 + Int(bytes[index]) }
            bytes[index + 1 + Int(bytes[index])] ^= 1
            try db.execute(sql: "UPDATE slots SET data = ? WHERE id = 1", arguments: [bytes])
        }
    }

    @Test func aDamagedCommitInASlotCostsItselfOnly() async throws {
        let folder = try Folder()
        var store = try folder.open()
        try store.define(0..<1)
        for time in Int64(1)...3 {
            store.append([.point(0, time, .number(1e-9 * Double(time)))])
            await store.committed()
        }
        try await damageCommit(1, store)
        store.close()
        store = try folder.open()
        #expect(try await store.points(of: key).map(\.time.microseconds) == [1, 3])
        #expect(store.statistics.corruptJournalRows == 1)
        // What comes next does not write over it.
        store.append([.point(0, 4, .number(4))])
        store.close()
        store = try folder.open()
        #expect(try await store.points(of: key).map(\.time.microseconds) == [1, 3, 4])
        try store.database.write { try $0.execute(sql: "UPDATE slots SET data = x'07' WHERE id = 1") }
        store.close()
        #expect(try await folder.open().points(of: key).map(\.time.microseconds) == [4])
    }

    @Test func slotsAreUsedAgainAfterASealAndKeepTheOrderWithLargeCommits() async throws {
        let folder = try Folder()
        var store = try folder.open()
        try store.define(0..<1)
        for round in 0..<Int64(6) {
            for commit in 0..<Int64(60) {
                let count: Int64 = commit % 20 == 7 ? 500 : 10
                // The same times again: of the points the last ones count.
                store.append((0..<count).map { .point(0, round * 1000 + $0, .number(Double(commit))) })
                await store.committed()
            }
            if round % 2 == 1 {
                store.close()
                store = try folder.open()
            }
            for point in try await store.points(of: key, since: Timestamp(microseconds: round * 1000 - 1)) {
                let isSmall = point.time.microseconds % 1000 < 10
                #expect(point.value == .number(isSmall ? 59 : 47))
            }
            if round != 3 { await store.sealed() }
        }
        let slots = try store.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM slots") }
        #expect(try #require(slots) < 30)
        #expect(try await store.points(of: key).count == 3000)
    }

    @Test(arguments: damages)
    func aDamagedBlockCostsItselfOnly(_ name: String, _ damage: String) async throws {
        let store = try Folder().open()
        try store.define(0..<1)
        let count: Int64 = 20_000
        store.append((0..<count).map { .point(0, $0, .number(Double($0 * $0 % 7919) * 1e-9)) })
        try await store.compacted()
        let place = try store.database.read { db in try BlockTable(db, key, .raw).first(startingAtOrAfter: 1) }
        let (start, end) = try (#require(place).start, #require(place).end)
        try store.database.write { try $0.execute(sql: "UPDATE blocks SET \(damage) WHERE start = \(start)") }
        let left = Array(0..<start) + Array((end + 1)..<count)
        #expect(try await store.points(of: key).map(\.time.microseconds) == left)
        #expect(try await store.points(of: key, newestFirst: true).count == left.count)
        #expect(store.statistics.corruptBlocks == 1)
        // Late points in its range are stored all the same.
        store.append([.point(0, start, .number(1), isNewest: false), .point(0, end, .number(2), isNewest: false)])
        try await store.compacted()
        #expect(try await store.points(of: key).count == left.count + 2)
        #expect(store.statistics.headPoints == 0)
    }

    @Test func aDamagedTailOrFreshRowCostsItselfOnly() async throws {
        for table in ["tails", "fresh"] {
            let store = try Folder().open()
            try store.define(0..<2)
            for keyNumber in 0..<Int32(2) {
                store.append((0..<500).map { .point(keyNumber, $0, .number(Double($0))) })
            }
            if table == "tails" { try await store.compacted() } else { await store.sealed() }
            let key0 = table == "tails" ? "id < 4" : "key = 0"
            try store.database.write { try $0.execute(sql: "UPDATE \(table) SET data = x'00' WHERE \(key0)") }
            #expect(try await store.points(of: key).isEmpty)
            #expect(try await store.points(of: KeyID(rawValue: 1)).count == 500)
            store.append([.point(0, 7, .number(1), isNewest: false), .point(0, 800, .number(2))])
            try await store.compacted()
            #expect(try await store.points(of: key).map(\.time.microseconds) == [7, 800])
            #expect(store.statistics.points == 502)
            #expect(try await store.report().tiers.contains { $0.name == "damaged" })
        }
    }

    @Test func lostLastValuesAreTakenFromTheBlocks() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append([.point(0, 1, .number(1)), .point(0, 2, .number(2))])
        await store.sealed()
        try store.database.write { try $0.execute(sql: "UPDATE lasts SET data = x'00'") }
        store.close()
        #expect(try folder.open().restored[0].last == Point(2, .number(2)))
    }

    @Test(arguments: [
        (ResultCode.full, "make room"), (.ioError, "disk is full"),
        (.cannotOpen, "let the user"),
        (.corrupt, "backup"), (.notADatabase, "name another file"),
    ])
    func aReasonHasItsRemedy(code: ResultCode, remedy: String) {
        #expect(Store.Error(opening: "x", DatabaseError(resultCode: code)).remedy.contains(remedy))
    }

    @Test func aLostNewestPutLeavesThePointBeforeItAsTheLast() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        for put in [
            Put.point(0, 10, .number(1)), .point(0, 30, .number(3)), .point(0, 20, .number(2), isNewest: false),
        ] {
            store.append([put])
            await store.committed()
        }
        try await damageCommit(1, store)
        store.close()
        let restored = try folder.open().restored
        #expect(restored[0].last == Point(20, .number(2)))
        #expect(restored[0].newestPoint == Point(20, .number(2)))
    }

    /// A damaged page can hold a column of another type than its table is declared with.
    @Test(arguments: ["NULL", "'text'", "x'FF'", "1.5", "-9223372036854775808"])
    func columnsOfAnotherTypeCostTheirRowOnly(value: String) async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append([.point(0, 1, .number(1))])
        var batch = Batch()
        batch.events = [QueuedEvent(id: 1, body: .null, time: Timestamp(microseconds: 1))]
        batch.cells = [CellWrite(behaviour: "r", id: "a", data: .null, due: nil, failure: nil)]
        batch.deadLetters = [DeadLetter(topic: "t", payload: [], reason: "no", time: Timestamp(microseconds: 1))]
        store.append(batch)
        try await store.compacted()
        store.append([.point(0, 2, .number(1))])
        await store.sealed()
        store.append([.point(0, 3, .number(1))])
        store.close()
        let columns = [
            "lasts.data", "journal.data", "slots.data", "slots.generation", "keys.options", "keys.created",
            "blocks.data", "blocks.count", "blocks.\"end\"", "tails.data", "tails.count", "tails.start",
            "fresh.data", "seals.points", "progress.horizon", "totals.count", "queue.body", "queue.time", "cells.data",
            "cells.due",
            "dead_letters.payload", "dead_letters.count", "dead_letters.last",
        ]
        try loosen(folder, columns: columns, to: value)
        let again = try folder.open()
        _ = try? again.events()
        _ = try? again.cells()
        _ = try? again.deadLetters(limit: 10)
        _ = try? await again.points(of: key)
        again.append([.point(0, 1, .number(2), isNewest: false)])
        await again.sealed()
        _ = try? await again.compacted()
        again.close()
    }

    private func loosen(_ folder: Folder, columns: [String], to value: String) throws {
        let queue = try DatabasePool(path: folder.database)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA writable_schema = ON")
            try db.execute(
                sql: """
                    UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''), ' NOT NULL', '')
                    WHERE type = 'table'
                    """)
            try db.execute(sql: "PRAGMA writable_schema = RESET")
            for column in columns {
                let parts = column.split(separator: ".")
                try db.execute(sql: "UPDATE \(parts[0]) SET \(parts[1]) = \(value)")
            }
        }
        try queue.close()
    }

    @Test(arguments: [Int64.max, -5, 1 << 40])
    func anImpossibleNextKeyCostsNoMemory(next: Int64) async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<2)
        await store.committed()
        try store.database.write {
            try $0.execute(sql: "UPDATE meta SET value = \(next) WHERE name = 'next_key'")
        }
        store.close()
        let found = try folder.open().nextKeyID
        #expect(2...Int32(Store.keyLimit) ~= found)
    }

    /// Lets the database grow by so many pages more, or freely again.
    private func limit(_ store: Store, pages: Int?) async throws {
        try store.database.writeWithoutTransaction { db in
            let now = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages.map { now + $0 } ?? 1_000_000)")
        }
    }

    private func noise(_ range: Range<Int>) -> [Put] {
        range.map { .point(0, Int64($0), .number(1 / Double($0 + 3))) }
    }

    @Test func aFullDiskKeepsPointsInMemoryAndCatchesUp() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        await store.committed()
        try await limit(store, pages: 0)
        store.append(noise(0..<5000))
        guard case .unstored(let reason) = await store.committed() else {
            Issue.record("it was stored")
            return
        }
        #expect(reason.contains("full"))
        #expect(!store.statistics.isStoring)
        #expect(store.statistics.lastError == reason)
        // Asking again is answered without trying again.
        #expect(await store.committed() == .unstored(reason))
        #expect(try await store.points(of: key).count == 5000)
        try await limit(store, pages: nil)
        store.monitor.withLock { $0.retry = .now }
        #expect(await store.committed() == .durable)
        #expect(store.statistics.isStoring)
        #expect(store.statistics.durablePuts == 5000)
        store.close()
        #expect(try await folder.open().points(of: key).count == 5000)
    }

    @Test func aSealThatFailsLeavesThePointsInTheJournal() async throws {
        let folder = try Folder()
        let store = try folder.open()
        try store.define(0..<1)
        store.append(noise(0..<100))
        await store.committed()
        try store.database.write { db in
            try db.execute(
                sql: "CREATE TRIGGER refuse BEFORE INSERT ON fresh BEGIN SELECT RAISE(ABORT, 'no'); END")
        }
        store.append(noise(100..<200))
        #expect(await store.sealed() == .durable)
        #expect(store.statistics.seals == 0)
        #expect(store.statistics.durablePuts == 200)
        #expect(try await store.points(of: key).count == 200)
        store.append(noise(150..<300))
        await store.committed()
        #expect(try await store.points(of: key).map(\.time.microseconds) == Array(0..<300))
        try store.database.write { try $0.execute(sql: "DROP TRIGGER refuse") }
        await store.sealed()
        #expect(store.statistics.seals == 1)
        #expect(try await store.points(of: key).map(\.time.microseconds) == Array(0..<300))
        store.close()
        #expect(try await folder.open().points(of: key).count == 300)
    }

    @Test func theBacklogOfAFullDiskIsBoundedAndTheOldestGoes() async throws {
        let folder = try Folder()
        let store = try folder.open { $0.headLimit = 1 << 30 }
        try store.define(0..<2)
        store.append(noise(0..<100))
        await store.committed()
        try await limit(store, pages: 0)
        // Held back from trying, so that only the bound matters.
        store.append(noise(100..<5000))
        _ = await store.committed()
        store.monitor.withLock { $0.retry = .now + .seconds(1000) }
        let step = 5000
        for start in stride(from: 5000, to: 400_000, by: step) { store.append(noise(start..<(start + step))) }
        let statistics = store.statistics
        #expect(statistics.droppedPuts > 0)
        #expect(store.monitor.withLock { $0.pendingSize } <= StoreState.backlogLimit)
        let expected = Array(0..<100) + Array((100 + statistics.droppedPuts)..<400_000)
        #expect(try await store.points(of: key).map(\.time.microseconds) == expected.map(Int64.init))
        try await limit(store, pages: nil)
        store.monitor.withLock { $0.retry = .now }
        #expect(await store.committed() == .durable)
        store.close()
        #expect(try await folder.open().points(of: key).count == expected.count)
    }
}
