internal import Komoku
internal import KomokuSystem
internal import Logging
internal import Synchronization

/// Says which messages were not published: a few lines a minute, with how many went unsaid, so that a broker that stays
/// away does not fill the log.
final class FailureLog: Sendable {
    private struct State {
        var start: Int64 = .min
        var lines = 0
        var unsaid = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    /// So many lines in one minute.
    private static let maximumLines = 5
    private static let minute: Int64 = 60_000_000

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// - Parameter now: in microseconds of the monotonic clock.
    func say(_ topic: String, _ reason: String, at now: Int64 = MonotonicClock.now) {
        let unsaid: Int? = state.withLock { state in
            if state.start == .min || now - state.start >= Self.minute { (state.start, state.lines) = (now, 0) }
            state.lines += 1
            guard state.lines <= Self.maximumLines else {
                state.unsaid += 1
                return nil
            }
            defer { state.unsaid = 0 }
            return state.unsaid
        }
        guard let unsaid else { return }
        var metadata: Logger.Metadata = ["mqtt.topic": "\(topic)", "mqtt.reason": "\(reason)"]
        if unsaid > 0 { metadata["mqtt.unsaid"] = "\(unsaid)" }
        logger.error("a message was not published", metadata: metadata)
    }
}
