internal import KomokuStore
internal import KomokuSystem

/// The connection that the Outbox has at present. Its thread and those who publish take turns at it, so that a message which
/// comes alone need not wait for the thread to wake.
final class OutboxLine: Sendable {
    private struct State {
        let sending: Sending
        /// Nil where those who publish have to queue.
        var connection: Connection?
        /// When a message was sent by who published it.
        var newest: Int64 = .min
    }

    private let state: Monitor<State>
    private let shared: OutboxShared

    /// What comes in less than so many microseconds after another one is a burst: it is written together, by the thread.
    private static let shortestPause: Int64 = 250

    init(shared: OutboxShared, failures: FailureLog) {
        state = Monitor(State(sending: Sending(shared: shared, failures: failures)))
        self.shared = shared
    }

    /// From now on whoever publishes may write to the connection.
    func lend(_ connection: Connection) {
        state.withLock { $0.connection = connection }
    }

    func takeBack() {
        state.withLock { $0.connection = nil }
    }

    /// The Outbox's thread works with the connection.
    func use<Result>(_ body: (Sending) -> Result) -> Result {
        state.withLock { body($0.sending) }
    }

    /// Sends at once, on the calling thread, where nothing waits and nobody else is at it.
    ///
    /// - Returns: whether it was sent, or failed; else it has to wait in the queue.
    func send(_ publication: Publication, deadline: Int64?, at now: Int64) -> Bool {
        let isDone = state.withLockIfFree { state in
            guard let connection = state.connection, state.newest < now - Self.shortestPause, shared.isIdle,
                state.sending.hasRoom, !connection.wantsToWrite
            else { return false }
            state.newest = now
            state.sending.send(OutboxQueue.Entry(publication: publication, deadline: deadline), on: connection)
            // The thread waits for the socket to take the rest, or finds out that the connection is gone.
            if connection.write(isAlone: true) != nil || connection.wantsToWrite { shared.wakeUp.signal() }
            return true
        }
        return isDone ?? false
    }
}
