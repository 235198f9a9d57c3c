import Dispatch
import KomokuSQLite
package import Komoku
internal import KomokuSystem
package import Logging
import Synchronization

/// The points of all keys, in one SQLite file or in memory.
///
/// What is appended can be read at once and is on disk after the next commit. One thread of the store's own writes; queries run on
/// reader connections.
package final class Store: Sendable {
    /// The lowest id that no key of this database ever had.
    package let nextKeyID: Int32

    let monitor: Monitor<StoreState>
    let database: DatabasePool
    let damages: DamageLog
    private let configuration: Configuration
    package let path: String?
    private let lifetime: StoreLifetime
    private let found: Mutex<[RestoredKey]>

    /// One more than the highest id that a key may have.
    package static let keyLimit = KeyID.limit

    /// Opens or creates the database and reads the keys and the journal.
    ///
    /// - Parameter clock: what time it is, for the retention.
    /// - Throws: where the file cannot be opened, is no database of this software, or is open elsewhere. It is left as it is.
    package init(
        _ configuration: Configuration, clock: (@Sendable () -> Timestamp)? = nil, logger: Logger
    ) throws(Error) {
        var path: String?
        var lock: FileLock?
        if case .file(let given) = configuration.location {
            let canonical = try DatabaseOpening.canonicalPath(given)
            lock = try FileLock(for: canonical)
            path = canonical
        }
        let (database, restoration) = try Self.restored(path, configuration, logger)
        var state = restoration.state
        (state.rules, state.maximumSize) = (configuration.retention, configuration.maximumSize)
        state.passDue = .now + StoreState.passDelay
        let monitor = Monitor(state)
        let (file, slots) = (path, restoration.slots)
        let damages = DamageLog(logger: logger)
        let thread: NamedThread
        do throws(SystemError) {
            thread = try NamedThread("komoku-store") {
                var writer = Writer(
                    monitor: monitor, database: database, configuration: configuration, slots: slots,
                    damages: damages, path: file, clock: clock ?? { WallClock.now }, logger: logger)
                writer.run()
            }
        } catch {
            throw Error(subject: error.subject, message: error.message, remedy: error.remedy)
        }
        nextKeyID = restoration.nextKeyID
        found = Mutex(restoration.keys)
        (self.monitor, self.database, self.damages) = (monitor, database, damages)
        (self.configuration, self.path) = (configuration, path)
        lifetime = StoreLifetime(thread: thread, lock: lock)
    }

    private static func restored(
        _ path: String?, _ configuration: Configuration, _ logger: Logger
    ) throws(Error) -> (DatabasePool, Restoration) {
        func attempt(inspects: Bool) throws -> (DatabasePool, Restoration) {
            let database = try DatabaseOpening.open(path, durability: configuration.durability)
            do {
                if inspects { try database.read { try Inspection.run($0) } }
                return (database, try Restoration(database, configuration, logger: logger))
            } catch {
                try? database.close()
                throw error
            }
        }
        do {
            guard let path else { return try attempt(inspects: false) }
            return try Salvage.opening(path, logger: logger, attempt)
        } catch let error as Store.Error {
            throw error
        } catch {
            throw Store.Error(opening: path ?? "the database in memory", error)
        }
    }

    deinit { close() }

    /// The keys as the store found them, by id; none after `takeRestored`.
    package var restored: [RestoredKey] { found.withLock { $0 } }

    /// Gives the keys as the store found them to whoever keeps them from now on.
    package func takeRestored() -> [RestoredKey] {
        found.withLock { keys in
            defer { keys = [] }
            return keys
        }
    }

    /// Takes a batch, from any thread, and never waits for the disk.
    ///
    /// After `close` it is left out.
    package func append(_ batch: consuming Batch) {
        guard !batch.isEmpty || !batch.receipts.isEmpty else { return }
        let batch = batch
        let (interval, sealInterval) = (configuration.commitInterval, configuration.sealInterval)
        let headLimit = configuration.headLimit
        let wakes = monitor.withLock { state in
            guard !state.hasStopped else { return false }
            let isOnlyNoted = batch.isEmpty
            state.append(batch)
            return !isOnlyNoted && state.schedule(interval, sealInterval, headLimit: headLimit)
        }
        if wakes { monitor.signal() }
    }

    /// Commits all that was appended, now. Calls that wait together share one commit.
    ///
    /// - Parameter then: runs on the writer thread, never inside this call, and must not block.
    package func commit(_ then: @escaping @Sendable (CommitOutcome) -> Void) {
        wait(then) { _ in }
    }

    /// Commits all that was appended and moves the points in memory into blocks, now.
    package func seal(_ then: @escaping @Sendable (CommitOutcome) -> Void) {
        wait(then) { $0.sealIsWanted = true }
    }

    /// Does something that wants what was put before to be in the file.
    func request(_ request: Request) {
        let isOpen = monitor.withLock { state in
            guard !state.hasStopped, !state.isStopping else { return false }
            state.add(request)
            return true
        }
        if isOpen {
            monitor.signal()
        } else {
            DispatchQueue.global().async { request.fail(.closed) }
        }
    }

    private func wait(
        _ then: @escaping @Sendable (CommitOutcome) -> Void, _ prepare: (inout StoreState) -> Void
    ) {
        let isOpen = monitor.withLock { state in
            guard !state.hasStopped else { return false }
            prepare(&state)
            state.waiters.append(then)
            return true
        }
        if isOpen {
            monitor.signal()
        } else {
            DispatchQueue.global().async { then(.unstored("the store is closed")) }
        }
    }

    /// The broker's messages that are taken and not acknowledged; after the start those of an earlier process.
    package var receipts: [Receipt] { monitor.withLock { $0.receipts.receipts } }

    /// What was found wrong with the file, and what of it is lost, as long as the file that was set aside is there.
    package var damage: JSON? {
        guard let damage = monitor.withLock({ $0.damage }) else { return nil }
        guard let file = damage["file"]?.string else { return damage }
        return FileSize.isThere(file) ? damage : nil
    }

    package var statistics: Statistics {
        var statistics = monitor.withLock { state in
            var statistics = state.statistics
            let generations = [state.active, state.frozen].compactMap(\.self)
            statistics.headPoints = generations.reduce(0) { $0 + $1.count }
            statistics.headBytes = generations.reduce(0) { $0 + $1.size }
            statistics.points = state.blockPoints + generations.reduce(0) { $0 + $1.pointCount }
            return statistics
        }
        statistics.corruptBlocks = damages.count
        if let path { statistics.fileBytes = FileSize.of(path) + FileSize.of(path + "-wal") }
        return statistics
    }

    /// Commits what was appended, closes the file and ends the threads. Waits for it; doing it again does nothing.
    package func close() {
        monitor.withLock { $0.isStopping = true }
        monitor.signal()
        lifetime.end()
    }
}

extension StoreState {
    /// Sets when what was just appended is due.
    ///
    /// - Returns: whether the writer has to look again.
    mutating func schedule(_ interval: Duration, _ sealInterval: Duration, headLimit: Int) -> Bool {
        let now = Moment.now
        let isNew = deadline == nil || (sealDeadline == nil && !active.isEmpty) || (isBurst && lull == nil)
        if deadline == nil { deadline = now + interval }
        if sealDeadline == nil, !active.isEmpty { sealDeadline = now + sealInterval }
        if isBurst { lull = now + Self.burstPause }
        return isNew || isUrgent || active.size >= headLimit
    }
}
