internal import CMosquitto
internal import Komoku
internal import KomokuSystem
internal import Logging

/// Gets a connection, says once when it is there and once when it is gone, and knows how long to wait before the next.
///
/// Belongs to one thread. Falls back to MQTT 3.1.1 where the broker refuses 5.
struct ConnectionKeeper {
    private let options: Connection.Options
    /// What 3.1.1 costs this connection, for the log.
    private let costOfThree: String
    private let wakeUp: WakeUp
    private let logger: Logger
    private var version: Connection.Version
    private var backoff: Backoff
    private var generator = SystemRandomNumberGenerator()
    /// Nil before the first attempt.
    private var wasConnected: Bool?
    private var connectedAt: Int64 = 0
    /// The refusal that was told since the last connection.
    private var saidRefusal: String?
    /// Attempts in a row that ended without an answer to CONNECT.
    private var unanswered = 0

    /// Connections in a row that ended soon.
    private var shortLives = 0

    /// How long a broker may take to answer, in microseconds.
    private static let patience: Int64 = 10_000_000

    init(
        _ options: Connection.Options, costOfThree: String, wakeUp: WakeUp, logger: Logger
    ) {
        self.options = options
        self.costOfThree = costOfThree
        self.wakeUp = wakeUp
        self.logger = logger
        version = options.version
        backoff = Backoff(options.broker.reconnect)
    }

    /// A connection whose CONNECT was accepted, and whether the broker remembered the session; nil where there is none, or
    /// `isStopping` became true.
    mutating func open(
        _ callbacks: Connection.Callbacks, unless isStopping: () -> Bool
    ) -> (connection: Connection, sessionPresent: Bool)? {
        do throws(Connection.Failure) {
            var options = options
            options.version = version
            let connection = try Connection(options)
            guard try connect(connection, unless: isStopping) else { return nil }
            connection.callbacks = callbacks
            guard let answer = try waitForAnswer(on: connection, unless: isStopping) else { return nil }
            if answer.code == 0 {
                opened(connection)
                return (connection, answer.sessionPresent)
            }
            refused(answer.code, connection)
        } catch {
            failed(error.reason)
        }
        return nil
    }

    /// - Returns: false where the hub stops meanwhile; the attempt is left to itself.
    private func connect(_ connection: Connection, unless isStopping: () -> Bool) throws(Connection.Failure) -> Bool {
        let attempt = ConnectAttempt(connection, wakeUp: wakeUp)
        attempt.start()
        while true {
            if let outcome = attempt.outcome {
                try outcome.get()
                return true
            }
            if isStopping() { return false }
            _ = Poll.wait(-1, for: [], or: wakeUp, microseconds: 500_000)
        }
    }

    /// - Returns: nil where the hub stops meanwhile.
    private mutating func waitForAnswer(
        on connection: Connection, unless isStopping: () -> Bool
    ) throws(Connection.Failure) -> (code: Int32, sessionPresent: Bool)? {
        final class Answer { var value: (code: Int32, sessionPresent: Bool)? }
        let answer = Answer()
        connection.callbacks.connected = { answer.value = ($0, $1) }
        let deadline = MonotonicClock.now + Self.patience
        while answer.value == nil {
            let left = deadline - MonotonicClock.now
            if left <= 0 { throw unanswered(by: connection, MOSQ_ERR_TIMEOUT.rawValue) }
            if isStopping() { return nil }
            let interest: Poll.Events = connection.wantsToWrite ? [.readable, .writable] : .readable
            let events = Poll.wait(connection.socket, for: interest, or: wakeUp, microseconds: left)
            if events.contains(.writable), let code = connection.write() {
                throw unanswered(by: connection, code)
            }
            if !events.isDisjoint(with: [.readable, .broken]), case .broken(let code) = connection.read(),
                answer.value == nil
            {
                throw unanswered(by: connection, code)
            }
        }
        unanswered = 0
        return answer.value
    }

    /// Some old brokers just hang up on a version that they do not know.
    private mutating func unanswered(by connection: Connection, _ code: Int32) -> Connection.Failure {
        unanswered += 1
        if unanswered.isMultiple(of: 3) { version = version == .five ? .three : .five }
        return connection.failure(code)
    }

    private mutating func opened(_ connection: Connection) {
        connectedAt = MonotonicClock.now
        saidRefusal = nil
        guard wasConnected != true else { return }
        wasConnected = true
        logger.notice(
            "connected to the broker",
            metadata: [
                "mqtt.broker": "\(options.broker.address)", "mqtt.client": "\(options.clientID)",
                "mqtt.version": "\(version.name)",
            ])
        if version == .three { logger.warning("the broker speaks MQTT 3.1.1 only: \(costOfThree)") }
    }

    private mutating func refused(_ code: Int32, _ connection: Connection) {
        // 1 is how 3.1.1 brokers say it, 132 is MQTT 5's own.
        if version == .five, code == 1 || code == 132 {
            version = .three
            logger.info(
                "the broker refuses MQTT 5; trying 3.1.1", metadata: ["mqtt.broker": "\(options.broker.address)"])
        }
        failed("refused: \(connection.describe(code))", isRefusal: true)
    }

    /// Says that the connection broke, once.
    mutating func lost(_ connection: Connection, _ code: Int32) {
        let isShort = MonotonicClock.now - connectedAt < Backoff.stableAfter.microseconds
        shortLives = isShort ? shortLives + 1 : 0
        // Mosquitto 2.0.11 hangs up without a word when it should say "session taken over", and so does MQTT 3.1.1.
        if code == Self.sessionTakenOver || shortLives == Self.suspicious {
            let certainty = code == Self.sessionTakenOver ? "another client uses" : "perhaps another client uses"
            logger.warning(
                "the broker ends our connections: \(certainty) our client id; give one of them another 'client_id'",
                metadata: ["mqtt.client": "\(options.clientID)"])
        }
        failed(connection.describe(code))
    }

    private static let sessionTakenOver: Int32 = 142
    /// After so many connections in a row that ended right after they began, somebody throws us out.
    private static let suspicious = 3

    /// An outage is told once; a broker that comes back from it and refuses us is news.
    private mutating func failed(_ reason: String, isRefusal: Bool = false) {
        let isNews = wasConnected != false || (isRefusal && reason != saidRefusal)
        if isRefusal { saidRefusal = reason }
        guard isNews else { return }
        wasConnected = false
        logger.warning(
            "the broker cannot be reached; trying again until it can",
            metadata: [
                "mqtt.broker": "\(options.broker.address)", "mqtt.client": "\(options.clientID)",
                "mqtt.reason": "\(reason)",
            ])
    }

    /// Waits until it is time for the next attempt, or `isStopping`.
    ///
    /// - Parameter isStopping: asked at least twice a second.
    mutating func pause(unless isStopping: () -> Bool) {
        let lived = connectedAt > 0 ? Duration(microseconds: MonotonicClock.now - connectedAt) : nil
        connectedAt = 0
        let end = MonotonicClock.now + backoff.delay(after: lived, using: &generator).microseconds
        while !isStopping(), case let left = end - MonotonicClock.now, left > 0 {
            _ = Poll.wait(-1, for: [], or: wakeUp, microseconds: min(left, 500_000))
        }
    }
}
