import Komoku
import KomokuClient
@testable import KomokuWire
import Testing

struct ReplyStreamTests {
    /// Some 64 KiB, in one point.
    private static func message(_ number: Int) -> JSON {
        let text = String(repeating: "x", count: 65_000)
        return ["result": ["points": [["a", [[.number(Double(number)), .string(text)]]]]]]
    }

    @Test func aReaderThatWaitsMakesTheHubWait() async throws {
        let count = 120
        let messages = (0..<count).map(Self.message) + [["result": ["done": true, "points": 120, "keys": 1]]]
        try await FakeHub.with({ name, _ in .messages(name == "export" ? messages : [["result": [:]]]) }) {
            hub, client in
            let size = count * 65_000
            var reader = try client.export().makeAsyncIterator()
            guard case .points(let first) = try await reader.next() else { return #expect(Bool(false)) }
            #expect(first.first?.points.count == 1)
            // The hub writes what it can; then, over many questions to its one thread, nothing more.
            var written = -1
            while written != hub.written.value {
                written = hub.written.value
                for _ in 0..<100 { _ = try await client.request("ping", [:]) }
            }
            #expect(written < size / 2)
            var seen = 1
            var isDone = false
            while let part = try await reader.next() {
                switch part {
                case .points(let lists):
                    #expect(lists.first?.points.first?.time.seconds == Double(seen))
                    seen += 1
                case .done(let points, let keys):
                    #expect(points == 120 && keys == 1)
                    isDone = true
                case .keys: #expect(Bool(false))
                }
            }
            #expect(seen == count)
            #expect(isDone)
        }
    }

    @Test func aStreamThatBreaksOffThrowsBehindWhatCame() async throws {
        try await FakeHub.with({ _, _ in .messagesThenEnd([Self.message(0), Self.message(1)]) }) { hub, client in
            var seen = 0
            let error = try await #require(throws: ClientError.self) {
                for try await _ in try client.export() { seen += 1 }
            }
            #expect(seen == 2)
            #expect(error == .disconnected(try hub.address))
        }
    }

    @Test func aRefusalCarriesTheHubsSentence() async throws {
        let answer: JSON = ["error": "invalid_query", "message": "1s over 10 years would be 315360000 windows"]
        try await FakeHub.with({ _, _ in .messages([answer]) }) { _, client in
            let error = await #expect(throws: ClientError.self) { for try await _ in try client.export() {} }
            #expect(error?.description == "1s over 10 years would be 315360000 windows")
            #expect(error?.code == "invalid_query")
            let other = await #expect(throws: ClientError.self) {
                try await client.statistics(StatisticsRequest(try KeyName(validating: "a")))
            }
            #expect(other == error)
        }
    }

    @Test func aReaderThatIsCancelledEnds() async throws {
        try await FakeHub.with({ _, _ in .messages([Self.message(0)]) }) { _, client in
            let begun = AsyncStream<Void>.makeStream()
            let task = Task {
                for try await _ in try client.export() { begun.continuation.yield() }
            }
            var waiting = begun.stream.makeAsyncIterator()
            await waiting.next()
            task.cancel()
            await #expect(throws: ClientError.self) { try await task.value }
        }
    }

    @Test func aFewBatchesAreUnansweredAtMost() async throws {
        let asked = FakeHub.Counter()
        try await FakeHub.with({ _, _ in
            asked.add(1)
            return .messages([["result": ["points": 1, "refused": [["a", 0, "no"]]]]])
        }) { _, client in
            var session = try await client.importPoints()
            var answers: [PointImport.Answer] = []
            for _ in 0..<10 {
                if let answer = try await session.send(PointImport.Batch()) { answers.append(answer) }
            }
            #expect(answers.count == 10 - PointImport.window)
            while let answer = try await session.next() { answers.append(answer) }
            #expect(answers.map(\.batch) == Array(0..<10))
            #expect(answers.allSatisfy { $0.points == 1 && $0.refused.first?.reason == "no" })
            try await session.finish()
            #expect(asked.value == 11)
        }
    }

    @Test func statisticsSpansAndProfilesAreRead() async throws {
        try await FakeHub.with({ name, _ in
            switch name {
            case "statistics":
                let window: JSON = [
                    "start": 0, "end": 60, "count": 3, "min": 1.5, "last": "x", "percentiles": [2, .null],
                    "states": ["a": 10, "b": 50],
                ]
                return .messages([
                    ["result": ["key": "k", "type": "numeric", "raw_since": .null, "windows": [window, 3]]]
                ])
            case "spans": return .messages([["result": ["spans": [[1, 2.5], [9, .null], "x"]]]])
            case "profile":
                return .messages([
                    ["result": ["by": "weekday", "buckets": [["weekday": 1, "count": 5], ["hour": 1]]]]
                ])
            default: return .messages([["result": "ok"]])
            }
        }) { _, client in
            let answer = try await client.statistics(StatisticsRequest(try KeyName(validating: "k"), step: "day"))
            #expect(answer.windows.count == 1)
            let figures = try #require(answer.windows.first?.figures)
            #expect(figures[.minimum] == 1.5 && figures[.maximum] == nil && figures.value(.last) == "x")
            #expect(figures.percentiles == [2, nil])
            #expect(figures.states.map(\.text) == ["b", "a"])
            let spans = try await client.spans("k")
            #expect(spans.map(\.start.seconds) == [1, 9])
            #expect(spans.map { $0.length?.seconds } == [2.5, nil])
            let profile = try await client.profile("k", by: .weekday)
            #expect(profile.buckets.map(\.number) == [1])
            try await client.rename("a", to: "b")
        }
    }
}
