internal import Komoku
public import KomokuWire
internal import Synchronization

/// Stored points, as they come from the hub. For one reader; the hub sends no faster than it reads.
public struct PointExport: AsyncSequence, Sendable {
    public typealias Part = ExportPart

    let client: Client
    let command: JSON.Member

    public func makeAsyncIterator() -> Iterator { Iterator(client: client, command: command) }

    public struct Iterator: AsyncIteratorProtocol {
        private let client: Client
        private let command: JSON.Member
        private var source: Source?

        init(client: Client, command: JSON.Member) {
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
            let stream = connection.stream(command)
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
