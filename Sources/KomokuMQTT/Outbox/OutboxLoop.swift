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
                shared.count { $0.isConnected = true }
                if !isFirst { shared.count { $0.reconnects += 1 } }
                isFirst = false
                let code = serve(connection)
                shared.count { $0.isConnected = false }
                line.use { $0.interrupted() }
                guard let code else { break }
                keeper.lost(connection, code)
            }
            keeper.pause(unless: isStopping)
        }
        line.use { $0.fail(shared.take(.max), "the hub stopped") }
    }

    private func isStopping() -> Bool {
        let expired = shared.takeExpired(at: MonotonicClock.now)
        if !expired.isEmpty { line.use { $0.fail(expired, "the broker cannot be reached") } }
        return shared.isStopping
    }

    /// What libmosquitto says while the line is used.
    private var callbacks: Connection.Callbacks {
        var callbacks = Connection.Callbacks()
        let sending = line.use { sending in
            sending.disconnectCode = nil
            return sending
        }
        callbacks.published = { sending.published($0, $1) }
        callbacks.disconnected = { sending.disconnectCode = sending.disconnectCode ?? $0 }
        return callbacks
    }

    /// - Returns: why the connection broke; nil after a clean stop.
    private mutating func serve(_ connection: Connection) -> Int32? {
        var code = line.use { $0.sayStatus("online", broker, on: connection) }
        if code == nil { line.lend(connection) }
        defer { line.takeBack() }
        while code == nil {
            if isStopping() { return finish(connection) }
            code = round(connection)
        }
        return code
    }

    /// - Returns: why the connection broke.
    private mutating func round(_ connection: Connection) -> Int32? {
        let now = MonotonicClock.now
        let isTimeForMisc = now >= nextMisc
        if isTimeForMisc { nextMisc = now + 1_000_000 }
        let (code, interest) = line.use { sending in
            (Self.write(sending, connection, from: shared, miscAt: isTimeForMisc ? now : nil), connection.interest)
        }
        if let code { return code }
        let wait = min(nextMisc - MonotonicClock.now, 1_000_000)
        let events = Poll.wait(connection.socket, for: interest, or: shared.wakeUp, microseconds: wait)
        return line.use { $0.read(connection, events) }
    }

    /// - Parameter miscAt: nil where it is not time to look after the connection.
    private static func write(
        _ sending: Sending, _ connection: Connection, from shared: OutboxShared, miscAt: Int64?
    ) -> Int32? {
        // First what is queued: with room again more is sent, and nobody else wakes us for it.
        if connection.wantsToWrite, let code = connection.write() { return sending.disconnectCode ?? code }
        while !connection.wantsToWrite, sending.hasRoom {
            let entries = shared.take(64)
            if entries.isEmpty { break }
            for entry in entries { sending.send(entry, on: connection) }
            if connection.write() != nil { break }
        }
        if let miscAt {
            sending.failOverdue(at: miscAt)
            if let code = connection.misc() { return sending.disconnectCode ?? code }
        }
        return sending.disconnectCode
    }

    /// Publishes what waits and `offline`, and waits a moment for the acknowledgements.
    private func finish(_ connection: Connection) -> Int32? {
        line.takeBack()
        return line.use { sending -> Int32? in
            for entry in shared.take(Sending.maximumInFlight) { sending.send(entry, on: connection) }
            guard sending.sayStatus("offline", broker, on: connection) == nil else { return nil }
            let deadline = MonotonicClock.now + 2_000_000
            while sending.inFlight > 0, case let left = deadline - MonotonicClock.now, left > 0 {
                if connection.wantsToWrite, connection.write() != nil { return nil }
                let events = Poll.wait(
                    connection.socket, for: connection.interest, or: shared.wakeUp, microseconds: min(left, 100_000))
                if sending.read(connection, events) != nil { return nil }
            }
            connection.disconnect()
            _ = connection.write()
            return nil
        }
    }
}

extension Connection {
    /// What to wait for.
    fileprivate var interest: Poll.Events { wantsToWrite ? [.readable, .writable] : .readable }
}

/// What was handed to libmosquitto and is not confirmed. Belongs to who has the line.
final class Sending {
    private let shared: OutboxShared
    private let failures: FailureLog
    /// By message id; nil is our own status.
    private var waiting: [Int32: OutboxQueue.Entry?] = [:]
    private(set) var answers = 0
    var disconnectCode: Int32?

    init(shared: OutboxShared, failures: FailureLog) {
        self.shared = shared
        self.failures = failures
    }

    var inFlight: Int { waiting.count }
    var hasRoom: Bool { waiting.count < Self.maximumInFlight }

    /// The most messages that wait for the broker's acknowledgement.
    static let maximumInFlight = 1000

    func send(_ entry: OutboxQueue.Entry, on connection: Connection) {
        let publication = entry.publication
        do throws(Connection.Failure) {
            let id = try connection.publish(
                publication.payload, to: publication.topic, qos: publication.qos, isRetained: publication.isRetained)
            waiting[id] = entry
        } catch {
            fail([entry], error.reason)
        }
    }

    /// Reads the broker's answers.
    ///
    /// - Parameter events: what the socket has.
    /// - Returns: why the connection broke.
    func read(_ connection: Connection, _ events: Poll.Events) -> Int32? {
        guard !events.isDisjoint(with: [.readable, .broken]) else { return disconnectCode }
        var result = Connection.Read.packet
        while case .packet = result {
            let before = answers
            result = connection.read()
            // Without an answer there is nothing to be in a hurry for; the next poll sees what is left.
            if answers == before { break }
        }
        connection.acknowledgeSegments()
        if case .broken(let code) = result { return disconnectCode ?? code }
        return disconnectCode
    }

    func sayStatus(_ status: String, _ broker: Broker, on connection: Connection) -> Int32? {
        do throws(Connection.Failure) {
            let id = try connection.publish(Array(status.utf8), to: broker.statusTopic, qos: 1, isRetained: true)
            waiting[id] = .some(nil)
            return nil
        } catch {
            return error.code
        }
    }

    func published(_ id: Int32, _ code: Int32) {
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
    private static let finalCodes: Set<Int32> = [0x87, 0x90, 0x95, 0x99, 0x9A, 0x9B]

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
