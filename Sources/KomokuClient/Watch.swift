public import Komoku
internal import NIOCore

/// Changes of keys as they happen.
///
/// A reader that is slow loses older changes of a key first, at the hub, then, beyond a few thousand, the oldest of all;
/// each change says how many were left out before it.
public typealias KeyWatch = Watch<KeyChange>

/// Records of runs as they happen. What the reader is too slow for is counted; what is recorded while the connection is
/// broken is not told.
public typealias RunWatch = Watch<RunReport>

/// What the hub tells by itself, over breaks of the connection. For one reader.
public final class Watch<Item: Hashable & Sendable>: AsyncSequence, Sendable {
    public enum Event: Hashable, Sendable {
        case item(Item)
        /// The connection broke; the watch tries again until it is cancelled.
        case disconnected
        case reconnected
    }

    private let feed: PushFeed
    private let read: @Sendable (_ push: JSON, _ dropped: Int) -> Item?

    /// - Parameters:
    ///   - command: what asks the hub to push.
    ///   - read: nil for a push that is none of these.
    init(
        client: Client, command: JSON.Member, timeout: TimeAmount,
        read: @escaping @Sendable (_ push: JSON, _ dropped: Int) -> Item?
    ) {
        feed = PushFeed(client: client, command: command, timeout: timeout)
        self.read = read
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
                if let item = read(push, dropped) { return .item(item) }
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
