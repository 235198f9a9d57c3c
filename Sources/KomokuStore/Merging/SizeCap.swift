import KomokuSQLite
import Komoku

/// Keeps the file under its largest size: the oldest raw blocks of all keys go first, then the oldest buckets of 5 minutes.
struct SizeCap {
    /// Bytes of the file that may be in use.
    let limit: Int
    /// Hours of which the points stay, see there.
    let replacements: ReplacementBook
    private var oldest: [Candidate] = []
    /// What is looked at next: all before it is gone, or stays.
    private var cursor = Candidate(key: KeyID(rawValue: -1), start: .min, tier: .raw)

    private struct Candidate {
        let key: KeyID
        let start: Int64
        let tier: Tier
    }

    /// Blocks that are looked up at a time; to find them the whole index is read.
    private static let batch = 4096

    init(limit: Int, replacements: ReplacementBook) {
        (self.limit, self.replacements) = (limit, replacements)
    }

    static func usedBytes(_ db: Database) throws -> Int {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return (pages - free) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
    }

    struct Dropped {
        var points = 0
        /// Whether there is enough room now, or nothing more to drop.
        var isDone = false
        var isTooLarge = false
    }

    /// Drops at most `count` blocks.
    mutating func drop(_ count: Int, _ db: Database) throws -> Dropped {
        var dropped = Dropped()
        for _ in 0..<count {
            // A little more than needed, so that it does not begin again at once.
            if try Self.usedBytes(db) <= limit / 20 * 19 {
                dropped.isDone = true
                break
            }
            if oldest.isEmpty { try find(db) }
            guard let next = oldest.popLast() else {
                dropped.isDone = true
                dropped.isTooLarge = true
                break
            }
            cursor = next
            dropped.points += try drop(next, db)
        }
        return dropped
    }

    /// - Returns: how many points that were.
    private func drop(_ next: Candidate, _ db: Database) throws -> Int {
        let table = BlockTable(db, next.key, next.tier)
        guard let entry = try table.last(startingAtOrBefore: next.start), entry.start == next.start else { return 0 }
        let end = entry.end.clampedSum(next.tier.span - 1)
        // The hour in which a key's newest points are may still grow.
        guard try Tier.hour.start(of: end) < newestHour(of: next.key, db) else { return 0 }
        guard next.tier != .raw || !replacements.needsPoints(of: next.key, from: entry.start, through: entry.end)
        else { return 0 }
        try table.delete(entry)
        try ProgressTable.change(next.key, db) { $0.drop(next.tier, through: end) }
        return next.tier == .raw ? entry.count : 0
    }

    private func newestHour(of key: KeyID, _ db: Database) throws -> Int64 {
        let newest = try TailTable(db, key, .raw).row()?.end ?? BlockTable(db, key, .raw).last()?.end
        // Without raw points nothing of it grows.
        return newest.map { Tier.hour.start(of: $0) } ?? .max
    }

    /// The newest of them first, so that the oldest are taken from the end.
    private mutating func find(_ db: Database) throws {
        for tier in [Tier.raw, .fiveMinutes] where oldest.isEmpty && tier.rawValue >= cursor.tier.rawValue {
            if tier != cursor.tier { cursor = Candidate(key: KeyID(rawValue: -1), start: .min, tier: tier) }
            oldest = try Row.fetchAll(
                // What no key can be is not ours to find again.
                db,
                sql: """
                    SELECT key, start FROM blocks WHERE tier = ? AND key BETWEEN 0 AND ? AND (start, key) > (?, ?)
                    ORDER BY start, key LIMIT ?
                    """,
                arguments: [tier.rawValue, Int32.max, cursor.start, cursor.key.rawValue, Self.batch]
            ).reversed().map { row in
                Candidate(key: KeyID(rawValue: Int32(clamping: row.integer(0))), start: row.integer(1), tier: tier)
            }
        }
    }
}
