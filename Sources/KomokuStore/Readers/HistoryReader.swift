import KomokuSQLite
import Komoku

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
    /// Where the counter begins anew, ascending.
    var replacements: [Int64] = []

    /// - Parameter head: the points in memory, read before the snapshot began.
    init(
        _ db: Database, _ key: KeyID, head: [HeadPoints], report: @escaping (DamagedBlock) -> Void
    ) throws {
        (self.db, self.key, self.report) = (db, key, report)
        snapshot = try KeySnapshot(db, key, head: head, report: report)
        horizon = snapshot.progress.horizon ?? .min
    }

    /// Whether raw points of the hour of a time are gone.
    func isClosed(at time: Int64) throws -> Bool {
        var points = PointColumns()
        points.append(time: time, PackedValue(payload: 0, tag: 0))
        let hours = ClosedHours(db, key, snapshot.progress, report: report)
        return try time < hours.end && hours.open(points).isEmpty
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

    /// The oldest bucket of a tier that is used.
    func firstBucket(of tier: Tier) throws -> TierBucket? {
        var first: TierBucket?
        try reader(tier).forEach(from: since(tier), before: .max) { bucket in
            first = bucket
            return false
        }
        return first
    }

    /// Where it begins.
    func firstStart(of tier: Tier) throws -> Int64? { try reader(tier).firstStart(from: since(tier)) }

    /// The time of the oldest point that anything is known of.
    func oldest() throws -> Int64? {
        var oldest: Int64?
        try snapshot.forEach(from: .min, through: .max) { columns, range in
            oldest = columns.times[range.lowerBound]
            return false
        }
        guard horizon > .min else { return oldest }
        for tier in Tier.summaries {
            guard let first = try firstBucket(of: tier) else { continue }
            oldest = min(oldest ?? .max, first.summary.firstTime)
        }
        return oldest
    }

    /// The tier that windows with these bounds can be made of; nil where only points will do.
    func tier(for bounds: [Int64]) throws -> Tier? {
        guard let first = bounds.first, let last = bounds.last, Tier.covers(first), Tier.covers(last)
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

    /// What fell into a part was made of buckets of this length, because its points are gone.
    struct Coarseness {
        fileprivate(set) var span: Int64 = 0
        /// Where the last part ends of which the points are gone.
        fileprivate(set) var closedUntil = Int64.min
        /// Buckets of this length say all that is asked for.
        fileprivate var allowed: Int64 = 0

        fileprivate mutating func note(_ tier: Tier) {
            if tier.span > allowed { span = max(span, tier.span) }
        }
    }

    /// Gives all from `from` up to and without `before`, whole buckets as summaries of `tier`.
    func read(
        from: Int64, before: Int64, tier: Tier?, _ body: (HistoryPiece) throws -> Void
    ) throws -> Coarseness {
        var coarseness = Coarseness()
        var cursor = from
        for time in replacements where from..<max(from, before) ~= time {
            try read(from: cursor, before: time, tier, &coarseness, body)
            try body(.replacement)
            cursor = time
        }
        try read(from: cursor, before: before, tier, &coarseness, body)
        return coarseness
    }

    private func read(
        from: Int64, before: Int64, _ tier: Tier?, _ coarseness: inout Coarseness,
        _ body: (HistoryPiece) throws -> Void
    ) throws {
        guard from < before else { return }
        guard let tier, case let (start, end) = (tier.ceiling(of: from), tier.start(of: before)), start < end else {
            return try points(from: from, before: before, &coarseness, body)
        }
        try points(from: from, before: start, &coarseness, body)
        // Where the tier does not reach, whatever is the finest that does.
        let begin = min(max(start, since(tier)), end)
        coarseness.allowed = tier.span
        try points(from: start, before: begin, &coarseness, body)
        try summaries(from: begin, before: end, tier, &coarseness, body)
        coarseness.allowed = 0
        try points(from: end, before: before, &coarseness, body)
    }

    private func since(_ tier: Tier) -> Int64 { Tier.hour.ceiling(of: snapshot.progress.since(tier)) }

    /// Raw points; of closed hours, the finest buckets that begin there.
    private func points(
        from: Int64, before: Int64, _ coarseness: inout Coarseness, _ body: (HistoryPiece) throws -> Void
    ) throws {
        guard from < before else { return }
        var cursor = from
        let closed = try ClosedHours(db, key, snapshot.progress, report: report).ranges(from: from, before: before)
        for range in closed {
            try raw(from: cursor, before: min(range.lowerBound, before), body)
            // Of the last hour the raw points from the horizon on are there, whatever is gone before.
            let bound = min(range.upperBound, max(horizon, range.lowerBound))
            let begin = max(range.lowerBound, from)
            let tier = try finest(from: min(begin, bound), before: min(bound, before), &coarseness, body)
            let end = bound == range.upperBound ? bound : tier.ceiling(of: bound)
            coarseness.closedUntil = end
            cursor = max(cursor, end)
        }
        try raw(from: cursor, before: before, body)
    }

    private func raw(from: Int64, before: Int64, _ body: (HistoryPiece) throws -> Void) throws {
        guard from < before else { return }
        try snapshot.forEach(from: from, through: before - 1) { columns, range in
            try body(.points(columns, range))
            return true
        }
    }

    private static let hoursAtOnce: Int64 = 512

    /// Buckets of 5 minutes where those of an hour stand for all that the hour does, else of the hour.
    ///
    /// - Returns: which of them the last hour has.
    private func finest(
        from: Int64, before: Int64, _ coarseness: inout Coarseness, _ body: (HistoryPiece) throws -> Void
    ) throws -> Tier {
        var last = Tier.hour
        let (coarse, fine) = (reader(.hour), reader(.fiveMinutes))
        // They are closed one by one, so there is something in each.
        var begin = Tier.hour.start(of: from)
        while begin < before {
            let bound = min(Tier.hour.ceiling(of: before), begin.clampedSum(Self.hoursAtOnce * Tier.hour.span))
            var rest = try fine.buckets(from: begin, before: bound)[...]
            var hours = try coarse.buckets(from: begin, before: bound)[...]
            while let start = [hours.first?.start, rest.first.map({ Tier.hour.start(of: $0.start) })]
                .compactMap(\.self).min()
            {
                let hour = hours.first.flatMap { $0.start == start ? hours.popFirst() : nil }
                let parts = rest.prefix { $0.start < start.clampedSum(Tier.hour.span) }
                rest = rest.dropFirst(parts.count)
                let isFine = hour.map { hour in parts.reduce(0) { $0 + $1.summary.count } == hour.summary.count }
                last = isFine ?? true ? .fiveMinutes : .hour
                let used = isFine ?? true ? Array(parts) : [hour].compactMap(\.self)
                for bucket in used where bucket.start >= from && bucket.start < before {
                    try body(.summary(bucket.summary))
                    coarseness.note(last)
                }
            }
            begin = bound
        }
        return last
    }

    private func reader(_ tier: Tier) -> TierReader { TierReader(db, key, tier, report: report) }

    private func summaries(
        from: Int64, before: Int64, _ tier: Tier, _ coarseness: inout Coarseness,
        _ body: (HistoryPiece) throws -> Void
    ) throws {
        var cursor = from
        // Points that no bucket holds yet: those parts are read as points.
        for changed in try pointRanges(
            from: from, before: before, tier, outdated: outdated(from: from, before: before, tier))
        {
            try buckets(from: cursor, before: changed.lowerBound, tier, body)
            try points(from: changed.lowerBound, before: changed.upperBound, &coarseness, body)
            cursor = max(cursor, changed.upperBound)
        }
        try buckets(from: cursor, before: before, tier, body)
    }

    private func buckets(
        from: Int64, before: Int64, _ tier: Tier, _ body: (HistoryPiece) throws -> Void
    ) throws {
        try reader(tier).forEachBlock(from: from, before: before) { columns, range in
            if columns.isPlain {
                try body(.buckets(columns, range))
            } else {
                for bucket in columns.buckets[range] { try body(.summary(bucket.summary)) }
            }
            return true
        }
    }

    /// Ranges of whole buckets that are read as points: with such that the tier does not hold, or where it has none yet, or no more.
    private func pointRanges(
        from: Int64, before: Int64, _ tier: Tier, outdated: [Range<Int64>]
    ) throws -> [Range<Int64>] {
        let ranges = try pointRanges(from: from, before: before, tier)
        return outdated.isEmpty ? ranges : Self.union(ranges + outdated)
    }

    /// Buckets of a counter that were made by other rules, as far as their points are there.
    private func outdated(from: Int64, before: Int64, _ tier: Tier) throws -> [Range<Int64>] {
        guard let rules, max(from, horizon) < before else { return [] }
        var outdated: [Range<Int64>] = []
        try reader(tier).forEach(from: max(from, horizon), before: before) { bucket in
            if bucket.summary.counter.map({ $0.rules != rules }) ?? false {
                outdated.append(bucket.start..<(bucket.start + tier.span))
            }
            return true
        }
        return outdated
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
