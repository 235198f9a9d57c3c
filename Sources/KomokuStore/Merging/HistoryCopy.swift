import KomokuSQLite
import Komoku

/// Copies one key's history into another's, a slice in each of the caller's transactions. Of equal times the target's point counts.
///
/// Points go where both keys have all of theirs; an hour of which one of the two only knows sums is joined as sums. Up to where it
/// came is written down with each slice, so that nothing is joined twice after an interruption. Only what is stored is looked at.
struct HistoryCopy {
    let source: KeyID
    let target: KeyID
    /// Fresh rows up to it are taken; what is sealed later comes later, too.
    let seal: Int64
    private var stage = Stage.merging
    /// What is older was joined by an earlier run.
    private var joined = Int64.min
    /// What the last slice put into the target.
    private(set) var copied = PointColumns()
    /// The time of the newest point that was copied.
    private var newest: Int64?

    private enum Stage {
        case merging
        case copying(from: Int64)
        case done
    }

    /// Hours that are joined at a time, with the buckets of 5 minutes in them.
    private static let hoursAtOnce: Int64 = 340

    init(from source: KeyID, into target: KeyID, seal: Int64) {
        (self.source, self.target, self.seal) = (source, target, seal)
    }

    var isDone: Bool { if case .done = stage { true } else { false } }

    /// What a slice works with.
    struct Scene {
        let db: Database
        let source: KeyTraits
        let target: KeyTraits
        let time: Timestamp
        let report: (DamagedBlock) -> Void
    }

    /// - Returns: how many points more there are than before.
    mutating func slice(_ scene: Scene) throws -> Int {
        copied = PointColumns()
        switch stage {
        case .merging: return try merge(scene)
        case .copying(let from):
            let (added, next) = try copy(from: from, scene)
            if let next { stage = .copying(from: next) } else { stage = .done }
            let position = next ?? newest.map { $0.clampedSum(1) } ?? from
            joined = max(joined, position)
            try CopyTable.set(joined, from: source, into: target, scene.db)
            return added
        case .done: return 0
        }
    }

    private mutating func merge(_ scene: Scene) throws -> Int {
        var merge = KeyMerge(scene.db, source, scene.source, report: scene.report)
        var isMerged = try merge.run(upTo: seal)
        var added = merge.added
        if isMerged {
            merge = KeyMerge(scene.db, target, scene.target, report: scene.report)
            isMerged = try merge.run(upTo: seal)
            added += merge.added
        }
        guard isMerged else { return added }
        joined = try CopyTable.position(from: source, into: target, scene.db) ?? .min
        stage = .copying(from: .min)
        return added
    }

    /// - Returns: how many points more there are, and where to go on; nil where nothing is left.
    private mutating func copy(from: Int64, _ scene: Scene) throws -> (added: Int, next: Int64?) {
        let hours = try [source, target].map { key in
            ClosedHours(scene.db, key, try ProgressTable.get(key, scene.db), report: scene.report)
        }
        let end = scene.target.isLog ? .min : hours.map(\.end).max() ?? .min
        guard from < end else { return try copyPoints(from: from, before: nil, scene) }
        guard let first = try firstTime(from: from, before: end, scene) else { return (0, end) }
        let begin = Tier.hour.start(of: first)
        let bound = min(end, begin.clampedSum(Self.hoursAtOnce * Tier.hour.span))
        let closed = try hours.flatMap { try $0.ranges(from: begin, before: bound) }
        var cursor = max(begin, from)
        var added = 0
        for range in closed.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > cursor {
            let copied = try copyPoints(from: cursor, before: max(cursor, range.lowerBound), scene)
            added += copied.added
            if let next = copied.next { return (added, next) }
            try join(max(cursor, range.lowerBound)..<range.upperBound, scene)
            cursor = range.upperBound
        }
        let copied = try copyPoints(from: cursor, before: bound, scene)
        return (added + copied.added, copied.next ?? bound)
    }

    /// The first time from one on of which the source has anything.
    private func firstTime(from: Int64, before: Int64, _ scene: Scene) throws -> Int64? {
        var found: [Int64] = []
        for tier in Tier.summaries {
            let reader = TierReader(scene.db, source, tier, report: scene.report)
            try reader.forEach(from: Tier.hour.start(of: from), before: before) { bucket in
                found.append(max(from, bucket.start))
                return false
            }
        }
        let raw = try KeySnapshot(merged: source, scene.db, report: scene.report)
        try raw.forEach(from: from, through: before - 1) { columns, range in
            found.append(columns.times[range.lowerBound])
            return false
        }
        return found.min()
    }

    /// Joins the sums of whole hours, unless that was done before.
    private func join(_ range: Range<Int64>, _ scene: Scene) throws {
        let first = max(range.lowerBound, Tier.hour.ceiling(of: joined))
        guard first < range.upperBound else { return }
        let hours = try buckets(.hour, first..<range.upperBound, scene)
        guard let last = hours.last else { return }
        let fine = try buckets(.fiveMinutes, first..<range.upperBound, scene)
        let counts = Dictionary(fine.map { (Tier.hour.start(of: $0.start), $0.summary.count) }) { $0 + $1 }
        let whole = Set(hours.filter { counts[$0.start] == $0.summary.count }.map(\.start))
        let progress = try ProgressTable.get(target, scene.db)
        func merge(_ tier: Tier) -> TierMerge {
            TierMerge(scene.db, target, tier, scene.target, since: progress.since(tier), scene.report)
        }
        try merge(.hour).join(hours)
        try merge(.fiveMinutes).join(fine.filter { whole.contains(Tier.hour.start(of: $0.start)) })
        try ProgressTable.change(target, scene.db) { progress in
            progress.raise(.raw, to: last.start.clampedSum(Tier.hour.span))
            // An hour of which there are no finer buckets: they are not complete before it.
            let coarse = hours.last { !whole.contains($0.start) && $0.start >= progress.since(.fiveMinutes) }
            if let coarse { progress.drop(.fiveMinutes, through: coarse.start) }
        }
    }

    private func buckets(_ tier: Tier, _ range: Range<Int64>, _ scene: Scene) throws -> [TierBucket] {
        if scene.source.isLog {
            return try TierMerge(scene.db, source, tier, scene.target, since: .min, scene.report)
                .made(from: range.lowerBound, through: range.upperBound - 1)
        }
        return try TierReader(scene.db, source, tier, report: scene.report)
            .buckets(from: range.lowerBound, before: range.upperBound)
    }

    /// - Parameter before: nil is all.
    /// - Returns: where to go on; nil where all in the range are copied.
    private mutating func copyPoints(
        from: Int64, before: Int64?, _ scene: Scene
    ) throws -> (added: Int, next: Int64?) {
        if let before, from >= before { return (0, nil) }
        let through = before.map { $0 - 1 } ?? .max
        let snapshot = try KeySnapshot(merged: source, scene.db, report: scene.report)
        var copied = PointColumns()
        try snapshot.forEach(from: from, through: through) { columns, range in
            copied.append(columns, range.prefix(Block.maximumCount - copied.count))
            return copied.count < Block.maximumCount
        }
        guard let last = copied.times.last else { return (0, nil) }
        var into = KeyMerge(scene.db, target, scene.target, report: scene.report)
        let missing = try missing(copied, scene)
        let taken = try into.insert(missing, from: 0, at: scene.time)
        newest = last
        self.copied.append(missing, 0..<taken)
        // Where not all could be taken at once, it goes on with the first of the rest.
        if taken < missing.count { return (into.added, missing.times[taken]) }
        let isAll = copied.count < Block.maximumCount || last == .max
        return (into.added, isAll ? nil : last + 1)
    }

    /// The points whose times the target does not have.
    private func missing(_ copied: PointColumns, _ scene: Scene) throws -> PointColumns {
        guard let first = copied.times.first, let last = copied.times.last else { return copied }
        let snapshot = try KeySnapshot(merged: target, scene.db, report: scene.report)
        var present: Set<Int64> = []
        try snapshot.forEach(from: first, through: last) { columns, range in
            present.formUnion(columns.times[range])
            return true
        }
        if present.isEmpty { return copied }
        var missing = PointColumns()
        for index in 0..<copied.count where !present.contains(copied.times[index]) {
            missing.append(copied, index..<(index + 1))
        }
        return missing
    }
}
