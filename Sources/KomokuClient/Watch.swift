public import Komoku
internal import NIOCore

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

    private let feed: PushFeed

    init(client: Client, command: JSON, timeout: TimeAmount) {
        feed = PushFeed(client: client, command: JSON.Member("sub", command), timeout: timeout)
    }

    func connect() async throws(ClientError) { try await feed.connect() }

    /// Ends the watch; the reader gets no further events.
    public func cancel() async { await feed.cancel() }

    public func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let watch: Watch

        /// Nil only where the task was cancelled.
        public func next() async -> Event? { await watch.next() }
    }

    private func next() async -> Event? {
        while let event = await feed.next() {
            switch event {
            case .disconnected: return .disconnected
            case .reconnected: return .reconnected
            case .push(let push, let dropped):
                if let change = KeyChange(push, dropped: dropped) { return .change(change) }
            }
        }
        return nil
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
