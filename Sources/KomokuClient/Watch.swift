public import Komoku
internal import NIOCore
internal import Synchronization

/// Changes of keys as they happen, over breaks of the connection. For one reader.
///
/// A reader that is slow loses older changes of a key first, at the hub, then, beyond a few thousand, the oldest of all;
/// each change says how many were left out before it.
public final class Watch: AsyncSequence, Sendable {
    public enum Event: Hashable, Sendable {
        case change(KeyChange)
        /// The connection broke; the watch tries again until it is cancelled.
        case disconnected
        case reconnected
    }

    private let client: Client
    private let command: JSON
    private let timeout: TimeAmount
    private let state = Mutex(State())

    private struct State {
        var connection: Connection?
        /// Attempts since the connection broke.
        var attempts = 0
    }

    init(client: Client, command: JSON, timeout: TimeAmount) {
        self.client = client
        self.command = command
        self.timeout = timeout
    }

    func connect() async throws(ClientError) {
        let connection = try await client.open()
        do throws(ClientError) {
            _ = try await Client.answer("sub", command, on: connection, timeout: timeout)
        } catch {
            await connection.close()
            throw error
        }
        state.withLock { $0 = State(connection: connection) }
    }

    /// Ends the watch; the reader gets no further events.
    public func cancel() async {
        await state.withLock { $0.connection }?.close()
    }

    public func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let watch: Watch

        /// Nil only where the task was cancelled.
        public func next() async -> Event? { await watch.next() }
    }

    private func next() async -> Event? {
        while !Task.isCancelled {
            if let connection = state.withLock({ $0.connection }) {
                if case .push(let push, let dropped) = await connection.pushes.next() {
                    guard let change = KeyChange(push, dropped: dropped) else { continue }
                    return .change(change)
                }
                if Task.isCancelled {
                    await connection.close()
                    return nil
                }
                state.withLock { $0 = State() }
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

/// A change of one key.
public struct KeyChange: Hashable, Sendable {
    public let key: String
    public let value: JSON
    public let time: Timestamp
    /// Null for the first value.
    public let previous: JSON
    /// True where nothing was heard of the key for too long, or where this is the first value of a watch and was so already;
    /// false where something is heard again; nil is a change as usual.
    public let isStale: Bool?
    /// Changes before this one that were left out because the reader was slow.
    public let skipped: Int

    init?(_ push: JSON, dropped: Int) {
        guard let key = push["key"]?.string, let value = push["value"],
            let time = push["time"]?.number.flatMap(Timestamp.init(seconds:))
        else { return nil }
        self.key = key
        self.value = value
        self.time = time
        previous = push["previous"] ?? .null
        isStale = push["stale"]?.bool
        skipped = dropped + (push["skipped"]?.number.flatMap { Int(exactly: $0) } ?? 0)
    }
}
