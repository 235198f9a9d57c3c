import KomokuSQLite
import Komoku

/// What of one key and tier does not fill a block yet: at most one row, later than all blocks.
struct TailTable {
    private let db: Database
    /// The id of the key times four, and the tier: no index is needed, and a row of up to a page stays in one.
    private let id: Int64

    init(_ db: Database, _ key: KeyID, _ tier: Tier) {
        self.db = db
        id = Int64(key.rawValue) << 2 | Int64(tier.rawValue & 3)
    }

    struct Tail {
        let start: Int64
        let end: Int64
        let count: Int
        let data: [UInt8]
    }

    func row() throws -> Tail? {
        let statement = try db.cachedStatement(
            sql: "SELECT start, \"end\", count, data FROM tails WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { row in
            Tail(
                start: row.integer(0), end: row.integer(1),
                count: min(max(0, Int(row.integer(2))), Block.maximumCount), data: row.bytes(3))
        }
    }

    func set(start: Int64, end: Int64, count: Int, summary: [UInt8], data: [UInt8]) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO tails (id, start, "end", count, summary, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (id) DO UPDATE SET start = ?2, "end" = ?3, count = ?4, summary = ?5, data = ?6
                """
        ).execute(arguments: [id, start, end, count, summary, data])
    }

    func remove() throws {
        try db.cachedStatement(sql: "DELETE FROM tails WHERE id = ?").execute(arguments: [id])
    }

    /// Removes all tails of a key.
    static func remove(_ key: KeyID, _ db: Database) throws {
        let first = Int64(key.rawValue) << 2
        try db.cachedStatement(sql: "DELETE FROM tails WHERE id BETWEEN ? AND ?").execute(arguments: [first, first + 3])
    }
}
