import KomokuSQLite
import Komoku

/// How far a key's history is merged.
struct KeyProgress: Hashable, Sendable {
    /// The newest seal whose points of this key are in blocks and tails.
    var seal: Int64 = 0
    /// Microseconds: where raw points begin, because older ones were dropped. Nil is always.
    var horizon: Int64?
}

enum ProgressTable {
    static func get(_ key: KeyID, _ db: Database) throws -> KeyProgress {
        let statement = try db.cachedStatement(sql: "SELECT seal, horizon FROM progress WHERE key = ?")
        return try Row.fetchOne(statement, arguments: [key.rawValue]).map { row in
            KeyProgress(seal: row.integer(0), horizon: Int64.fromDatabaseValue(row[1]))
        } ?? KeyProgress()
    }

    static func set(_ progress: KeyProgress, of key: KeyID, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO progress (key, seal, horizon) VALUES (?, ?, ?)")
            .execute(arguments: [key.rawValue, progress.seal, progress.horizon])
    }
}
