import KomokuSQLite
import Komoku

/// How far a key's history is merged, and which range each of its tiers covers.
///
/// What a tier covers is written down when something of it goes, and never inferred from what is left.
struct KeyProgress: Hashable, Sendable {
    /// The newest seal whose points of this key are in blocks and tails.
    var seal: Int64 = 0
    /// Microseconds: from here on all raw points are there. Before it hour by hour: see `ClosedHours`. Nil is always.
    var horizon: Int64?
    /// Microseconds, whole hours: from here on the tier has a bucket wherever there was a point. Nil is always.
    var fiveMinutesSince: Int64?
    var hoursSince: Int64?
    /// How a counter was read when its buckets were made, as far as its points were there; nil is not known.
    var counting: String?

    /// Where a tier of buckets begins to be complete.
    func since(_ tier: Tier) -> Int64 {
        switch tier {
        case .fiveMinutes: fiveMinutesSince ?? .min
        case .hour: hoursSince ?? .min
        case .raw, .damaged: horizon ?? .min
        }
    }

    /// Says that before a time something of a tier is gone.
    mutating func raise(_ tier: Tier, to time: Int64) {
        let since = max(since(tier), time)
        switch tier {
        case .fiveMinutes: fiveMinutesSince = since
        case .hour: hoursSince = since
        case .raw: horizon = since
        case .damaged: break
        }
    }

    /// Says that a range of a tier that ends with `last` is gone: of the hour that it ends in no buckets are taken for complete.
    mutating func drop(_ tier: Tier, through last: Int64) {
        let next = last.clampedSum(1)
        raise(tier, to: tier == .raw ? next : Tier.hour.ceiling(of: next))
    }
}

enum ProgressTable {
    static func get(_ key: KeyID, _ db: Database) throws -> KeyProgress {
        let statement = try db.cachedStatement(
            sql: "SELECT seal, horizon, five_minutes, hours, counting FROM progress WHERE key = ?")
        return try Row.fetchOne(statement, arguments: [key.rawValue]).map { row in
            KeyProgress(
                seal: row.id(0), horizon: Int64.fromDatabaseValue(row[1]),
                fiveMinutesSince: Int64.fromDatabaseValue(row[2]), hoursSince: Int64.fromDatabaseValue(row[3]),
                counting: String.fromDatabaseValue(row[4]))
        } ?? KeyProgress()
    }

    static func set(_ progress: KeyProgress, of key: KeyID, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO progress (key, seal, horizon, five_minutes, hours, counting)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key.rawValue, progress.seal, progress.horizon, progress.fiveMinutesSince, progress.hoursSince,
            progress.counting,
        ])
    }

    /// Changes what is written down of a key.
    static func change(_ key: KeyID, _ db: Database, _ body: (inout KeyProgress) -> Void) throws {
        let before = try get(key, db)
        var progress = before
        body(&progress)
        if progress != before { try set(progress, of: key, db) }
    }
}
