internal import DequeModule
internal import Komoku
public import KomokuWire
internal import NIOCore

/// Stores points as they are, in batches of which a few may be unanswered at a time. For one caller.
public struct PointImport: ~Copyable {
    /// What a batch brings: definitions of keys that the hub does not have, then points. Its JSON must stay below 1 MiB.
    public struct Batch: Hashable, Sendable {
        public var keys: [KeyDefinition] = []
        public var points: [KeyPoints] = []
        public init() {}
    }

    /// What became of a batch.
    public struct Answer: Hashable, Sendable {
        /// Of the batch that was sent, counted from 0.
        public let batch: Int
        /// Points that are new, or replaced another value; they are on disk now.
        public let points: Int
        /// Points that were there already.
        public let known: Int
        /// Points of hours of which the hub has only sums by now.
        public let leftOut: Int
        public let refused: [RefusedPoint]
        /// Why nothing of the batch was taken; nil where it was.
        public let error: ClientError?
    }

    /// Batches that may be unanswered.
    public static let window = 4
    private static let timeout = TimeAmount.minutes(10)

    private let connection: Connection
    private var waiting = Deque<EventLoopFuture<JSON>>()
    private var answered = 0

    init(connection: Connection) {
        self.connection = connection
    }

    deinit { connection.abandon() }

    /// Sends a batch; where too many are unanswered, waits for the oldest first.
    ///
    /// - Returns: that one's answer, if it had to wait.
    /// - Throws: where the connection breaks. Batches that were answered are stored; sending all of it again is harmless.
    public mutating func send(_ batch: Batch) async throws(ClientError) -> Answer? {
        let answer = waiting.count >= Self.window ? try await next() : nil
        waiting.append(connection.submit(JSON.Member("import", batch.json), timeout: Self.timeout))
        return answer
    }

    /// The answer to the oldest batch that is unanswered; nil where there is none.
    public mutating func next() async throws(ClientError) -> Answer? {
        guard let future = waiting.popFirst() else { return nil }
        let json: JSON
        do {
            json = try await future.get()
        } catch {
            throw connection.failure(error)
        }
        defer { answered += 1 }
        return Answer(batch: answered, json)
    }

    /// Says that all is sent: uptime keys begin to expire. Call it when every batch is answered.
    public mutating func finish() async throws(ClientError) {
        while try await next() != nil {}
        let answer = try await connection.request(
            Command.import(ImportRequest(isDone: true)).member, timeout: Self.timeout)
        if let error = ClientError(in: answer) { throw error }
        await connection.close()
    }
}

extension PointImport.Batch {
    fileprivate var json: JSON { ImportRequest.body(keys, points.map(\.json)) }
}

extension PointImport.Answer {
    fileprivate init(batch: Int, _ json: JSON) {
        self.batch = batch
        let read = try? ImportReport(json["result"] ?? .null)
        error = ClientError(in: json) ?? (read == nil ? .unshaped : nil)
        let report = read ?? ImportReport()
        (points, known, leftOut, refused) = (report.points, report.known, report.leftOut, report.refused)
    }
}
