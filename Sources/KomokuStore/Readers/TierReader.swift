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
        try forEachBlock(from: from, before: before) { columns, range in
            for bucket in columns.buckets[range] where try !body(bucket) { return false }
            return true
        }
    }

    /// The same, without making buckets: the columns of each block, and which of its buckets are in the range.
    func forEachBlock(
        from: Int64, before: Int64, _ body: (TierBlock.Columns, Range<Int>) throws -> Bool
    ) throws {
        guard from < before else { return }
        let blocks = BlockTable(db, key, tier)
        var cursor = from
        while let entry = try blocks.first(reachingTo: cursor), entry.start < before {
            if let columns = columns(try blocks.data(of: entry), entry.start) {
                let range = columns.range(from: from, before: before)
                if !range.isEmpty, try !body(columns, range) { return }
            }
            guard entry.end < .max else { return }
            cursor = max(cursor, entry.end) + 1
        }
        guard let tail = try TailTable(db, key, tier).row(), tail.start < before, tail.end >= from,
            let columns = columns(tail.data, tail.start)
        else { return }
        let range = columns.range(from: from, before: before)
        if !range.isEmpty { _ = try body(columns, range) }
    }

    /// The newest bucket that begins before a time.
    func last(before time: Int64) throws -> TierBucket? {
        guard time > .min else { return nil }
        if let tail = try TailTable(db, key, tier).row(), tail.start < time {
            return decode(tail.data, tail.start).last { $0.start < time }
        }
        let blocks = BlockTable(db, key, tier)
        guard let entry = try blocks.last(startingAtOrBefore: time - 1) else { return nil }
        return decode(try blocks.data(of: entry), entry.start).last { $0.start < time }
    }

    /// The start of the oldest bucket that begins at or after a time. Only where that is amid a block the block is read.
    func firstStart(from time: Int64 = .min) throws -> Int64? {
        if let entry = try BlockTable(db, key, tier).first(reachingTo: time), entry.start >= time { return entry.start }
        if let tail = try TailTable(db, key, tier).row(), tail.start >= time,
            try BlockTable(db, key, tier).first(reachingTo: time) == nil
        {
            return tail.start
        }
        var first: Int64?
        try forEach(from: time, before: .max) { bucket in
            first = bucket.start
            return false
        }
        return first
    }

    /// From the start of the oldest bucket to the end of the newest.
    func bounds() throws -> Range<Int64>? {
        guard let first = try firstStart() else { return nil }
        let last = try TailTable(db, key, tier).row()?.end ?? BlockTable(db, key, tier).last()?.end ?? first
        return first..<max(first, last).clampedSum(tier.span)
    }

    private func decode(_ data: [UInt8], _ start: Int64) -> [TierBucket] { columns(data, start)?.buckets ?? [] }

    private func columns(_ data: [UInt8], _ start: Int64) -> TierBlock.Columns? {
        do {
            return try TierBlock.Columns(data)
        } catch {
            report(DamagedBlock(key: key, start: Timestamp(microseconds: start), reason: error.description))
            return nil
        }
    }
}
