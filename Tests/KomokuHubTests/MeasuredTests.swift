import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@Suite struct MeasuredTests {
    private struct Message {
        var measured: Double
        var value: Double
    }

    /// A source, and when its messages come.
    private static func deliver(
        _ messages: [(message: Message, arrival: Double)], _ test: TestHub, _ provenance: Provenance = .live
    ) async throws {
        let feed = Feed(key: try KeyName(validating: "s"), topic: "t", type: .numeric)
        for (message, arrival) in messages {
            await test.clock.advance(by: seconds(arrival) - test.clock.now, for: test.hub)
            await test.hub.apply([
                Observation(
                    feed: feed, content: .value(.number(message.value)), time: seconds(message.measured),
                    provenance: provenance)
            ])
        }
    }

    private static let start = 1_700_000_000.0

    private static func seconds(_ number: Double) -> Timestamp {
        Timestamp(seconds: start + number) ?? Timestamp(microseconds: 0)
    }

    private static var configuration: Hub.Configuration {
        var configuration = Hub.Configuration()
        configuration.keys = [.init(pattern: .all, type: nil, options: [JSON.Member("same_value_resolution", 0)])]
        return configuration
    }

    @Test(arguments: 1...25)
    func `live, late, twice and out of order make one history`(seed: Int) async throws {
        var source = FuzzSource(seed: UInt64(seed))
        var time = 0.0
        let messages = (0..<30).map { _ in
            time += Double(1 + source.below(90))
            return Message(measured: time, value: Double(source.below(4)))
        }
        let end = time + 3600
        let live = messages.map { ($0, $0.measured + 0.05) }
        let queued = messages.map { ($0, end) }
        let twice = (messages + messages).map { ($0, end) }
        let mixed = messages.shuffled(using: &source.random).map { ($0, end) }
        let half = Array(live.prefix(15)) + messages.suffix(20).shuffled(using: &source.random).map { ($0, end) }
        let expected = messages.map {
            "\(DecimalNumber.text(Self.start + $0.measured)):\(DecimalNumber.text($0.value))"
        }
        let deliveries = [
            ("live", live), ("queued", queued), ("twice", twice), ("mixed", mixed), ("half", half),
        ]
        for (name, delivery) in deliveries {
            try await TestHub.run(configuration: Self.configuration) { test in
                try await Self.deliver(delivery, test)
                // The clock has moved on: the hub is asked once more, so that everything is stored.
                #expect(try await test.points("s") == expected, "seed \(seed), \(name)")
                let newest = messages[messages.count - 1].value
                #expect(try await test.last("s") == .number(newest), "seed \(seed), \(name)")
            }
        }
    }

    @Test func `a clock that is set back makes no value stand still`() async throws {
        try await TestHub.run(configuration: Self.configuration) { test in
            // Right for a while, then an hour behind.
            let right = (1...5).map { (Message(measured: Double($0) * 60, value: Double($0)), Double($0) * 60) }
            let behind = (6...12).map {
                (Message(measured: Double($0) * 60 - 3600, value: Double($0)), Double($0) * 60)
            }
            try await Self.deliver(right + behind.prefix(2), test)
            #expect(try await test.last("s") == .number(7))
            try await Self.deliver(Array(behind.dropFirst(2)), test)
            #expect(try await test.last("s") == .number(12))
            // And right again.
            try await Self.deliver([(Message(measured: 780, value: 13), 780.05)], test)
            #expect(try await test.last("s") == .number(13))
            #expect(try await test.points("s").last == "1700000780:13")
        }
    }

    @Test func `nor does somebody else's put`() async throws {
        try await TestHub.run(configuration: Self.configuration) { test in
            try await Self.deliver([(Message(measured: -3600, value: 1), 0)], test)
            try await test.put("s", 50)
            for step in 1...3 {
                let time = Double(step) * 60
                try await Self.deliver([(Message(measured: time - 3600, value: Double(step)), time)], test)
            }
            #expect(try await test.last("s") == .number(3))
        }
    }

    @Test func `a time ahead counts as now`() async throws {
        try await TestHub.run(configuration: Self.configuration) { test in
            try await Self.deliver(
                [(Message(measured: 5000, value: 1), 10), (Message(measured: 20, value: 2), 20)], test)
            #expect(try await test.points("s") == ["1700000010:1", "1700000020:2"])
        }
    }

    @Test func `freshness counts arrival`() async throws {
        var configuration = Self.configuration
        configuration.keys.append(
            .init(pattern: .all, type: nil, options: [JSON.Member("expect_every", 600)]))
        try await TestHub.run(configuration: configuration) { test in
            // Everything comes an hour late, and regularly.
            for step in 0..<10 {
                let time = Double(step) * 300
                try await Self.deliver([(Message(measured: time - 3600, value: 1), time)], test)
                #expect(try await test.hub.key(test.name("s"))?.isStale == false)
            }
            await test.clock.advance(by: .seconds(601), for: test.hub)
            #expect(try await test.hub.key(test.name("s"))?.isStale == true)
            // What is older than all else is a sign of life, too.
            try await Self.deliver([(Message(measured: -9000, value: 7), 3400)], test)
            #expect(try await test.hub.key(test.name("s"))?.isStale == false)
            #expect(try await test.last("s") == .number(1))
        }
    }

    @Test func `a retained message counts by its own time`() async throws {
        try await TestHub.run(configuration: Self.configuration) { test in
            try await Self.deliver([(Message(measured: 10, value: 1), 100)], test, .retained)
            // The same again, and an older one.
            try await Self.deliver(
                [(Message(measured: 10, value: 1), 200), (Message(measured: 5, value: 9), 200)], test, .retained)
            try await Self.deliver([(Message(measured: 150, value: 1), 300)], test, .retained)
            #expect(try await test.points("s") == ["1700000010:1", "1700000150:1"])
        }
    }

    @Test func `an uptime key lives on arrivals`() async throws {
        try await TestHub.run { test in
            try await test.define("alive", "uptime", [JSON.Member("max_time", 90)])
            let feed = Feed(key: try test.name("alive"), topic: "t", type: .uptime)
            await test.hub.apply([
                Observation(feed: feed, content: .value(.boolean(true)), time: Self.seconds(-3600))
            ])
            #expect(try await test.last("alive") == .boolean(true))
            await test.clock.advance(by: .seconds(91), for: test.hub)
            #expect(try await test.last("alive") == .boolean(false))
        }
    }
}
