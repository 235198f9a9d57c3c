import KomokuSQLite
import Komoku

/// A part of a key's history, in time order with the other parts.
enum HistoryPiece {
    case points(PointColumns, Range<Int>)
    case summary(Summary)
}

/// Reads one key's history as summaries where they are enough, and as points elsewhere, from one snapshot.
struct HistoryReader {
    private let db: Database
    private let key: KeyID
    private let snapshot: KeySnapshot
    private let report: (DamagedBlock) -> Void
    /// Where raw points begin.
    let horizon: Int64
    /// How a counter is read: buckets that were made in another way are not used where there are points.
    var rules: CounterRules?

    /// - Parameter head: the points in memory, read before the snapshot began.
    init(
        _ db: Database, _ key: KeyID, head: [HeadPoints], report: @escaping (DamagedBlock) -> Void
    ) throws {
        (self.db, self.key, self.report) = (db, key, report)
        snapshot = try KeySnapshot(db, key, head: head, report: report)
        horizon = snapshot.progress.horizon ?? .min
    }

    /// The newest point before a time: what held at it.
    func point(before time: Int64) throws -> (time: Int64, value: Value?)? {
        let point = try snapshot.point(before: time).map { ($0.time.microseconds, $0.value) }
        guard horizon > point?.0 ?? .min else { return point }
        // Raw points are gone there: what the buckets know may be newer.
        var found = [point].compactMap(\.self)
        for tier in Tier.summaries {
            let reader = TierReader(db, key, tier, report: report)
            guard let bucket = try reader.last(before: time) else { continue }
            if bucket.summary.lastTime < time {
                found.append((bucket.summary.lastTime, bucket.summary.last))
                continue
            }
            // Of a bucket that reaches beyond the time only its first value is known, and when that came.
            if bucket.summary.firstTime < time { found.append((bucket.summary.firstTime, bucket.summary.first)) }
            if let before = try reader.last(before: bucket.start)?.summary {
                found.append((before.lastTime, before.last))
            }
        }
        return found.max { $0.0 < $1.0 }
    }

    func firstStart(of tier: Tier) throws -> Int64? { try TierReader(db, key, tier, report: report).firstStart() }

    /// The time of the oldest point that anything is known of.
    func oldest() throws -> Int64? {
        var oldest: Int64?
        try snapshot.forEach(from: .min, through: .max) { columns, range in
            oldest = columns.times[range.lowerBound]
            return false
        }
        guard horizon > .min else { return oldest }
        for tier in Tier.summaries {
            guard let start = try firstStart(of: tier), start < oldest ?? .max else { continue }
            let bucket = try TierReader(db, key, tier, report: report).buckets(from: start, before: start + 1).first
            oldest = min(oldest ?? .max, bucket?.summary.firstTime ?? .max)
        }
        return oldest
    }

    /// The tier that windows with these bounds can be made of; nil where only points will do.
    func tier(for bounds: [Int64]) throws -> Tier? {
        guard let first = bounds.first, let last = bounds.last, TierMerge.covers(first), TierMerge.covers(last)
        else { return nil }
        for tier in Tier.summaries.reversed() {
            let (start, end) = (tier.ceiling(of: first), tier.start(of: last))
            guard start < end, bounds.dropFirst().dropLast().allSatisfy({ tier.start(of: $0) == $0 }),
                try TierReader(db, key, tier, report: report).firstStart() != nil
            else { continue }
            return tier
        }
        return nil
    }

    private static let bucketsAtOnce: Int64 = 4096

    /// What fell into a part was made of buckets of this length, because its points are gone.
    struct Coarseness {
        fileprivate(set) var span: Int64 = 0
    }

    /// Gives all from `from` up to and without `before`, whole buckets as summaries of `tier`.
    func read(
        from: Int64, before: Int64, tier: Tier?, _ body: (HistoryPiece) throws -> Void
    ) throws -> Coarseness {
        var coarseness = Coarseness()
        guard from < before else { return coarseness }
        guard let tier, case let (start, end) = (tier.ceiling(of: from), tier.start(of: before)), start < end else {
            try points(from: from, before: before, &coarseness, body)
            return coarseness
        }
        try points(from: from, before: start, &coarseness, body)
        // Not all buckets in memory at once.
        for begin in stride(from: start, to: end, by: Int(Self.bucketsAtOnce * tier.span)) {
            let before = min(end, begin + Self.bucketsAtOnce * tier.span)
            try summaries(from: begin, before: before, tier, &coarseness, body)
        }
        try points(from: end, before: before, &coarseness, body)
        return coarseness
    }

    /// Raw points; where they are gone, the finest buckets that begin there.
    private func points(
        from: Int64, before: Int64, _ coarseness: inout Coarseness, _ body: (HistoryPiece) throws -> Void
    ) throws {
        guard from < before else { return }
        var complete = min(max(from, horizon), before)
        if from < complete {
            let finest = try finest(before: complete)
            for (tier, bounds) in finest {
                let (low, high) = (max(bounds.lowerBound, from), min(bounds.upperBound, complete))
                guard low < high else { continue }
                let buckets = try TierReader(db, key, tier, report: report).buckets(from: low, before: high)
                for bucket in buckets { try body(.summary(bucket.summary)) }
                // The last one may hold points that are still there: they count once.
                if let last = buckets.last { complete = min(before, max(complete, last.start + tier.span)) }
                if !buckets.isEmpty { coarseness.span = max(coarseness.span, tier.span) }
            }
        }
        guard complete < before else { return }
        try snapshot.forEach(from: complete, through: before - 1) { columns, range in
            try body(.points(columns, range))
            return true
        }
    }

    /// Which tier is the finest one when, ascending.
    private func finest(before time: Int64) throws -> [(Tier, Range<Int64>)] {
        let first = try TierReader(db, key, .fiveMinutes, report: report).firstStart() ?? time
        let border = min(Tier.hour.ceiling(of: first), time)
        return [(Tier.hour, .min..<max(border, .min)), (.fiveMinutes, border..<time)]
    }

    private func summaries(
        from: Int64, before: Int64, _ tier: Tier, _ coarseness: inout Coarseness,
        _ body: (HistoryPiece) throws -> Void
    ) throws {
        var buckets = try buckets(from: from, before: before, tier, &coarseness)[...]
        for changed in try pointRanges(from: from, before: before, tier, outdated: outdated(buckets, tier)) {
            while let bucket = buckets.first, bucket.start < changed.lowerBound {
                try body(.summary(bucket.summary))
                buckets.removeFirst()
            }
            // Points that no bucket holds yet: that part is read as points.
            buckets = buckets.drop { $0.start < changed.upperBound }
            try points(from: changed.lowerBound, before: changed.upperBound, &coarseness, body)
        }
        for bucket in buckets { try body(.summary(bucket.summary)) }
    }

    /// Of the tier; where it begins later than the one of hours, that one's before.
    private func buckets(
        from: Int64, before: Int64, _ tier: Tier, _ coarseness: inout Coarseness
    ) throws -> [TierBucket] {
        let reader = TierReader(db, key, tier, report: report)
        let hours = TierReader(db, key, .hour, report: report)
        guard tier == .fiveMinutes, let first = try reader.firstStart(), first > from,
            let oldest = try hours.firstStart(), oldest < Tier.hour.start(of: first)
        else { return try reader.buckets(from: from, before: before) }
        let border = min(Tier.hour.ceiling(of: first), before)
        coarseness.span = max(coarseness.span, Tier.hour.span)
        return try hours.buckets(from: Tier.hour.ceiling(of: from), before: border)
            + reader.buckets(from: border, before: before)
    }

    /// Ranges of whole buckets that are read as points: with such that the tier does not hold, or where it has none yet, or no more.
    private func pointRanges(
        from: Int64, before: Int64, _ tier: Tier, outdated: [Range<Int64>]
    ) throws -> [Range<Int64>] {
        let ranges = try pointRanges(from: from, before: before, tier)
        return outdated.isEmpty ? ranges : Self.union(ranges + outdated)
    }

    /// Buckets of a counter that were made by other rules, as far as their points are there.
    private func outdated(_ buckets: ArraySlice<TierBucket>, _ tier: Tier) -> [Range<Int64>] {
        guard let rules else { return [] }
        return buckets.filter { bucket in
            bucket.start >= horizon && bucket.summary.counter.map { $0.rules != rules } ?? false
        }.map { $0.start..<($0.start + tier.span) }
    }

    private static func union(_ ranges: [Range<Int64>]) -> [Range<Int64>] {
        var union: [Range<Int64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = union.last, range.lowerBound <= last.upperBound {
                union[union.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                union.append(range)
            }
        }
        return union
    }

    private func pointRanges(from: Int64, before: Int64, _ tier: Tier) throws -> [Range<Int64>] {
        guard let merged = try snapshot.mergedBounds(),
            let bounds = try TierReader(db, key, tier, report: report).bounds()
        else { return changedRanges(from: from, before: before, tier) }
        let low =
            tier.start(of: merged.lowerBound) < bounds.lowerBound ? max(from, min(bounds.lowerBound, before)) : from
        let high =
            tier.start(of: merged.upperBound) >= bounds.upperBound ? min(before, max(bounds.upperBound, low)) : before
        var ranges = low < high ? changedRanges(from: low, before: high, tier) : []
        if from < low { ranges.insert(from..<low, at: 0) }
        if high < before { ranges.append(high..<before) }
        return ranges
    }

    /// Ranges of whole buckets with points that the tiers do not hold.
    private func changedRanges(from: Int64, before: Int64, _ tier: Tier) -> [Range<Int64>] {
        let unmerged = snapshot.unmerged
        let range = unmerged.range(from: from, through: before - 1)
        var ranges: [Range<Int64>] = []
        for time in unmerged.times[range] {
            if let last = ranges.last, time < last.upperBound { continue }
            let start = tier.start(of: time)
            if let last = ranges.last, last.upperBound == start {
                ranges[ranges.count - 1] = last.lowerBound..<(start + tier.span)
            } else {
                ranges.append(start..<(start + tier.span))
            }
        }
        return ranges
    }
}
