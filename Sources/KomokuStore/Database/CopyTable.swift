import KomokuSQLite
import Komoku

/// How far the history of one key was copied into another: what was summed up there is not added again where that goes on after an
/// interruption.
enum CopyTable {
    /// Microseconds: what is older is in the target; nil where nothing was copied.
    static func position(from source: KeyID, into target: KeyID, _ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT position FROM copies WHERE source = ? AND target = ?")
        return try Int64.fetchOne(statement, arguments: [source.rawValue, target.rawValue])
    }

    static func set(_ position: Int64, from source: KeyID, into target: KeyID, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO copies (source, target, position) VALUES (?, ?, ?)")
            .execute(arguments: [source.rawValue, target.rawValue, position])
    }

    /// Forgets all copies from and into a key.
    static func remove(_ key: KeyID, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM copies WHERE source = ?1 OR target = ?1")
            .execute(arguments: [key.rawValue])
    }
}
