import KomokuSQLite
import Komoku

/// Drops what of one key is older than it is kept, block by block, some blocks in each of the caller's transactions.
struct Retention {
    let db: Database
    let key: KeyID
    let keeping: Keeping
    let now: Timestamp
    /// Raw points that went.
    private(set) var points = 0
    /// Blocks that may still go in this transaction.
    private var patience = Self.blocksAtOnce

    private static let blocksAtOnce = 128

    /// Whether nothing more is to be dropped.
    var isDone: Bool { patience > 0 }

    init(_ db: Database, _ key: KeyID, _ keeping: Keeping, now: Timestamp) {
        (self.db, self.key, self.keeping, self.now) = (db, key, keeping, now)
    }

    mutating func run() throws {
        guard !keeping.isForEver else { return }
        if let age = keeping[.raw] { try dropRaw(before: (now - age).microseconds) }
        if let count = keeping.count { try dropRaw(beyond: count) }
        for tier in Tier.summaries {
            guard let age = keeping[tier] else { continue }
            try dropBuckets(of: tier, before: (now - age).microseconds)
        }
    }

    private mutating func dropRaw(before cutoff: Int64) throws {
        let blocks = BlockTable(db, key, .raw)
        while patience > 0, let place = try blocks.first(), place.end < cutoff { try drop(place, blocks) }
        let tail = TailTable(db, key, .raw)
        if let row = try tail.row(), row.end < cutoff, try blocks.first() == nil {
            try tail.remove()
            points += row.count
            try Self.setHorizon(after: row.end, of: key, db)
        }
    }

    private mutating func dropRaw(beyond count: Int) throws {
        let blocks = BlockTable(db, key, .raw)
        var kept = try TailTable(db, key, .raw).row()?.count ?? 0
        let places = try blocks.places(from: .min, through: .max, newestFirst: true)
        let surplus = places.drop { place in
            defer { kept += place.count }
            return kept < count
        }
        // The oldest first: where raw points begin must be true after each transaction.
        for place in surplus.reversed() where patience > 0 { try drop(place, blocks) }
    }

    private mutating func drop(_ place: BlockTable.Place, _ blocks: BlockTable) throws {
        try blocks.delete(place)
        patience -= 1
        points += place.count
        try Self.setHorizon(after: place.end, of: key, db)
    }

    /// Raw points of the key begin after `end` from now on.
    static func setHorizon(after end: Int64, of key: KeyID, _ db: Database) throws {
        var progress = try ProgressTable.get(key, db)
        progress.horizon = max(progress.horizon ?? .min, end == .max ? .max : end + 1)
        try ProgressTable.set(progress, of: key, db)
    }

    private mutating func dropBuckets(of tier: Tier, before cutoff: Int64) throws {
        let blocks = BlockTable(db, key, tier)
        let last = cutoff.subtractingReportingOverflow(tier.span)
        guard !last.overflow else { return }
        while patience > 0, let place = try blocks.first(), place.end < last.partialValue {
            try blocks.delete(place)
            patience -= 1
        }
        let tail = TailTable(db, key, tier)
        if let row = try tail.row(), row.end < last.partialValue, try blocks.first() == nil { try tail.remove() }
    }
}
