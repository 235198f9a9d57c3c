import Komoku
import KomokuSystem

/// What the writer thread does next.
struct Work {
    /// Everything that was pending.
    var batches: [PendingBatch] = []
    /// The generation of the head that the newest points belong to.
    var generation: Int64 = 0
    var waiters: [StoreState.Waiter] = []
    var seal: Seal?
    /// Storing is impossible and not tried: the waiters are told so.
    var isAnswerOnly = false
    /// A deleted key of which a slice of blocks is removed.
    var removal: KeyID?
    /// A request to begin with, or a slice of the one that runs.
    var request: Request?
    var continuesRequest = false
    /// Storing is impossible: the requests are told so.
    var refusesRequests = false
    /// How many batches came up to it since the store was opened.
    var lastBatch = 0
    /// The broker's messages that are not acknowledged; nil where the database knows.
    var receipts: [Receipt]?
    var receiptsAreUrgent = false
    /// A slice of the round over all keys.
    var isMaintenance = false
    var isLast = false

    /// A generation to be written as blocks, and what every key was at its end.
    struct Seal {
        let generation: Generation
        let lasts: KeyPoints
        let newestPoints: KeyPoints
        let ahead: [Int: Int64]
        /// Commits of the journal that could not be read.
        var damagedRows: [JournalSlots.Entry] = []
    }

    var puts: Int { batches.reduce(0) { $0 + $1.batch.puts.count } }
}

extension StoreState {
    /// So many pending puts, or bytes, are committed at once, to bound memory.
    private static let urgentPuts = 16_384
    private static let urgentSize = 4 << 20

    /// From so many pending puts on they are committed as soon as nothing more comes for `burstPause`: they fill pages by
    /// themselves, so waiting for the interval would save no writing. A quiet house never gathers so many.
    private static let burstPuts = 512
    static let burstPause = Duration.milliseconds(20)

    var isBurst: Bool { statistics.pendingPuts >= Self.burstPuts }

    var isUrgent: Bool { statistics.pendingPuts >= Self.urgentPuts || pendingSize >= Self.urgentSize }

    /// What is due now, or when something will be.
    mutating func next(now: Moment, headLimit: Int) -> Waiting<Work> {
        workBegan = nil
        if isStopping { return .result(take(seals: false, isLast: true)) }
        if let retry, retry > now { return waiting(until: retry) }
        let isWanted = requests.first.map { !isReady($0) } ?? false
        if let first = requests.first, needsSeal(first) { sealIsWanted = true }
        let seals = sealIsDue(now, headLimit)
        let commits =
            !waiters.isEmpty || [deadline, lull].contains { $0.map { $0 <= now } ?? false } || isUrgent || isWanted
        // Between two commits a slice of something else: a stream of puts that are waited for must not keep it off.
        let yields = didCommit && retry == nil && (requestIsRunning || canBegin || passIsOverdue)
        if seals || commits || retry != nil, !yields { return .result(take(seals: seals, isLast: false)) }
        didCommit = false
        if requestIsRunning { return .result(Work(continuesRequest: true)) }
        if canBegin { return .result(Work(request: requests.removeFirst().request)) }
        if !passIsOverdue, let removal = removals.first { return .result(Work(removal: removal)) }
        if passIsDue(now) || passIsOverdue {
            passIsRunning = true
            return .result(Work(isMaintenance: true))
        }
        return .until([deadline, lull, active.isEmpty ? nil : sealDeadline, passDue].compactMap(\.self).min())
    }

    /// While storing is impossible.
    private mutating func waiting(until retry: Moment) -> Waiting<Work> {
        if requestIsRunning || !requests.isEmpty { return .result(Work(refusesRequests: true)) }
        guard !waiters.isEmpty else { return .until(retry) }
        defer { waiters = [] }
        return .result(Work(waiters: waiters, isAnswerOnly: true))
    }

    private var canBegin: Bool { requests.first.map(isReady) ?? false }

    /// A burst goes first: merging takes the time of a core.
    private func passIsDue(_ now: Moment) -> Bool {
        guard !isBurst else { return false }
        return passIsRunning || sealsSincePass >= Self.sealsPerPass || passDue.map { $0 <= now } ?? false
    }

    /// But not for ever: what is not merged makes reading slow.
    private var passIsOverdue: Bool { sealsSincePass >= 4 * Self.sealsPerPass }

    private func sealIsDue(_ now: Moment, _ headLimit: Int) -> Bool {
        if active.isEmpty { return false }
        if sealIsWanted { return true }
        if let earliestSeal, earliestSeal > now { return false }
        return sealDeadline.map { $0 <= now } ?? false || active.size >= headLimit
    }

    /// Takes all that is pending and, to seal it, the head as it stands with it.
    private mutating func take(seals: Bool, isLast: Bool) -> Work {
        var work = Work(batches: pending, generation: active.number, waiters: waiters)
        (work.isLast, work.lastBatch) = (isLast, appendedBatches)
        takeReceipts(into: &work, seals: seals)
        didCommit = true
        workBegan = .now
        pending = []
        pendingStart = active.count
        waiters = []
        pendingSize = 0
        deadline = nil
        lull = nil
        sealIsWanted = false
        guard seals else { return work }
        work.seal = Work.Seal(generation: active, lasts: lasts, newestPoints: newestPoints, ahead: ahead)
        work.seal?.damagedRows = damagedRows
        let number = active.number + 1
        frozen = active
        sealDeadline = nil
        active = Generation(number: number)
        pendingStart = 0
        return work
    }

    /// A seal makes the journal void, which holds them.
    private mutating func takeReceipts(into work: inout Work, seals: Bool) {
        guard receipts.isNew || (seals && !receipts.receipts.isEmpty) else { return }
        work.receipts = receipts.receipts
        work.receiptsAreUrgent = receipts.isUrgent
        (receipts.isNew, receipts.isUrgent) = (false, false)
    }

    /// After a seal that failed: the head is whole again, and its points go to the journal.
    ///
    /// - Returns: how many points had to be dropped.
    mutating func cancelSeal(retry: Moment, headLimit: Int) -> Int {
        thaw()
        earliestSeal = retry
        sealDeadline = retry
        return limitHead(headLimit)
    }

    /// After a commit of `work`.
    mutating func finish(_ work: Work, _ outcome: CommitResult, took length: Duration) {
        statistics.commits += 1
        statistics.commitTimes.add(length)
        statistics.durablePuts += work.puts
        statistics.pendingPuts -= work.puts
        statistics.journalBytesWritten += outcome.journalBytes
        if let letters = outcome.deadLetters { statistics.deadLetters = letters }
        if work.seal != nil {
            frozen = nil
            committedEntries = 0
            earliestSeal = nil
            damagedRows = []
            statistics.seals += 1
            statistics.sealedPoints += outcome.sealed.points
            statistics.sealedBytes += outcome.sealed.bytes
            blockPoints += outcome.sealed.points
            sealsSincePass += 1
            (statistics.journalRows, statistics.journalBytes) = (0, 0)
        } else {
            committedEntries = pendingStart
            statistics.journalRows += outcome.journalRows
            statistics.journalBytes += outcome.journalBytes
        }
        durableBatches = work.lastBatch
        removals += work.batches.flatMap(\.batch.deletedKeys)
        statistics.isStoring = true
        statistics.lastError = nil
        retry = nil
    }

    /// After a commit that failed: what was taken waits again, in front.
    mutating func giveBack(_ work: Work, reason: String, retry: Moment) {
        pending = work.batches + pending
        pendingSize = pending.reduce(0) { $0 + $1.size }
        pendingStart = committedEntries
        if work.receipts != nil { receipts.isNew = true }
        receipts.isUrgent = receipts.isUrgent || work.receiptsAreUrgent
        statistics.isStoring = false
        statistics.lastError = reason
        self.retry = retry
        limitBacklog()
    }
}

/// What a commit wrote.
struct CommitResult {
    var journalRows = 0
    var journalBytes = 0
    var sealed = SealResult()
    /// How many dead letters the table holds; nil where it was not touched.
    var deadLetters: Int?
}
