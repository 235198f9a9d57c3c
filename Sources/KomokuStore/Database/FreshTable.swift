import KomokuSQLite
import Komoku

/// What seals wrote of one key and no merge has taken into blocks yet.
///
/// Rows are added at the end, those of a seal in the order of (key, start): it writes full pages that follow each other, and of the
/// old ones only the last of the table and of its index.
struct FreshTable {
    let db: Database
    let key: KeyID

    init(_ db: Database, _ key: KeyID) {
        (self.db, self.key) = (db, key)
    }

    struct Fresh {
        let start: Int64
        let data: [UInt8]
    }

    /// The numbers of the seals that have rows, ascending.
    static func seals(after seal: Int64 = -1, _ db: Database) throws -> [Int64] {
        try times(after: seal, db).map(\.seal)
    }

    /// The numbers of the seals that have rows, ascending, and when they were made, in microseconds.
    static func times(after seal: Int64, _ db: Database) throws -> [(seal: Int64, time: Int64)] {
        try Row.fetchAll(
            // Those of damaged rows are none of ours.
            db.cachedStatement(sql: "SELECT seal, time FROM seals WHERE seal > ? AND seal < ? ORDER BY seal"),
            arguments: [seal, Row.limit]
        ).map { ($0.id(0), $0.time(1).microseconds) }
    }

    /// - Parameter limit: of the first rows; -1 is all.
    func rows(of seal: Int64, limit: Int = -1) throws -> [Fresh] {
        let statement = try db.cachedStatement(
            sql: "SELECT start, data FROM fresh WHERE seal = ? AND key = ? ORDER BY start LIMIT ?")
        return try Row.fetchAll(statement, arguments: [seal, key.rawValue, limit]).map { row in
            Fresh(start: row.integer(0), data: row.bytes(1))
        }
    }

    func append(_ columns: PointColumns, seal: Int64, _ written: inout SealResult) throws {
        let statement = try db.cachedStatement(sql: "INSERT INTO fresh (seal, key, start, data) VALUES (?, ?, ?, ?)")
        var start = 0
        while start < columns.count {
            let end = Block.end(of: columns, from: start)
            let data = Block.encode(columns, start..<end)
            try statement.execute(arguments: [seal, key.rawValue, columns.times[start], data])
            written.points += end - start
            written.bytes += data.count
            start = end
        }
    }

    func delete(_ seal: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM fresh WHERE seal = ? AND key = ?")
            .execute(arguments: [seal, key.rawValue])
    }

    func delete(_ seal: Int64, start: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM fresh WHERE seal = ? AND key = ? AND start = ?")
            .execute(arguments: [seal, key.rawValue, start])
    }

    static func list(_ seal: Int64, at time: Timestamp, _ written: SealResult, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO seals (seal, time, points, bytes) VALUES (?, ?, ?, ?)")
            .execute(arguments: [seal, time.microseconds, written.points, written.bytes])
    }

    /// Removes a seal of which every key has its rows in blocks.
    static func drop(_ seal: Int64, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM fresh WHERE seal = ?").execute(arguments: [seal])
        try db.cachedStatement(sql: "DELETE FROM seals WHERE seal = ?").execute(arguments: [seal])
    }

    /// Points and bytes of all seals, and how many there are.
    static func totals(_ db: Database) throws -> (seals: Int, points: Int, bytes: Int) {
        let row = try Row.fetchOne(db, sql: "SELECT count(*), total(points), total(bytes) FROM seals")
        return (row?.count(0) ?? 0, row?.count(1) ?? 0, row?.count(2) ?? 0)
    }
}

/// What a seal wrote.
struct SealResult {
    var points = 0
    var bytes = 0
}
