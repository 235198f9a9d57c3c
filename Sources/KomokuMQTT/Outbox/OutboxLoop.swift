internal import Komoku
internal import Logging

/// The Outbox's thread.
struct OutboxLoop {
    private let broker: Broker
    private let shared: OutboxShared
    private var keeper: ConnectionKeeper
    private var nextMisc: Int64 = 0
    private let sending: Sending

    /// The most messages that wait for the broker's acknowledgement.
    private static let maximumInFlight = 1000

    init(_ broker: Broker, shared: OutboxShared, failures: FailureLog, logger: Logger) {
        self.broker = broker
        self.shared = shared
        sending = Sending(shared: shared, failures: failures)
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
                sending.interrupted()
                guard let code else { break }
                keeper.lost(connection, code)
            }
            keeper.pause(unless: isStopping)
        }
        sending.fail(shared.take(.max), "the hub stopped")
    }

    private func isStopping() -> Bool {
        sending.fail(shared.takeExpired(at: MonotonicClock.now), "the broker cannot be reached")
        return shared.isStopping
    }

    private var callbacks: Connection.Callbacks {
        var callbacks = Connection.Callbacks()
        callbacks.published = { [sending] in sending.published($0, $1) }
        callbacks.disconnected = { [sending] in sending.disconnectCode = sending.disconnectCode ?? $0 }
        sending.disconnectCode = nil
        return callbacks
    }

    /// - Returns: why the connection broke; nil after a clean stop.
    private mutating func serve(_ connection: Connection) -> Int32? {
        var code = sending.sayStatus("online", broker, on: connection)
        while code == nil, sending.disconnectCode == nil {
            if isStopping() { return finish(connection) }
            code = round(connection)
        }
        return sending.disconnectCode ?? code
    }

    private mutating func round(_ connection: Connection) -> Int32? {
        // First what is queued: with room again more is sent, and nobody else wakes us for it.
        if connection.wantsToWrite, let code = connection.write() { return code }
        sendWaiting(connection)
        let now = MonotonicClock.now
        if now >= nextMisc {
            nextMisc = now + 1_000_000
            sending.failOverdue(at: now)
            if let code = connection.misc() { return code }
        }
        return readAnswers(connection, microseconds: min(nextMisc - now, 1_000_000))
    }

    private func sendWaiting(_ connection: Connection) {
        while !connection.wantsToWrite, sending.inFlight < Self.maximumInFlight {
            let entries = shared.take(64)
            if entries.isEmpty { return }
            for entry in entries { sending.send(entry, on: connection) }
            if connection.write() != nil { return }
        }
    }

    private func readAnswers(_ connection: Connection, microseconds: Int64) -> Int32? {
        let interest: Poll.Events = connection.wantsToWrite ? [.readable, .writable] : .readable
        let events = Poll.wait(connection.socket, for: interest, or: shared.wakeUp, microseconds: microseconds)
        guard !events.isDisjoint(with: [.readable, .broken]) else { return nil }
        var result = Connection.Read.packet
        while case .packet = result {
            let before = sending.answers
            result = connection.read()
            // Without an answer there is nothing to be in a hurry for; the next poll sees what is left.
            if sending.answers == before { break }
        }
        connection.acknowledgeSegments()
        if case .broken(let code) = result { return code }
        return nil
    }

    /// Publishes what waits and `offline`, and waits a moment for the acknowledgements.
    private func finish(_ connection: Connection) -> Int32? {
        for entry in shared.take(Self.maximumInFlight) { sending.send(entry, on: connection) }
        guard sending.sayStatus("offline", broker, on: connection) == nil else { return nil }
        let deadline = MonotonicClock.now + 2_000_000
        while sending.inFlight > 0, case let left = deadline - MonotonicClock.now, left > 0 {
            if connection.wantsToWrite, connection.write() != nil { return nil }
            if readAnswers(connection, microseconds: min(left, 100_000)) != nil { return nil }
        }
        connection.disconnect()
        _ = connection.write()
        return nil
    }
}

/// What was handed to libmosquitto and is not confirmed. Belongs to the Outbox's thread.
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
