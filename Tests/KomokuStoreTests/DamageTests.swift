import Glibc
import Komoku
import KomokuSQLite
import KomokuTesting
import Testing

@testable import KomokuStore

/// Rows that are gone or changed, in a file that SQLite can read: nothing of it is silent, and what was there is kept.
@Suite struct DamageTests {
    /// What is done to a database, and whether all points must be there afterwards.
    struct Damage: Sendable, CustomTestStringConvertible {
        let sql: String
        var isMended = true
        var testDescription: String { sql }

        init(_ sql: String, isMended: Bool = true) { (self.sql, self.isMended) = (sql, isMended) }
    }

    static let damages = [
        Damage("UPDATE keys SET name = 'a b*' WHERE id = 3"), Damage("UPDATE keys SET type = 'x' WHERE id = 2"),
        Damage("UPDATE keys SET options = '{' WHERE id = 1"), Damage("DELETE FROM keys WHERE id = 4"),
        Damage("DELETE FROM keys"), Damage("UPDATE keys SET id = id + 9000000000 WHERE id = 5"),
        Damage("DELETE FROM seals"), Damage("UPDATE seals SET seal = seal + 100"),
        Damage("UPDATE seals SET points = points * 7"), Damage("DELETE FROM seals WHERE seal % 2 = 0"),
        Damage("UPDATE fresh SET seal = 77 WHERE key = 2"), Damage("DELETE FROM progress WHERE key < 3"),
        Damage("UPDATE progress SET seal = 9223372036854775807 WHERE key = 3"),
        Damage("UPDATE progress SET seal = seal + 1 WHERE key = 1"), Damage("UPDATE progress SET seal = -5"),
        Damage("UPDATE progress SET horizon = 9223372036854775807"),
        Damage("UPDATE progress SET horizon = -9223372036854775808, five_minutes = 1, hours = 9223372036854775807"),
        Damage("UPDATE meta SET value = 1000000 WHERE name = 'sealed'"),
        Damage("DELETE FROM meta WHERE name = 'sealed'"), Damage("DELETE FROM meta WHERE name <> 'inventory'"),
        Damage("UPDATE meta SET value = 'x' WHERE name = 'points'"),
        Damage("UPDATE meta SET value = 9223372036854775807 WHERE name <> 'inventory'"),
        Damage("UPDATE meta SET value = '0 {}' WHERE name = 'inventory'"),
        Damage("DELETE FROM totals"), Damage("UPDATE totals SET count = 9223372036854775807"),
        Damage("DELETE FROM lasts"), Damage("DELETE FROM outages"), Damage("DELETE FROM misdated"),
        Damage("UPDATE slots SET generation = 0", isMended: false), Damage("DELETE FROM slots", isMended: false),
        Damage("DELETE FROM blocks WHERE key = 2", isMended: false), Damage("DELETE FROM tails", isMended: false),
        Damage("DELETE FROM fresh WHERE key = 1", isMended: false),
        Damage("DROP TABLE misdated"), Damage("DROP TABLE seals"), Damage("DROP TABLE fresh", isMended: false),
    ]

    @Test(arguments: damages)
    func damagedRowsAreToldAndKept(damage: Damage) async throws {
        let house = try await DamagedHouse()
        defer { house.folder.remove() }
        try house.damage([damage.sql])
        let found = try await house.opensWithALoss(compacts: damage.sql.contains("progress"))
        if damage.isMended { #expect(found.lost == 0) } else { #expect(found.lost > 0) }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func whateverIsDamagedTogether(seed: UInt64) async throws {
        let house = try await DamagedHouse()
        defer { house.folder.remove() }
        var random = SplitMix(seed: seed)
        let some = Self.damages.filter { !$0.sql.contains("'inventory'") }.shuffled(using: &random).prefix(3)
        try house.damage(some.map(\.sql))
        _ = try await house.opensWithALoss(compacts: true)
    }

    @Test func aHealthyFileIsNotTakenForDamaged() async throws {
        let house = try await DamagedHouse()
        defer { house.folder.remove() }
        for round in 0..<6 {
            let store = try house.open()
            #expect(store.damage == nil)
            switch round {
            case 1: store.append([.point(1, 1_800_000_000_000_000, .number(1))])
            case 2: try await store.compacted()
            case 3:
                var batch = Batch()
                batch.deletedKeys = [KeyID(rawValue: 5)]
                store.append(batch)
            case 4: await store.sealed()
            default: break
            }
            store.close()
        }
        #expect(house.asides == [])
    }

    /// Without a clean stop nobody said what there was, but tables that do not agree are seen.
    @Test(arguments: [
        "UPDATE keys SET name = '' WHERE id = 3", "DELETE FROM keys WHERE id = 4", "DELETE FROM seals",
        "UPDATE progress SET seal = 9223372036854775807", "DELETE FROM meta WHERE name = 'sealed'",
    ])
    func afterACrashTablesThatDoNotAgreeAreSeen(sql: String) async throws {
        let house = try await DamagedHouse()
        defer { house.folder.remove() }
        try house.damage([sql, "DELETE FROM meta WHERE name = 'inventory'"])
        let store = try house.open()
        #expect(store.damage != nil)
        #expect(try await house.kept(store).wrong == 0)
        #expect(try await house.kept(store).kept == house.count)
        store.close()
        #expect(house.asides.count == 1)
    }

    /// What stands only in one row of a table of schema 5 is in the salvaged file too.
    @Test func allTablesAreCopied() async throws {
        let house = try await DamagedHouse()
        defer { house.folder.remove() }
        try house.damage(["INSERT INTO copies VALUES (1, 2, 3)", "DELETE FROM keys WHERE id = 0"])
        let store = try house.open()
        #expect(try store.misdated().count == 2)
        #expect(store.outages.count == 1)
        let copies = try store.database.read { try Int.fetchOne($0, sql: "SELECT position FROM copies") }
        #expect(copies == 3)
        store.close()
    }

    /// A table that comes to the schema is looked after, or is named here.
    @Test func anInventoryHasAllTables() async throws {
        let store = try Store.open(.memory)
        defer { store.close() }
        let (tables, inventory) = try store.database.read { db in
            (
                try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'"),
                try Inventory(of: db, at: .wallClock)
            )
        }
        // What tails hold is in the totals; the why log may be long.
        #expect(Set(tables).subtracting(["tails", "runs"]) == Set(inventory.tables.keys))
    }

    // MARK: Files

    @Test(arguments: [nil, [], [7], [UInt8](repeating: 1, count: 300)] as [[UInt8]?])
    func aFileThatIsGoneBesideItsLogIsNoNewHouse(main: [UInt8]?) async throws {
        let house = try await DamagedHouse()
        defer { house.folder.remove() }
        house.folder.empty()
        if let main { try house.folder.write(main) }
        try house.folder.write(house.log, to: "test.db-wal")
        let names = house.folder.names
        #expect(throws: Store.Error.self) { try house.open() }
        #expect(house.folder.bytes("test.db-wal") == house.log)
        #expect(house.folder.names.filter { $0 != "test.db.lock" } == names)
        #expect(house.folder.bytes() == main ?? [])
    }

    @Test func aFileOfOneByteIsNoNewHouse() throws {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        try folder.write([7])
        #expect(throws: Store.Error.self) { try Store.open(.file(folder.database)) }
        #expect(folder.bytes() == [7])
    }
}

/// A house with points in blocks, tails, fresh rows and the journal, closed cleanly, to be damaged.
struct DamagedHouse: Sendable {
    let folder: MemoryFolder
    private let original: Original

    var log: [UInt8] { original.log }
    var count: Int { original.content.values.reduce(0) { $0 + $1.count } }

    private struct Original: Sendable {
        let main: [UInt8]
        /// Of the same house while it is open.
        let log: [UInt8]
        let content: [KeyID: [Int64: Value?]]
    }

    private static let made = Task { try await make() }

    init() async throws {
        original = try await Self.made.value
        folder = try MemoryFolder()
        try folder.write(original.main)
    }

    private static func make() async throws -> Original {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        let store = try Store.open(.file(folder.database))
        try store.define(0..<6)
        var batch = Batch()
        batch.misdated = [1, 2].map { MisdatedPoint(key: KeyID(rawValue: 1), time: Timestamp(microseconds: $0)) }
        batch.outages = [OutageWrite(Outage(.hub, start: Timestamp(microseconds: 1), end: Timestamp(microseconds: 2)))]
        store.append(batch)
        var random = SplitMix(seed: 11)
        var content: [KeyID: [Int64: Value?]] = [:]
        var time: Int64 = 1_700_000_000_000_000
        for round in 0..<5 {
            let puts = (0..<900).map { _ -> Put in
                time += Int64.random(in: 1...6_000_000, using: &random)
                // Enough of one to fill blocks.
                let key = random.chance(60) ? 2 : Int32.random(in: 0..<6, using: &random)
                let value = Value.number(Double(random.next() >> 11) / 1e6)
                content[KeyID(rawValue: key), default: [:]][time] = value
                return .point(key, time, value)
            }
            store.append(puts)
            if round < 4 { await store.sealed() } else { await store.committed() }
            if round == 1 { try await store.compacted() }
        }
        let log = folder.bytes("test.db-wal")
        store.close()
        return Original(main: folder.bytes(), log: log, content: content)
    }

    func damage(_ statements: [String]) throws {
        let database = try DatabasePool(path: folder.database)
        for sql in statements { try database.writeWithoutTransaction { try $0.execute(sql: sql) } }
        try database.close()
    }

    func open() throws -> Store { try Store.open(.file(folder.database)) }

    var asides: [String] { folder.names.filter { $0.hasPrefix("test.db.corrupt-") } }

    /// Points that are there, and those that never were.
    func kept(_ store: Store) async throws -> (kept: Int, wrong: Int) {
        var (kept, wrong) = (0, 0)
        for key in (Int32(0)..<6).map(KeyID.init(rawValue:)) {
            for point in try await store.points(of: key) {
                let isRight = original.content[key]?[point.time.microseconds] == .some(point.value)
                (kept, wrong) = isRight ? (kept + 1, wrong) : (kept, wrong + 1)
            }
        }
        return (kept, wrong)
    }

    /// The damaged file is beside the new one, what is lost is what is said to be, and the next start finds nothing more.
    func opensWithALoss(
        compacts: Bool, _ location: SourceLocation = #_sourceLocation
    ) async throws -> (lost: Int, wrong: Int) {
        let store = try open()
        let found = try await kept(store)
        let damage = try #require(store.damage, sourceLocation: location)
        #expect(found.wrong == 0, sourceLocation: location)
        #expect(asides.count == 1, sourceLocation: location)
        #expect(damage["findings"]?.array?.isEmpty == false, sourceLocation: location)
        let lost = ["raw", "journal"].reduce(0.0) { $0 + (damage["held"]?[$1]?["lost"]?.number ?? 0) }
        if damage["held"] != nil { #expect(Int(lost) == count - found.kept, sourceLocation: location) }
        store.append([.point(0, 1_900_000_000_000_000, .number(1))])
        if compacts { try await store.compacted() } else { await store.sealed() }
        #expect(try await kept(store).kept == found.kept, sourceLocation: location)
        store.close()
        let again = try open()
        #expect(asides.count == 1, sourceLocation: location)
        #expect(try await kept(again).kept == found.kept, sourceLocation: location)
        unlink(folder.path + "/" + asides[0])
        #expect(again.damage == nil, sourceLocation: location)
        again.close()
        return (count - found.kept, found.wrong)
    }
}
