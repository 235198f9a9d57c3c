import GRDB
import Komoku

/// Moves one key's fresh points into its blocks, its tail and its tiers, in the caller's transaction.
struct KeyMerge {
    let db: Database
    let key: KeyID
    let traits: KeyTraits
    /// Told of each block that cannot be read.
    let report: (DamagedBlock) -> Void
    /// How many points more there are than before, and how many new ones went in.
    private(set) var added = 0
    private(set) var written = 0

    /// A block is closed when its points span this: 31 days.
    static let longestSpan: Int64 = 31 * 86_400_000_000

    init(_ db: Database, _ key: KeyID, _ traits: KeyTraits, report: @escaping (DamagedBlock) -> Void) {
        (self.db, self.key, self.traits, self.report) = (db, key, traits, report)
    }

    /// - Parameters:
    ///   - seal: fresh rows up to it are taken.
    ///   - inserted: points that come after the fresh ones: of equal times these count.
    mutating func run(upTo seal: Int64, inserting inserted: PointColumns = PointColumns()) throws {
        var progress = try ProgressTable.get(key, db)
        let fresh = try freshPoints(after: progress.seal, upTo: seal)
        added -= fresh.read
        var new = PointColumns.merged(fresh.points, inserted)
        let expired = new.firstIndex(from: progress.horizon ?? .min)
        guard !new.isEmpty else { return }
        let tiers = traits.isLog ? [] : Tier.summaries
        for tier in tiers where expired > 0 {
            // Their raw points are gone already: they can only be added to what the tiers say.
            try TierMerge(db, key, tier, traits, report).absorb(new.part(0..<expired))
        }
        if expired > 0 { new = new.part(expired..<new.count) }
        written += new.count
        if !new.isEmpty { try mergeRaw(new) }
        if seal > progress.seal {
            progress.seal = seal
            try ProgressTable.set(progress, of: key, db)
        }
        guard !new.isEmpty else { return }
        // They read raw points, which must not hide behind the fresh ones that are in them now.
        for tier in tiers {
            try TierMerge(db, key, tier, traits, report).add(new, horizon: progress.horizon ?? .min)
        }
    }

    private func freshPoints(after: Int64, upTo seal: Int64) throws -> (points: PointColumns, read: Int) {
        let table = FreshTable(db, key)
        var (points, read) = (PointColumns(), 0)
        for number in try FreshTable.seals(after: after, db) where number <= seal {
            for row in try table.rows(of: number) {
                do {
                    let columns = try Block.decode(row.data)
                    read += columns.count
                    points = PointColumns.merged(points, columns)
                } catch {
                    report(DamagedBlock(key: key, start: .init(microseconds: row.start), reason: "\(error)"))
                    read += Block.count(of: row.data)
                    try BlockTable(db, key, .raw).setAside(start: row.start, data: row.data)
                }
            }
        }
        return (points, read)
    }

    /// Late points go into the blocks of their times, the others to the tail; what fills blocks leaves the tail.
    private mutating func mergeRaw(_ new: PointColumns) throws {
        let blocks = BlockTable(db, key, .raw)
        var start = 0
        while start < new.count, let newest = try blocks.last(), new.times[start] <= newest.end {
            let target = try blocks.last(startingAtOrBefore: new.times[start]) ?? blocks.first() ?? newest
            let next = target.start < .max ? try blocks.first(startingAtOrAfter: target.start + 1) : nil
            // All up to the next block; behind the last block only what reaches into it.
            let end = next.map { new.firstIndex(from: $0.start) } ?? new.firstIndex(after: target.end)
            try rewrite(target, with: new.part(start..<max(end, start + 1)))
            start = max(end, start + 1)
        }
        if start < new.count { try append(new.part(start..<new.count)) }
    }

    private mutating func rewrite(_ place: BlockTable.Place, with late: PointColumns) throws {
        let table = BlockTable(db, key, .raw)
        let data = try table.data(of: place)
        added -= place.count
        var old = PointColumns()
        do {
            old = try Block.decode(data)
            try table.delete(place)
        } catch {
            report(DamagedBlock(key: key, start: .init(microseconds: place.start), reason: "\(error)"))
            try table.setAside(place)
        }
        var rest = Packing(of: PointColumns.merged(old, late))
        while let block = rest.next() { try insert(block, of: rest.columns) }
    }

    private mutating func append(_ new: PointColumns) throws {
        let table = TailTable(db, key, .raw)
        var old = PointColumns()
        if let tail = try table.row() {
            added -= tail.count
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
                try insert(block, of: columns)
                continue
            }
            added += block.range.count
            try table.set(
                start: columns.times[block.range.lowerBound], end: columns.times[block.range.upperBound - 1],
                count: block.range.count, summary: summary(columns, block.range), data: block.data)
            return
        }
        try table.remove()
    }

    private mutating func insert(_ block: Packing.Packed, of columns: PointColumns) throws {
        added += block.range.count
        try BlockTable(db, key, .raw).insert(
            start: columns.times[block.range.lowerBound], end: columns.times[block.range.upperBound - 1],
            count: block.range.count, summary: summary(columns, block.range), data: block.data)
    }

    private func summary(_ columns: PointColumns, _ range: Range<Int>) -> [UInt8] {
        var summary = Summary()
        summary.add(columns, range, isCounter: traits.isCounter)
        return summary.encode()
    }
}

/// What merging has to know of a key.
struct KeyTraits: Hashable, Sendable {
    var isCounter = false
    /// A log has no tiers.
    var isLog = false

    init(isCounter: Bool = false, isLog: Bool = false) {
        (self.isCounter, self.isLog) = (isCounter, isLog)
    }

    init(type: KeyType, options: KeyOptions) {
        isCounter = type == .counter
        isLog = options.isLog
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
