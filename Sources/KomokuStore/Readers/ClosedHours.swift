import KomokuSQLite
import Komoku

/// The hours of one key whose raw points are gone, in whole or in part: only their buckets know what was in them.
///
/// An hour whose bucket stands for as many points as are still there is open: what comes for it is told from them by its time, and
/// its buckets are made anew. A closed hour takes nothing more, because what is given again could not be told from what is new.
struct ClosedHours {
    private let db: Database
    private let key: KeyID
    private let progress: KeyProgress
    private let report: (DamagedBlock) -> Void

    init(_ db: Database, _ key: KeyID, _ progress: KeyProgress, report: @escaping (DamagedBlock) -> Void) {
        (self.db, self.key, self.progress, self.report) = (db, key, progress, report)
    }

    /// Where the last closed hour may end.
    var end: Int64 { progress.horizon.map(Tier.hour.ceiling) ?? .min }

    /// The closed hours that reach into a range, ascending, neighbours as one range. Only what is stored is looked at: the length of
    /// the range does not matter.
    func ranges(from: Int64, before: Int64) throws -> [Range<Int64>] {
        // Each hour is looked at as a whole, also the last one.
        let before = min(Tier.hour.ceiling(of: before), end)
        let from = Tier.hour.start(of: from)
        guard from < before else { return [] }
        let raw = try rawCounts(from: from, before: before)
        var ranges: [Range<Int64>] = []
        var index = 0
        for bucket in try bucketCounts(from: from, before: before) {
            while index < raw.count, raw[index].hour < bucket.hour { index += 1 }
            let there = index < raw.count && raw[index].hour == bucket.hour ? raw[index].count : 0
            guard there != bucket.count else { continue }
            let hour = bucket.hour..<bucket.hour.clampedSum(Tier.hour.span)
            if let last = ranges.last, last.upperBound == hour.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<hour.upperBound
            } else {
                ranges.append(hour)
            }
        }
        return ranges
    }

    /// Points that may still be taken, and how it is with the others.
    ///
    /// - Parameter points: ascending.
    func open(_ points: PointColumns) throws -> PointColumns {
        let limit = points.firstIndex(from: end)
        guard limit > 0, let first = points.times.first else { return points }
        let closed = try ranges(from: first, before: points.times[limit - 1].clampedSum(1))
        // Of a time whose hours were dropped too nobody knows what was there.
        let since = progress.since(.hour)
        var open = PointColumns()
        var index = 0
        while index < limit {
            let time = points.times[index]
            let range = closed[(closed.firstIndex(endingAfter: time))...].first
            let isClosed = time < since || !Tier.covers(time) || (range?.contains(time) ?? false)
            let bound = Self.bound(time, range, since)
            let next = min(limit, max(index + 1, points.firstIndex(from: bound)))
            if !isClosed { open.append(points, index..<next) }
            index = next
        }
        open.append(points, limit..<points.count)
        return open
    }

    /// Up to where the same holds as for a time.
    private static func bound(_ time: Int64, _ range: Range<Int64>?, _ since: Int64) -> Int64 {
        if !Tier.covers(time) { return time }
        if time < since { return since }
        guard let range else { return .max }
        return range.contains(time) ? range.upperBound : range.lowerBound
    }

    /// Raw points of each hour that has any, ascending.
    private func rawCounts(from: Int64, before: Int64) throws -> [(hour: Int64, count: Int)] {
        let raw = try KeySnapshot(merged: key, db, report: report)
        var counts: [(hour: Int64, count: Int)] = []
        try raw.forEach(from: from, through: before - 1) { columns, range in
            var index = range.lowerBound
            while index < range.upperBound {
                let hour = Tier.hour.start(of: columns.times[index])
                let next = min(range.upperBound, columns.firstIndex(after: hour.clampedSum(Tier.hour.span - 1)))
                if counts.last?.hour == hour {
                    counts[counts.count - 1].count += next - index
                } else {
                    counts.append((hour, next - index))
                }
                index = next
            }
            return true
        }
        return counts
    }

    /// Points that the buckets of each hour stand for, ascending: of an hour whose own bucket is too old, those of 5 minutes.
    private func bucketCounts(from: Int64, before: Int64) throws -> [(hour: Int64, count: Int)] {
        var counts: [(hour: Int64, count: Int)] = []
        let since = progress.since(.hour)
        if from < since {
            let fine = TierReader(db, key, .fiveMinutes, report: report)
            try fine.forEach(from: from, before: min(before, since)) { bucket in
                let hour = Tier.hour.start(of: bucket.start)
                if counts.last?.hour == hour {
                    counts[counts.count - 1].count += bucket.summary.count
                } else {
                    counts.append((hour, bucket.summary.count))
                }
                return true
            }
        }
        try TierReader(db, key, .hour, report: report).forEach(from: max(from, since), before: before) { bucket in
            counts.append((bucket.start, bucket.summary.count))
            return true
        }
        return counts
    }
}

extension [Range<Int64>] {
    /// The first of some ascending ranges that ends after a time; `count` where there is none.
    fileprivate func firstIndex(endingAfter time: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].upperBound <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
