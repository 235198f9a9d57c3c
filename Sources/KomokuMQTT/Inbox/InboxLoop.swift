internal import Komoku
internal import KomokuHub
internal import KomokuStore
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
    private let reader: MessageReader
    private var keeper: ConnectionKeeper
    private var nextTicket = 0
    private var nextMisc: Int64 = 0
    /// Something other than acknowledgements waits to be written.
    private var isUrgent = false
    /// What this session has been subscribed to, also by mappings that are gone: the broker keeps that while we are away.
    private var subscribed: Set<String> = []
    /// Filters by the id of their SUBSCRIBE.
    private let asked = AskedFilters()

    /// The most packets that are read before they are handed over.
    private static let roundLength = 256

    init(
        _ configuration: Inbox.Configuration, sink: any ObservationSink, clock: any HubClock, shared: InboxShared,
        logger: Logger
    ) {
        self.configuration = configuration
        self.sink = sink
        self.clock = clock
        self.shared = shared
        self.logger = logger
        reader = MessageReader(mappings: configuration.mappings)
        keeper = ConnectionKeeper(
            Connection.Options(
                broker: configuration.broker, clientID: configuration.broker.clientID, keepsSession: true),
            costOfThree: "it sends few messages before it waits for an acknowledgement, so each few cost a commit",
            wakeUp: shared.wakeUp, logger: logger)
    }

    mutating func run() {
        subscribed = Set(configuration.subscriptionMemory?.load() ?? [])
        while !shared.isStopping {
            if let (connection, sessionPresent) = open() {
                // A broker that does not know us any more has perhaps forgotten what we retained, too.
                if !sessionPresent {
                    reader.unacknowledged.forget()
                    subscribed = []
                }
                if !sessionPresent || reader.counters.protocolVersion == 0 { configuration.stateWanted?() }
                let code = serve(connection)
                reader.unacknowledged.interrupted()
                reader.counters.isConnected = false
                publishCounters()
                guard let code else { return }
                keeper.lost(connection, code)
            }
            keeper.pause(unless: { [shared] in shared.isStopping })
        }
    }

    private mutating func open() -> (Connection, Bool)? {
        var callbacks = Connection.Callbacks()
        callbacks.message = { [reader] in reader.take($0) }
        // The first code is the broker's own word; what follows is only that the socket is closed.
        callbacks.disconnected = { [asked] in asked.disconnectCode = asked.disconnectCode ?? $0 }
        callbacks.subscribed = { [asked, logger] in asked.answered($0, $1, logger) }
        asked.clear()
        startRound()
        return keeper.open(callbacks, unless: { [shared] in shared.isStopping })
    }

    // MARK: One connection

    /// - Returns: why the connection broke; nil after a clean stop.
    private mutating func serve(_ connection: Connection) -> Int32? {
        if reader.counters.isConnected == false, reader.counters.protocolVersion > 0 { reader.counters.reconnects += 1 }
        reader.counters.isConnected = true
        reader.counters.protocolVersion = connection.version == .five ? 5 : 3
        if let mappings = shared.takeMappings() { reader.mappings = mappings }
        var code = subscribe(on: connection)
        while code == nil, asked.disconnectCode == nil {
            // What came together with CONNACK is read already.
            handOver()
            if shared.isStopping { return finish(connection) }
            code = round(connection)
        }
        handOver()
        return asked.disconnectCode ?? code
    }

    /// - Returns: why the connection broke.
    private mutating func round(_ connection: Connection) -> Int32? {
        if let mappings = shared.takeMappings() {
            reader.mappings = mappings
            if let code = subscribe(on: connection) { return code }
        }
        if reader.unacknowledged.areOnTheirWay, connection.isDelivered { reader.unacknowledged.delivered() }
        if asked.isAnswered { settle() }
        let now = MonotonicClock.now
        if now >= nextMisc {
            nextMisc = now + 1_000_000
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
        if let since = reader.unacknowledged.since { wait = min(wait, since + interval(of: connection) - now) }
        let events = Poll.wait(
            connection.socket, for: blocked ? [.readable, .writable] : .readable, or: shared.wakeUp, microseconds: wait)
        guard !events.isDisjoint(with: [.readable, .broken]) else { return nil }
        startRound()
        let limit = limit(of: connection)
        for _ in 0..<Self.roundLength where reader.unacknowledged.count < limit {
            switch connection.read() {
            case .packet: continue
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
        reader.time = clock.now
        reader.moment = MonotonicClock.now
    }

    private func handOver() {
        let intake = reader.takeIntake()
        if !intake.isEmpty { sink.take(intake) }
        publishCounters()
    }

    private func publishCounters() {
        reader.counters.unacknowledged = reader.unacknowledged.count
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
        if !reader.unacknowledged.isEmpty, acknowledge(connection, patience: 10_000_000) != nil { return nil }
        connection.disconnect()
        _ = flush(connection, until: MonotonicClock.now + 1_000_000)
        return nil
    }

    // MARK: Subscribing

    /// The broker has heard everything that was asked: what was given up is gone.
    private mutating func settle() {
        asked.isAnswered = false
        subscribed = Set(reader.mappings.subscriptions.map(\.filter))
        configuration.subscriptionMemory?.save(subscribed.sorted())
    }

    private mutating func subscribe(on connection: Connection) -> Int32? {
        let wanted = reader.mappings.subscriptions
        isUrgent = true
        asked.isAnswered = false
        do throws(Connection.Failure) {
            // A crash in between leaves more than there is, which does no harm.
            configuration.subscriptionMemory?.save(subscribed.union(wanted.map(\.filter)).sorted())
            for filter in subscribed where !wanted.contains(where: { $0.filter.utf8.elementsEqual(filter.utf8) }) {
                try connection.unsubscribe(from: filter)
            }
            for (filter, qos) in wanted { asked.filters[try connection.subscribe(to: filter, qos: qos)] = filter }
            subscribed.formUnion(wanted.map(\.filter))
        } catch {
            return error.code
        }
        return nil
    }
}

/// What the callbacks of one connection leave for the loop.
final class AskedFilters {
    /// By the id of the SUBSCRIBE.
    var filters: [Int32: String] = [:]
    var disconnectCode: Int32?
    /// The last of them was answered just now.
    var isAnswered = false

    func clear() {
        filters = [:]
        isAnswered = false
        disconnectCode = nil
    }

    func answered(_ id: Int32, _ codes: [Int32], _ logger: Logger) {
        let filter = filters.removeValue(forKey: id)
        if codes.contains(where: { $0 >= 128 }) {
            logger.error("the broker refuses a subscription", metadata: ["mqtt.filter": "\(filter ?? "")"])
        }
        isAnswered = filters.isEmpty
        if isAnswered { logger.info("subscribed") }
    }
}
