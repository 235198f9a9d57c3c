import KomokuSQLite
import Komoku

/// All raw points of one key, as one snapshot of the database and the head shows them, each once.
///
/// What is in full blocks is read block by block; what came since (the tail, the fresh rows, the head) is one piece in memory.
struct KeySnapshot {
    let db: Database
    let key: KeyID
    let progress: KeyProgress
    /// The points of fresh rows and head, which the tiers do not hold.
    let unmerged: PointColumns
    private let tail: TailTable.Tail?
    private let recent = Recent()
    private let report: (DamagedBlock) -> Void

    /// The points of tail, fresh rows and head together, once somebody asked for some that the tail may have.
    private final class Recent {
        var points: PointColumns?
    }

    /// - Parameters:
    ///   - head: the points in memory, older generations first, read before the snapshot began.
    ///   - through: fresh points after it may be left out where that saves reading.
    init(
        _ db: Database, _ key: KeyID, head: [HeadPoints], through: Int64 = .max,
        report: @escaping (DamagedBlock) -> Void
    ) throws {
        (self.db, self.key, self.report) = (db, key, report)
        // The first read: the snapshot begins here.
        let sealed = try Meta.sealed.get(db) ?? 0
        progress = try ProgressTable.get(key, db)
        var unmerged = try Self.fresh(db, key, after: progress.seal, through: through, report)
        for generation in head where generation.generation > sealed {
            unmerged.merge(generation.points)
        }
        let hours = ClosedHours(db, key, progress, report: report)
        if let first = unmerged.times.first, first < hours.end { unmerged = try hours.open(unmerged) }
        self.unmerged = unmerged
        tail = try TailTable(db, key, .raw).row()
    }

    /// What is merged: without fresh rows and head.
    init(
        merged key: KeyID, _ db: Database, report: @escaping (DamagedBlock) -> Void
    ) throws {
        (self.db, self.key, self.report) = (db, key, report)
        progress = try ProgressTable.get(key, db)
        unmerged = PointColumns()
        tail = try TailTable(db, key, .raw).row()
    }

    /// Where points of tail, fresh rows and head are all together, those of a range at least; their times may lie among those of the
    /// blocks.
    private func recent(from: Int64, through: Int64) -> PointColumns {
        guard let tail, tail.start <= through, tail.end >= from else { return unmerged }
        if let points = recent.points { return points }
        var points = Self.decode(tail.data, key, tail.start, report)
        points.merge(unmerged)
        recent.points = points
        return points
    }

    /// The times of the oldest and of the newest merged point.
    func mergedBounds() throws -> ClosedRange<Int64>? {
        let blocks = BlockTable(db, key, .raw)
        guard let start = try blocks.first()?.start ?? tail?.start, let end = try tail?.end ?? blocks.last()?.end
        else { return nil }
        return start...max(start, end)
    }

    static func fresh(
        _ db: Database, _ key: KeyID, after seal: Int64, through: Int64 = .max,
        _ report: (DamagedBlock) -> Void
    ) throws -> PointColumns {
        let table = FreshTable(db, key)
        var fresh = PointColumns()
        for seal in try FreshTable.seals(after: seal, db) {
            for row in try table.rows(of: seal) where row.start <= through {
                fresh.merge(decode(row.data, key, row.start, report))
            }
        }
        return fresh
    }

    private static func decode(
        _ data: [UInt8], _ key: KeyID, _ start: Int64, _ report: (DamagedBlock) -> Void
    ) -> PointColumns {
        do {
            return try Block.decode(data)
        } catch {
            report(DamagedBlock(key: key, start: Timestamp(microseconds: start), reason: error.description))
            return PointColumns()
        }
    }

    /// Gives the points between two times, both included, in pieces, in the order asked for; within a piece they ascend.
    ///
    /// - Parameter body: says whether to go on.
    func forEach(
        from: Int64, through: Int64, newestFirst: Bool = false,
        _ body: (PointColumns, Range<Int>) throws -> Bool
    ) throws {
        guard from <= through else { return }
        let table = BlockTable(db, key, .raw)
        let recent = recent(from: from, through: through)
        var rest = recent.range(from: from, through: through)
        var cursor = newestFirst ? through : from
        // A few entries at a time: a question for the newest points reads one block, not the list of all.
        while let entry = try next(table, from: from, through: through, cursor, newestFirst) {
            let side = newestFirst ? rest.lowerBound..<rest.upperBound : rest
            // First what lies between the block before and this one.
            let split = newestFirst ? recent.firstIndex(after: entry.end) : recent.firstIndex(from: entry.start)
            let bounded = min(max(split, side.lowerBound), side.upperBound)
            let between = newestFirst ? bounded..<side.upperBound : side.lowerBound..<bounded
            if !between.isEmpty, try !body(recent, between) { return }
            rest = newestFirst ? side.lowerBound..<bounded : bounded..<side.upperBound
            // Then the block, with what came later for its range.
            let far = newestFirst ? recent.firstIndex(from: entry.start) : recent.firstIndex(after: entry.end)
            let end = min(max(far, rest.lowerBound), rest.upperBound)
            let within = newestFirst ? end..<rest.upperBound : rest.lowerBound..<end
            rest = newestFirst ? rest.lowerBound..<end : end..<rest.upperBound
            var columns = Self.decode(try table.data(of: entry), key, entry.start, report)
            if !within.isEmpty { columns = PointColumns.merged(columns, recent.part(within)) }
            let range = columns.range(from: from, through: through)
            if !range.isEmpty, try !body(columns, range) { return }
            guard newestFirst ? entry.start > .min : entry.end < .max else { break }
            cursor = newestFirst ? entry.start - 1 : entry.end + 1
        }
        if !rest.isEmpty { _ = try body(recent, rest) }
    }

    private func next(
        _ table: BlockTable, from: Int64, through: Int64, _ cursor: Int64, _ newestFirst: Bool
    ) throws -> BlockTable.Entry? {
        if newestFirst {
            guard let entry = try table.last(startingAtOrBefore: cursor), entry.end >= from else { return nil }
            return entry
        }
        if let entry = try table.last(startingAtOrBefore: cursor), entry.end >= cursor { return entry }
        guard let entry = try table.first(startingAtOrAfter: cursor), entry.start <= through else { return nil }
        return entry
    }

    /// The newest point that is no gap.
    func newestValue() throws -> Point? {
        var found: Point?
        try forEach(from: .min, through: .max, newestFirst: true) { columns, range in
            found = range.last { columns.kind(at: $0) != .gap }.map { columns[$0] }
            return found == nil
        }
        return found
    }

    /// The newest point, and the newest that is no gap.
    ///
    /// - Parameters:
    ///   - time: none of those from there on; nil is no bound.
    ///   - times: nor those.
    func newest(before time: Int64?, without times: Set<Int64>) throws -> (point: Point?, value: Point?) {
        var found: (point: Point?, value: Point?) = (nil, nil)
        if time == .min { return found }
        try forEach(from: .min, through: time.map { $0 - 1 } ?? .max, newestFirst: true) { columns, range in
            for index in range.reversed() where !times.contains(columns.times[index]) {
                found.point = found.point ?? columns[index]
                guard columns.kind(at: index) != .gap else { continue }
                found.value = columns[index]
                return false
            }
            return true
        }
        return found
    }

    /// The newest point before a time.
    func point(before time: Int64) throws -> Point? {
        guard time > .min else { return nil }
        var found: Point?
        try forEach(from: .min, through: time - 1, newestFirst: true) { columns, range in
            found = range.last.map { columns[$0] }
            return found == nil
        }
        return found
    }
}
