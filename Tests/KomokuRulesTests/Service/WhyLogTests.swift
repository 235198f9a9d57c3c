import Glibc
import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuRules

@Suite(.timeLimit(.minutes(1))) struct WhyLogTests {
    /// A hub with rules whose records go to the database.
    private final class House: Sendable {
        // The store clears its log by the system's clock.
        let clock = VirtualClock(seconds: Double(time(nil)))
        let store: Store
        let hub: Hub
        let log: WhyLog
        let host: RuleHost
        /// What a follower was told.
        let told = Collector<RunRow>()

        init(_ rules: String, retention: [String: RunRetention] = WhyLog.usualRetention, pruningCount: Int = 50_000)
            async throws
        {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            store = try Store(Store.Configuration(location: .memory), logger: logger)
            hub = Hub(store: store, clock: clock, logger: logger)
            log = WhyLog(store, retention: retention, pruningCount: pruningCount)
            host = RuleHost(notes: NotifyConfiguration(), outputs: FakeOutputs(), log: log, logger: logger)
            log.attach(to: host.engine)
            host.attach(try EngineHouse.read(rules), to: hub)
            hub.start()
            try await hub.define(
                EngineHouse.keys.map { Definition(name: $0.key, type: .string($0.value), options: []) })
        }

        func close() {
            hub.stop()
            store.close()
        }

        func follow() async -> Int {
            await hub.run { [log, told] in log.follow({ told.append($0) }, in: $0) }
        }

        func put(_ key: String, _ values: JSON...) async throws {
            for value in values { try await hub.put(try #require(KeyName(key)), value, cause: .client("test")) }
        }

        /// What the database holds, newest first.
        func rows(_ query: RunQuery = RunQuery()) async throws -> [RunRow] {
            await withCheckedContinuation { continuation in
                hub.enqueue { $0.whenDurable { _ in continuation.resume() } }
            }
            return try await withCheckedThrowingContinuation { continuation in
                store.runs(query) { continuation.resume(with: $0) }
            }
        }
    }

    private static let dark = """
        rules:
          - name: dark
            when: {change: hall.motion}
            if: hall.lux < 40
            then: [{put: {hall.light: true}}, {toggle: door.front}]
        """

    @Test func `a rule that runs on and on fills few lines, and every run is counted`() async throws {
        let house = try await House("rules: [{name: busy, when: {change: hall.lux}, then: {put: {count: value}}}]")
        defer { house.close() }
        for number in 1...3000 { try await house.put("hall.lux", .number(Double(number))) }
        await house.hub.run { [log = house.log] in log.flush(in: $0) }
        var query = RunQuery()
        query.limit = 10_000
        let rows = try await house.rows(query)
        #expect(rows.count == RunRation.most + 1)
        #expect(rows.reduce(0) { $0 + ($1.data["count"]?.number ?? 1) } == 3000)
        // Later there is room again.
        await house.clock.advance(by: .seconds(10), for: house.hub)
        try await house.put("hall.lux", 1, 2, 3)
        #expect(try await house.rows(query).count == RunRation.most + 4)
    }

    @Test func `equal decisions are told again with their count, once a second, and written less often`() async throws {
        let house = try await House(Self.dark)
        defer { house.close() }
        let number = await house.follow()
        try await house.put("hall.lux", 120)
        try await house.put("hall.motion", true, false, true)
        #expect(house.told.elements.map { $0.data["count"] } == [nil])
        await house.clock.advance(by: .seconds(1), for: house.hub)
        #expect(house.told.elements.map { $0.data["count"] } == [nil, 3])
        #expect(try await house.rows().map { $0.data["count"] } == [nil])
        await house.clock.advance(by: .seconds(9), for: house.hub)
        #expect(try await house.rows().map { $0.data["count"] } == [3])
        #expect(house.told.elements.count == 2, "there is nothing new to tell")

        try await house.put("hall.motion", false)
        await house.hub.run { [log = house.log] in log.unfollow(number, in: $0) }
        await house.clock.advance(by: .seconds(60), for: house.hub)
        #expect(house.told.elements.count == 2)
        #expect(try await house.rows().map { $0.data["count"] } == [4])

        try await house.put("hall.motion", true)
        await house.hub.run { [log = house.log] in log.flush(in: $0) }
        #expect(try await house.rows().map { $0.data["count"] } == [5], "the hub ends in good order")
    }

    @Test func `skips by one clause are one line, with the newest reason`() async throws {
        let house = try await House(Self.dark)
        defer { house.close() }
        _ = await house.follow()
        for lux in [100, 101, 102] {
            try await house.put("hall.lux", .number(Double(lux)))
            try await house.put("hall.motion", .bool(lux % 2 == 0))
        }
        await house.clock.advance(by: .seconds(10), for: house.hub)
        let rows = try await house.rows()
        #expect(rows.map { $0.data["count"] } == [3])
        #expect(rows[0].data["reason"]?.string?.hasSuffix("hall.lux is 102") == true)
        #expect(house.told.elements.last?.data["reason"] == rows[0].data["reason"])
    }

    @Test func `a count is told before the decision that follows`() async throws {
        let house = try await House(Self.dark)
        defer { house.close() }
        _ = await house.follow()
        try await house.put("door.front", false)
        try await house.put("hall.lux", 120)
        try await house.put("hall.motion", true, false)
        try await house.put("hall.lux", 20)
        try await house.put("hall.motion", true)
        #expect(house.told.elements.map(\.outcome) == ["skipped", "skipped", "done"])
        #expect(house.told.elements.map { $0.data["count"] } == [nil, 2, nil])
        let rows = try await house.rows()
        #expect(rows.map(\.outcome) == ["done", "skipped"] && rows[1].data["count"] == 2)
    }

    @Test(arguments: ["hall.motion", "hall.lux", "hall.light", "door.front"])
    func `a decision is about what fired it, what it looked at, and what would have been put`(key: String) async throws
    {
        let house = try await House(Self.dark)
        defer { house.close() }
        try await house.put("hall.lux", 120)
        try await house.put("hall.motion", true)
        #expect(try await house.rows(RunQuery(key: KeyName(key))).map(\.outcome) == ["skipped"])
        #expect(try await house.rows(RunQuery(key: KeyName("note"))) == [])
        let kept = await house.hub.run { [host = house.host, log = house.log] hub in
            host.engine.recentRecords(in: hub).map { log.row(of: $0, in: hub).keys.map(\.text) }
        }
        #expect(kept.first?.contains(key) == true)
    }

    @Test(arguments: ["hall.light", "hall.lux", "count"])
    func `a run is found by each key that it put, in scripts and beyond the effects that are kept`(
        key: String
    ) async throws {
        let house = try await House(
            """
            rules: [{name: a, when: {change: note}, then: [{call: all}, {put: {count: 1}}]}]
            scripts:
              - {name: all, then: [{call: lit}, {repeat: {count: 60, do: {log: "x"}}}, {put: {hall.lux: 5}}]}
              - {name: lit, then: {put: {hall.light: true}}}
            """)
        defer { house.close() }
        try await house.put("note", "1")
        let row = try #require(try await house.rows(RunQuery(key: KeyName(key))).first)
        #expect(try await house.rows(RunQuery(key: KeyName("hall.power"))) == [])
        #expect(
            row.data["effects"]?.array?.first?.text
                == #"{"step":"1","scripts":[{"name":"all","step":"1"},{"name":"lit","step":"1"}],"verb":"put","#
                + #""key":"hall.light","value":true}"#)
        #expect(row.data["effects"]?.array?.count == RunRecord.maximumEffects && row.data["omitted"] == 31)
        #expect(row.data["changed"] == ["hall.lux", "count"], "no effect that is kept names them")
    }

    @Test func `texts of any length are cut`() async throws {
        let house = try await House(
            """
            rules:
              - {name: far, when: {mqtt: a}, then: [{log: x}]}
              - {name: never, when: {mqtt: a}, if: "false", then: [{log: x}]}
            """)
        defer { house.close() }
        await house.hub.run { [engine = house.host.engine] hub in
            engine.message(topic: "a", payload: Array(repeating: 0x78, count: 60_000), isRetained: false, in: hub)
        }
        let rows = try await house.rows()
        #expect(rows.count == 2)
        for row in rows {
            #expect(row.data.bytes.count < 1000)
            #expect(row.data["occasion"]?["arguments"]?["payload"]?.string?.hasPrefix("xxx") == true)
        }
    }

    @Test func `a rule that runs without end does not fill the log until it is time to clear it`() async throws {
        let house = try await House(
            "rules: []", retention: ["done": RunRetention(time: .seconds(86_400), count: 10)], pruningCount: 100)
        defer { house.close() }
        func append(_ numbers: ClosedRange<Int64>) async {
            await house.hub.run { [log = house.log] hub in
                for number in numbers {
                    log.append(
                        RunRecord(
                            id: number, rule: "r", occasion: Occasion("start", at: hub.clock.now), outcome: .done,
                            started: hub.clock.now, ended: hub.clock.now), in: hub)
                }
            }
        }
        await append(1...1)
        #expect(try await house.rows().count == 1)
        await append(2...99)
        #expect(try await house.rows().count == 99)
        await append(100...150)
        #expect(try await house.rows().map(\.id) == Array((141...150).reversed()))
    }
}
