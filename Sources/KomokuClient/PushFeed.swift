internal import Komoku
internal import NIOCore
internal import Synchronization

/// What the hub sends unasked after one command, over a connection of its own that comes back by itself. For one reader.
final class PushFeed: Sendable {
    enum Event: Sendable {
        /// With how many before it were thrown away because the reader was slow.
        case push(JSON, dropped: Int)
        /// The connection broke; the feed tries again until it is cancelled.
        case disconnected
        case reconnected
    }

    private let client: Client
    private let command: @Sendable (String?) -> JSON.Member
    private let timeout: TimeAmount
    private let state = Mutex(State())

    private struct State {
        var connection: Connection?
        /// The newest place in the hub's sequence that the reader has seen, where the hub tells it.
        var seen: String?
        /// Attempts since the connection broke.
        var attempts = 0
    }

    /// - Parameter command: what is sent on each connection, for a reader that has seen so much; its pushes are the events.
    init(client: Client, timeout: TimeAmount, command: @escaping @Sendable (_ seen: String?) -> JSON.Member) {
        self.client = client
        self.command = command
        self.timeout = timeout
    }

    func connect() async throws(ClientError) {
        let connection = try await client.open()
        let seen = state.withLock(\.seen)
        do throws(ClientError) {
            let answer = try await Client.answer(command(seen), on: connection, timeout: timeout)
            state.withLock { $0 = State(connection: connection, seen: answer["result"]?["seq"]?.string) }
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Ends it; the reader gets no further events.
    func cancel() async {
        await state.withLock { $0.connection }?.close()
    }

    /// Nil only where the task was cancelled.
    func next() async -> Event? {
        while !Task.isCancelled {
            if let connection = state.withLock({ $0.connection }) {
                if case .push(let push, let dropped) = await connection.pushes.next() {
                    if let seen = push["seq"]?.string { state.withLock { $0.seen = seen } }
                    return .push(push, dropped: dropped)
                }
                if Task.isCancelled {
                    await connection.close()
                    return nil
                }
                state.withLock { $0 = State(seen: $0.seen) }
                return .disconnected
            }
            if await reconnect() { return .reconnected }
        }
        return nil
    }

    /// Waits, longer after each attempt that failed and never exactly as long as others do, then tries once.
    private func reconnect() async -> Bool {
        let attempts = state.withLock { state in
            defer { state.attempts += 1 }
            return state.attempts
        }
        let longest = Swift.min(5, 0.1 * Double(1 << Swift.min(attempts, 10)))
        try? await Task.sleep(for: .seconds(Double.random(in: longest / 2...longest)))
        if Task.isCancelled { return false }
        do throws(ClientError) {
            try await connect()
            return true
        } catch {
            return false
        }
    }
}
