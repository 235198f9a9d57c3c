import Komoku
import KomokuSQLite

/// Looks, at a start, whether a database that SQLite can read holds what it should: what it said at its last clean stop, and whether
/// its tables agree with each other. Costs some milliseconds for each thousand keys.
enum Inspection {
    /// Something is missing, or is not as it was.
    struct Damage: Error {
        /// Sentences for the log.
        var findings: [String] = []
    }

    /// - Throws: `Damage` where there is any.
    static func run(_ db: Database) throws {
        var damage = Damage()
        let tables = try tables(of: db)
        let missing = try expectedTables().filter { !tables.contains($0) }
        // Without them nothing more can be asked for.
        if !missing.isEmpty { throw Damage(findings: missing.map { "there is no table '\($0.text)'" }) }
        try compare(db, &damage)
        try examine(db, &damage)
        if !damage.findings.isEmpty { throw damage }
    }

    private static func tables(of db: Database) throws -> Set<ByteText> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        return Set(try String.fetchAll(db, sql: sql).map(ByteText.init))
    }

    /// Those of a new database, in order.
    private static func expectedTables() throws -> [ByteText] {
        let new = try Database(path: nil)
        try new.inTransaction { try Schema.migrate(new, at: Timestamp(microseconds: 0)) }
        let names = try tables(of: new).sorted { $0.text < $1.text }
        try new.close()
        return names
    }

    private static func compare(_ db: Database, _ damage: inout Damage) throws {
        switch try Inventory.stored(db) {
        case .none: break
        case .damaged: damage.findings.append("what it held at its last clean stop cannot be read")
        // Of another version nobody knows how it counted.
        case .found(let said) where said.schema == Schema.version:
            let found = try Inventory(of: db, at: said.time)
            for (table, digest) in said.tables.sorted(by: { $0.key < $1.key }) where found.tables[table] != digest {
                let rows = found.tables[table]?.rows ?? 0
                damage.findings.append(
                    rows == digest.rows
                        ? "rows of '\(table)' are not as they were at the last clean stop"
                        : "'\(table)' has \(rows) rows, at the last clean stop it had \(digest.rows)")
            }
        case .found: break
        }
    }

    /// Rows that cannot be ours, or that others should be there for.
    private static func examine(_ db: Database, _ damage: inout Damage) throws {
        var unreadable = 0
        _ = try KeyTable.fetch(db) { _, _ in unreadable += 1 }
        if unreadable > 0 { damage.findings.append("rows of 'keys' that cannot be read: \(unreadable)") }
        for question in questions {
            let count = try Int.fetchOne(db, sql: question.sql) ?? 0
            if count > 0 { damage.findings.append("\(question.text): \(count)") }
        }
    }

    private static let sealed = "coalesce((SELECT value FROM meta WHERE name = 'sealed'), 0)"
    private static let known = "(SELECT id FROM keys UNION ALL SELECT key FROM retired)"
    private static let limit = KeyID.limit

    private static let questions: [(sql: String, text: String)] = [
        (
            "SELECT count(*) FROM progress WHERE seal > \(sealed) OR seal < 0",
            "rows of 'progress' that name a seal that was never made"
        ),
        (
            "SELECT count(*) FROM seals WHERE seal > \(sealed)", "rows of 'seals' that are newer than the newest seal"
        ),
        (
            "SELECT count(*) FROM fresh WHERE seal NOT IN (SELECT seal FROM seals)",
            "rows of 'fresh' of a seal that is not listed"
        ),
        (
            """
            SELECT count(DISTINCT key) FROM (SELECT key FROM fresh UNION SELECT key FROM progress)
            WHERE key BETWEEN 0 AND \(limit - 1) AND key NOT IN \(known)
            """, "keys with history that are not listed"
        ),
    ]
}
