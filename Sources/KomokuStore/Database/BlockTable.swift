import KomokuSQLite
import Komoku

/// The full blocks of one key and tier. They never overlap, and come before the tail.
struct BlockTable {
    let db: Database
    let key: KeyID
    let tier: Tier

    init(_ db: Database, _ key: KeyID, _ tier: Tier) {
        (self.db, self.key, self.tier) = (db, key, tier)
    }

    /// A row without its points.
    struct Entry: Hashable {
        let row: Int64
        /// Of the first and the last point, or bucket.
        let start: Int64
        let end: Int64
        let count: Int
        /// When late points of it came last, in microseconds; nil where all came in time.
        var arrived: Int64?
        /// False where the page of the row cannot be read: only the index knows of it.
        let isReadable: Bool
    }

    /// The blocks that reach into a range of times, both included.
    func entries(from: Int64, through: Int64, newestFirst: Bool = false) throws -> [Entry] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT rowid, start FROM blocks WHERE key = ?1 AND tier = ?2 AND start <= ?4 AND start >=
                coalesce((SELECT max(start) FROM blocks WHERE key = ?1 AND tier = ?2 AND start <= ?3), ?3)
                ORDER BY start \(newestFirst ? "DESC" : "ASC")
                """)
        return try Row.fetchAll(statement, arguments: [key.rawValue, tier.rawValue, from, through])
            .map(entry).filter { $0.end >= from }
    }

    /// The oldest blocks that begin at or after a time and end before another one, without those of which late points came at or after another one.
    func entries(
        from: Int64, endingBefore end: Int64, arrivedBefore arrival: Int64, limit: Int
    ) throws -> [Entry] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT rowid, start FROM blocks WHERE key = ?1 AND tier = ?2 AND start >= ?6 AND start < ?3 AND "end" < ?3
                AND (arrived IS NULL OR arrived < ?4) ORDER BY start LIMIT ?5
                """)
        return try Row.fetchAll(statement, arguments: [key.rawValue, tier.rawValue, end, arrival, limit, from])
            .map(entry)
    }

    /// The newest block that begins at or before a time.
    func last(startingAtOrBefore time: Int64 = .max) throws -> Entry? {
        let statement = try db.cachedStatement(
            sql: "SELECT rowid, start FROM blocks WHERE key = ? AND tier = ? AND start <= ? ORDER BY start DESC LIMIT 1"
        )
        return try Row.fetchOne(statement, arguments: [key.rawValue, tier.rawValue, time]).map(entry)
    }

    /// The oldest block that begins at or after a time.
    func first(startingAtOrAfter time: Int64 = .min) throws -> Entry? {
        let statement = try db.cachedStatement(
            sql: "SELECT rowid, start FROM blocks WHERE key = ? AND tier = ? AND start >= ? ORDER BY start LIMIT 1")
        return try Row.fetchOne(statement, arguments: [key.rawValue, tier.rawValue, time]).map(entry)
    }

    /// The oldest block that ends at or after a time.
    func first(reachingTo time: Int64) throws -> Entry? {
        if let entry = try last(startingAtOrBefore: time), entry.end >= time { return entry }
        return try first(startingAtOrAfter: time)
    }

    /// What the index says is asked for by itself: a page that cannot be read costs its rows, not those of other pages.
    private func entry(_ row: Row) throws -> Entry {
        let (row, start) = (row.integer(0), row.integer(1))
        do {
            let statement = try db.cachedStatement(sql: "SELECT \"end\", count, arrived FROM blocks WHERE rowid = ?")
            if let found = try Row.fetchOne(statement, arguments: [row]) {
                let count = min(found.count(1), Block.maximumCount)
                return Entry(
                    row: row, start: start, end: max(start, found.integer(0)), count: count,
                    arrived: Int64.fromDatabaseValue(found[2]), isReadable: true)
            }
        } catch let error as DatabaseError where [.corrupt, .ioError].contains(error.resultCode) {}
        return Entry(row: row, start: start, end: start, count: 0, isReadable: false)
    }

    /// No bytes where the page cannot be read.
    func data(of entry: Entry) throws -> [UInt8] {
        guard entry.isReadable else { return [] }
        do {
            let statement = try db.cachedStatement(sql: "SELECT data FROM blocks WHERE rowid = ?")
            return try Row.fetchOne(statement, arguments: [entry.row])?.bytes(0) ?? []
        } catch let error as DatabaseError where [.corrupt, .ioError].contains(error.resultCode) {
            return []
        }
    }

    func insert(start: Int64, end: Int64, count: Int, arrived: Int64? = nil, data: [UInt8]) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO blocks (key, tier, start, "end", count, summary, arrived, data)
                VALUES (?, ?, ?, ?, ?, x'', ?, ?)
                """
        ).execute(arguments: [key.rawValue, tier.rawValue, start, end, count, arrived, data])
    }

    func delete(_ entry: Entry) throws {
        try db.cachedStatement(sql: "DELETE FROM blocks WHERE rowid = ?").execute(arguments: [entry.row])
    }

    /// Moves a block that cannot be read out of the way; its bytes stay for whoever wants to look at them.
    func setAside(_ entry: Entry) throws {
        try removeDamaged(at: entry.start)
        try db.cachedStatement(sql: "UPDATE blocks SET tier = ? WHERE rowid = ?")
            .execute(arguments: [Tier.damaged.rawValue, entry.row])
    }

    /// Keeps bytes that cannot be read, from another table.
    func setAside(start: Int64, data: [UInt8]) throws {
        try removeDamaged(at: start)
        try BlockTable(db, key, .damaged).insert(start: start, end: start, count: 0, data: data)
    }

    /// An earlier one in the same place. Said in so many words: REPLACE would not fire the triggers that count.
    private func removeDamaged(at start: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM blocks WHERE key = ? AND tier = ? AND start = ?")
            .execute(arguments: [key.rawValue, Tier.damaged.rawValue, start])
    }
}

struct DamagedBlock: Hashable, Sendable {
    let key: KeyID
    let start: Timestamp
    let reason: String
}

extension BlockTable {
    struct Removed {
        var points = 0
        /// Whether no rows are left.
        var isAll = true
    }

    /// Removes at most `limit` blocks of a deleted key, and what else there is of it.
    static func remove(_ key: KeyID, limit: Int, _ db: Database) throws -> Removed {
        let rows = "SELECT rowid FROM blocks WHERE key = ? LIMIT ?"
        let arguments: StatementArguments = [key.rawValue, limit]
        let points = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT total(count) FROM blocks WHERE tier = 0 AND rowid IN (\(rows))"),
            arguments: arguments)
        try db.cachedStatement(sql: "DELETE FROM blocks WHERE rowid IN (\(rows))").execute(arguments: arguments)
        var removed = Removed(points: points?.count(0) ?? 0, isAll: db.changesCount < limit)
        guard removed.isAll else { return removed }
        removed.points += try TailTable(db, key, .raw).row()?.count ?? 0
        try TailTable.remove(key, db)
        let fresh = FreshTable(db, key)
        for seal in try FreshTable.seals(db) {
            for row in try fresh.rows(of: seal) { removed.points += Block.count(of: row.data) }
            try fresh.delete(seal)
        }
        try db.cachedStatement(sql: "DELETE FROM progress WHERE key = ?").execute(arguments: [key.rawValue])
        try CopyTable.remove(key, db)
        return removed
    }

    /// The points of all blocks, tails and fresh rows. A database that does not have the number yet is counted.
    static func total(_ db: Database) throws -> Int {
        if let total = try Meta.points.get(db) { return max(0, Int(clamping: total)) }
        return try counted(db)
    }

    /// Right as soon as no seal is merged in part.
    static func counted(_ db: Database) throws -> Int {
        let sealed = try FreshTable.totals(db).points
        return sealed + (try Row.fetchOne(db, sql: "SELECT total(count) FROM totals WHERE tier = 0")?.count(0) ?? 0)
    }

    static func setTotal(_ points: Int, _ db: Database) throws {
        try Meta.points.set(Int64(max(0, points)), db)
    }
}
