import Komoku
import KomokuSystem

/// What the threads of a store share, behind its monitor.
struct StoreState {
    typealias Waiter = @Sendable (Store.CommitOutcome) -> Void

    /// The points since the last seal.
    var active: Generation
    /// The points that are being sealed.
    var frozen: Generation?
    /// How many entries of `active` the journal holds.
    var committedEntries = 0
    /// Where in `active` the entries of `pending` begin, in the same order; those between are being committed.
    var pendingStart = 0
    /// When the writer took what it is writing; nil while it waits.
    var workBegan: Moment?
    /// Points in blocks.
    var blockPoints = 0
    /// By key: the newest put, and the newest point.
    var lasts = KeyPoints()
    var newestPoints = KeyPoints()
    /// By key: it may have points that wait for their time from this time on.
    var ahead: [Int: Int64] = [:]
    /// Keys that were deleted since the store was opened.
    var deleted: Set<Int> = []

    /// The broker's messages that are taken and not acknowledged.
    var receipts = ReceiptList()
    var pending: [PendingBatch] = []
    var pendingSize = 0
    var waiters: [Waiter] = []
    /// When the oldest pending batch must be committed; nil where nothing is pending.
    var deadline: Moment?
    /// When a burst counts as over, unless more of it comes; nil where less is pending than a burst.
    var lull: Moment?
    /// When the head is old enough to be sealed; nil where it is empty.
    var sealDeadline: Moment?
    var sealIsWanted = false
    /// Before this, a seal that failed is not tried again.
    var earliestSeal: Moment?
    /// While storing is impossible: when it is tried again.
    var retry: Moment?
    /// Deleted keys whose blocks are still there.
    var removals: [KeyID] = []

    /// What callers want besides commits, in order.
    var requests: [WaitingRequest] = []
    /// Whether one has begun and goes on.
    var requestIsRunning = false
    /// Batches that came since the store was opened, and how many of them are in the file.
    var appendedBatches = 0
    var durableBatches = 0
    /// Whether the file may say what it held at its last clean stop: the first write makes that void.
    var mayHaveInventory = true
    /// Commits of the journal that could not be read: the next seal makes it void, and puts them where they stay.
    var damagedRows: [JournalSlots.Entry] = []
    /// What a salvage of the file told.
    var damage: JSON?
    /// Whether the last thing that the writer did was a commit.
    var didCommit = false
    /// What is kept of which keys.
    var rules: [Store.RetentionRule] = []
    var logs: [KeyID: Store.LogKeeping] = [:]
    /// Of the counters that are read in another way than most.
    var counters: [KeyID: CounterRules] = [:]
    /// When nobody watched.
    var outages = OutageBook()
    /// Counters whose meters were replaced.
    var replacements = ReplacementBook()
    /// The last sign of life that the file held when it was opened.
    var alive: Timestamp?
    var maximumSize: Int?
    /// When the next round over all keys is due at the latest; whether one is under way.
    var passDue: Moment?
    var passIsRunning = false
    var sealsSincePass = 0

    var isStopping = false
    var hasStopped = false
    var statistics = Store.Statistics()

    init(generation: Int64) {
        active = Generation(number: generation)
    }

    /// Takes a batch: its points can be read at once.
    mutating func append(_ batch: consuming Batch) {
        receipts.apply(batch.receipts)
        guard !batch.isEmpty else { return }
        appendedBatches += 1
        outages.apply(batch.outages)
        replacements.apply(batch.replacements)
        let entries = addToHead(batch.puts)
        for key in batch.deletedKeys { delete(key) }
        statistics.pendingPuts += batch.puts.count
        let pendingBatch = PendingBatch(batch, entries: entries)
        pendingSize += pendingBatch.size
        pending.append(pendingBatch)
        limitBacklog()
    }

    /// - Returns: how many became entries of the head.
    mutating func addToHead(_ puts: [Put]) -> Int {
        let before = active.count
        for put in puts {
            let key = put.key.index
            guard 0..<KeyID.limit ~= key, deleted.isEmpty || !deleted.contains(key) else { continue }
            if let pointTime = put.pointTime {
                active.append(key, time: pointTime.microseconds, put.value, put.provenance)
            }
            remember(put)
        }
        return active.count - before
    }

    /// Keeps a put where it is the newest of its key.
    @inline(__always)
    mutating func remember(_ put: Put) {
        let key = put.key.index
        if put.dating.rawValue > Put.Dating.given.rawValue { return rememberDated(put) }
        if put.isNewest {
            lasts.set(
                key, time: put.time.microseconds, put.value, put.provenance, isOurs: put.dating == .hub)
        }
        guard let pointTime = put.pointTime?.microseconds else { return }
        if newestPoints.time(at: key).map({ pointTime >= $0 }) ?? true {
            newestPoints.set(key, time: pointTime, put.value, put.provenance)
        }
    }

    /// A put of which more is to be known than who gave its time.
    private mutating func rememberDated(_ put: Put) {
        let (key, time) = (put.key.index, put.time.microseconds)
        switch put.dating {
        case .hub, .given: return
        case .future:
            ahead[key] = min(ahead[key] ?? .max, (put.pointTime ?? put.time).microseconds)
            return
        case .due:
            ahead[key] = max(ahead[key] ?? .min, time == .max ? time : time + 1)
            newestPoints.set(key, time: time, put.value, put.provenance)
        case .redated: newestPoints.remove(key)
        }
        guard put.isNewest else { return }
        if put.value == nil {
            lasts.remove(key)
        } else {
            lasts.set(key, time: time, put.value, put.provenance, isOurs: put.dating == .redated)
        }
    }

    private mutating func delete(_ key: KeyID) {
        guard 0..<KeyID.limit ~= key.index else { return }
        deleted.insert(key.index)
        active.remove(key.index)
        frozen?.remove(key.index)
        lasts.remove(key.index)
        newestPoints.remove(key.index)
        ahead[key.index] = nil
        replacements.remove(key)
    }

    /// The head's points of a key by generation, older ones first.
    func headPoints(of key: KeyID, after: Timestamp?, before: Timestamp?, newestLimit: Int) -> [HeadPoints] {
        var found: [HeadPoints] = []
        for generation in [frozen, active] {
            guard let generation else { continue }
            let points = generation.points(
                of: key.index, after: after?.microseconds, before: before?.microseconds, newestLimit: newestLimit)
            if !points.isEmpty { found.append(HeadPoints(generation: generation.number, points: points)) }
        }
        return found
    }
}
