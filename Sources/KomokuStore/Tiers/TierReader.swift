import KomokuSQLite
import Komoku

/// The buckets of one tier of one key, in time order.
struct TierReader {
    private let db: Database
    private let key: KeyID
    private let tier: Tier
    private let report: (DamagedBlock) -> Void

    init(_ db: Database, _ key: KeyID, _ tier: Tier, report: @escaping (DamagedBlock) -> Void) {
        (self.db, self.key, self.tier, self.report) = (db, key, tier, report)
    }

    /// The buckets that begin in a range of times.
    func buckets(from: Int64, before: Int64) throws -> [TierBucket] {
        guard from < before else { return [] }
        let blocks = BlockTable(db, key, tier)
        var found: [TierBucket] = []
        for place in try blocks.places(from: from, through: before - 1) {
            found += decode(try blocks.data(of: place), place.start)
        }
        if let tail = try TailTable(db, key, tier).row(), tail.start < before, tail.end >= from {
            found += decode(tail.data, tail.start)
        }
        let lower = found.firstIndex { $0.start >= from } ?? found.count
        let upper = found.lastIndex { $0.start < before }.map { $0 + 1 } ?? lower
        return lower == 0 && upper == found.count ? found : Array(found[lower..<max(lower, upper)])
    }

    /// The newest bucket that begins before a time.
    func last(before time: Int64) throws -> TierBucket? {
        guard time > .min else { return nil }
        if let tail = try TailTable(db, key, tier).row(), tail.start < time {
            return decode(tail.data, tail.start).last { $0.start < time }
        }
        let blocks = BlockTable(db, key, tier)
        guard let place = try blocks.last(startingAtOrBefore: time - 1) else { return nil }
        return decode(try blocks.data(of: place), place.start).last { $0.start < time }
    }

    /// The start of the oldest bucket.
    func firstStart() throws -> Int64? {
        if let place = try BlockTable(db, key, tier).first() { return place.start }
        return try TailTable(db, key, tier).row()?.start
    }

    /// From the start of the oldest bucket to the end of the newest.
    func bounds() throws -> Range<Int64>? {
        guard let first = try firstStart() else { return nil }
        let last = try TailTable(db, key, tier).row()?.end ?? BlockTable(db, key, tier).last()?.end ?? first
        return first..<max(first, last).clampedSum(tier.span)
    }

    private func decode(_ data: [UInt8], _ start: Int64) -> [TierBucket] {
        do {
            return try TierBlock.decode(data)
        } catch {
            report(DamagedBlock(key: key, start: Timestamp(microseconds: start), reason: error.description))
            return []
        }
    }
}
