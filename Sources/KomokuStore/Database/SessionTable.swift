import Komoku
import KomokuSQLite

/// Who is logged in to the web page.
enum SessionTable {
    static func apply(_ writes: [SessionWrite], _ db: Database) throws {
        for write in writes {
            guard let row = write.row else {
                try db.cachedStatement(sql: "DELETE FROM sessions WHERE cookie = ?").execute(arguments: [write.cookie])
                continue
            }
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO sessions (cookie, kind, name, proof, began, used) VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                row.cookie, row.kind.rawValue, row.name, row.proof, row.began.microseconds, row.used.microseconds,
            ])
        }
    }

    /// The most recently used ones; what cannot be one is passed over.
    static func fetch(_ db: Database) throws -> [SessionRow] {
        let sql = "SELECT cookie, kind, name, proof, began, used FROM sessions ORDER BY used DESC, cookie LIMIT 4096"
        return try Row.fetchAll(db, sql: sql).compactMap { row in
            guard let kind = AccountRow.Kind(rawValue: row.text(1)) else { return nil }
            return SessionRow(
                cookie: row.text(0), kind: kind, name: row.text(2), proof: row.text(3), began: row.time(4),
                used: row.time(5))
        }
    }
}
