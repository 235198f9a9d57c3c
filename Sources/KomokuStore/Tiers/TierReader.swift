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
        var found: [TierBucket] = []
        try forEach(from: from, before: before) { bucket in
            found.append(bucket)
            return true
        }
        return found
    }

    /// Gives the buckets that begin in a range of times, ascending, block by block: however long the range is, only what is stored
    /// is looked at.
    ///
    /// - Parameter body: says whether to go on.
    func forEach(from: Int64, before: Int64, _ body: (TierBucket) throws -> Bool) throws {
        guard from < before else { return }
        let blocks = BlockTable(db, key, tier)
        var cursor = from
        while let place = try blocks.first(reachingTo: cursor), place.start < before {
            for bucket in decode(try blocks.data(of: place), place.start)
            where bucket.start >= from && bucket.start < before {
                guard try body(bucket) else { return }
            }
            guard place.end < .max else { return }
            cursor = max(cursor, place.end) + 1
        }
        guard let tail = try TailTable(db, key, tier).row(), tail.start < before, tail.end >= from else { return }
        for bucket in decode(tail.data, tail.start) where bucket.start >= from && bucket.start < before {
            guard try body(bucket) else { return }
        }
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
