import KomokuSQLite
import Komoku

/// Lets points that came late join the buckets of hours whose raw points are gone, where nobody can have given them before.
///
/// All points of a bucket lie between its first and its last one: what lies outside is new. It becomes the bucket's first or last, so that the same
/// point is not taken again. What lies between cannot be told from what was there, and is left out.
struct LateJoin {
    let db: Database
    let key: KeyID
    let traits: KeyTraits
    let progress: KeyProgress
    let report: (DamagedBlock) -> Void

    /// - Parameter late: points of closed hours, ascending.
    /// - Returns: how many of them were taken.
    func join(_ late: PointColumns) throws -> Int {
        var joined = 0
        var index = late.firstIndex(from: progress.since(.hour))
        // From the horizon on there are raw points: no sum stands for them.
        let end = Tier.hour.start(of: progress.horizon ?? .min)
        while index < late.count, late.times[index] < end {
            let hour = Tier.hour.start(of: late.times[index])
            let next = late.firstIndex(from: hour.clampedSum(Tier.hour.span))
            if Tier.covers(hour) { joined += try join(late.part(index..<next), of: hour) }
            index = next
        }
        return joined
    }

    private func join(_ late: PointColumns, of hour: Int64) throws -> Int {
        let before = hour.clampedSum(Tier.hour.span)
        guard let whole = try buckets(.hour, hour, before).first else { return 0 }
        let fine = try buckets(.fiveMinutes, hour, before)
        // Where there are no finer ones for all of the hour, only its own bounds tell.
        guard fine.reduce(0, { $0 + $1.summary.count }) == whole.summary.count else {
            let sum = extended(whole.summary, late)
            guard sum.count > whole.summary.count else { return 0 }
            try merge(.hour).put([TierBucket(start: hour, summary: sum)])
            return sum.count - whole.summary.count
        }
        var slots = Dictionary(fine.map { ($0.start, $0.summary) }) { first, _ in first }
        var changed: Set<Int64> = []
        var index = 0
        while index < late.count {
            let start = Tier.fiveMinutes.start(of: late.times[index])
            let next = late.firstIndex(from: start + Tier.fiveMinutes.span)
            let old = slots[start] ?? Summary()
            let sum = extended(old, late.part(index..<next))
            if sum.count > old.count {
                slots[start] = sum
                changed.insert(start)
            }
            index = next
        }
        guard !changed.isEmpty else { return 0 }
        let all = slots.sorted { $0.key < $1.key }.map { TierBucket(start: $0.key, summary: $0.value) }
        let sum = all.reduce(into: Summary()) { $0.add($1.summary, leavingOut: traits.outages) }
        try merge(.fiveMinutes).put(all.filter { changed.contains($0.start) })
        try merge(.hour).put([TierBucket(start: hour, summary: sum)])
        return sum.count - whole.summary.count
    }

    /// A summary with what lies outside of it.
    private func extended(_ old: Summary, _ late: PointColumns) -> Summary {
        if old.count == 0 { return Summary(of: late, 0..<late.count, traits) }
        // By what rules an earlier version joined readings is not known.
        if let counter = old.counter, counter.rules != traits.rules { return old }
        let (first, last) = (late.firstIndex(from: old.firstTime), late.firstIndex(after: old.lastTime))
        var sum = Summary(of: late, 0..<first, traits)
        sum.add(old, leavingOut: traits.outages)
        sum.add(Summary(of: late, last..<late.count, traits), leavingOut: traits.outages)
        return sum
    }

    private func buckets(_ tier: Tier, _ from: Int64, _ before: Int64) throws -> [TierBucket] {
        try TierReader(db, key, tier, report: report).buckets(from: from, before: before)
    }

    private func merge(_ tier: Tier) -> TierMerge {
        TierMerge(db, key, tier, traits, since: progress.since(tier), report)
    }
}
