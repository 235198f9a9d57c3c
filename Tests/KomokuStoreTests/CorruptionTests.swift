import KomokuSQLite
import Glibc
import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// Damaged database files: what is lost, what is said, and that nothing is replaced in silence.
@Suite struct CorruptionTests {
    private static let page = 4096
    /// Each table and each index begins in a page at the front, which in a small file is half of it and holds next to nothing.
    private static let beginnings = 40

    struct Damage: Sendable, CustomTestStringConvertible {
        let name: String
        /// How many of 100 points must be there afterwards.
        var kept = 100
        /// Whether the file is set aside, and its rows copied.
        var isSalvaged = true
        let change: @Sendable (inout CorruptionFixture.Files) -> Void

        var testDescription: String { name }
    }

    static let damages: [Damage] = [
        Damage(name: "nothing", isSalvaged: false) { _ in },
        Damage(name: "a garbage header") { $0.main.replaceSubrange(0..<100, with: noise(100)) },
        Damage(name: "a header of zeros") { $0.main.replaceSubrange(0..<100, with: [UInt8](repeating: 0, count: 100)) },
        Damage(name: "a first page of zeros") {
            $0.main.replaceSubrange(0..<page, with: [UInt8](repeating: 0, count: page))
        },
        Damage(name: "a first page of noise") { $0.main.replaceSubrange(0..<page, with: noise(page)) },
        Damage(name: "cut by two fifths of what its tables hold", kept: 40) {
            $0.main.removeLast(($0.main.count / page - beginnings) * 2 / 5 * page)
        },
        Damage(name: "cut within a page", kept: 40) {
            $0.main.removeLast(($0.main.count / page - beginnings) / 2 * page + 137)
        },
        Damage(name: "cut by its last page", kept: 80) { $0.main.removeLast(page) },
        Damage(name: "a log of noise", isSalvaged: false) { $0.log = noise(50_000) },
        Damage(name: "an empty log", isSalvaged: false) { $0.log = [] },
    ]

    private static func noise(_ count: Int) -> [UInt8] {
        var random = SplitMix(seed: UInt64(count))
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test(arguments: damages)
    func aDamagedFileKeepsWhatCanBeRead(damage: Damage) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.closed
        damage.change(&files)
        try fixture.put(files)
        let before = files.main
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0)
        #expect(found.kept * 100 >= fixture.count * damage.kept, "\(found.kept) of \(fixture.count) points are left")
        // The corrupt file is beside it, byte for byte.
        let aside = fixture.asides
        #expect(aside.count == (damage.isSalvaged ? 1 : 0))
        for name in aside { #expect(fixture.folder.bytes(name) == before) }
        if damage.isSalvaged {
            let report = try store.database.read { db in
                try String.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'salvage'")
            }
            #expect(try JSON(parsing: #require(report))["tables"]?["keys"]?["saved"] == 6)
        }
        try await fixture.goesOn(store)
    }

    /// Damage that only shows when its page is needed: that costs a block, and the next start salvages the rest.
    @Test(arguments: 0..<UInt64(10))
    func aPageOfZerosIsFoundAndTheRestIsSalvaged(seed: UInt64) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var random = SplitMix(seed: seed)
        var files = fixture.closed
        let place = Int.random(in: 2..<(files.main.count / Self.page), using: &random) * Self.page
        files.main.replaceSubrange(place..<(place + Self.page), with: [UInt8](repeating: 0, count: Self.page))
        try fixture.put(files)
        Salvage.mark(fixture.folder.database)
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0)
        #expect(found.kept * 100 >= fixture.count * 60, "\(found.kept) of \(fixture.count) points are left")
        #expect(!fixture.folder.names.contains("test.db.damaged"))
        try await fixture.goesOn(store)
    }

    /// Whatever bytes change: nothing traps, no value is another, and the store is whole after a salvage.
    @Test(arguments: 0..<UInt64(16))
    func anyDamageCostsWhatItHitsAndNothingElse(seed: UInt64) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var random = SplitMix(seed: seed &+ 100)
        var files = fixture.closed
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let place = Int.random(in: Self.page..<files.main.count, using: &random)
            let end = min(files.main.count, place + [1, 4, 600, 9000][Int.random(in: 0..<4, using: &random)])
            files.main.replaceSubrange(place..<end, with: Self.noise(end - place))
        }
        try fixture.put(files)
        // As it is: an answer, or an error.
        if let store = try? fixture.open() {
            for key in fixture.keys { _ = try? await store.points(of: key) }
            let id = store.nextKeyID
            try store.define(id..<(id + 1))
            store.append([.point(id, 1, .number(1))])
            await store.sealed()
            store.close()
        }
        Salvage.mark(fixture.folder.database)
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0)
        try await fixture.goesOn(store)
    }

    @Test(arguments: ["flipped", "cut", "missing"])
    func aDamagedLogCostsTheNewestCommitsOnly(damage: String) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.live
        let log = try #require(files.log)
        #expect(log.count > 3 * Self.page)
        switch damage {
        case "flipped": files.log?[log.count / 2] ^= 1
        case "cut": files.log?.removeLast(log.count / 2 + 7)
        default: files.log = nil
        }
        try fixture.put(files)
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0)
        #expect(fixture.asides == [])
        let problems = try store.database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
        #expect(problems == ["ok"])
        try await fixture.goesOn(store)
    }

    @Test func aFlippedByteOfABlockCostsTheBlock() async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        let queue = try DatabasePool(path: fixture.folder.database)
        let block: (count: Int, data: [UInt8])? = try queue.read { db in
            try Row.fetchOne(db, sql: "SELECT count, data FROM blocks WHERE tier = 0 ORDER BY rowid LIMIT 1").map {
                (Int($0.integer(0)), $0.bytes(1))
            }
        }
        try queue.close()
        let (count, data) = try #require(block)
        let place = try #require(fixture.folder.place(of: Array(data.suffix(40))))
        var files = fixture.closed
        files.main[place + 20] ^= 4
        try fixture.put(files)
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0)
        #expect(found.kept == fixture.count - count)
        #expect(store.statistics.corruptBlocks == 1)
        try await fixture.goesOn(store)
    }

    /// A page behind the beginnings of the tables that cannot be used costs the answers and the merging of its key, and no others.
    @Test func aPageOfZerosLeavesTheOtherKeysAlone() async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.closed
        let place = (files.main.count / Self.page + Self.beginnings) / 2 * Self.page
        files.main.replaceSubrange(place..<(place + Self.page), with: [UInt8](repeating: 0, count: Self.page))
        try fixture.put(files)
        let store = try fixture.open()
        var refused: [KeyID] = []
        for key in fixture.keys where (try? await store.points(of: key)) == nil { refused.append(key) }
        #expect(refused == [])
        // Points that have to go into the oldest blocks.
        for key in fixture.keys {
            store.append([.point(key.rawValue, 1_700_000_000_000_000, .number(1), isNewest: false)])
        }
        await store.sealed()
        let compaction = try? await store.compacted()
        let waiting = try store.database.read { db in
            try Set(
                Int32.fetchAll(
                    db,
                    sql:
                        "SELECT DISTINCT fresh.key FROM fresh LEFT JOIN progress USING (key) WHERE fresh.seal > coalesce(progress.seal, 0)"
                ))
        }
        #expect(compaction != nil)
        // A page of tails is shared by few keys.
        #expect(waiting.count <= 2)
        store.close()
    }

    // MARK: What is left alone

    @Test(arguments: [
        ("noise", noise(9000)), ("zeros", [UInt8](repeating: 0, count: 9000)),
        ("a text", Array("hub: {name: home}\n".utf8)),
    ])
    func aFileThatWasNeverOursIsLeftAlone(name: String, bytes: [UInt8]) throws {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        try folder.write(bytes)
        #expect(throws: Store.Error.self) { try Store.open(.file(folder.database)) }
        #expect(folder.bytes() == bytes)
        #expect(folder.names == ["test.db", "test.db.lock"])
    }

    @Test(arguments: ["PRAGMA user_version = 99", "PRAGMA application_id = 7"])
    func aFileOfTheFutureOrOfOthersIsLeftAlone(change: String) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        let queue = try DatabasePool(path: fixture.folder.database)
        try queue.writeWithoutTransaction { try $0.execute(sql: change) }
        try queue.close()
        let before = fixture.folder.bytes()
        #expect(throws: Store.Error.self) { try fixture.open() }
        #expect(fixture.folder.bytes() == before)
        #expect(fixture.asides == [])
    }

    @Test func aFileOfWhichNothingIsLeftStaysWhereItIs() async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.closed
        files.main.removeLast(files.main.count - 100)
        try fixture.put(files)
        #expect(throws: Store.Error.self) { try fixture.open() }
        #expect(fixture.folder.bytes() == files.main)
        #expect(fixture.asides == [])
    }

    @Test func anEmptyFileWithALogIsLeftAlone() async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        try fixture.put(CorruptionFixture.Files(main: [], log: fixture.live.log))
        #expect(throws: Store.Error.self) { try fixture.open() }
        #expect(fixture.folder.bytes("test.db-wal") == fixture.live.log)
    }

    @Test func anEmptyFileIsANewDatabase() async throws {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        try folder.write([])
        let store = try Store.open(.file(folder.database))
        try store.define(0..<1)
        #expect(await store.committed() == .durable)
        store.close()
    }

    @Test func aSymbolicLinkIsTheFileBehindIt() async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.closed
        files.main.replaceSubrange(0..<16, with: Self.noise(16))
        try fixture.put(files)
        #expect(symlink("test.db", fixture.folder.path + "/link.db") == 0)
        let store = try Store.open(.file(fixture.folder.path + "/link.db"))
        #expect(try await fixture.survivors(store).kept == fixture.count)
        store.close()
        #expect(fixture.asides.count == 1)
        var status = stat()
        #expect(lstat(fixture.folder.path + "/link.db", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }

    // MARK: Interrupted

    /// What each step of a salvage leaves behind when it is the last.
    @Test(arguments: ["begun", "log moved", "moved", "half copied"])
    func aSalvageThatWasInterruptedIsTakenUp(step: String) async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        var files = fixture.live
        files.main.replaceSubrange(0..<16, with: Self.noise(16))
        try fixture.put(files)
        let aside = "test.db.corrupt-20260102T030405"
        try fixture.folder.write(step == "half copied" ? Self.noise(5000) : [], to: aside + ".partial")
        if step != "begun" { fixture.folder.move("test.db-wal", aside + "-wal") }
        if step == "moved" || step == "half copied" { fixture.folder.move("test.db", aside) }
        let store = try fixture.open()
        let found = try await fixture.survivors(store)
        #expect(found.wrong == 0 && found.kept == fixture.count)
        #expect(fixture.folder.bytes(aside) == files.main)
        try await fixture.goesOn(store)
    }

    @Test func aDatabasePutBackAfterAnInterruptedSalvageIsTaken() async throws {
        let fixture = try await CorruptionFixture()
        defer { fixture.folder.remove() }
        try fixture.put(fixture.closed)
        try fixture.folder.write([1], to: "test.db.corrupt-20260102T030405")
        try fixture.folder.write([], to: "test.db.corrupt-20260102T030405.partial")
        let store = try fixture.open()
        #expect(try await fixture.survivors(store).kept == fixture.count)
        #expect(!fixture.folder.names.contains("test.db.corrupt-20260102T030405.partial"))
        store.close()
    }
}
