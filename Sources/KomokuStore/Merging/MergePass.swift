import KomokuSQLite
import Komoku
import KomokuSystem

/// One round over all keys: fresh points become blocks and tiers, what is too old goes, free pages go back to the file system.
///
/// It runs in slices, each a short transaction, so that no commit waits long; after a crash the next round begins anew.
struct MergePass {
    /// What is kept of which keys.
    struct Policy {
        var rules: [Store.RetentionRule] = []
        var logs: [KeyID: Store.LogKeeping] = [:]
        var counters: [KeyID: CounterRules] = [:]
        var outages = OutageBook()
        var replacements = ReplacementBook()
        var maximumSize: Int?
    }

    /// What a slice changed.
    struct Slice {
        /// How many points more there are.
        var added = 0
        var merged = 0
        /// Points that were left out, because their hours are summed up.
        var leftOut = 0
        var expired = 0
        var capped = 0
        var isDone = false
        /// At the end: how many points there are, counted anew.
        var total: Int?
        /// The file is too large and there is nothing more to drop.
        var isTooLarge = false
    }

    private enum Stage {
        case keys(after: Int32)
        case seals([Int64])
        case cap(SizeCap)
        case vacuum
        case end
    }

    /// Fresh rows up to it are merged.
    private let seal: Int64
    /// What the retention takes for now.
    private let now: Timestamp
    private let clock: Timestamp
    /// Give back every free page, not only what is many.
    private let isThorough: Bool
    private var stage = Stage.keys(after: -1)
    /// The key that is being merged, and those that could not be.
    private var current: KeyTable.Merged?
    private var skipped: Set<KeyID> = []
    /// What is done with that key's buckets.
    private var recount: Recount?

    /// A round moves the time that the retention goes by at most so far: a clock that jumps ahead must not cost the history.
    private static let trust = Duration.seconds(7 * 86_400)
    private static let keysAtOnce = 32
    private static let blocksAtOnce = 64
    private static let pagesAtOnce = 128
    /// How long a slice may take before it ends with the key that it is at.
    private static let patience = Duration.milliseconds(40)

    /// - Parameter newest: the newest time that was written: history is kept back from there, whatever the clock says.
    init(at clock: Timestamp, newest: Timestamp?, isThorough: Bool, _ db: Database) throws {
        seal = try Meta.sealed.get(db) ?? 0
        let trusted = try Meta.retained.get(db).map { Timestamp(microseconds: $0) + Self.trust } ?? clock
        now = min(clock, trusted, newest ?? clock)
        self.clock = clock
        self.isThorough = isThorough
    }

    mutating func slice(
        _ policy: Policy, _ db: Database, report: @escaping (DamagedBlock) -> Void
    ) throws -> Slice {
        var slice = Slice()
        switch stage {
        case .keys(let after): stage = try keys(after: after, policy, db, &slice, report)
        case .seals(let seals): stage = try drop(seals, policy, db)
        case .cap(var cap):
            let dropped = try cap.drop(Self.blocksAtOnce, db)
            slice.capped = dropped.points
            slice.added -= dropped.points
            slice.isTooLarge = dropped.isTooLarge
            stage = dropped.isDone ? .vacuum : .cap(cap)
        case .vacuum: if try vacuum(db) { stage = .end }
        case .end:
            slice.isDone = true
            try Meta.merged.set(clock.microseconds, db)
            // Of a seal that was made meanwhile, some may be merged already.
            if skipped.isEmpty, try FreshTable.seals(db).isEmpty { slice.total = try BlockTable.counted(db) }
        }
        try count(slice, db)
        return slice
    }

    /// After a slice that failed because of a damaged page: goes on without what it was at.
    ///
    /// - Returns: what that was; nil where the round cannot go on.
    mutating func skip() -> String? {
        switch stage {
        case .keys:
            guard let key = current, skipped.insert(key.id).inserted else { return nil }
            return key.name.text
        case .seals:
            stage = .vacuum
            return "merged seals"
        case .cap, .vacuum:
            stage = .end
            return "free pages"
        case .end: return nil
        }
    }

    private mutating func keys(
        after: Int32, _ policy: Policy, _ db: Database, _ slice: inout Slice,
        _ report: @escaping (DamagedBlock) -> Void
    ) throws -> Stage {
        let begin = Moment.now
        let records = try KeyTable.fetch(after: after, limit: Self.keysAtOnce, db)
        guard !records.rows.isEmpty else {
            guard let end = records.end else {
                // Of a key that was passed over the fresh rows are all there is.
                return .seals(skipped.isEmpty ? try FreshTable.seals(db).filter { $0 <= seal } : [])
            }
            return .keys(after: end)
        }
        var last = after
        for record in records.rows {
            if !skipped.contains(record.id) {
                current = record
                guard try merge(record, policy, db, &slice, report) else { return .keys(after: last) }
            }
            last = record.id.rawValue
            if begin + Self.patience < .now { return .keys(after: last) }
        }
        return .keys(after: max(last, records.end ?? last))
    }

    /// - Returns: whether it is through with the key.
    private mutating func merge(
        _ record: KeyTable.Merged, _ policy: Policy, _ db: Database, _ slice: inout Slice,
        _ report: @escaping (DamagedBlock) -> Void
    ) throws -> Bool {
        let log = policy.logs[record.id]
        let traits = KeyTraits(
            type: record.type, rules: policy.counters[record.id], isLog: log != nil,
            outages: policy.outages.of(record.id))
        var merge = KeyMerge(db, record.id, traits, report: report)
        let isMerged = try merge.run(upTo: seal)
        slice.added += merge.added
        slice.merged += merge.written
        slice.leftOut += merge.leftOut
        guard isMerged, try count(anew: record.id, traits, db, report) else { return false }
        let keeping = log.map(Keeping.init) ?? Keeping(of: record.name, by: policy.rules)
        var retention = Retention(db, record.id, keeping, isLog: log != nil, now: now)
        retention.replacements = policy.replacements
        try retention.run()
        slice.added -= retention.points
        slice.expired += retention.points
        return retention.isDone
    }

    /// - Returns: whether the buckets of a counter are as its options say.
    private mutating func count(
        anew key: KeyID, _ traits: KeyTraits, _ db: Database, _ report: @escaping (DamagedBlock) -> Void
    ) throws -> Bool {
        guard traits.rules != nil else { return true }
        var recount = recount.flatMap { $0.key == key ? $0 : nil } ?? Recount(key)
        let isDone = try recount.run(db, traits, report: report)
        self.recount = isDone ? nil : recount
        return isDone
    }

    private func drop(_ seals: [Int64], _ policy: Policy, _ db: Database) throws -> Stage {
        if let first = seals.first {
            try FreshTable.drop(first, db)
            return .seals(Array(seals.dropFirst()))
        }
        // A clock that was set back must not make the next rounds begin from there.
        let retained = max(try Meta.retained.get(db) ?? .min, now.microseconds)
        try Meta.retained.set(retained, db)
        return policy.maximumSize.map { .cap(SizeCap(limit: $0, replacements: policy.replacements)) } ?? .vacuum
    }

    /// - Returns: whether it is done.
    private func vacuum(_ db: Database) throws -> Bool {
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        // The next seals take free pages again: a few are left to them.
        guard free > (isThorough ? 0 : max(256, pages / 16)) else { return true }
        try db.execute(sql: "PRAGMA incremental_vacuum(\(Self.pagesAtOnce))")
        return try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0 >= free
    }

    private func count(_ slice: Slice, _ db: Database) throws {
        if let total = slice.total { try BlockTable.setTotal(total, db) }
        if slice.added != 0 { try BlockTable.setTotal(BlockTable.total(db) + slice.added, db) }
        let counts = [(Meta.expired, slice.expired), (.capped, slice.capped), (.leftOut, slice.leftOut)]
        for (meta, points) in counts where points > 0 {
            try meta.set((meta.get(db) ?? 0) + Int64(points), db)
        }
    }
}
