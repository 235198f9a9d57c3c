import KomokuSQLite
import Komoku
import KomokuSystem
import Logging

/// The work of the writer thread: takes what is pending and commits it, until the store closes.
struct Writer {
    let monitor: Monitor<StoreState>
    let database: DatabasePool
    let configuration: Store.Configuration
    let damages: DamageLog
    /// What time it is, for the retention.
    let clock: @Sendable () -> Timestamp
    /// Of the file; nil in memory.
    let path: String?
    let logger: Logger
    var slots: JournalSlots
    /// The round over all keys that is under way.
    var pass: MergePass?
    /// The request that is under way.
    var running: RunningRequest?
    /// How long storing has to be impossible until it is tried again; grows with each failure.
    private var patience = Self.shortestPatience
    private(set) var isStoring = true

    private static let shortestPatience = Duration.seconds(5)
    private static let longestPatience = Duration.seconds(60)
    private static let sealPatience = Duration.seconds(60)
    /// Rows that are removed in one commit, so that none takes long.
    static let removalSlice = 200

    init(
        monitor: Monitor<StoreState>, database: DatabasePool, configuration: Store.Configuration,
        slots: JournalSlots, damages: DamageLog, path: String?, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.monitor = monitor
        self.database = database
        self.configuration = configuration
        self.slots = slots
        self.damages = damages
        self.path = path
        self.clock = clock
        self.logger = logger
    }

    mutating func run() {
        var isRunning = true
        while isRunning {
            let limit = configuration.headLimit
            let work = monitor.wait { $0.next(now: .now, headLimit: limit) }
            if let key = work.removal {
                removeSlice(of: key)
            } else if let request = work.request {
                begin(request)
            } else if work.continuesRequest {
                proceed()
            } else if work.refusesRequests {
                failRequests(Store.Error(subject: "the store", message: unstoredReason))
            } else if work.isMaintenance {
                maintain()
            } else {
                let outcome = work.isAnswerOnly ? unstoredOutcome() : perform(work)
                for waiter in work.waiters { waiter(outcome) }
            }
            if work.isLast { isRunning = !stop() }
        }
        failRequests(Store.Error.closed)
        closeDatabase()
    }

    /// What the file holds, for the next start. Where nothing was written it says so already.
    private func takeInventory() {
        guard path != nil, isStoring, !monitor.withLock({ $0.mayHaveInventory }) else { return }
        do {
            try database.write { try Inventory(of: $0, at: clock()).store($0) }
        } catch {
            noteCorruption(error)
            logger.warning(
                "what the database holds could not be written down",
                metadata: ["error": "\(Store.Error.reason(error))"])
        }
    }

    private func unstoredOutcome() -> Store.CommitOutcome { .unstored(unstoredReason) }

    private var unstoredReason: String {
        monitor.withLock { $0.statistics.lastError } ?? "storing is impossible"
    }

    private mutating func perform(_ work: Work) -> Store.CommitOutcome {
        guard !work.batches.isEmpty || work.seal != nil || work.receiptsAreUrgent else {
            // Nothing is left that could not be stored. Receipts are worth a commit only beside something else.
            monitor.withLock { state in
                state.retry = nil
                state.durableBatches = work.lastBatch
                if work.receipts != nil { state.receipts.isNew = true }
            }
            return .durable
        }
        guard let seal = work.seal else { return commit(work) }
        do {
            try write(work, rows: work.receipts.map { [ReceiptRow.encode($0)] } ?? [])
            return .durable
        } catch {
            cancel(seal, error)
            failRequests(error)
        }
        var rest = work
        rest.seal = nil
        if work.receipts != nil, rest.batches.isEmpty { monitor.withLock { $0.receipts.isNew = true } }
        return rest.batches.isEmpty ? .durable : commit(rest)
    }

    private func cancel(_ seal: Work.Seal, _ error: any Error) {
        noteCorruption(error)
        let (retry, headLimit) = (Moment.now + Self.sealPatience, configuration.headLimit)
        let dropped = monitor.withLock { $0.cancelSeal(retry: retry, headLimit: headLimit) }
        logger.error(
            "sealing failed, the points stay in the journal",
            metadata: [
                "store.generation": "\(seal.generation.number)", "error": "\(Store.Error.reason(error))",
                "points.dropped": "\(dropped)",
            ])
    }

    /// What waited for the seal cannot be done now, nor what is under way.
    private mutating func failRequests(_ error: any Error) {
        let error = error as? Store.Error ?? Store.Error(subject: "the store", message: Store.Error.reason(error))
        if let running { end(running, error) }
        let requests = monitor.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
        for waiting in requests { waiting.request.fail(error) }
    }

    private mutating func commit(_ work: Work) -> Store.CommitOutcome {
        do {
            try write(work, rows: Self.rows(of: work))
            return .durable
        } catch {
            failRequests(error)
            noteCorruption(error)
            return giveBack(work, reason: Store.Error.reason(error))
        }
    }

    private static func rows(of work: Work) -> [[UInt8]] {
        putRows(of: work) + (work.receipts.map { [ReceiptRow.encode($0)] } ?? [])
    }

    private static func putRows(of work: Work) -> [[UInt8]] {
        if work.puts <= JournalSlots.manyPuts {
            return JournalColumns.rows(work.batches.flatMap(\.batch.puts), size: JournalSlots.rowSize)
        }
        var encoder = JournalRowEncoder()
        for pending in work.batches {
            for put in pending.batch.puts { encoder.append(put) }
        }
        return encoder.finish()
    }

    private mutating func write(_ work: Work, rows: [[UInt8]]) throws {
        let time = clock()
        // A seal that fails leaves a commit to be made: there the disk is given time.
        let before = slots
        let start = Moment.now
        let (result, after) = try transact(work.seal == nil ? .lockOrDisk : .lock) {
            db -> (CommitResult, JournalSlots) in
            var slots = before
            return (try Transaction(db: db, time: time).write(work, rows: rows, &slots), slots)
        }
        slots = after
        monitor.withLock { $0.finish(work, result, took: start.elapsed) }
        patience = Self.shortestPatience
        if !isStoring { logger.notice("storing works again") }
        isStoring = true
    }

    private mutating func giveBack(_ work: Work, reason: String) -> Store.CommitOutcome {
        let retry = Moment.now + patience
        patience = min(Self.longestPatience, Duration(microseconds: patience.microseconds * 2))
        monitor.withLock { $0.giveBack(work, reason: reason, retry: retry) }
        if isStoring {
            logger.error("storing is impossible, points are kept in memory only", metadata: ["error": "\(reason)"])
        }
        isStoring = false
        return .unstored(reason)
    }

    private func removeSlice(of key: KeyID) {
        let isDone: Bool
        do {
            let removed = try transact(.lock) { db in
                let removed = try BlockTable.remove(key, limit: Self.removalSlice, db)
                if removed.isAll { try db.execute(sql: "DELETE FROM retired WHERE key = ?", arguments: [key.rawValue]) }
                try BlockTable.setTotal(BlockTable.total(db) - removed.points, db)
                return removed
            }
            monitor.withLock { $0.blockPoints -= removed.points }
            isDone = removed.isAll
        } catch {
            // It is listed as retired: the next start goes on with it.
            logger.warning(
                "removing a deleted key failed",
                metadata: ["key.id": "\(key.rawValue)", "error": "\(Store.Error.reason(error))"])
            isDone = true
        }
        if isDone { monitor.withLock { $0.removals.removeAll { $0 == key } } }
    }

    /// - Returns: false where more came meanwhile.
    private func stop() -> Bool {
        monitor.withLock { state in
            let isEmpty = state.waiters.isEmpty && (state.pending.isEmpty || state.retry != nil)
            if isEmpty { state.hasStopped = true }
            return isEmpty
        }
    }

    private func closeDatabase() {
        takeInventory()
        do {
            // The last connection to close is the writer's: then SQLite removes the write-ahead log.
            database.closeReaders()
            if path != nil { try database.writeWithoutTransaction { try $0.execute(sql: Self.checkpoint) } }
            try database.close()
        } catch {
            logger.warning("closing the database failed", metadata: ["error": "\(Store.Error.reason(error))"])
        }
    }
}
