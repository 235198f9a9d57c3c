import KomokuSQLite
import Komoku

/// Copies one key's history into another's, a slice in each of the caller's transactions. Of equal times the target's point counts.
struct HistoryCopy {
    let source: KeyID
    let target: KeyID
    /// Fresh rows up to it are taken; what is sealed later comes later, too.
    let seal: Int64
    private var step = Step.merging
    /// Where the source's raw points begin, and the buckets that this time falls into, where the target has none.
    private var horizon = Int64.min
    private var straddling: [Straddling] = []
    /// The newest point that was copied.
    private(set) var newest: Point?

    private enum Step {
        case merging
        /// Buckets from a time on whose raw points are gone.
        case buckets(Tier, from: Int64)
        case points(from: Int64)
        case done
    }

    private struct Straddling {
        let tier: Tier
        let bucket: TierBucket
    }

    /// Buckets that are looked for at a time.
    private static let bucketsAtOnce: Int64 = 4096

    init(from source: KeyID, into target: KeyID, seal: Int64) {
        (self.source, self.target, self.seal) = (source, target, seal)
    }

    var isDone: Bool { if case .done = step { true } else { false } }

    /// What a slice works with.
    struct Scene {
        let db: Database
        let source: KeyTraits
        let target: KeyTraits
        let report: (DamagedBlock) -> Void
    }

    /// - Returns: how many points more there are than before.
    mutating func slice(_ scene: Scene) throws -> Int {
        switch step {
        case .merging: return try merge(scene)
        case .buckets(let tier, let from):
            step = try copyBuckets(of: tier, from: from, scene)
            return 0
        case .points(let from): return try copyPoints(from: from, scene)
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
        step = .points(from: .min)
        if !scene.target.isLog, let horizon = try ProgressTable.get(source, scene.db).horizon {
            self.horizon = horizon
            step = .buckets(.fiveMinutes, from: .min)
        }
        return added
    }

    /// Buckets whose raw points are gone, where the target has none.
    private mutating func copyBuckets(of tier: Tier, from: Int64, _ scene: Scene) throws -> Step {
        let reader = TierReader(scene.db, source, tier, report: scene.report)
        let end = tier.start(of: horizon)
        guard let first = try reader.firstStart(), max(first, from) < end else {
            try rememberStraddling(tier, reader, scene)
            if tier != .hour { return .buckets(.hour, from: .min) }
            try Retention.setHorizon(after: horizon - 1, of: target, scene.db)
            return .points(from: .min)
        }
        let begin = max(first, from)
        let before = min(end, begin.clampedSum(Self.bucketsAtOnce * tier.span))
        let buckets = try reader.buckets(from: begin, before: before)
        try TierMerge(scene.db, target, tier, scene.target, scene.report).addMissing(buckets)
        return .buckets(tier, from: before)
    }

    /// Of a bucket of which some raw points are gone and others will be copied, the source's is right in the end.
    private mutating func rememberStraddling(_ tier: Tier, _ reader: TierReader, _ scene: Scene) throws {
        let start = tier.start(of: horizon)
        guard start < horizon, let bucket = try reader.buckets(from: start, before: start + 1).first else { return }
        let own = TierReader(scene.db, target, tier, report: scene.report)
        if try own.buckets(from: start, before: start + 1).isEmpty {
            straddling.append(Straddling(tier: tier, bucket: bucket))
        }
    }

    private mutating func copyPoints(from: Int64, _ scene: Scene) throws -> Int {
        let snapshot = try KeySnapshot(
            merged: source, scene.db, from: from, through: .max, report: scene.report)
        var copied = PointColumns()
        try snapshot.forEach(from: from, through: .max) { columns, range in
            copied.append(columns, range.prefix(Block.maximumCount - copied.count))
            return copied.count < Block.maximumCount
        }
        guard let last = copied.times.last else { return try finish(scene) }
        var into = KeyMerge(scene.db, target, scene.target, report: scene.report)
        let missing = try missing(copied, scene)
        let taken = try into.insert(missing, from: 0)
        newest = copied[copied.count - 1]
        // Where not all could be taken at once, it goes on with the first of the rest.
        let next = taken < missing.count ? missing.times[taken] : last == .max ? nil : last + 1
        if let next { step = .points(from: next) } else { _ = try finish(scene) }
        return into.added
    }

    private mutating func finish(_ scene: Scene) throws -> Int {
        for last in straddling {
            try TierMerge(scene.db, target, last.tier, scene.target, scene.report).set(last.bucket)
        }
        step = .done
        return 0
    }

    /// The points whose times the target does not have.
    private func missing(_ copied: PointColumns, _ scene: Scene) throws -> PointColumns {
        guard let first = copied.times.first, let last = copied.times.last else { return copied }
        let snapshot = try KeySnapshot(
            merged: target, scene.db, from: first, through: last, report: scene.report)
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
