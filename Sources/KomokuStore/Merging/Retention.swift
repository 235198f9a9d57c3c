import KomokuSQLite
import Komoku

/// Drops what of one key is older than it is kept, block by block, some blocks in each of the caller's transactions.
///
/// What goes is written down as what its tier no longer covers. Whole hours are looked at, so that an hour that can still grow is
/// never cut; and points that came late stay for a while after they came.
struct Retention {
    let db: Database
    let key: KeyID
    let keeping: Keeping
    let now: Timestamp
    /// A log has no buckets, and its points go to the moment.
    let isLog: Bool
    /// Hours of which the points stay, see there.
    var replacements = ReplacementBook()
    /// Raw points that went.
    private(set) var points = 0
    /// Blocks that may still go in this transaction.
    private var patience = Self.blocksAtOnce

    private static let blocksAtOnce = 128

    /// Whether nothing more is to be dropped.
    var isDone: Bool { patience > 0 }

    init(_ db: Database, _ key: KeyID, _ keeping: Keeping, isLog: Bool = false, now: Timestamp) {
        (self.db, self.key, self.keeping, self.isLog, self.now) = (db, key, keeping, isLog, now)
    }

    mutating func run() throws {
        guard !keeping.isForEver else { return }
        if let age = keeping[.raw] { try dropRaw(before: cutoff(age)) }
        if let count = keeping.count { try dropRaw(beyond: count) }
        for tier in Tier.summaries {
            if let age = keeping[tier] { try dropBuckets(of: tier, before: cutoff(age)) }
        }
    }

    private func cutoff(_ age: Duration) -> Int64 {
        let time = (now - age).microseconds
        return isLog ? time : Tier.hour.start(of: time)
    }

    private mutating func dropRaw(before cutoff: Int64) throws {
        let arrival = (now - Arrival.grace).microseconds
        let blocks = BlockTable(db, key, .raw)
        var cursor = Int64.min
        while patience > 0 {
            let limit = patience
            let entries = try blocks.entries(
                from: cursor, endingBefore: cutoff, arrivedBefore: arrival, limit: limit)
            for entry in entries where !isNeeded(entry.start, entry.end) { try drop(entry, blocks) }
            guard entries.count == limit, let last = entries.last, last.start < .max else { break }
            cursor = last.start + 1
        }
        let tail = TailTable(db, key, .raw)
        if let row = try tail.row(), row.end < cutoff, row.arrived ?? .min < arrival,
            !isNeeded(row.start, row.end)
        {
            try tail.remove()
            points += row.count
            try note(.raw, through: row.end)
        }
    }

    private func isNeeded(_ start: Int64, _ end: Int64) -> Bool {
        replacements.needsPoints(of: key, from: start, through: end)
    }

    private mutating func dropRaw(beyond count: Int) throws {
        let blocks = BlockTable(db, key, .raw)
        var kept = try TailTable(db, key, .raw).row()?.count ?? 0
        let entries = try blocks.entries(from: .min, through: .max, newestFirst: true)
        let surplus = entries.drop { entry in
            defer { kept += entry.count }
            return kept < count
        }
        // The oldest first: where raw points begin must be true after each transaction.
        for entry in surplus.reversed() where patience > 0 { try drop(entry, blocks) }
    }

    private mutating func drop(_ entry: BlockTable.Entry, _ blocks: BlockTable) throws {
        try blocks.delete(entry)
        patience -= 1
        points += entry.count
        try note(.raw, through: entry.end)
    }

    private mutating func dropBuckets(of tier: Tier, before cutoff: Int64) throws {
        let blocks = BlockTable(db, key, tier)
        while patience > 0, let entry = try blocks.first(), entry.end.clampedSum(tier.span) <= cutoff {
            try blocks.delete(entry)
            patience -= 1
            try note(tier, through: entry.end.clampedSum(tier.span - 1))
        }
        let tail = TailTable(db, key, tier)
        if let row = try tail.row(), row.end.clampedSum(tier.span) <= cutoff, try blocks.first() == nil {
            try tail.remove()
            try note(tier, through: row.end.clampedSum(tier.span - 1))
        }
    }

    private func note(_ tier: Tier, through last: Int64) throws {
        try ProgressTable.change(key, db) { $0.drop(tier, through: last) }
    }
}
