import Komoku
import KomokuSQLite

extension Inventory {
    /// Tables that are read whole, in the order of their keys. Those with the history are counted in another way, and the why log
    /// not at all.
    private static let tables = [
        ("keys", "SELECT * FROM keys ORDER BY id"), ("retired", "SELECT * FROM retired ORDER BY key"),
        ("lasts", "SELECT * FROM lasts ORDER BY id"), ("queue", "SELECT * FROM queue ORDER BY id"),
        ("cells", "SELECT * FROM cells ORDER BY behaviour, id"),
        ("dead_letters", "SELECT * FROM dead_letters ORDER BY id"), ("seals", "SELECT * FROM seals ORDER BY seal"),
        ("fresh", "SELECT seal, key, start, length(data) FROM fresh ORDER BY seal, key, start"),
        ("journal", "SELECT * FROM journal ORDER BY id"), ("progress", "SELECT * FROM progress ORDER BY key"),
        ("totals", "SELECT * FROM totals ORDER BY tier"), ("devices", "SELECT * FROM devices ORDER BY id"),
        ("discoveries", "SELECT * FROM discoveries ORDER BY topic"),
        ("misdated", "SELECT * FROM misdated ORDER BY key, time"),
        ("copies", "SELECT * FROM copies ORDER BY source, target"),
        ("replacements", "SELECT * FROM replacements ORDER BY key, time"),
        ("outages", "SELECT * FROM outages ORDER BY kind, start"),
        ("users", "SELECT * FROM users ORDER BY name"), ("tokens", "SELECT * FROM tokens ORDER BY name"),
        ("sessions", "SELECT * FROM sessions ORDER BY cookie"),
        ("documents", "SELECT * FROM documents ORDER BY owner, name"),
        ("rule_versions", "SELECT * FROM rule_versions ORDER BY file, version"),
        ("meta", "SELECT * FROM meta WHERE name NOT IN ('inventory', 'salvage') ORDER BY name"),
        ("slots", "SELECT * FROM slots WHERE generation > (SELECT value FROM meta WHERE name = 'sealed') ORDER BY id"),
        // From the index.
        ("blocks", "SELECT tier, count(*) FROM blocks GROUP BY tier ORDER BY tier"),
    ]

    /// What there is, without reading the history: some milliseconds for each thousand keys.
    ///
    /// - Parameter time: what time it is.
    init(of db: Database, at time: Timestamp) throws {
        self.init()
        self.time = time
        for (name, sql) in Self.tables { tables[name] = try Digest(of: sql, db) }
        let numbers = try Row.fetchAll(db, sql: "SELECT name, value FROM meta WHERE typeof(value) = 'integer'")
        for row in numbers where Meta(rawValue: row.text(0)) != nil { meta[row.text(0)] = row.integer(1) }
        self[.keys] = try KeyTable.fetch(db, skipped: { _, _ in }).count
        self[.raw] = try BlockTable.total(db)
        self[.journal] = try Survey.journalPoints(db)
        for (count, tier) in [(Count.fiveMinutes, Tier.fiveMinutes), (.hours, .hour)] {
            let row = try Row.fetchOne(
                db, sql: "SELECT count FROM totals WHERE tier = ?", arguments: [tier.rawValue])
            self[count] = row?.count(0) ?? 0
        }
    }

    subscript(count: Count) -> Int {
        get { counts[count.rawValue] ?? 0 }
        set { counts[count.rawValue] = newValue }
    }
}

extension Inventory.Digest {
    init(of sql: String, _ db: Database) throws {
        self.init()
        let cursor = try Row.fetchCursor(db, sql: sql)
        while let row = try cursor.next() {
            rows += 1
            var writer = ByteWriter()
            writer.fixed32(sum)
            for value in row.values { writer.add(value) }
            sum = CRC32C.checksum(writer.bytes[...])
        }
    }
}

extension ByteWriter {
    fileprivate mutating func add(_ value: DatabaseValue) {
        switch value {
        case .null: byte(0)
        case .integer(let number):
            byte(1)
            varint(UInt64(bitPattern: number))
        case .real(let number):
            byte(2)
            varint(number.bitPattern)
        case .text(let text):
            byte(3)
            varint(text.utf8.count)
            raw(Array(text.utf8))
        case .blob(let bytes):
            byte(4)
            varint(bytes.count)
            raw(bytes)
        }
    }
}
