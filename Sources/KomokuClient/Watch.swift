internal import Komoku
public import KomokuWire
internal import NIOCore

/// Changes of keys as they happen.
///
/// A reader that is slow loses older changes of a key first, at the hub, then, beyond a few thousand, the oldest of all;
/// each change says how many were left out before it. What was missed while the connection was broken is told afterwards, the
/// newest value of each key that changed; where the hub has started anew, all values if they were asked for at first, else
/// nothing.
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

    private let take: @Sendable () async -> Event?
    private let end: @Sendable () async -> Void
    private let open: @Sendable () async throws(ClientError) -> Void

    /// - Parameters:
    ///   - command: what asks the hub to push, for a reader that has seen so much of its sequence.
    ///   - read: nil for a push that is none of these.
    init(
        client: Client, timeout: TimeAmount, command: @escaping @Sendable (_ seen: String?) -> JSON.Member,
        read: @escaping @Sendable (_ push: JSON, _ dropped: Int) -> Item?
    ) {
        let feed = PushFeed(client: client, timeout: timeout, command: command)
        open = { () throws(ClientError) in try await feed.connect() }
        end = { await feed.cancel() }
        take = {
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

    /// One that needs no connection.
    ///
    /// - Parameters:
    ///   - next: nil at the end.
    ///   - end: gives up what it needs.
    package init(next: @escaping @Sendable () async -> Event?, end: @escaping @Sendable () async -> Void) {
        (take, self.end, open) = (next, end, { () throws(ClientError) in })
    }

    func connect() async throws(ClientError) { try await open() }

    /// Ends the watch; the reader gets no further events.
    public func cancel() async { await end() }

    public func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let watch: Watch

        /// Nil only where the task was cancelled.
        public func next() async -> Event? { await watch.next() }
    }

    private func next() async -> Event? { await take() }
}

extension KeyChange {
    /// - Parameter dropped: changes before it that were thrown away here because the reader was slow.
    init?(pub: JSON, dropped: Int) {
        self.init(pub: pub)
        skipped += dropped
    }
}
