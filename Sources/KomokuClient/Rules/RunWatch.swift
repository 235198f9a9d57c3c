internal import Komoku
internal import NIOCore

/// Records of runs as they happen, over breaks of the connection. For one reader; what it is too slow for is counted.
public final class RunWatch: AsyncSequence, Sendable {
    public enum Event: Hashable, Sendable {
        case run(RunReport)
        /// The connection broke; the watch tries again until it is cancelled. What is recorded meanwhile is not told.
        case disconnected
        case reconnected
    }

    private let feed: PushFeed

    init(client: Client, filter: JSON, timeout: TimeAmount) {
        feed = PushFeed(client: client, command: JSON.Member("follow", filter), timeout: timeout)
    }

    func connect() async throws(ClientError) { try await feed.connect() }

    /// Ends the watch; the reader gets no further events.
    public func cancel() async { await feed.cancel() }

    public func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let watch: RunWatch

        /// Nil only where the task was cancelled.
        public func next() async -> Event? { await watch.next() }
    }

    private func next() async -> Event? {
        while let event = await feed.next() {
            switch event {
            case .disconnected: return .disconnected
            case .reconnected: return .reconnected
            case .push(let push, let dropped):
                if let run = RunReport(push, dropped: dropped) { return .run(run) }
            }
        }
        return nil
    }
}
