import Dispatch
import Komoku
import KomokuSQLite
import KomokuTesting
import Synchronization
import Testing

@testable import KomokuStore

/// Cells of a database that hold anything: every table is read, asked for, merged, thinned out and written, and nothing traps.
@Suite struct DatabaseFuzzTests {
    @Test func `whatever a cell holds nothing traps`() async throws {
        let house = try await FuzzedHouse()
        defer { house.folder.remove() }
        var (opened, all) = (0, 0)
        try Fuzz.run("database cells", seeds: 12) { source in
            all += 1
            if try house.run(&source) { opened += 1 }
        }
        #expect(opened * 2 > all, "\(opened) of \(all) opened")
    }

    /// Checksums that are right say nothing about what is in a block.
    @Test func `blocks whose checksum is right are refused or read`() async throws {
        let house = try await FuzzedHouse()
        defer { house.folder.remove() }
        let blocks = try house.blobs()
        Fuzz.run("block bytes", seeds: 400) { source in
            var bytes = source.pick(blocks)
            FuzzedHouse.damage(&bytes, &source)
            _ = try? Block.decode(bytes)
            _ = try? TierBlock.decode(bytes)
            _ = try? JournalRow.decode(bytes)
            _ = try? ReceiptRow.decode(bytes)
        }
    }
}

/// A house with rows in every table.
struct FuzzedHouse: Sendable {
    let folder: MemoryFolder
    private let files: [(main: [UInt8], log: [UInt8])]

    private static let made = Task { try await make() }

    init() async throws {
        files = try await Self.made.value
        folder = try MemoryFolder()
    }

    // MARK: The house

    private static let types = [KeyType.numeric, .counter, .boolean, .string, .uptime, .string]

    /// As it is while it is open, and closed.
    private static func make() async throws -> [(main: [UInt8], log: [UInt8])] {
        let folder = try MemoryFolder()
        defer { folder.remove() }
        let store = try Store.open(.file(folder.database))
        store.append(rows())
        store.setLog(Store.LogKeeping(count: 1000, age: nil), of: KeyID(rawValue: 5))
        var random = SplitMix(seed: 3)
        var time: Int64 = 1_700_000_000_000_000
        for round in 0..<5 {
            var puts: [Put] = []
            for index in 0..<120 {
                time += Int64.random(in: 1...240_000_000, using: &random)
                for key in Int32(0)..<6 where random.chance(key == 0 ? 100 : 30) {
                    puts.append(.point(key, time, value(key, round * 120 + index, &random)))
                }
            }
            store.append(puts)
            await store.sealed()
            if round == 2 { try await store.compacted() }
        }
        store.append([.point(0, time + 1, .number(1)), .point(3, time + 1, .string("on"))])
        _ = try await store.copied(from: KeyID(rawValue: 0), into: KeyID(rawValue: 1))
        store.append(deletion())
        await store.committed()
        let open = (folder.bytes(), folder.bytes("test.db-wal"))
        store.close()
        return [open, (folder.bytes(), [])]
    }

    private static func value(_ key: Int32, _ index: Int, _ random: inout SplitMix) -> Value? {
        if random.chance(3) { return nil }
        switch types[Int(key)] {
        case .numeric: return .number(Double(random.next() >> 11) / 1e6)
        case .counter: return .number(Double(index))
        case .boolean, .uptime: return .boolean(random.chance(50))
        case .string: return .string(["on", "off", "a longer text of a log"].randomElement(using: &random) ?? "")
        }
    }

    private static func rows() -> Batch {
        var batch = Batch()
        let keys = types.enumerated().map { ($0.offset, $0.element) } + [(6, .numeric)]
        batch.keys = keys.compactMap { try? KeyRecord.fixture(Int32($0.0), type: $0.1) }
        let time = Timestamp(microseconds: 1_700_000_000_000_000)
        batch.events = [QueuedEvent(id: 1, body: ["a": 1], time: time)]
        batch.cells = [CellWrite(behaviour: "rule", id: "1", data: ["step": 1], due: time, failure: nil)]
        batch.deadLetters = [DeadLetter(topic: "t", payload: [1], reason: "r", time: time)]
        batch.devices = [DeviceWrite(id: "lamp", data: ["name": "lamp"])]
        batch.discoveries = [DiscoveryWrite(topic: "d", payload: [1, 2])]
        batch.misdated = [MisdatedPoint(key: KeyID(rawValue: 1), time: time)]
        batch.runs = [RunRow(id: 1, rule: "r", outcome: "done", time: time, keys: [], data: ["x": 1])]
        batch.outages = [OutageWrite(Outage(.hub, start: time, end: time + .seconds(90)))]
        batch.replacements = [ReplacementWrite(Replacement(key: KeyID(rawValue: 1), time: time + .seconds(5000)))]
        batch.alive = time
        return batch
    }

    private static func deletion() -> Batch {
        var batch = Batch()
        batch.deletedKeys = [KeyID(rawValue: 6)]
        return batch
    }

    // MARK: Damage

    func blobs() throws -> [[UInt8]] {
        try put(files[1])
        let database = try Database(path: folder.database)
        return try ["blocks", "tails", "fresh", "lasts", "slots"].flatMap { table in
            try [UInt8].fetchAll(database, sql: "SELECT data FROM \(table) LIMIT 40")
        }
    }

    private func put(_ files: (main: [UInt8], log: [UInt8])) throws {
        folder.empty()
        try folder.write(files.main)
        if !files.log.isEmpty { try folder.write(files.log, to: "test.db-wal") }
    }

    /// Changes some bytes; mostly the checksum at the end is made right again.
    static func damage(_ bytes: inout [UInt8], _ source: inout FuzzSource) {
        for _ in 0...source.below(3) { source.damage(&bytes) }
        guard bytes.count > 4, !source.chance(6) else { return }
        var writer = ByteWriter()
        writer.raw(bytes.dropLast(4))
        bytes = writer.sealed()
    }

    /// Tables take anything while their schema says that they do.
    private func damage(_ source: inout FuzzSource) throws {
        var database = try Database(path: folder.database)
        let schema = try Row.fetchAll(database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
        let rows = schema.filter { !$0.text(0).hasPrefix("sqlite_") }
        if source.chance(2) { try Inventory.remove(database) }
        func change(_ sql: (String) -> String) throws {
            try database.execute(sql: "PRAGMA writable_schema = ON")
            for row in rows {
                try database.execute(
                    sql: "UPDATE sqlite_schema SET sql = ? WHERE name = ?", arguments: [sql(row.text(1)), row.text(0)])
            }
            try database.close()
            database = try Database(path: folder.database)
        }
        try change {
            $0.replacing(" STRICT, WITHOUT ROWID", with: " WITHOUT ROWID").replacing("STRICT", with: "")
                .replacing(" NOT NULL", with: "")
        }
        for _ in 0...source.below(3) { try? damageCell(of: source.pick(rows).text(0), database, &source) }
        try change { $0 }
        try database.close()
    }

    private func damageCell(of table: String, _ db: Database, _ source: inout FuzzSource) throws {
        let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
        let column = source.pick(columns)
        let order = try Row.fetchAll(
            db, sql: "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", arguments: [table]
        ).map { "\"\($0.text(0))\"" }
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
        guard count > 0 else { return }
        let keys = order.joined(separator: ", ")
        let row = try Row.fetchOne(
            db, sql: "SELECT \(keys), \"\(column)\" FROM \(table) LIMIT 1 OFFSET \(source.below(count))")
        guard let row else { return }
        let condition = order.map { "\($0) IS ?" }.joined(separator: " AND ")
        let isAll = source.chance(6)
        var values = [Self.value(row.values[order.count], &source)]
        if !isAll { values += row.values.prefix(order.count) }
        try db.execute(
            sql: "UPDATE OR REPLACE \(table) SET \"\(column)\" = ? WHERE \(isAll ? "1" : condition)",
            arguments: StatementArguments(values))
    }

    private static let numbers: [Int64] = [
        .min, .min + 1, -(1 << 62), -(1 << 53), -(1 << 32), -(1 << 31), -4096, -1, 0, 1, 2, 3, 4, 255, 1 << 24, 1 << 31,
        1 << 32, 1 << 53, 1 << 60, (1 << 60) + 1, 1 << 62, (1 << 62) - (1 << 42), .max - (1 << 32), .max - 1, .max,
    ]

    private static func value(_ old: DatabaseValue, _ source: inout FuzzSource) -> DatabaseValue {
        if source.chance(5) { return any(&source) }
        switch old {
        case .integer(let number):
            if source.chance(3) { return .integer(number &+ source.pick([-1, 1, 3_600_000_000, -3_600_000_000])) }
            return .integer(source.pick(numbers))
        case .blob(var bytes):
            damage(&bytes, &source)
            return .blob(bytes)
        case .text(let text):
            if source.chance(2), let json = try? JSON(parsing: text) {
                return .text(source.mutant(of: json).storedText)
            }
            return .text(source.text())
        case .real, .null: return any(&source)
        }
    }

    private static func any(_ source: inout FuzzSource) -> DatabaseValue {
        switch source.below(6) {
        case 0: return .null
        case 1: return .integer(source.pick(numbers))
        case 2: return .real(source.double())
        case 3: return .text(source.text())
        case 4: return .blob([])
        default: return .blob((0..<source.below(200)).map { _ in UInt8(source.below(256)) })
        }
    }

    // MARK: What is done with it

    /// - Returns: whether it could be opened.
    func run(_ source: inout FuzzSource) throws -> Bool {
        try put(source.pick(files))
        try damage(&source)
        for _ in 0...source.below(2) {
            guard let store = try? open() else { return false }
            ask(store, &source)
            write(store, &source)
            store.close()
        }
        return true
    }

    private func open() throws -> Store {
        let all = try KeyPattern(validating: "**")
        return try Store.open(.file(folder.database)) { configuration in
            configuration.retention = [
                Store.RetentionRule(
                    keys: [all], raw: .seconds(6 * 3600), fiveMinutes: .seconds(12 * 3600))
            ]
            configuration.maximumSize = 150_000
        }
    }

    /// Everything that can be asked for.
    private func ask(_ store: Store, _ source: inout FuzzSource) {
        _ = (store.restored, store.statistics, store.receipts, store.outages, store.damage, try? store.misdated())
        _ = (try? store.events(), try? store.cells(), try? store.devices(), try? store.discoveries())
        _ = (try? store.deadLetters(limit: 100), try? store.newestRun())
        wait { done in store.report { _ in done() } }
        wait { done in store.runs(RunQuery(limit: 10)) { _ in done() } }
        let now = Timestamp(microseconds: 1_700_200_000_000_000)
        for key in (Int32(0)..<7).map(KeyID.init(rawValue:)) {
            wait { done in store.points(of: key) { _ in done() } }
            wait { done in store.points(of: key, limit: 3, newestFirst: true) { _ in done() } }
            wait { done in store.value(of: key, at: now) { _ in done() } }
            wait { done in store.oldest(of: key) { _ in done() } }
            wait { done in store.newest(of: key, before: now) { _ in done() } }
            let length = source.pick([3_600_000_000, 300_000_000, 86_400_000_000]) as Int64
            let start: Int64 = 1_699_920_000_000_000
            let bounds = (0...20).map { Timestamp(microseconds: start + $0 * length) }
            let type = Self.types.indices.contains(key.index) ? Self.types[key.index] : .numeric
            var query = StatisticsQuery(key: key, type: type, bounds: bounds, now: now)
            (query.percentiles, query.wantsSpans) = source.chance(3) ? ([50], true) : ([], false)
            wait { done in store.statistics(query) { _ in done() } }
            wait { done in
                store.spans(
                    of: key, value: .boolean(true), since: .distantPast, until: .distantFuture, now: now, limit: 10
                ) { _ in done() }
            }
        }
    }

    /// Everything that can be changed.
    private func write(_ store: Store, _ source: inout FuzzSource) {
        let (one, two) = (KeyID(rawValue: Int32(source.below(6))), KeyID(rawValue: Int32(source.below(6))))
        let start: Int64 = 1_700_000_000_000_000
        var batch = Batch()
        batch.puts = (Int32(0)..<6).map { .point($0, start + 200_000_000_000, .number(1)) }
        batch.deadLetters = [DeadLetter(topic: "t", payload: [1], reason: "r", time: Timestamp(microseconds: start))]
        batch.runs = [RunRow(id: 2, rule: "r", outcome: "done", time: .distantPast, keys: [], data: 1)]
        batch.runRetention = ["done": RunRetention(time: .seconds(5), count: 1)]
        batch.outages = [OutageWrite(Outage(.broker, start: Timestamp(microseconds: start), end: nil))]
        store.append(batch)
        wait { done in store.seal { _ in done() } }
        let points = (0..<50).map { Point(start + $0 * 7_000_000, .number(Double($0))) }
        if source.chance(3) { wait { done in store.insert(points, into: one) { _ in done() } } }
        if source.chance(3) { wait { done in store.insert([two: points]) { _ in done() } } }
        if source.chance(3) { wait { done in store.copyHistory(of: one, into: two) { _ in done() } } }
        if source.chance(2) { wait { done in store.compact { _ in done() } } }
        if source.chance(3) {
            var batch = Batch()
            batch.deletedKeys = [one]
            store.append(batch)
        }
        wait { done in store.commit { _ in done() } }
    }

    private func wait(_ body: (@escaping @Sendable () -> Void) -> Void) {
        let isDone = DispatchSemaphore(value: 0)
        body { isDone.signal() }
        if isDone.wait(timeout: .now() + .seconds(120)) == .timedOut { fatalError("no answer came") }
    }
}
