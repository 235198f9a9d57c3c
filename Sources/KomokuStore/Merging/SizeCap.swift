import KomokuSQLite
import Komoku

/// Keeps the file under its largest size: the oldest raw blocks of all keys go first, then the oldest buckets of 5 minutes.
struct SizeCap {
    /// Bytes of the file that may be in use.
    let limit: Int
    private var oldest: [Candidate] = []

    private struct Candidate {
        let key: KeyID
        let start: Int64
        let tier: Tier
    }

    /// Blocks that are looked up at a time; to find them the whole index is read.
    private static let batch = 4096

    init(limit: Int) {
        self.limit = limit
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
            let table = BlockTable(db, next.key, next.tier)
            guard let place = try table.last(startingAtOrBefore: next.start), place.start == next.start else {
                continue
            }
            try table.delete(place)
            guard next.tier == .raw else { continue }
            dropped.points += place.count
            try Retention.setHorizon(after: place.end, of: next.key, db)
        }
        return dropped
    }

    /// The newest of them first, so that the oldest are taken from the end.
    private mutating func find(_ db: Database) throws {
        for tier in [Tier.raw, .fiveMinutes] where oldest.isEmpty {
            oldest = try Row.fetchAll(
                // What no key can be is not ours to find again.
                db, sql: "SELECT key, start FROM blocks WHERE tier = ? AND key BETWEEN 0 AND ? ORDER BY start LIMIT ?",
                arguments: [tier.rawValue, Int32.max, Self.batch]
            ).reversed().map { row in
                Candidate(key: KeyID(rawValue: Int32(clamping: row.integer(0))), start: row.integer(1), tier: tier)
            }
        }
    }
}
