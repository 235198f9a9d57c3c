import Komoku
import KomokuHub
import KomokuTesting
import Testing

@Suite struct PutTests {
    @Test func `the first put creates a key with the type of its value`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            try await test.put("b", "true")
            try await test.put("c", "12")
            let types = await test.hub.keys(matching: .all).map { "\($0.name) \($0.type.rawValue)" }
            #expect(types == ["a numeric", "b boolean", "c string"])
            #expect(try await test.last("b") == .boolean(true))
        }
    }

    @Test func `a refused put changes nothing`() async throws {
        try await TestHub.run { test in
            await #expect(throws: CommandError.unknownValueType) { try await test.put("a", .null) }
            #expect(await test.hub.keyCount == 0)
            try await test.put("a", 1)
            await #expect(throws: CommandError.invalidValue) { try await test.put("a", "x") }
            #expect(try await test.last("a") == .number(1))
            #expect(try await test.points("a").count == 1)
        }
    }

    @Test func `order is by time, not by arrival`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 2, at: 200)
            try await test.put("a", 1, at: 100)
            #expect(try await test.last("a") == .number(2))
            #expect(try await test.points("a") == ["100:1", "200:2"])
        }
    }

    @Test func `of two puts at one time the later counts and leaves one point`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1, at: 100)
            try await test.put("a", 2, at: 100)
            #expect(try await test.last("a") == .number(2))
            #expect(try await test.points("a") == ["100:2"])
        }
    }

    @Test func `an equal value near the newest point is no point but moves the last time`() async throws {
        try await TestHub.run { test in
            for time in [0.0, 30, 59, 60, 90, 121] { try await test.put("a", 1, at: time) }
            #expect(try await test.points("a") == ["0:1", "60:1", "121:1"])
            try await test.put("a", 1, at: 150)
            #expect(try await test.hub.last(test.name("a"))?.time.seconds == 150)
        }
    }

    @Test func `an older value between a point and its repetition makes the repetition a point`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1, at: 0)
            try await test.put("a", 1, at: 30)
            try await test.put("a", 2, at: 10)
            #expect(try await test.points("a") == ["0:1", "10:2", "30:1"])
            #expect(try await test.last("a") == .number(1))
        }
    }

    @Test func `min_resolution replaces the newest point and keeps its time`() async throws {
        try await TestHub.run { test in
            try await test.define("a", "numeric", [JSON.Member("min_resolution", 10)])
            try await test.put("a", 1, at: 0)
            try await test.put("a", 2, at: 5)
            try await test.put("a", 3, at: 9)
            try await test.put("a", 4, at: 10)
            #expect(try await test.points("a") == ["0:3", "10:4"])
            #expect(try await test.last("a") == .number(4))
        }
    }

    @Test func `times that the hub gives never meet`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            try await test.put("a", 2)
            try await test.put("a", 3)
            #expect(try await test.points("a") == ["1700000000:1", "1700000000.000001:2", "1700000000.000002:3"])
        }
    }

    @Test func `a put of now is the newest though a sender was earlier in the same millisecond`() async throws {
        try await TestHub.run { test in
            test.clock.advance(by: Duration(microseconds: 700))
            try await test.put("a", 1, at: 1_700_000_000.0005)
            try await test.put("a", 2)
            #expect(try await test.last("a") == .number(2))
            #expect(try await test.points("a") == ["1700000000.0005:1", "1700000000.000501:2"])
        }
    }

    @Test func `a put of now is history where a sender's time is in the future`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1, at: 1_700_000_001)
            try await test.put("a", 2)
            #expect(try await test.last("a") == .number(1))
            #expect(try await test.points("a") == ["1700000000:2", "1700000001:1"])
        }
    }

    @Test func `increments read and write in one step, and sums stay decimal`() async throws {
        try await TestHub.run { test in
            try await test.define("a", "counter")
            for step in [1, 2.4, -1, -1.2] {
                try await test.hub.increment(test.name("a"), by: step, cause: .client("test"))
            }
            #expect(try await test.last("a") == .number(1.2))
            try await test.put("t", "text")
            await #expect(throws: CommandError.typeMismatch) {
                try await test.hub.increment(test.name("t"), by: 1, cause: .client("test"))
            }
            await #expect(throws: CommandError.invalidKey) {
                try await test.hub.increment(test.name("nobody"), by: 1, cause: .client("test"))
            }
        }
    }

    @Test func `an event key makes each put a point and a change`() async throws {
        try await TestHub.run { test in
            try await test.define("button", "string", [JSON.Member("event", true)])
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            try await test.put("button", "single")
            try await test.put("button", "single")
            #expect(try await test.points("button").count == 2)
            #expect(inbox.texts() == ["button=single", "button=single"])
        }
    }

    @Test func `random puts leave the history and the last value that a simple model has`() async throws {
        for seed in 0..<20 {
            try await TestHub.run { test in
                var random = SplitMix(seed: UInt64(seed))
                try await test.define("a", "numeric", [JSON.Member("same_value_resolution", 0)])
                var model: [Int: Double] = [:]
                for _ in 0..<60 {
                    let (time, value) = (
                        Int.random(in: 0..<40, using: &random), Double.random(in: 0..<4, using: &random)
                    )
                    try await test.put("a", .number(value), at: Double(time))
                    model[time] = value
                }
                let expected = model.sorted { $0.key < $1.key }.map { "\($0.key):\(DecimalNumber.text($0.value))" }
                #expect(try await test.points("a") == expected, "seed \(seed)")
                #expect(try await test.last("a")?.number == model.max { $0.key < $1.key }?.value, "seed \(seed)")
            }
        }
    }
}

/// What options make of values.
@Suite struct ValueOptionTests {
    @Test func `a string key with values takes no other text`() async throws {
        try await TestHub.run { test in
            try await test.define("alarm", "string", [JSON.Member("values", ["armed", "off"])])
            try await test.put("alarm", "armed", at: 10)
            await #expect(throws: CommandError.invalidValue) { try await test.put("alarm", "Armed", at: 20) }
            await #expect(throws: CommandError.invalidValue) { try await test.put("alarm", 1, at: 20) }
            #expect(try await test.points("alarm") == ["10:armed"])
        }
    }

    @Test func `numbers are rounded to their precision before anything looks at them`() async throws {
        try await TestHub.run { test in
            try await test.define("energy", "counter", [JSON.Member("precision", 2)])
            try await test.put("energy", 0.1, at: 10)
            for _ in 0..<3 {
                try await test.hub.increment(test.name("energy"), by: 0.2, at: nil, cause: .client("test"))
            }
            #expect(try await test.last("energy") == .number(0.7))
            try await test.put("energy", "1234567.005001")
            #expect(try await test.last("energy") == .number(1_234_567.01))
        }
    }

    @Test func `every put to a log is a point`() async throws {
        try await TestHub.run { test in
            try await test.define("log", "string", [JSON.Member("log", true)])
            for time in [1.0, 2, 3] { try await test.put("log", "started", at: time) }
            #expect(try await test.points("log") == ["1:started", "2:started", "3:started"])
        }
    }
}
