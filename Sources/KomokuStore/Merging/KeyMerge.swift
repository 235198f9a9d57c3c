import KomokuSQLite
import Komoku

/// Moves one key's fresh points into its blocks, its tail and its tiers, a piece in each of the caller's transactions.
struct KeyMerge {
    let db: Database
    let key: KeyID
    let traits: KeyTraits
    /// Told of each block that cannot be read.
    let report: (DamagedBlock) -> Void
    /// How many points more there are than before, and how many new ones went in.
    private(set) var added = 0
    private(set) var written = 0
    /// Points that were left out because their hours are closed, and, of an insertion, because they were there already.
    private(set) var leftOut = 0
    private(set) var known = 0
    private var new = 0
    private var arrival: Arrival?

    /// A block is closed when its points span this: 31 days.
    static let longestSpan: Int64 = 31 * 86_400_000_000
    /// So much at a time, that no transaction takes long.
    private static let rewrittenAtOnce = 64

    init(_ db: Database, _ key: KeyID, _ traits: KeyTraits, report: @escaping (DamagedBlock) -> Void) {
        (self.db, self.key, self.traits, self.report) = (db, key, traits, report)
    }

    /// Takes a piece of what seals wrote, the oldest of it.
    ///
    /// - Parameter seal: fresh rows up to it are taken.
    /// - Returns: whether that is all of it.
    mutating func run(upTo seal: Int64) throws -> Bool {
        var progress = try ProgressTable.get(key, db)
        guard seal > progress.seal else { return true }
        let piece = try FreshPiece(FreshTable(db, key), after: progress.seal, upTo: seal, report: report)
        guard !piece.isEmpty else { return true }
        added -= piece.read
        arrival = piece.arrival
        let taken = try store(Admission(piece.points), progress)
        if taken < piece.points.count {
            added += try piece.putBack(piece.points.part(taken..<piece.points.count))
        } else {
            try piece.remove()
        }
        let isWhole = taken == piece.points.count && !piece.isCut
        progress.seal = isWhole ? (piece.isLast ? seal : piece.seal) : piece.seal - 1
        try ProgressTable.set(progress, of: key, db)
        return isWhole && piece.isLast
    }

    /// Takes a piece of points that come after all that was merged: of equal times these count. What is there already is passed
    /// over.
    ///
    /// - Parameter time: what time it is.
    /// - Returns: where to go on; the count of the points when all are in.
    mutating func insert(_ points: PointColumns, from index: Int, at time: Timestamp) throws -> Int {
        let piece = Admission(points.part(index..<min(points.count, index + FreshPiece.limit)))
        arrival = Arrival(of: piece.points, at: time.microseconds)
        return index + (try store(piece, ProgressTable.get(key, db), passesOverKnown: true))
    }

    /// What became of what was inserted since then.
    func inserted(since before: KeyMerge) -> Store.Inserted {
        var inserted = Store.Inserted()
        inserted.stored = new - before.new
        inserted.known = known - before.known
        inserted.leftOut = leftOut - before.leftOut
        inserted.added = added - before.added
        return inserted
    }

    /// - Returns: how many of the points it is through with, the oldest ones; at least one of any.
    private mutating func store(
        _ admission: Admission, _ progress: KeyProgress, passesOverKnown: Bool = false
    ) throws -> Int {
        guard !admission.isEmpty else { return 0 }
        var admission = admission
        if traits.isLog {
            admission.close(before: progress.horizon ?? .min)
        } else {
            try admission.close(ClosedHours(db, key, progress, report: report))
        }
        if passesOverKnown { try admission.passOverKnown(of: key, db, report) }
        let taken = try merge(admission.points, progress)
        let through = admission.through(taken)
        let joined = try join(through.closed, progress)
        leftOut += through.closed.count - joined
        known += through.known
        new += through.new + joined
        return through.all
    }

    /// - Returns: how many of the points of closed hours are in their buckets now.
    private func join(_ late: PointColumns, _ progress: KeyProgress) throws -> Int {
        if late.isEmpty || traits.isLog { return 0 }
        return try LateJoin(db: db, key: key, traits: traits, progress: progress, report: report).join(late)
    }

    /// - Returns: how many went in.
    private mutating func merge(_ new: PointColumns, _ progress: KeyProgress) throws -> Int {
        guard let first = new.times.first else { return 0 }
        let newest = try newestMerged()
        let taken = try mergeRaw(new)
        written += taken
        for tier in Tier.summaries {
            let merge = TierMerge(db, key, tier, traits, since: progress.since(tier), report)
            if traits.isLog {
                try merge.cut(from: max(first, tier.ceiling(of: progress.horizon ?? .min)))
            } else {
                try merge.add(new.part(0..<taken), behind: newest)
            }
        }
        return taken
    }

    /// The time of the newest point that was merged before.
    private func newestMerged() throws -> Int64? {
        try TailTable(db, key, .raw).row()?.end ?? BlockTable(db, key, .raw).last()?.end
    }

    /// Late points go into the blocks of their times, the others to the tail; what fills blocks leaves the tail.
    ///
    /// - Returns: how many points went in; not all where very many blocks have to be written anew.
    private mutating func mergeRaw(_ new: PointColumns) throws -> Int {
        let blocks = BlockTable(db, key, .raw)
        var start = 0
        var rewritten = 0
        while start < new.count, let newest = try blocks.last(), new.times[start] <= newest.end {
            if rewritten == Self.rewrittenAtOnce { return start }
            rewritten += 1
            let target = try blocks.last(startingAtOrBefore: new.times[start]) ?? blocks.first() ?? newest
            let next = target.start < .max ? try blocks.first(startingAtOrAfter: target.start + 1) : nil
            // All up to the next block; behind the last block only what reaches into it.
            let end = next.map { new.firstIndex(from: $0.start) } ?? new.firstIndex(after: target.end)
            try rewrite(target, with: new.part(start..<max(end, start + 1)))
            start = max(end, start + 1)
        }
        if start < new.count { try append(new.part(start..<new.count)) }
        return new.count
    }

    private mutating func rewrite(_ entry: BlockTable.Entry, with late: PointColumns) throws {
        let table = BlockTable(db, key, .raw)
        let data = try table.data(of: entry)
        let arrived = Self.latest(entry.arrived, arrival?.time(of: late))
        added -= entry.count
        var old = PointColumns()
        do {
            old = try Block.decode(data)
            try table.delete(entry)
        } catch {
            report(DamagedBlock(key: key, start: .init(microseconds: entry.start), reason: "\(error)"))
            try table.setAside(entry)
        }
        var rest = Packing(of: PointColumns.merged(old, late))
        while let block = rest.next() { try insert(block, of: rest.columns, arrived) }
    }

    private static func latest(_ one: Int64?, _ two: Int64?) -> Int64? {
        guard let one, let two else { return one ?? two }
        return max(one, two)
    }

    private mutating func append(_ new: PointColumns) throws {
        let table = TailTable(db, key, .raw)
        var old = PointColumns()
        var arrived = arrival?.time(of: new)
        if let tail = try table.row() {
            added -= tail.count
            arrived = Self.latest(tail.arrived, arrived)
            do {
                old = try Block.decode(tail.data)
            } catch {
                report(DamagedBlock(key: key, start: .init(microseconds: tail.start), reason: "\(error)"))
                try BlockTable(db, key, .raw).setAside(start: tail.start, data: tail.data)
            }
        }
        var rest = Packing(of: PointColumns.merged(old, new))
        while let block = rest.next() {
            let columns = rest.columns
            let span = columns.times[block.range.upperBound - 1].subtractingReportingOverflow(
                columns.times[block.range.lowerBound])
            let isTail = rest.isEmpty && !span.overflow && span.partialValue < Self.longestSpan
            guard isTail else {
                try insert(block, of: columns, arrived)
                continue
            }
            added += block.range.count
            try table.set(
                start: columns.times[block.range.lowerBound], end: columns.times[block.range.upperBound - 1],
                count: block.range.count, arrived: arrived, data: block.data)
            return
        }
        try table.remove()
    }

    private mutating func insert(_ block: Packing.Packed, of columns: PointColumns, _ arrived: Int64?) throws {
        added += block.range.count
        try BlockTable(db, key, .raw).insert(
            start: columns.times[block.range.lowerBound], end: columns.times[block.range.upperBound - 1],
            count: block.range.count, arrived: arrived, data: block.data)
    }
}

/// What merging has to know of a key.
struct KeyTraits: Hashable, Sendable {
    /// Only of counters.
    var rules: CounterRules?
    /// A log has no tiers.
    var isLog = false
    /// When nobody watched it.
    var outages = Outages()

    init(rules: CounterRules? = nil, isLog: Bool = false, outages: Outages = Outages()) {
        (self.rules, self.isLog, self.outages) = (rules, isLog, outages)
    }

    init(type: KeyType, rules: CounterRules?, isLog: Bool, outages: Outages) {
        self.rules = type == .counter ? rules ?? CounterRules() : nil
        (self.isLog, self.outages) = (isLog, outages)
    }
}

/// Cuts columns into blocks that fill a page each.
struct Packing {
    let columns: PointColumns
    private var index = 0

    struct Packed {
        let range: Range<Int>
        let data: [UInt8]
    }

    init(of columns: PointColumns) {
        self.columns = columns
    }

    var isEmpty: Bool { index >= columns.count }

    mutating func next() -> Packed? {
        guard !isEmpty else { return nil }
        let (data, count) = Block.packed(columns, from: index)
        let end = min(columns.count, index + max(1, count))
        defer { index = end }
        return Packed(range: index..<end, data: data)
    }
}
