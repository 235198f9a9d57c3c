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
    let configuration: Inbox.Configuration
    let sink: any ObservationSink
    let clock: any HubClock
    let shared: InboxShared
    let logger: Logger
    let reader: MessageReader
    private var devices: Inbox.Devices
    private var keeper: ConnectionKeeper
    var nextTicket = 0
    /// Something other than acknowledgements waits to be written.
    var isUrgent = false
    /// Before this time it is not asked whether others have committed everything.
    var nextLook: Int64 = 0
    private var nextMisc: Int64 = 0
    private let subscriptions: Subscriptions
    /// Before this time the filters are not worked out again, where that takes long.
    private var nextUpdate: Int64 = 0
    private var losses = LossLog()
    private var replay = ReplayWatch()
    /// The same for those who only want to go by what is retained.
    private var settling = ReplayWatch(patience: ReplayWatch.short)
    /// The topics of messages that were too large, as far as they were told.
    private var saidTooLarge: Set<String> = []
    private var complained: Set<String> = []
    /// So many complaints are told one by one.
    private static let maximumComplained = 256
    /// Reading has stopped until the hub has done some of what it was given.
    private var isPausing = false

    /// The most packets that are read before they are handed over.
    private static let roundLength = 256
    /// As many bytes of messages are handed over at once.
    private static let roundSize = 1 << 20
    /// How long reading stops where the hub has too much to do, in microseconds.
    private static let pause: Int64 = 5_000
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
        reader.unacknowledged.restore(configuration.receipts)
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
                    forgetReceipts()
                    subscriptions.forgetSession()
                }
                if !sessionPresent || reader.counters.protocolVersion == 0 { configuration.stateWanted?() }
                configuration.connectionChanged?(true)
                let failure = serve(connection, isSameBroker: sessionPresent)
                configuration.connectionChanged?(false)
                reader.unacknowledged.interrupted()
                reader.counters.isConnected = false
                publishCounters()
                guard let failure else { return }
                keeper.lost(failure, hasWorked: subscriptions.hasWorked)
            }
            reader.counters.fault = keeper.fault
            publishCounters()
            keeper.pause(unless: { [shared] in shared.isStopping })
        }
    }

    mutating func tellLosses() {
        for (topic, size) in reader.tooLarge where saidTooLarge.insert(topic).inserted {
            logger.warning(
                "a message is larger than 'mqtt.max_message' allows; it is left out",
                metadata: ["mqtt.topic": "\(topic)", "mqtt.bytes": "\(size)"])
        }
        for (topic, reason) in reader.devices.takeComplaints()
        where complained.count < Self.maximumComplained && complained.insert("\(topic) \(reason)").inserted {
            logger.warning(
                "what a device or a bridge says cannot be used",
                metadata: ["mqtt.topic": "\(topic.prefix(200))", "reason": "\(reason)"])
        }
        let lost = LossLog.Counts(
            discovery: reader.devices.losses, notHeld: reader.counters.notHeld, tooLarge: reader.counters.tooLarge,
            pauses: reader.counters.pauses)
        guard let line = losses.line(for: lost, at: MonotonicClock.now, isLast: shared.isStopping) else { return }
        logger.warning(
            "more comes than can be kept; some is left out, counted since the start", metadata: line)
    }

    private mutating func open() -> (Connection, Bool)? {
        var callbacks = Connection.Callbacks()
        callbacks.message = { [reader] in reader.take($0) }
        callbacks.refused = { [reader] in reader.refuse($0) }
        callbacks.subscribed = { [subscriptions] in subscriptions.answered($0, $1) }
        subscriptions.begin()
        startRound()
        return keeper.open(callbacks, unless: { [shared] in shared.isStopping })
    }

    // MARK: One connection

    /// - Returns: why the connection broke; nil after a clean stop.
    private mutating func serve(_ connection: Connection, isSameBroker: Bool) -> Connection.Failure? {
        if reader.counters.isConnected == false, reader.counters.protocolVersion > 0 { reader.counters.reconnects += 1 }
        (reader.counters.isConnected, reader.counters.fault) = (true, nil)
        reader.counters.protocolVersion = connection.version == .five ? 5 : 3
        takeSettings()
        beginReplay(on: connection, isSameBroker: isSameBroker)
        subscribe(on: connection, everything: true)
        var failure: Connection.Failure?
        while failure == nil {
            // What came together with CONNACK is read already.
            settleDevices(on: connection)
            handOver()
            if shared.isStopping { return finish(connection) }
            failure = round(connection)
        }
        handOver()
        return failure
    }

    /// - Returns: why the connection broke.
    private mutating func round(_ connection: Connection) -> Connection.Failure? {
        if takeSettings() {
            beginReplay(on: connection, isSameBroker: replay.isSameBroker)
            subscribe(on: connection, everything: true)
        }
        if reader.unacknowledged.areOnTheirWay, connection.isDelivered { reader.unacknowledged.delivered() }
        if subscriptions.takeCompletion() { reader.connected() }
        let now = MonotonicClock.now
        if now >= nextMisc {
            nextMisc = now + 1_000_000
            subscriptions.saveIfNeeded()
            tellLosses()
            lookAtReplay(at: now)
            reader.timePasses()
            if let failure = connection.misc() { return failure }
        }
        if isDue(connection, at: now) {
            let patience = configuration.commitPatience.microseconds
            if let failure = acknowledge(connection, patience: patience) { return failure }
        } else if reader.unacknowledged.isEmpty, connection.wantsToWrite {
            if let failure = connection.write() { return failure }
            isUrgent = connection.wantsToWrite
        }
        return read(connection, now)
    }

    private mutating func read(_ connection: Connection, _ now: Int64) -> Connection.Failure? {
        let isHeldUp = !sink.hasRoom
        if isHeldUp, !isPausing {
            reader.counters.pauses += 1
            publishCounters()
        }
        isPausing = isHeldUp
        var events: Poll.Events = isHeldUp ? [] : .readable
        if reader.unacknowledged.isEmpty, connection.wantsToWrite { events.insert(.writable) }
        let wait = isHeldUp ? Self.pause : connection.hasBuffered ? 0 : patience(of: connection, at: now)
        let seen = Poll.wait(connection.socket, for: events, or: shared.wakeUp, microseconds: wait)
        startRound()
        // Before anything more is taken, which would not be committed.
        if let failure = acknowledgeIfDurable(connection) { return failure }
        if isHeldUp { return seen.contains(.broken) ? .lost : nil }
        guard connection.hasBuffered || !seen.isDisjoint(with: [.readable, .broken]) else { return nil }
        defer { connection.acknowledgeSegments() }
        let limit = limit(of: connection)
        for index in 0..<Self.roundLength
        where reader.unacknowledged.count < limit && reader.intake.size < Self.roundSize {
            switch connection.read() {
            case .packet:
                // What comes alone need not wait until the socket is found dry.
                if index == 0 { handOver() }
            case .dry: return nil
            case .broken(let failure): return failure
            }
        }
        return nil
    }

    /// How long nothing has to be done unless something comes.
    private func patience(of connection: Connection, at now: Int64) -> Int64 {
        var wait = nextMisc - now
        if reader.mustSubscribe { wait = min(wait, max(0, nextUpdate - now)) }
        if !reader.unacknowledged.isEmpty { wait = min(wait, Self.longestLook) }
        if let since = reader.unacknowledged.since { wait = min(wait, since + interval(of: connection) - now) }
        return wait
    }

    func startRound() {
        reader.beginRound(at: clock.now, MonotonicClock.now)
    }

    func handOver() {
        let intake = reader.takeIntake()
        // What it leads to may be seen before `take` returns.
        publishCounters()
        if !intake.isEmpty { sink.take(intake) }
        for question in reader.devices.takePublications() { devices.publish(question) }
    }

    func publishCounters() {
        reader.counters.unacknowledged = reader.unacknowledged.count
        reader.counters.isSettled = reader.counters.isConnected && !reader.mustSubscribe && subscriptions.areAnswered
        shared.counters = reader.counters
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
        reader.beginReplay()
        // Mosquitto queues 1,000 behind those that it may send at once, and drops the rest.
        let maximum = connection.version == .five ? configuration.unacknowledgedLimit : 800
        replay.begin(at: MonotonicClock.now, isSameBroker: isSameBroker, maximum: maximum)
        settling.begin(at: MonotonicClock.now, isSameBroker: isSameBroker, maximum: .max)
    }

    private mutating func lookAtReplay(at now: Int64) {
        let replayed = reader.takeReplayed()
        replay.heard(replayed, at: now)
        settling.heard(replayed, at: now)
        let isAnswered = subscriptions.areAnswered && !subscriptions.isRefused
        if settling.takeEnd(at: now, isAnswered: subscriptions.areAnswered) { reader.settle() }
        guard replay.takeEnd(at: now, isAnswered: isAnswered) else { return }
        startRound()
        reader.replayIsOver(isSameBroker: replay.isSameBroker)
        devices.commands?.endLearning()
    }

    /// After discovery: what waited is read, and what is wanted now is asked for.
    private mutating func settleDevices(on connection: Connection) {
        guard reader.mustSubscribe, MonotonicClock.now >= nextUpdate else { return }
        subscribe(on: connection, everything: false)
    }

    private mutating func subscribe(on connection: Connection, everything: Bool) {
        let start = MonotonicClock.now
        reader.readHeld()
        reader.mustSubscribe = false
        let wanted = reader.mappings.filters(
            devices: reader.devices.filters, joining: !connection.identifiesSubscriptions)
        if wanted.overlap != reader.filtersOverlap { reader.filtersOverlap = wanted.overlap }
        if subscriptions.update(to: wanted.entries, on: connection, everything: everything) { isUrgent = true }
        // With thousands of devices this takes a while: a burst of discovery must not spend its time on it.
        let now = MonotonicClock.now
        nextUpdate = now + 4 * (now - start)
    }
}
