internal import HeapModule
package import Komoku
package import KomokuStore
package import KomokuSystem
package import Logging

/// The one place where a key changes.
///
/// An actor on a thread of its own. Every put, whoever makes it, is applied here, in order; what it decides goes to the
/// store as a batch at the end of the turn. It never waits: not for the disk, not for a socket.
package actor Hub {
    package nonisolated let store: Store
    package nonisolated let clock: any HubClock
    nonisolated let logger: Logger
    private nonisolated let thread: HubThread

    package internal(set) var configuration: Configuration
    var table = KeyTable()
    /// Equal settings are one object.
    var sharedSettings: [KeyOptions: KeySettings] = [:]
    /// Through which source of the configuration messages came, by key; of those where none did there is nothing.
    var feedings: [KeyID: Feeding] = [:]
    /// Of keys whose messages say when they were measured: the last that was late.
    var lateMessages: [Int: LateMessage] = [:]
    /// A live message is being applied that says when it was measured.
    var comesNow = false
    var catalogue = DeviceCatalogue()
    /// Keys that a property of another device takes over, and whose they are until then.
    var replacing: [KeyID: PropertyID] = [:]
    var vigil = Vigil()
    /// The commands that devices have not answered.
    var commanding = Commanding()
    var settling = Settling()
    package internal(set) var isSettled = true
    var whenSettled: [(isolated Hub) -> Void] = []
    /// What the clocks showed at the beginning of this piece of work.
    var reading: ClockReading
    /// The wall clock was set forward, and what is due has not been looked at since.
    var hasJumped = true
    var expiries = Heap<Expiry>()
    /// Points that wait for their time.
    var coming = ComingPoints()
    nonisolated let clockStatus: any ClockStatus
    /// Whether the wall clock can be trusted. Before it is set, no time is judged by it.
    var isClockSet = false
    /// The newest time that the hub gave to any put.
    var newestAssigned = Timestamp.distantPast
    /// Points that the hub dated by a clock that was ahead.
    var misdatings = MisdatedPoints()
    var alarms = Alarms()
    /// Who reads what is put to some keys.
    var interpreters: [KeyID: any PutInterpreter] = [:]
    /// Counts pieces of work, so that a part can tell whether it is still in the same one.
    package internal(set) var turn = 0
    nonisolated let bootTasks = BootTasks()
    /// What this turn has decided so far.
    var batch = Batch()
    /// Who is told of changes, and what has not been told yet.
    var watchers = Watchers()
    var sequence = ChangeSequence()
    /// Points that came for a key while its history is being copied into another.
    var copying: [KeyID: [Put]] = [:]
    /// String keys of which the store knows that they are logs.
    var logs: Set<KeyID> = []
    /// The counters that are read in another way than most.
    var ruledCounters: Set<KeyID> = []
    /// Counters that are the integral of another key.
    var integrals = Integrals()
    /// What can be undone.
    var repairs: [KeyID: [Repair]] = [:]
    /// Names that keys had before.
    var formerNames: [KeyName: FormerName] = [:]
    /// Keys that were imported into and fall or go stale only once the import is done, by who imports.
    var importing: [ObjectIdentifier: Set<KeyID>] = [:]
    package internal(set) var counters = Counters()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    package init(
        store: Store, configuration: Configuration = Configuration(), clock: any HubClock = SystemClock(),
        clockStatus: any ClockStatus = TrustedClock(), logger: Logger
    ) {
        self.store = store
        self.configuration = configuration
        self.clock = clock
        reading = ClockReading(clock)
        self.clockStatus = clockStatus
        self.logger = logger
        thread = HubThread(name: "komoku-hub")
    }

    /// Takes over what the store restored, lets uptime keys that ran out meanwhile fall, and begins to work.
    package nonisolated func start() {
        thread.enqueue { self.assumeIsolated { $0.restore() } }
        thread.start { [weak self] in self?.assumeIsolated { $0.endTurn() } ?? nil }
    }

    /// Finishes what was asked before, and ends the hub's thread. The store is left open.
    package nonisolated func stop() {
        thread.enqueue { self.assumeIsolated { $0.noteEnd() } }
        guard thread.stop() > 0 else { return }
        logger.warning("the hub stopped before it had handled all messages of QoS 0")
    }

    /// Runs `work` on the hub's thread, after everything that was asked before.
    package nonisolated func enqueue(_ work: @escaping @Sendable (isolated Hub) -> Void) {
        thread.enqueue { self.assumeIsolated { work($0) } }
    }

    /// As `enqueue`, but where the hub has nothing else to do `work` is done at once, on the calling thread: a message need
    /// not wait for another thread to wake. For short work only.
    package nonisolated func perform(_ work: @escaping @Sendable (isolated Hub) -> Void) {
        thread.run { self.assumeIsolated { work($0) } }
    }

    /// Takes turns with everything else: `piece` runs again and again, a few milliseconds at a time, until it says that
    /// nothing is left. What was given before comes first.
    ///
    /// - Parameter isShort: as `perform`, where the hub has nothing else to do.
    package nonisolated func take(isShort: Bool, _ piece: @escaping @Sendable (isolated Hub) -> Bool) {
        thread.runPieces(isShort: isShort) { self.assumeIsolated { piece($0) } }
    }

    /// Commits everything that was accepted so far; `then` runs on the store's thread.
    package func whenDurable(_ then: @escaping @Sendable (Store.CommitOutcome) -> Void) {
        handOver()
        store.commit(then)
    }

    /// Looks at the clock again: for tests that moved it.
    package func tick() {
        readClocks()
        expire()
        settle(at: reading.tick)
        ringUntilQuiet()
    }

    private func endTurn() -> Duration? {
        readClocks()
        expire()
        settle(at: reading.tick)
        ring()
        giveSign(isCommitted: false)
        handOver()
        turn += 1
        return min(timeUntilNext() ?? timeUntilSign, timeUntilSign)
    }

    /// Until the hub has to look at something by itself.
    private func timeUntilNext() -> Duration? {
        let next = [expiries.min?.tick, settling.due].compactMap(\.self).min()
        let left = [
            next.map { $0 - Tick(microseconds: clock.monotonic) }, nextDueTime.map { $0 - clock.now },
            isClockSet ? nil : Duration.seconds(1),
        ]
        return (left + [timeUntilAlarm]).compactMap(\.self).min().map { max(.zero, $0) }
    }

    /// How long nothing happens by itself; zero where something is due already, nil where nothing ever is. For whoever moves
    /// the clock from one moment to the next.
    package var timeUntilDue: Duration? {
        let expiry = expiries.min.map { max(.zero, $0.tick - Tick(microseconds: clock.monotonic)) }
        let due = nextDueTime.map { max(.zero, $0 - clock.now) }
        return [expiry, due, timeUntilAlarm].compactMap(\.self).min()
    }

    func handOver() {
        guard !batch.isEmpty || !batch.receipts.isEmpty else { return }
        giveSign(isCommitted: true)
        var full = Batch()
        swap(&full, &batch)
        store.append(full)
    }

    private func restore() {
        let restored = store.takeRestored()
        readClocks()
        let now = reading.wall
        isClockSet = clockStatus.isSynchronized(at: now)
        table.reserve(restored.count)
        for key in restored {
            fillWithRetired(until: key.record.id)
            feed(key.record.id, by: Feeding(kept: key.record.source))
            table.append(state(restoring: key))
        }
        fillWithRetired(until: KeyID(rawValue: store.nextKeyID))
        restoreTimes(restored)
        restoreDevices()
        for index in table.indices {
            scheduleExpiry(at: index)
            tellLog(at: index)
        }
        restoreRepairs()
        restoreFormerNames()
        declareConfiguredKeys()
        leaveSwitchedOff()
        noteStart(at: now)
        for task in bootTasks.take() { task(self) }
        expire()
    }

    private func state(restoring key: RestoredKey) -> KeyState {
        let record = key.record
        let defined = KeyOptions(keptBefore: record.options)
        var state = KeyState(
            name: record.name, id: record.id, created: record.created, type: record.type,
            settings: settings(for: record.name, defined: defined, feeding: feeding(of: record.id)))
        state.last = key.lastValue
        // Only here the wall clock has to be trusted: nobody measured how long the hub was down.
        if let last = key.lastValue { state.tick = reading.heard(at: last.time) }
        state.stored = key.newestPoint
        state.isStale = key.newestPoint.map { $0.value == nil } ?? false
        // The gap of silence is derived, that of a source which does not know is its own.
        state.isUnknown = state.isStale && key.newestPoint?.provenance == .live
        (state.isGiven, state.isRestored) = (!key.isOurs, true)
        if let last = key.last, key.isOurs {
            state.assigned = last.time
            newestAssigned = max(newestAssigned, last.time)
        }
        return state
    }

    /// Ids of deleted keys stay unused, so that an old point never belongs to a new key.
    private func fillWithRetired(until id: KeyID) {
        guard table.count < id.index, let nobody = KeyName("deleted") else { return }
        let settings = settings(for: nobody, defined: KeyOptions())
        while table.count < id.index {
            var state = KeyState(
                name: nobody, id: KeyID(rawValue: Int32(table.count)), created: .distantPast, type: .numeric,
                settings: settings)
            state.isRetired = true
            table.append(state)
        }
    }
}

// MARK: What others have in the batch of this turn

extension Hub {
    /// The new state of a cell.
    package func append(cell: CellWrite) { batch.cells.append(cell) }

    /// An event that has to survive until it is handled.
    package func append(event: QueuedEvent) { batch.events.append(event) }

    /// The batch holds the effects of that event.
    package func append(handled id: Int64) { batch.handledEvents.append(id) }

    /// A line of the why log.
    package func append(run: RunRow) { batch.runs.append(run) }

    /// The commit removes old lines of the why log.
    package func prune(runs retention: [String: RunRetention]) { batch.runRetention = retention }
}

// MARK: The broker's replay

/// Whether what the broker retains has come since the hub started. Until then the database may be behind the world.
extension Hub {
    /// The broker will bring what it retains: what waits for that waits from now on. A boot task.
    package func awaitReplay() { isSettled = false }

    /// What the broker retains has come, or nobody waits for it any more.
    package func settled() {
        if isSettled { return }
        isSettled = true
        let waiting = whenSettled
        whenSettled = []
        for work in waiting { work(self) }
    }

    /// Does something as soon as `isSettled`: now, where it is.
    package func onceSettled(_ work: @escaping (isolated Hub) -> Void) {
        if isSettled { return work(self) }
        whenSettled.append(work)
    }
}
