import KomokuSQLite
import Komoku

/// Makes the buckets of a counter anew, as far as their points are there, after its options changed or where an earlier version made them.
///
/// Until then a question takes the points instead; but these go, and then the buckets are all there is.
struct Recount {
    let key: KeyID
    private var tier = Tier.fiveMinutes
    /// Buckets that begin before are done.
    private var cursor = Int64.min

    /// So many in a transaction.
    private static let bucketsAtOnce = 256

    init(_ key: KeyID) { self.key = key }

    /// A piece, in the caller's transaction, with everything merged.
    ///
    /// - Returns: whether it is done.
    mutating func run(_ db: Database, _ traits: KeyTraits, report: @escaping (DamagedBlock) -> Void) throws -> Bool {
        guard let rules = traits.rules, !traits.isLog else { return true }
        let progress = try ProgressTable.get(key, db)
        guard progress.counting != rules.text else { return true }
        let since = max(cursor, progress.horizon.map(Tier.hour.ceiling) ?? .min)
        let merge = TierMerge(db, key, tier, traits, since: progress.since(tier), report)
        if let last = try merge.recount(from: since, limit: Self.bucketsAtOnce) {
            cursor = last.clampedSum(tier.span)
            return false
        }
        if tier == .fiveMinutes {
            (tier, cursor) = (.hour, .min)
            return false
        }
        try ProgressTable.change(key, db) { $0.counting = rules.text }
        return true
    }
}

extension CounterRules {
    /// What says that buckets were made by these rules: the first number is that of the rules of this version.
    fileprivate var text: String {
        (["2"] + [modulus, maximumRate].map { $0.map { "\($0)" } ?? "-" }).joined(separator: " ")
    }
}

extension TierMerge {
    /// Makes the first buckets from a time on anew that other rules made.
    ///
    /// - Returns: where the last of them begins; nil where there are no more.
    func recount(from: Int64, limit: Int) throws -> Int64? {
        var starts = PointColumns()
        try reader.forEach(from: from, before: .max) { bucket in
            if bucket.summary.counter.map({ $0.rules != traits.rules }) ?? false {
                starts.append(time: bucket.start, PackedValue(payload: 0, tag: 0))
            }
            return starts.count < limit
        }
        try remake(starts)
        return starts.times.last
    }
}
