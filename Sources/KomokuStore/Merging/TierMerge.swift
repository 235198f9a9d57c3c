import KomokuSQLite
import Komoku

/// Keeps one tier of one key in step with its raw points, in the caller's transaction.
///
/// The newest bucket is always in the tail, where it can still grow.
struct TierMerge {
    private let db: Database
    private let key: KeyID
    private let tier: Tier
    let traits: KeyTraits
    /// From when on the tier is complete: what is older has no bucket in it.
    private let since: Int64
    private let report: (DamagedBlock) -> Void

    init(
        _ db: Database, _ key: KeyID, _ tier: Tier, _ traits: KeyTraits, since: Int64,
        _ report: @escaping (DamagedBlock) -> Void
    ) {
        (self.db, self.key, self.tier, self.traits, self.since, self.report) = (db, key, tier, traits, since, report)
    }

    /// - Parameters:
    ///   - points: points that are among the merged raw ones by now; the raw points of their hours are all there.
    ///   - newest: the time of the newest point that was merged before.
    func add(_ points: PointColumns, behind newest: Int64?) throws {
        let new = representable(points)
        guard !new.isEmpty else { return }
        var tail = try readTail()
        // Of a time as a log, or of a version that made no tiers, there are no buckets yet.
        let isBehind = newest.map { tier.start(of: $0) > tail.last?.start ?? .min } ?? false
        let end = isBehind ? tail.last.map { new.firstIndex(from: $0.start + tier.span) } ?? 0 : new.count
        let frontier = tail.last?.summary.lastTime ?? .min
        let late = tail.isEmpty ? 0 : min(end, new.firstIndex(after: frontier))
        if late > 0 { try replaceLate(new.part(0..<late), in: &tail) }
        // A bucket that was made anew holds what else of the new points falls into it.
        let rest = tail.last.map { new.firstIndex(after: $0.summary.lastTime) } ?? 0
        grow(&tail, new, max(late, min(rest, end))..<end)
        if isBehind { try catchUp(&tail) }
        try write(tail)
    }

    var reader: TierReader { TierReader(db, key, tier, report: report) }

    /// Makes buckets anew that are there, where none of their points is missing.
    ///
    /// - Parameter starts: when they begin.
    func remake(_ starts: PointColumns) throws {
        guard !starts.isEmpty else { return }
        var tail = try readTail()
        var remade = try remade(of: starts)
        try replace(starts, in: &tail) { start, _, old in
            guard let new = remade.removeValue(forKey: start), new.summary.count == old?.summary.count else {
                return old
            }
            return new
        }
        try write(tail)
    }

    /// Buckets of late points, made anew.
    private func replaceLate(_ late: PointColumns, in tail: inout [TierBucket]) throws {
        var remade = try remade(of: late)
        try replace(late, in: &tail) { start, _, _ in remade.removeValue(forKey: start) }
    }

    /// All that is later than the newest bucket, from the raw points.
    private func catchUp(_ tail: inout [TierBucket]) throws {
        let from = tail.last.map { $0.start + tier.span } ?? -Tier.limit
        let raw = try KeySnapshot(merged: key, db, report: report)
        try raw.forEach(from: from, through: Tier.limit) { columns, range in
            grow(&tail, columns, range)
            if tail.count > TierBlock.maximumCount { tail = Array(try full(tail)) }
            return true
        }
    }

    /// What falls into a bucket that the tier is to have.
    private func representable(_ points: PointColumns) -> PointColumns {
        points.part(points.range(from: max(since, -Tier.limit), through: Tier.limit))
    }

    /// Adds whole buckets, ascending, of another key: where there is one already the new one becomes one with it.
    func join(_ buckets: [TierBucket]) throws {
        let buckets = buckets.filter { $0.start >= since }
        guard !buckets.isEmpty else { return }
        var tail = try readTail()
        let new = Dictionary(buckets.map { ($0.start, $0.summary) }) { first, _ in first }
        var times = PointColumns()
        for bucket in buckets { times.append(time: bucket.start, PackedValue(payload: 0, tag: 0)) }
        try replace(times, in: &tail) { start, _, old in
            guard let summary = new[start] else { return old }
            return TierBucket(start: start, summary: old?.summary.beside(summary) ?? summary)
        }
        try write(tail)
    }

    /// Puts whole buckets, ascending, in the place of those that begin at the same time.
    func put(_ buckets: [TierBucket]) throws {
        guard !buckets.isEmpty else { return }
        var tail = try readTail()
        let new = Dictionary(buckets.map { ($0.start, $0) }) { first, _ in first }
        var starts = PointColumns()
        for bucket in buckets { starts.append(time: bucket.start, PackedValue(payload: 0, tag: 0)) }
        try replace(starts, in: &tail) { start, _, old in new[start] ?? old }
        try write(tail)
    }

    /// Removes all buckets from a time on: what comes next is no longer added to them.
    func cut(from start: Int64) throws {
        let blocks = BlockTable(db, key, tier)
        guard try TailTable(db, key, tier).row() != nil || blocks.last() != nil else { return }
        var tail = try readTail()
        tail.removeAll { $0.start >= start }
        while tail.isEmpty, let entry = try blocks.last() {
            tail = try take(entry).filter { $0.start < start }
        }
        try write(tail)
    }

    /// Buckets of points that are later than all that the tier holds.
    private func grow(_ tail: inout [TierBucket], _ new: PointColumns, _ range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound {
            let start = tier.start(of: new.times[index])
            let end = min(range.upperBound, new.firstIndex(after: start + (tier.span - 1)))
            let summary = Summary(of: new, index..<end, traits)
            if tail.last?.start == start {
                tail[tail.count - 1].summary.add(summary, leavingOut: traits.outages)
            } else {
                tail.append(TierBucket(start: start, summary: summary))
            }
            index = end
        }
    }

    /// The buckets that late points fall into, made anew of the merged raw points. Those of a day are read at once.
    private func remade(of late: PointColumns) throws -> [Int64: TierBucket] {
        var remade: [Int64: TierBucket] = [:]
        var starts: [Int64] = []
        func flush() throws {
            guard let first = starts.first, let last = starts.last else { return }
            let wanted = Set(starts)
            let buckets = try self.remade(from: first, through: last)
            for bucket in buckets where wanted.contains(bucket.start) { remade[bucket.start] = bucket }
            starts = []
        }
        for time in late.times {
            let start = tier.start(of: time)
            if let first = starts.first, start - first > Self.readAtOnce { try flush() }
            if starts.last != start { starts.append(start) }
        }
        try flush()
        return remade
    }

    private static let readAtOnce: Int64 = 86_400_000_000

    /// Replaces each bucket that late points fall into, in blocks and in the tail.
    private func replace(
        _ late: PointColumns, in tail: inout [TierBucket],
        with made: (_ start: Int64, _ points: Range<Int>, _ old: TierBucket?) throws -> TierBucket?
    ) throws {
        let blocks = BlockTable(db, key, tier)
        var index = 0
        while index < late.count {
            let start = tier.start(of: late.times[index])
            let isInTail = try tail.first.map { $0.start <= start } ?? true || blocks.last() == nil
            let entry = isInTail ? nil : try blocks.last(startingAtOrBefore: start) ?? blocks.first()
            let next = try entry.flatMap { entry in try blocks.first(startingAtOrAfter: entry.start + 1) }
            let bound = isInTail ? nil : next?.start ?? tail.first?.start
            // All late points that belong to this block, at once.
            let end = bound.map { max(index + 1, late.firstIndex(from: $0)) } ?? late.count
            let old = try entry.map(take) ?? tail
            let buckets = try replaced(old, late, index..<end, made)
            index = end
            if entry == nil { tail = buckets } else { try insert(buckets[...]) }
        }
    }

    /// Old buckets and made ones, in order.
    private func replaced(
        _ old: [TierBucket], _ late: PointColumns, _ range: Range<Int>,
        _ made: (_ start: Int64, _ points: Range<Int>, _ old: TierBucket?) throws -> TierBucket?
    ) throws -> [TierBucket] {
        var buckets: [TierBucket] = []
        buckets.reserveCapacity(old.count)
        var (index, rest) = (range.lowerBound, old[...])
        while index < range.upperBound {
            let start = tier.start(of: late.times[index])
            let end = min(range.upperBound, late.firstIndex(after: start + (tier.span - 1)))
            let before = rest.prefix { $0.start < start }
            buckets += before
            rest = rest.dropFirst(before.count)
            let same = rest.first.flatMap { $0.start == start ? $0 : nil }
            if same != nil { rest = rest.dropFirst() }
            if let bucket = try made(start, index..<end, same) { buckets.append(bucket) }
            index = end
        }
        return buckets + rest
    }

    private func readTail() throws -> [TierBucket] {
        guard let row = try TailTable(db, key, tier).row() else { return try lastBlockAsTail() }
        do {
            return try TierBlock.decode(row.data)
        } catch {
            report(DamagedBlock(key: key, start: .init(microseconds: row.start), reason: "\(error)"))
            try BlockTable(db, key, tier).setAside(start: row.start, data: row.data)
            let remade = try remade(from: row.start, through: row.end)
            return try remade.isEmpty ? lastBlockAsTail() : remade
        }
    }

    /// There is a tail wherever there are blocks, unless it was lost.
    private func lastBlockAsTail() throws -> [TierBucket] {
        let blocks = BlockTable(db, key, tier)
        while let entry = try blocks.last() {
            let buckets = try take(entry)
            if !buckets.isEmpty { return buckets }
        }
        return []
    }

    /// The buckets of a block, which leaves the table.
    private func take(_ entry: BlockTable.Entry) throws -> [TierBucket] {
        let blocks = BlockTable(db, key, tier)
        let data = try blocks.data(of: entry)
        do {
            let buckets = try TierBlock.decode(data)
            try blocks.delete(entry)
            return buckets
        } catch {
            report(DamagedBlock(key: key, start: .init(microseconds: entry.start), reason: "\(error)"))
            try blocks.setAside(entry)
            return try remade(from: entry.start, through: entry.end)
        }
    }

    /// The buckets that begin between two times, from the raw points as far as they reach.
    private func remade(from start: Int64, through end: Int64) throws -> [TierBucket] {
        guard Tier.covers(start) else { return [] }
        let bound = min(end, Tier.limit) + (tier.span - 1)
        let raw = try KeySnapshot(merged: key, db, report: report)
        var buckets: [TierBucket] = []
        try raw.forEach(from: start, through: bound) { columns, range in
            grow(&buckets, columns, range)
            return true
        }
        return buckets
    }

    /// The buckets that the merged raw points between two times come to, whole ones.
    func made(from start: Int64, through end: Int64) throws -> [TierBucket] {
        try remade(from: start, through: end)
    }

    private func write(_ tail: [TierBucket]) throws {
        let rest = try full(tail)
        let table = TailTable(db, key, tier)
        guard let first = rest.first, let last = rest.last else { return try table.remove() }
        try table.set(
            start: first.start, end: last.start, count: rest.count,
            data: TierBlock.encode(rest, span: tier.span))
    }

    /// Writes what fills blocks.
    ///
    /// - Returns: the rest; at least the newest bucket.
    private func full(_ tail: [TierBucket]) throws -> ArraySlice<TierBucket> {
        var rest = tail[...]
        while rest.count > 1 {
            let packed = TierBlock.packed(rest, span: tier.span)
            let count = max(1, packed.count)
            if count >= rest.count { break }
            try insert(rest.prefix(count), data: packed.data)
            rest = rest.dropFirst(count)
        }
        return rest
    }

    private func insert(_ buckets: ArraySlice<TierBucket>) throws {
        var rest = buckets
        while !rest.isEmpty {
            let packed = TierBlock.packed(rest, span: tier.span)
            let part = rest.prefix(max(1, packed.count))
            try insert(part, data: packed.data)
            rest = rest.dropFirst(part.count)
        }
    }

    private func insert(_ buckets: ArraySlice<TierBucket>, data: [UInt8]) throws {
        guard let first = buckets.first, let last = buckets.last else { return }
        try BlockTable(db, key, tier).insert(
            start: first.start, end: last.start, count: buckets.count, data: data)
    }
}

extension Summary {
    init(of columns: PointColumns, _ range: Range<Int>, _ traits: KeyTraits) {
        self.init()
        if traits.outages.isEmpty {
            add(columns, range, counter: traits.rules)
        } else {
            addApart(columns, range, traits)
        }
    }

    /// Point by point where an outage comes between them.
    private mutating func addApart(_ columns: PointColumns, _ range: Range<Int>, _ traits: KeyTraits) {
        var rest = range
        while !rest.isEmpty {
            let part = rest.prefix(traits.outages.prefix(of: columns, in: rest))
            var summary = Summary()
            summary.add(columns, part, counter: traits.rules)
            add(summary, leavingOut: traits.outages)
            rest = part.upperBound..<rest.upperBound
        }
    }
}
