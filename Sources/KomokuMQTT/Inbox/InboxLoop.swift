internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuSystem
internal import Logging

/// The Inbox's thread: connects, reads, hands over, and writes only when everything it took is committed.
///
/// libmosquitto queues an acknowledgement for each message that it reads, and writes all of them, with whatever else is
/// queued, in one call. So nothing at all is written while a taken message is uncommitted.
struct InboxLoop {
    private let configuration: Inbox.Configuration
    private let sink: any ObservationSink
    private let clock: any HubClock
    private let shared: InboxShared
    private let logger: Logger
    let reader: MessageReader
    private var devices: Inbox.Devices
    private var keeper: ConnectionKeeper
    private var nextTicket = 0
    private var nextMisc: Int64 = 0
    /// Something other than acknowledgements waits to be written.
    private var isUrgent = false
    private let subscriptions: Subscriptions
    /// Before this time the filters are not worked out again, where that takes long.
    private var nextUpdate: Int64 = 0
    private var losses = LossLog()
    /// Before this time it is not asked whether others have committed everything.
    private var nextLook: Int64 = 0
    private var replay = ReplayWatch()

    /// The most packets that are read before they are handed over.
    private static let roundLength = 256
    /// Acknowledgements are not written more often than so, in microseconds, unless a commit was asked for.
    private static let shortestLook: Int64 = 20_000
    /// How long what others committed waits at most for its acknowledgement, in microseconds.
    private static let longestLook: Int64 = 100_000

    init(
        _ configuration: Inbox.Configuration, sink: any ObservationSink, clock: any HubClock, shared: InboxShared,
        logger: Logger
    ) {
        self.configuration = configuration
        self.sink = sink
        self.clock = clock
        self.shared = shared
        self.logger = logger
        devices = configuration.devices
        reader = MessageReader(mappings: configuration.mappings, devices: Self.set(of: configuration.devices))
        subscriptions = Subscriptions(configuration.subscriptionMemory, logger: logger)
        keeper = ConnectionKeeper(
            Connection.Options(
                broker: configuration.broker, clientID: configuration.broker.clientID, keepsSession: true),
            costOfThree: "it sends few messages before it waits for an acknowledgement, so each few cost a commit",
            wakeUp: shared.wakeUp, logger: logger)
    }

    mutating func run() {
        restoreDevices()
        while !shared.isStopping {
            if let (connection, sessionPresent) = open() {
                // A broker that does not know us any more has perhaps forgotten what we retained, too.
                if !sessionPresent {
                    reader.unacknowledged.forget()
                    subscriptions.forgetSession()
                }
                if !sessionPresent || reader.counters.protocolVersion == 0 { configuration.stateWanted?() }
                let code = serve(connection, isSameBroker: sessionPresent)
                reader.unacknowledged.interrupted()
                reader.counters.isConnected = false
                publishCounters()
                guard let code else { return }
                keeper.lost(connection, code)
            }
            keeper.pause(unless: { [shared] in shared.isStopping })
        }
    }

    private mutating func tellLosses() {
        let lost = LossLog.Counts(discovery: reader.devices.losses, notHeld: reader.counters.notHeld)
        guard let line = losses.line(for: lost, at: MonotonicClock.now, isLast: shared.isStopping) else { return }
        logger.warning(
            "more is announced than can be kept; some is left out, counted since the start", metadata: line)
    }

    private mutating func open() -> (Connection, Bool)? {
        var callbacks = Connection.Callbacks()
        callbacks.message = { [reader] in reader.take($0) }
        // The first code is the broker's own word; what follows is only that the socket is closed.
        callbacks.disconnected = { [subscriptions] in
            subscriptions.disconnectCode = subscriptions.disconnectCode ?? $0
        }
        callbacks.subscribed = { [subscriptions] in subscriptions.answered($0, $1) }
        subscriptions.begin()
        startRound()
        return keeper.open(callbacks, unless: { [shared] in shared.isStopping })
    }

    // MARK: One connection

    /// - Returns: why the connection broke; nil after a clean stop.
    private mutating func serve(_ connection: Connection, isSameBroker: Bool) -> Int32? {
        if reader.counters.isConnected == false, reader.counters.protocolVersion > 0 { reader.counters.reconnects += 1 }
        reader.counters.isConnected = true
        reader.counters.protocolVersion = connection.version == .five ? 5 : 3
        takeSettings()
        beginReplay(on: connection, isSameBroker: isSameBroker)
        var code = subscribe(on: connection, everything: true)
        while code == nil, subscriptions.disconnectCode == nil {
            // What came together with CONNACK is read already.
            code = settleDevices(on: connection)
            handOver()
            if code != nil { break }
            if shared.isStopping { return finish(connection) }
            code = round(connection)
        }
        handOver()
        return subscriptions.disconnectCode ?? code
    }

    /// - Returns: why the connection broke.
    private mutating func round(_ connection: Connection) -> Int32? {
        if takeSettings() {
            beginReplay(on: connection, isSameBroker: replay.isSameBroker)
            if let code = subscribe(on: connection, everything: true) { return code }
        }
        if reader.unacknowledged.areOnTheirWay, connection.isDelivered { reader.unacknowledged.delivered() }
        if subscriptions.takeCompletion() { reader.connected() }
        let now = MonotonicClock.now
        if now >= nextMisc {
            nextMisc = now + 1_000_000
            subscriptions.saveIfNeeded()
            tellLosses()
            lookAtReplay(at: now)
            if let code = connection.misc() { return code }
        }
        if isDue(connection, at: now) {
            if let code = acknowledge(connection, patience: configuration.commitPatience.microseconds) { return code }
        } else if reader.unacknowledged.isEmpty, connection.wantsToWrite {
            if let code = connection.write() { return code }
            isUrgent = connection.wantsToWrite
        }
        return read(connection, now)
    }

    private mutating func read(_ connection: Connection, _ now: Int64) -> Int32? {
        let blocked = reader.unacknowledged.isEmpty && connection.wantsToWrite
        var wait = nextMisc - now
        if reader.mustSubscribe { wait = min(wait, max(0, nextUpdate - now)) }
        if let since = reader.unacknowledged.since {
            wait = min(wait, since + interval(of: connection) - now, Self.longestLook)
        }
        let events = Poll.wait(
            connection.socket, for: blocked ? [.readable, .writable] : .readable, or: shared.wakeUp, microseconds: wait)
        startRound()
        // Before anything more is taken, which would not be committed.
        if let code = acknowledgeIfDurable(connection) { return code }
        guard !events.isDisjoint(with: [.readable, .broken]) else { return nil }
        let limit = limit(of: connection)
        for index in 0..<Self.roundLength where reader.unacknowledged.count < limit {
            switch connection.read() {
            case .packet:
                // What comes alone need not wait until the socket is found dry.
                if index == 0 { handOver() }
            case .dry:
                connection.acknowledgeSegments()
                return nil
            case .broken(let code): return code
            }
        }
        connection.acknowledgeSegments()
        return nil
    }

    private func startRound() {
        reader.beginRound(at: clock.now, MonotonicClock.now)
    }

    private func handOver() {
        let intake = reader.takeIntake()
        // What it leads to may be seen before `take` returns.
        publishCounters()
        if !intake.isEmpty { sink.take(intake) }
        for question in reader.devices.takePublications() { devices.publish(question) }
    }

    private func publishCounters() {
        reader.counters.unacknowledged = reader.unacknowledged.count
        reader.counters.isSettled = reader.counters.isConnected && !reader.mustSubscribe && subscriptions.areAnswered
        shared.counters = reader.counters
    }

    // MARK: Acknowledging

    /// MQTT 3.1.1 has no Receive Maximum: a broker stops after some 20 messages, so they are acknowledged sooner.
    private func limit(of connection: Connection) -> Int {
        connection.version == .five
            ? min(configuration.unacknowledgedLimit, max(1, configuration.broker.receiveMaximum / 2)) : 10
    }

    private func interval(of connection: Connection) -> Int64 {
        // Pings wait as long, and the broker hangs up after one and a half keep-alives.
        let longest = min(
            configuration.commitInterval.microseconds, configuration.broker.keepAlive.microseconds / 4)
        return connection.version == .five ? longest : min(longest, 100_000)
    }

    private func isDue(_ connection: Connection, at now: Int64) -> Bool {
        guard let since = reader.unacknowledged.since else { return false }
        return isUrgent || reader.unacknowledged.count >= limit(of: connection)
            || now - since >= interval(of: connection)
    }

    /// Waits for a commit of everything taken so far, reading nothing meanwhile, and writes the acknowledgements.
    private mutating func acknowledge(_ connection: Connection, patience: Int64) -> Int32? {
        nextTicket += 1
        let ticket = nextTicket
        sink.whenDurable { [shared] in shared.finish(ticket, $0) }
        let deadline = MonotonicClock.now + patience
        var outcome = shared.outcome(of: ticket)
        while outcome == nil {
            let left = deadline - MonotonicClock.now
            // The queued ping would end the connection soon; dropping it has the broker send everything again.
            guard left > 0 else {
                logger.error("no commit for too long; dropping the broker's connection")
                return Connection.Failure.timedOut.code
            }
            let events = Poll.wait(connection.socket, for: [], or: shared.wakeUp, microseconds: left)
            outcome = shared.outcome(of: ticket)
            // Nothing is read, not even the reason: that would queue acknowledgements for what is not committed.
            if outcome == nil, !events.isEmpty { return Connection.Failure.lost.code }
        }
        return write(connection, afterCommit: outcome)
    }

    /// Where others' commits, a client's or a rule's, have covered everything that was taken: after a kill it would come twice.
    private mutating func acknowledgeIfDurable(_ connection: Connection) -> Int32? {
        guard !reader.unacknowledged.isEmpty, reader.moment >= nextLook else { return nil }
        nextLook = reader.moment + Self.shortestLook
        return sink.isDurable() ? write(connection, afterCommit: .durable) : nil
    }

    private mutating func write(_ connection: Connection, afterCommit outcome: Store.CommitOutcome?) -> Int32? {
        let count = reader.unacknowledged.count
        if let code = flush(connection, until: MonotonicClock.now + 10_000_000) { return code }
        isUrgent = false
        reader.counters.acknowledged += count
        if case .unstored? = outcome { reader.counters.unstored += count }
        reader.unacknowledged.acknowledged()
        return nil
    }

    /// Writes until nothing is queued.
    private func flush(_ connection: Connection, until deadline: Int64) -> Int32? {
        if let code = connection.write() { return code }
        while connection.wantsToWrite {
            let left = deadline - MonotonicClock.now
            if left <= 0 { return Connection.Failure.timedOut.code }
            let events = Poll.wait(connection.socket, for: .writable, or: shared.wakeUp, microseconds: left)
            if !events.isEmpty, let code = connection.write() { return code }
        }
        return nil
    }

    /// Commits, acknowledges and disconnects.
    private mutating func finish(_ connection: Connection) -> Int32? {
        tellLosses()
        if !reader.unacknowledged.isEmpty, acknowledge(connection, patience: 10_000_000) != nil { return nil }
        connection.disconnect()
        _ = flush(connection, until: MonotonicClock.now + 1_000_000)
        return nil
    }
}

// MARK: - Subscriptions and devices

extension InboxLoop {
    private static func set(of devices: Inbox.Devices) -> DeviceSet {
        DeviceSet(devices.sources(), commands: devices.commands, limits: devices.limits)
    }

    /// Takes over other mappings and other sources, where there are any.
    @discardableResult
    private mutating func takeSettings() -> Bool {
        guard let (mappings, devices) = shared.takeSettings() else { return false }
        reader.mappings = mappings
        guard let devices else { return true }
        self.devices = devices
        devices.commands?.removeAll()
        reader.devices = Self.set(of: devices)
        restoreDevices()
        return true
    }

    /// Waits for what the hub remembers, and lets it know what it comes to.
    private mutating func restoreDevices() {
        guard let remembered = devices.remembered, !reader.devices.sources.isEmpty else { return }
        _ = shared.takeDiscoveries()
        remembered { [shared] in shared.set($0) }
        while !shared.isStopping {
            guard let discoveries = shared.takeDiscoveries() else {
                _ = Poll.wait(-1, for: [], or: shared.wakeUp, microseconds: 500_000)
                continue
            }
            startRound()
            reader.restore(discoveries)
            return handOver()
        }
    }

    private mutating func beginReplay(on connection: Connection, isSameBroker: Bool) {
        reader.devices.beginReplay()
        // Mosquitto queues 1,000 behind those that it may send at once, and drops the rest.
        let maximum = connection.version == .five ? configuration.unacknowledgedLimit : 800
        replay.begin(at: MonotonicClock.now, isSameBroker: isSameBroker, maximum: maximum)
    }

    private mutating func lookAtReplay(at now: Int64) {
        replay.heard(reader.takeReplayed(), at: now)
        let isAnswered = subscriptions.areAnswered && !subscriptions.isRefused
        guard replay.takeEnd(at: now, isAnswered: isAnswered) else { return }
        startRound()
        reader.replayIsOver(isSameBroker: replay.isSameBroker)
    }

    /// After discovery: what waited is read, and what is wanted now is asked for.
    private mutating func settleDevices(on connection: Connection) -> Int32? {
        guard reader.mustSubscribe, MonotonicClock.now >= nextUpdate else { return nil }
        return subscribe(on: connection, everything: false)
    }

    private mutating func subscribe(on connection: Connection, everything: Bool) -> Int32? {
        let start = MonotonicClock.now
        reader.readHeld()
        reader.mustSubscribe = false
        do throws(Connection.Failure) {
            let wanted = reader.mappings.filters(
                devices: reader.devices.filters, joining: !connection.identifiesSubscriptions)
            if wanted.overlap != reader.filtersOverlap { reader.filtersOverlap = wanted.overlap }
            if try subscriptions.update(to: wanted.entries, on: connection, everything: everything) { isUrgent = true }
        } catch {
            return error.code
        }
        // With thousands of devices this takes a while: a burst of discovery must not spend its time on it.
        let now = MonotonicClock.now
        nextUpdate = now + 4 * (now - start)
        return nil
    }
}
