import KomokuSQLite
import Komoku

/// The users and the tokens.
enum AccountTable {
    static func apply(_ writes: [AccountWrite], _ db: Database) throws {
        guard !writes.isEmpty else { return }
        for write in writes {
            let table = write.kind.rawValue
            guard let row = write.row else {
                try db.cachedStatement(sql: "DELETE FROM \(table) WHERE name = ?").execute(arguments: [write.name])
                continue
            }
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO \(table) (name, secret, reading, writing, admin, created, expires, used)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                row.name, row.secret, text(row.reading), text(row.writing), row.isAdmin ? 1 : 0,
                row.created.microseconds, row.expires?.microseconds, row.used?.microseconds,
            ])
        }
        let isClosed = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM tokens)")
        try Meta.closed.set(isClosed == true ? 1 : 0, db)
    }

    private static func text(_ patterns: [String]?) -> String? {
        patterns.map { JSON.array($0.map { .string($0) }).text }
    }

    static func fetch(_ kind: AccountRow.Kind, _ db: Database) throws -> [AccountRow] {
        let sql = """
            SELECT name, secret, reading, writing, admin, created, expires, used FROM \(kind.rawValue) ORDER BY name
            """
        return try Row.fetchAll(db, sql: sql).map { row in
            var account = AccountRow(name: row.text(0), secret: row.text(1), created: row.time(5))
            account.reading = patterns(row, 2)
            account.writing = patterns(row, 3)
            account.isAdmin = row.count(4) == 1
            (account.expires, account.used) = (row.timeIfAny(6), row.timeIfAny(7))
            return account
        }
    }

    /// What cannot be read allows nothing.
    private static func patterns(_ row: Row, _ column: Int) -> [String]? {
        if case .null = row[column] as DatabaseValue { return nil }
        guard let list = (try? JSON(parsing: row.text(column)))?.array else { return [] }
        return list.compactMap(\.string)
    }
}
