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
        /// When late points of it came last; nil where all came in time.
        let arrived: Int64?
        let data: [UInt8]
    }

    func row() throws -> Tail? {
        let statement = try db.cachedStatement(
            sql: "SELECT start, \"end\", count, arrived, data FROM tails WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { row in
            Tail(
                start: row.integer(0), end: row.integer(1),
                count: min(row.count(2), Block.maximumCount),
                arrived: Int64.fromDatabaseValue(row[3]), data: row.bytes(4))
        }
    }

    func set(start: Int64, end: Int64, count: Int, arrived: Int64? = nil, data: [UInt8]) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO tails (id, start, "end", count, summary, arrived, data)
                VALUES (?1, ?2, ?3, ?4, x'', ?5, ?6)
                ON CONFLICT (id) DO UPDATE
                SET start = ?2, "end" = ?3, count = ?4, summary = x'', arrived = ?5, data = ?6
                """
        ).execute(arguments: [id, start, end, count, arrived, data])
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
