import FoundationEssentials
import GRDB
import Komoku

/// The raw blocks of one key. They never overlap.
struct BlockTable {
    let db: Database
    let key: KeyID
    /// Told of each block that cannot be read.
    let report: (DamagedBlock) -> Void

    static let rawTier = 0
    /// Where a damaged block is put when points have to be merged into its range: nothing reads it there.
    static let damagedTier = 255
    /// Bytes of texts in a block.
    private static let textLimit = 256 << 10

    struct Written {
        var points = 0
        var bytes = 0
        /// How many points more there are than before.
        var added = 0
    }

    /// Merges points into the blocks of their times; of a point with the same time the new one counts.
    ///
    /// - Parameter points: strictly ascending.
    func merge(_ points: [Point], _ written: inout Written) throws {
        var rest = points[...]
        while let first = rest.first {
            if let range = try lastRange(from: first.time), range.end >= first.time {
                let within = rest.prefix { $0.time <= range.end }
                if try rewrite(range, with: within, &written) { rest = rest.dropFirst(within.count) }
            } else {
                let next = try nextStart(after: first.time)
                let free = rest.prefix { point in next.map { point.time < $0 } ?? true }
                try insert(free, &written)
                rest = rest.dropFirst(free.count)
            }
        }
    }

    private struct Range {
        let row: Int64
        let start: Timestamp
        let end: Timestamp
        let count: Int
    }

    private func lastRange(from time: Timestamp) throws -> Range? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT rowid, start, "end", count FROM blocks WHERE key = ? AND tier = 0 AND start <= ?
                ORDER BY start DESC LIMIT 1
                """)
        return try Row.fetchOne(statement, arguments: [key.rawValue, time.microseconds]).map { row in
            Range(
                row: row[0], start: Timestamp(microseconds: row.integer(1)),
                end: Timestamp(microseconds: row.integer(2)),
                count: min(max(0, Int(row.integer(3))), Block.maximumCount))
        }
    }

    private func nextStart(after time: Timestamp) throws -> Timestamp? {
        let statement = try db.cachedStatement(
            sql: "SELECT start FROM blocks WHERE key = ? AND tier = 0 AND start > ? ORDER BY start LIMIT 1")
        return try Int64.fetchOne(statement, arguments: [key.rawValue, time.microseconds])
            .map(Timestamp.init(microseconds:))
    }

    /// - Returns: false where the block is damaged: it was set aside, and its range is free.
    private func rewrite(_ range: Range, with points: ArraySlice<Point>, _ written: inout Written) throws -> Bool {
        let select = try db.cachedStatement(sql: "SELECT data FROM blocks WHERE rowid = ?")
        let data = try Data.fetchOne(select, arguments: [range.row]) ?? Data()
        do {
            let old = try Block.decode([UInt8](data))
            written.added -= old.count
            try db.cachedStatement(sql: "DELETE FROM blocks WHERE rowid = ?").execute(arguments: [range.row])
            try insert(PointMerge.ascending(old, points)[...], &written)
            return true
        } catch let error as Corruption {
            report(DamagedBlock(key: key, start: range.start, reason: error.description))
            try db.cachedStatement(sql: "UPDATE OR REPLACE blocks SET tier = ? WHERE rowid = ?")
                .execute(arguments: [Self.damagedTier, range.row])
            written.added -= range.count
            return false
        }
    }

    private func insert(_ points: ArraySlice<Point>, _ written: inout Written) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO blocks (key, tier, start, "end", count, summary, data) VALUES (?, 0, ?, ?, ?, ?, ?)
                """)
        let blocks = (points.count + Block.maximumCount - 1) / Block.maximumCount
        let target = (points.count + blocks - 1) / max(1, blocks)
        var rest = points
        while let first = rest.first {
            let part = Self.part(rest, target: target)
            guard let last = part.last else { return }
            let data = Block.encode(part)
            try statement.execute(arguments: [
                key.rawValue, first.time.microseconds, last.time.microseconds, part.count,
                Data(BlockSummary(part).encode()), Data(data),
            ])
            written.points += part.count
            written.added += part.count
            written.bytes += data.count
            rest = rest.dropFirst(part.count)
        }
    }

    private static func part(_ points: ArraySlice<Point>, target: Int) -> ArraySlice<Point> {
        var text = 0
        let part = points.prefix(target)
        let end = part.firstIndex { point in
            text += point.value?.string?.utf8.count ?? 0
            return text > textLimit
        }
        return end.map { points.prefix(max(1, $0 - points.startIndex)) } ?? part
    }
}

struct DamagedBlock: Hashable, Sendable {
    let key: KeyID
    let start: Timestamp
    let reason: String
}

extension BlockTable {
    /// The points between two times, both left out: the first `limit` of them in the order asked for.
    func points(after: Timestamp?, before: Timestamp?, limit: Int, newestFirst: Bool) throws -> [Point] {
        let (after, before) = (after ?? .distantPast, before ?? .distantFuture)
        let statement = try db.cachedStatement(
            sql: """
                SELECT start, data FROM blocks WHERE key = ?1 AND tier = 0 AND start < ?3 AND start >=
                coalesce((SELECT max(start) FROM blocks WHERE key = ?1 AND tier = 0 AND start <= ?2), ?2)
                ORDER BY start \(newestFirst ? "DESC" : "ASC")
                """)
        let arguments: StatementArguments = [key.rawValue, after.microseconds, before.microseconds]
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var found: [Point] = []
        while found.count < limit, let row = try rows.next() {
            do {
                let points = try Block.decode(row.bytes(1)).filter { $0.time > after && $0.time < before }
                found.append(contentsOf: newestFirst ? points.reversed() : points)
            } catch {
                report(
                    DamagedBlock(key: key, start: Timestamp(microseconds: row.integer(0)), reason: error.description))
            }
        }
        return found
    }

    struct Removed {
        var points: Int
        /// Whether no rows are left.
        var isAll: Bool
    }

    /// Removes at most `limit` rows of the key, of all tiers.
    static func remove(_ key: KeyID, limit: Int, _ db: Database) throws -> Removed {
        let rows = "SELECT rowid FROM blocks WHERE key = ? LIMIT ?"
        let arguments: StatementArguments = [key.rawValue, limit]
        let points = try Double.fetchOne(
            db.cachedStatement(sql: "SELECT total(count) FROM blocks WHERE tier = 0 AND rowid IN (\(rows))"),
            arguments: arguments)
        try db.cachedStatement(sql: "DELETE FROM blocks WHERE rowid IN (\(rows))").execute(arguments: arguments)
        return Removed(points: Int(counting: points), isAll: db.changesCount < limit)
    }

    /// The points of all blocks. Read from `meta`; only a database that does not have it there yet is searched.
    static func total(_ db: Database) throws -> Int {
        if let total = try Meta.points.get(db) { return max(0, Int(total)) }
        return Int(counting: try Double.fetchOne(db, sql: "SELECT total(count) FROM blocks WHERE tier = 0"))
    }

    static func setTotal(_ points: Int, _ db: Database) throws {
        try Meta.points.set(Int64(max(0, points)), db)
    }
}

extension Int {
    /// A sum of counts that may be damaged.
    fileprivate init(counting total: Double?) {
        self = Int(exactly: Swift.min(Swift.max(0, total ?? 0), 1e15).rounded()) ?? 0
    }
}
