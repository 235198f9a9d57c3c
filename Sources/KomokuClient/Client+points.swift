internal import DequeModule
internal import Komoku
internal import KomokuProto
public import KomokuWire
internal import NIOCore

extension Client {
    /// Points of one message, and messages that may be unanswered.
    private static let (pointsOfMessage, window) = (2048, 16)

    /// Puts many values, in order, and returns when all of them are on disk. Messages are sent without waiting for the answers to
    /// those before; calls from several tasks share the connection.
    ///
    /// ```swift
    /// let report = try await client.put([PutPoint("hall.temperature", 20.5), PutPoint("hall.lamp", true)])
    /// ```
    ///
    /// - Throws: where the connection breaks; what was sent before may have been stored then. Sending the same values with the
    ///   same times again is harmless.
    @discardableResult
    public func put(_ points: [PutPoint]) async throws(ClientError) -> PutReport {
        let connection = try await connected()
        var report = PutReport()
        var waiting = Deque<(start: Int, answer: EventLoopFuture<PutReport>)>()
        var start = 0
        while start < points.count || !waiting.isEmpty {
            if start < points.count, waiting.count < Self.window {
                let chunk = points[start..<min(start + Self.pointsOfMessage, points.count)]
                waiting.append((start, submit(chunk, to: connection)))
                start += chunk.count
            } else if let first = waiting.popFirst() {
                do {
                    report.add(try await first.answer.get(), from: first.start)
                } catch {
                    throw connection.failure(error)
                }
            }
        }
        return report
    }

    private func submit(_ points: ArraySlice<PutPoint>, to connection: Connection) -> EventLoopFuture<PutReport> {
        if connection.isPacked, let packed = PackedPoints(points) { return connection.submit(packed, timeout: timeout) }
        // An older hub, or values that no key can have.
        let answers = points.map { point in
            var body = [JSON.Member("key", .string(point.key)), JSON.Member("value", point.value)]
            if let time = point.time { body.append(JSON.Member("time", .number(time.seconds))) }
            body.append(JSON.Member("wait", false))
            return connection.submit(JSON.Member("put", .object(body)), timeout: timeout)
        }
        return EventLoopFuture.whenAllSucceed(answers, on: connection.eventLoop)
            .map { answers in
                var report = PutReport()
                for (place, answer) in answers.enumerated() { report.add(answer, at: place) }
                return report
            }
    }
}

extension PutReport {
    fileprivate mutating func add(_ other: PutReport, from start: Int) {
        taken += other.taken
        refused += other.refused.map { Refused(start + $0.place, $0.refusal) }
        isStored = isStored && other.isStored
    }

    fileprivate mutating func add(_ answer: JSON, at place: Int) {
        if let error = answer["error"] {
            refused.append(Refused(place, Refusal(code: error.string ?? error.text, answer["message"]?.string)))
        } else {
            taken += 1
            if answer["stored"] == .bool(false) { isStored = false }
        }
    }
}
