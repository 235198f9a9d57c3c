import GRDB
import Komoku

/// Copies one key's history into another's, in the caller's transaction. Of equal times the target's point counts.
struct HistoryCopy {
    let db: Database
    let source: KeyID
    let target: KeyID
    let traits: KeyTraits
    let seal: Int64
    let report: (DamagedBlock) -> Void
    private(set) var added = 0

    init(
        _ db: Database, from source: KeyID, into target: KeyID, _ traits: KeyTraits, seal: Int64,
        report: @escaping (DamagedBlock) -> Void
    ) {
        (self.db, self.source, self.target, self.traits) = (db, source, target, traits)
        (self.seal, self.report) = (seal, report)
    }

    /// - Parameter from: where to go on; nil at first.
    /// - Returns: where to go on next time; nil when all is copied.
    mutating func slice(from: Int64?) throws -> Int64? {
        var merge = KeyMerge(db, source, traits, report: report)
        try merge.run(upTo: seal)
        added += merge.added
        if from == nil { try copyTiers() }
        let snapshot = try KeySnapshot(db, source, head: [], report: report)
        var copied = PointColumns()
        try snapshot.forEach(from: from ?? .min, through: .max) { columns, range in
            copied.append(columns, range)
            return copied.count < Block.maximumCount
        }
        guard let first = copied.times.first, let last = copied.times.last else { return nil }
        var into = KeyMerge(db, target, traits, report: report)
        try into.run(upTo: seal, inserting: try missing(copied, from: first, through: last))
        added += into.added
        return last == .max ? nil : last + 1
    }

    /// The points whose times the target does not have.
    private func missing(_ copied: PointColumns, from first: Int64, through last: Int64) throws -> PointColumns {
        let snapshot = try KeySnapshot(db, target, head: [], report: report)
        var present: Set<Int64> = []
        try snapshot.forEach(from: first, through: last) { columns, range in
            present.formUnion(columns.times[range])
            return true
        }
        if present.isEmpty { return copied }
        var missing = PointColumns()
        for index in 0..<copied.count where !present.contains(copied.times[index]) {
            missing.append(copied, index..<(index + 1))
        }
        return missing
    }

    /// Buckets whose raw points are gone, where the target has none.
    private func copyTiers() throws {
        guard let horizon = try ProgressTable.get(source, db).horizon, !traits.isLog else { return }
        for tier in Tier.summaries {
            let buckets = try TierReader(db, source, tier, report: report)
                .buckets(from: .min, before: tier.ceiling(of: horizon))
            try TierMerge(db, target, tier, traits, report).addMissing(buckets)
        }
        try Retention.setHorizon(after: horizon - 1, of: target, db)
    }
}
