internal import Komoku
internal import Synchronization

/// Stored points, as they come from the hub. For one reader; the hub sends no faster than it reads.
public struct PointExport: AsyncSequence, Sendable {
    public enum Part: Hashable, Sendable {
        /// Keys that match; all of them come before the points, in one part or several.
        case keys([KeyDefinition])
        /// Points of some keys; those of one key follow each other, ascending by time.
        case points([KeyPoints])
        /// The end of it, with how much it was; without it the export is not whole.
        case done(points: Int, keys: Int)
    }

    let client: Client
    let command: JSON

    public func makeAsyncIterator() -> Iterator { Iterator(client: client, command: command) }

    public struct Iterator: AsyncIteratorProtocol {
        private let client: Client
        private let command: JSON
        private var source: Source?

        init(client: Client, command: JSON) {
            self.client = client
            self.command = command
        }

        /// - Throws: where the hub refuses it, or goes away before the end.
        public mutating func next() async throws(ClientError) -> Part? {
            let source = try await opened()
            while let message = try await source.stream.next() {
                if let part = Part(message) { return part }
            }
            await source.connection.close()
            return nil
        }

        private mutating func opened() async throws(ClientError) -> Source {
            if let source { return source }
            let connection = try await client.open()
            let stream = connection.stream([JSON.Member("export", command)])
            let source = Source(connection: connection, stream: stream)
            self.source = source
            return source
        }
    }

    /// Ends the connection also where the reader stops early.
    private final class Source: Sendable {
        let connection: Connection
        let stream: ReplyStream

        init(connection: Connection, stream: ReplyStream) {
            self.connection = connection
            self.stream = stream
        }

        deinit { connection.abandon() }
    }
}

extension PointExport.Part {
    fileprivate init?(_ message: JSON) {
        if let keys = message["keys"]?.object {
            self = .keys(keys.compactMap(KeyDefinition.init))
        } else if let points = message["points"]?.array {
            self = .points(points.compactMap(KeyPoints.init))
        } else if message["done"] == .bool(true) {
            func count(_ name: String) -> Int { message[name]?.number.flatMap { Int(exactly: $0) } ?? 0 }
            self = .done(points: count("points"), keys: count("keys"))
        } else {
            return nil
        }
    }
}
