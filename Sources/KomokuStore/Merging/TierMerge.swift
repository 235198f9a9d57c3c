import GRDB
import Komoku

/// Keeps one tier of one key in step with its raw points, in the caller's transaction.
///
/// The newest bucket is always in the tail, where it can still grow.
struct TierMerge {
    private let db: Database
    private let key: KeyID
    private let tier: Tier
    private let traits: KeyTraits
    private let report: (DamagedBlock) -> Void

    init(
        _ db: Database, _ key: KeyID, _ tier: Tier, _ traits: KeyTraits, _ report: @escaping (DamagedBlock) -> Void
    ) {
        (self.db, self.key, self.tier, self.traits, self.report) = (db, key, tier, traits, report)
    }

    /// - Parameters:
    ///   - new: points that are among the raw ones by now.
    ///   - horizon: from when on the raw points are complete.
    func add(_ new: PointColumns, horizon: Int64) throws {
        var tail = try readTail()
        if tail.isEmpty, let oldest = try BlockTable(db, key, .raw).first(), oldest.start < new.times.first ?? .min {
            // The points are of a version, or of a time as a log, that made no tiers.
            return try write(remade(from: .min, through: .max))
        }
        let frontier = tail.last?.summary.lastTime ?? .min
        let late = tail.isEmpty ? 0 : new.firstIndex(after: frontier)
        if late > 0 {
            try replace(new.part(0..<late), in: &tail) { start, _, old in
                if start < horizon { return old.map { $0.absorbing(new, bucket(start, in: new, ..<late), traits) } }
                return try rawBucket(start)
            }
        }
        // A bucket that was made anew holds what else of the new points falls into it.
        let rest = tail.last.map { new.firstIndex(after: $0.summary.lastTime) } ?? 0
        grow(&tail, new, max(late, rest)..<new.count)
        try write(tail)
    }

    /// Adds points whose raw neighbours are gone. A bucket that is there gets their count, sum and extremes; the time weights stay.
    func absorb(_ late: PointColumns) throws {
        var tail = try readTail()
        try replace(late, in: &tail) { start, range, old in
            if let old { return old.absorbing(late, range, traits) }
            return TierBucket(start: start, summary: Summary(of: late, range, traits))
        }
        try write(tail)
    }

    /// Adds whole buckets, ascending, wherever there is none.
    func addMissing(_ buckets: [TierBucket]) throws {
        var tail = try readTail()
        let missing = Dictionary(buckets.map { ($0.start, $0) }) { first, _ in first }
        var times = PointColumns()
        for bucket in buckets { times.append(time: bucket.start, PackedValue(payload: 0, tag: 0)) }
        try replace(times, in: &tail) { start, _, old in old ?? missing[start] }
        try write(tail)
    }

    private func bucket(_ start: Int64, in columns: PointColumns, _ bound: PartialRangeUpTo<Int>) -> Range<Int> {
        let range = columns.range(from: start, through: start + tier.span - 1)
        return range.lowerBound..<max(range.lowerBound, min(range.upperBound, bound.upperBound))
    }

    /// Buckets of points that are later than all that the tier holds.
    private func grow(_ tail: inout [TierBucket], _ new: PointColumns, _ range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound {
            let start = tier.start(of: new.times[index])
            let end = min(range.upperBound, new.firstIndex(after: start + (tier.span - 1)))
            let summary = Summary(of: new, index..<end, traits)
            if tail.last?.start == start {
                tail[tail.count - 1].summary.add(summary)
            } else {
                tail.append(TierBucket(start: start, summary: summary))
            }
            index = end
        }
    }

    /// A bucket made anew of the raw points.
    private func rawBucket(_ start: Int64) throws -> TierBucket? {
        let end = start + (tier.span - 1)
        let raw = try KeySnapshot(db, key, head: [], from: start, through: end, report: report)
        var summary = Summary()
        try raw.forEach(from: start, through: end) { columns, range in
            summary.add(columns, range, isCounter: traits.isCounter)
            return true
        }
        return summary.count == 0 ? nil : TierBucket(start: start, summary: summary)
    }

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
            let place = isInTail ? nil : try blocks.last(startingAtOrBefore: start) ?? blocks.first()
            let next = try place.flatMap { place in try blocks.first(startingAtOrAfter: place.start + 1) }
            let bound = isInTail ? Int64.max : next?.start ?? tail.first?.start ?? .max
            var buckets = try place.map(read) ?? tail
            // All late points that belong to this block, at once.
            while index < late.count, late.times[index] < bound {
                let start = tier.start(of: late.times[index])
                let end = late.firstIndex(after: start + (tier.span - 1))
                try buckets.replace(start) { old in try made(start, index..<end, old) }
                index = end
            }
            if let place {
                try blocks.delete(place)
                try insert(buckets[...])
            } else {
                tail = buckets
            }
        }
    }

    private func readTail() throws -> [TierBucket] {
        guard let row = try TailTable(db, key, tier).row() else { return try lastBlockAsTail() }
        do {
            return try TierBlock.decode(row.data)
        } catch {
            report(DamagedBlock(key: key, start: .init(microseconds: row.start), reason: "\(error)"))
            try BlockTable(db, key, tier).setAside(start: row.start, data: row.data)
            return try remade(from: row.start, through: row.end)
        }
    }

    /// There is a tail wherever there are blocks, unless it was lost.
    private func lastBlockAsTail() throws -> [TierBucket] {
        let blocks = BlockTable(db, key, tier)
        guard let place = try blocks.last() else { return [] }
        let buckets = try read(place)
        try blocks.delete(place)
        return buckets
    }

    private func read(_ place: BlockTable.Place) throws -> [TierBucket] {
        let blocks = BlockTable(db, key, tier)
        let data = try blocks.data(of: place)
        do {
            return try TierBlock.decode(data)
        } catch {
            report(DamagedBlock(key: key, start: .init(microseconds: place.start), reason: "\(error)"))
            try blocks.setAside(place)
            return try remade(from: place.start, through: place.end)
        }
    }

    /// What was lost, from the raw points as far as they reach.
    private func remade(from start: Int64, through end: Int64) throws -> [TierBucket] {
        let through = end.addingReportingOverflow(tier.span - 1)
        let bound = through.overflow ? .max : through.partialValue
        let raw = try KeySnapshot(db, key, head: [], from: start, through: bound, report: report)
        var buckets: [TierBucket] = []
        try raw.forEach(from: start, through: bound) { columns, range in
            grow(&buckets, columns, range)
            return true
        }
        return buckets
    }

    private func write(_ tail: [TierBucket]) throws {
        var rest = tail[...]
        while rest.count > 1 {
            let packed = TierBlock.packed(rest, span: tier.span)
            let count = max(1, packed.count)
            if count >= rest.count { break }
            try insert(rest.prefix(count), data: packed.data)
            rest = rest.dropFirst(count)
        }
        let table = TailTable(db, key, tier)
        guard let first = rest.first, let last = rest.last else { return try table.remove() }
        try table.set(
            start: first.start, end: last.start, count: rest.count, summary: [],
            data: TierBlock.encode(rest, span: tier.span))
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
            start: first.start, end: last.start, count: buckets.count, summary: [], data: data)
    }
}

extension Summary {
    init(of columns: PointColumns, _ range: Range<Int>, _ traits: KeyTraits) {
        self.init()
        add(columns, range, isCounter: traits.isCounter)
    }
}

extension TierBucket {
    /// Points added to a bucket whose own raw points are gone: what needs their order stays as it was.
    fileprivate func absorbing(_ columns: PointColumns, _ range: Range<Int>, _ traits: KeyTraits) -> TierBucket {
        var bucket = self
        let late = Summary(of: columns, range, traits)
        guard late.count > 0 else { return bucket }
        if late.numbers > 0 {
            let isFirst = bucket.summary.numbers == 0
            bucket.summary.minimum = isFirst ? late.minimum : min(bucket.summary.minimum, late.minimum)
            bucket.summary.maximum = isFirst ? late.maximum : max(bucket.summary.maximum, late.maximum)
        }
        bucket.summary.count += late.count
        bucket.summary.gaps += late.gaps
        bucket.summary.numbers += late.numbers
        bucket.summary.sum += late.sum
        bucket.summary.squares += late.squares
        return bucket
    }
}

extension [TierBucket] {
    /// Replaces the bucket of a start; nil removes it.
    fileprivate mutating func replace(_ start: Int64, with made: (TierBucket?) throws -> TierBucket?) rethrows {
        let index = firstIndex { $0.start >= start } ?? count
        let old = index < count && self[index].start == start ? self[index] : nil
        let bucket = try made(old)
        switch (old, bucket) {
        case (nil, let bucket?): insert(bucket, at: index)
        case (_?, let bucket?): self[index] = bucket
        case (_?, nil): remove(at: index)
        case (nil, nil): break
        }
    }
}
