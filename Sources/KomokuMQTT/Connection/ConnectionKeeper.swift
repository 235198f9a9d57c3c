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
    /// How the last connection ended.
    private var ending = Backoff.Ending.failed
    /// Why there is no connection, as a clause for people; nil while there is one, and before the first attempt has ended.
    private(set) var fault: String?
    /// The newest attempt found nobody there, or was refused for a reason that another attempt does not change.
    private(set) var isHopeless = false
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
        isHopeless = true
        do throws(Connection.Failure) {
            var options = options
            options.version = version
            let connection = try Connection(options)
            guard try connect(connection, unless: isStopping) else { return nil }
            isHopeless = false
            connection.callbacks = callbacks
            guard let answer = try waitForAnswer(on: connection, unless: isStopping) else { return nil }
            if answer.code == 0 {
                opened(connection)
                return (connection, answer.sessionPresent)
            }
            refused(answer.code)
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
    ) throws(Connection.Failure) -> (code: UInt8, sessionPresent: Bool)? {
        final class Answer { var value: (code: UInt8, sessionPresent: Bool)? }
        let answer = Answer()
        connection.callbacks.connected = { answer.value = ($0, $1) }
        let deadline = MonotonicClock.now + Self.patience
        while answer.value == nil {
            let left = deadline - MonotonicClock.now
            if left <= 0 { throw unanswered(.timedOut) }
            if isStopping() { return nil }
            let interest: Poll.Events = connection.wantsToWrite ? [.readable, .writable] : .readable
            let events = Poll.wait(connection.socket, for: interest, or: wakeUp, microseconds: left)
            if events.contains(.writable), let failure = connection.write() { throw unanswered(failure) }
            if !events.isDisjoint(with: [.readable, .broken]), case .broken(let failure) = connection.read(),
                answer.value == nil
            {
                throw unanswered(failure)
            }
        }
        unanswered = 0
        return answer.value
    }

    /// Some old brokers just hang up on a version that they do not know.
    private mutating func unanswered(_ failure: Connection.Failure) -> Connection.Failure {
        unanswered += 1
        if unanswered.isMultiple(of: 3) { version = version == .five ? .three : .five }
        return failure
    }

    private mutating func opened(_ connection: Connection) {
        connectedAt = MonotonicClock.now
        (saidRefusal, fault, isHopeless) = (nil, nil, false)
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

    private mutating func refused(_ code: UInt8) {
        isHopeless = version == .three || (code != 1 && code != 132)
        // 1 is how 3.1.1 brokers say it, 132 is MQTT 5's own.
        if version == .five, code == 1 || code == 132 {
            version = .three
            logger.info(
                "the broker refuses MQTT 5; trying 3.1.1", metadata: ["mqtt.broker": "\(options.broker.address)"])
        }
        failed("refused: \(ReasonWords.words(for: code))", isRefusal: true)
        fault = ReasonWords.refusal(code)
    }

    /// Says that the connection broke, once.
    ///
    /// - Parameter hasWorked: the broker did what it was asked for.
    mutating func lost(_ failure: Connection.Failure, hasWorked: Bool) {
        let isShort = MonotonicClock.now - connectedAt < Self.stableAfter
        shortLives = isShort ? shortLives + 1 : 0
        let isTaken = failure.code == Self.sessionTakenOver
        ending = !isShort ? .lasted : hasWorked && !isTaken ? .worked : .failed
        // Mosquitto 2.0.11 hangs up without a word when it should say "session taken over", and so does MQTT 3.1.1.
        if isTaken || shortLives == Self.suspicious {
            let certainty = isTaken ? "another client uses" : "perhaps another client uses"
            logger.warning(
                "the broker ends our connections: \(certainty) our client id; give one of them another 'client_id'",
                metadata: ["mqtt.client": "\(options.clientID)"])
        }
        failed(failure.reason)
    }

    /// A connection that lived less long, in microseconds, was perhaps ended by somebody who throws us out again and again.
    private static let stableAfter: Int64 = 10_000_000
    private static let sessionTakenOver: UInt8 = 142
    /// After so many connections in a row that ended right after they began, somebody throws us out.
    private static let suspicious = 3

    /// An outage is told once; a broker that comes back from it and refuses us is news.
    private mutating func failed(_ reason: String, isRefusal: Bool = false) {
        fault = "the broker at \(options.broker.address) cannot be reached: \(ReasonWords.clause(reason))"
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
        let end = MonotonicClock.now + backoff.delay(after: ending, using: &generator).microseconds
        ending = .failed
        while !isStopping(), case let left = end - MonotonicClock.now, left > 0 {
            _ = Poll.wait(-1, for: [], or: wakeUp, microseconds: min(left, 500_000))
        }
    }
}
