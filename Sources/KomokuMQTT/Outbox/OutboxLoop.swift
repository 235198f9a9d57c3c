internal import Komoku
internal import KomokuSystem
internal import Logging

/// The Outbox's thread.
struct OutboxLoop {
    private let broker: Broker
    private let shared: OutboxShared
    private let line: OutboxLine
    private var keeper: ConnectionKeeper
    private var nextMisc: Int64 = 0

    init(_ broker: Broker, shared: OutboxShared, line: OutboxLine, logger: Logger) {
        self.broker = broker
        self.shared = shared
        self.line = line
        let will = (topic: broker.statusTopic, payload: "offline")
        keeper = ConnectionKeeper(
            Connection.Options(broker: broker, clientID: broker.clientID + "-out", keepsSession: false, will: will),
            costOfThree: "a refused message goes unnoticed", wakeUp: shared.wakeUp, logger: logger)
    }

    mutating func run() {
        var isFirst = true
        while !shared.isStopping {
            if let (connection, _) = keeper.open(callbacks, unless: isStopping) {
                shared.count { ($0.isConnected, $0.fault) = (true, nil) }
                if !isFirst { shared.count { $0.reconnects += 1 } }
                isFirst = false
                let failure = serve(connection)
                shared.count { $0.isConnected = false }
                let hasWorked = line.use { sending in
                    sending.interrupted()
                    return sending.answers > 0
                }
                guard let failure else { break }
                keeper.lost(failure, hasWorked: hasWorked)
            }
            shared.count { [fault = keeper.fault] in $0.fault = fault }
            keeper.pause(unless: isStopping)
        }
        line.use { $0.fail(shared.take(.max), "the hub stopped") }
    }

    private func isStopping() -> Bool {
        let expired = shared.takeExpired(at: MonotonicClock.now)
        if !expired.isEmpty { line.use { $0.fail(expired, "the broker cannot be reached") } }
        return shared.isStopping
    }

    /// What the connection says while the line is used.
    private var callbacks: Connection.Callbacks {
        var callbacks = Connection.Callbacks()
        let sending = line.use { sending in
            sending.begin()
            return sending
        }
        callbacks.published = { sending.published($0, $1) }
        return callbacks
    }

    /// - Returns: why the connection broke; nil after a clean stop.
    private mutating func serve(_ connection: Connection) -> Connection.Failure? {
        var failure = line.use { $0.sayStatus("online", broker, on: connection) }
        if failure == nil { line.lend(connection) }
        defer { line.takeBack() }
        while failure == nil {
            if isStopping() { return finish(connection) }
            failure = round(connection)
        }
        return failure
    }

    /// - Returns: why the connection broke.
    private mutating func round(_ connection: Connection) -> Connection.Failure? {
        let now = MonotonicClock.now
        let isTimeForMisc = now >= nextMisc
        if isTimeForMisc { nextMisc = now + 1_000_000 }
        let (failure, interest) = line.use { sending in
            (Self.write(sending, connection, from: shared, miscAt: isTimeForMisc ? now : nil), connection.interest)
        }
        if let failure { return failure }
        let wait = min(nextMisc - MonotonicClock.now, 1_000_000)
        let events = Poll.wait(connection.socket, for: interest, or: shared.wakeUp, microseconds: wait)
        return line.use { $0.read(connection, events) }
    }

    /// - Parameter miscAt: nil where it is not time to look after the connection.
    private static func write(
        _ sending: Sending, _ connection: Connection, from shared: OutboxShared, miscAt: Int64?
    ) -> Connection.Failure? {
        // First what is queued: with room again more is sent, and nobody else wakes us for it.
        if connection.wantsToWrite, let failure = connection.write() { return failure }
        while !connection.wantsToWrite, sending.hasRoom {
            let entries = shared.take(64)
            if entries.isEmpty { break }
            for entry in entries { sending.send(entry, on: connection) }
            if let failure = connection.write() { return failure }
        }
        if let miscAt {
            sending.failOverdue(at: miscAt)
            if let failure = connection.misc() { return failure }
            if let failure = connection.write() { return failure }
        }
        return nil
    }

    /// Publishes what waits and `offline`, and waits a moment for the acknowledgements.
    private func finish(_ connection: Connection) -> Connection.Failure? {
        line.takeBack()
        return line.use { sending -> Connection.Failure? in
            for entry in shared.take(Sending.maximumInFlight) { sending.send(entry, on: connection) }
            guard sending.sayStatus("offline", broker, on: connection) == nil else { return nil }
            let deadline = MonotonicClock.now + 2_000_000
            while sending.inFlight > 0, case let left = deadline - MonotonicClock.now, left > 0 {
                if connection.wantsToWrite, connection.write() != nil { return nil }
                let events = Poll.wait(
                    connection.socket, for: connection.interest, or: shared.wakeUp, microseconds: min(left, 100_000))
                if sending.read(connection, events) != nil { return nil }
            }
            connection.hangUp(until: MonotonicClock.now + Connection.farewell)
            return nil
        }
    }
}

extension Connection {
    /// What to wait for.
    fileprivate var interest: Poll.Events { wantsToWrite ? [.readable, .writable] : .readable }
}

/// What was handed to the connection and is not confirmed. Belongs to who has the line.
final class Sending {
    private let shared: OutboxShared
    private let failures: FailureLog
    /// By message id; nil is our own status.
    private var waiting: [Int32: OutboxQueue.Entry?] = [:]
    /// On this connection.
    private(set) var answers = 0

    init(shared: OutboxShared, failures: FailureLog) {
        self.shared = shared
        self.failures = failures
    }

    var inFlight: Int { waiting.count }
    var hasRoom: Bool { waiting.count < Self.maximumInFlight }

    /// The most messages that wait for the broker's acknowledgement.
    static let maximumInFlight = 1000

    /// A connection begins.
    func begin() {
        answers = 0
    }

    func send(_ entry: OutboxQueue.Entry, on connection: Connection) {
        let publication = entry.publication
        do throws(Connection.Failure) {
            let id = try connection.publish(
                publication.payload, to: publication.topic, qos: publication.qos, isRetained: publication.isRetained)
            waiting[id] = entry
        } catch {
            fail([entry], error.reason, isFinal: Self.finalCodes.contains(error.code))
        }
    }

    /// Reads the broker's answers.
    ///
    /// - Parameter events: what the socket has.
    /// - Returns: why the connection broke.
    func read(_ connection: Connection, _ events: Poll.Events) -> Connection.Failure? {
        guard !events.isDisjoint(with: [.readable, .broken]) else { return nil }
        defer { connection.acknowledgeSegments() }
        while true {
            switch connection.read() {
            case .packet: continue
            case .dry: return nil
            case .broken(let failure): return failure
            }
        }
    }

    func sayStatus(_ status: String, _ broker: Broker, on connection: Connection) -> Connection.Failure? {
        do throws(Connection.Failure) {
            let id = try connection.publish(
                Array(status.utf8), to: broker.statusTopic, qos: 1, isRetained: true)
            waiting[id] = .some(nil)
            return nil
        } catch {
            return error
        }
    }

    func published(_ id: Int32, _ code: UInt8) {
        answers += 1
        guard let sent = waiting.removeValue(forKey: id), let entry = sent else { return }
        // 16: nobody listens. It was published all the same.
        guard code < 128 else {
            return fail([entry], "the broker refuses it (\(code))", isFinal: Self.finalCodes.contains(code))
        }
        shared.count { $0.published += 1 }
        entry.publication.completion?(.sent)
    }

    /// Not authorized, invalid topic, packet too large, retaining or the quality of service not supported, invalid payload.
    private static let finalCodes: Set<UInt8> = [0x87, 0x90, 0x95, 0x99, 0x9A, 0x9B]

    /// Commands that the broker has had for too long without a word fail; its word may still come, to nobody.
    func failOverdue(at now: Int64) {
        let overdue = waiting.filter { ($0.value?.deadline).map { $0 <= now } ?? false }.sorted { $0.key < $1.key }
        for (id, sent) in overdue {
            waiting[id] = .some(nil)
            if let entry = sent { fail([entry], "the broker does not acknowledge it") }
        }
    }

    /// The connection broke: what is not confirmed goes again, or fails when its time is up.
    func interrupted() {
        for (_, sent) in waiting.sorted(by: { $0.key < $1.key }) {
            guard let entry = sent else { continue }
            if let reason = shared.putBack(entry) { fail([entry], reason) }
        }
        waiting.removeAll()
    }

    func fail(_ entries: [OutboxQueue.Entry], _ reason: String, isFinal: Bool = false) {
        for entry in entries {
            shared.count { $0.failed += 1 }
            failures.say(entry.publication.topic, reason)
            entry.publication.completion?(isFinal ? .refused(reason) : .failed(reason))
        }
    }
}
