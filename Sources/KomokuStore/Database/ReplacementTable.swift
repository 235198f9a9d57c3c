import KomokuSQLite
import Komoku

/// The meters that were replaced.
enum ReplacementTable {
    static func apply(_ batch: Batch, _ db: Database) throws {
        for write in batch.replacements {
            let sql =
                write.isWithdrawn
                ? "DELETE FROM replacements WHERE key = ? AND time = ?"
                : "INSERT OR IGNORE INTO replacements (key, time) VALUES (?, ?)"
            let replacement = write.replacement
            try db.cachedStatement(sql: sql)
                .execute(arguments: [replacement.key.rawValue, replacement.time.microseconds])
        }
        for key in batch.deletedKeys {
            try db.cachedStatement(sql: "DELETE FROM replacements WHERE key = ?").execute(arguments: [key.rawValue])
        }
    }

    static func fetch(_ db: Database) throws -> [Replacement] {
        try Row.fetchAll(db, sql: "SELECT key, time FROM replacements").compactMap { row in
            KeyID(row, 0).map { Replacement(key: $0, time: row.time(1)) }
        }
    }
}
