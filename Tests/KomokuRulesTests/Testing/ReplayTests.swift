import Komoku
import KomokuRules
import KomokuStore
import KomokuTesting
import Logging
import Testing

@Suite("A replay")
struct ReplayTests {
    private static func rules(lux: Int, wait: String) -> String {
        """
        keys:
          hall.motion: {type: uptime, max_time: 90s}
          hall.lux: {type: numeric}
          hall.light: {type: boolean}
        rules:
          - name: light
            when: {change: hall.motion, to: true}
            if: "(hall.lux ?? 0) < \(lux)"
            mode: restart
            then: [{put: {hall.light: true}}, {wait: \(wait)}, {http: "http://a/off"}, {put: {hall.light: false}}]
          - name: report
            when: {every: 1h}
            then: [{log: "{round(avg(hall.lux, 1h) ?? 0)} {hall.light ?? false}"}]

        """
    }

    private func subject(lux: Int = 40, wait: String = "5m") throws -> RuleTestSubject {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.rules(lux: lux, wait: wait), to: "rules.yaml")
        let (subject, findings) = ExampleLoader.load(folder.path("rules.yaml"), .init())
        return try #require(subject, "\(findings)")
    }

    /// A day, a motion an hour for two minutes; dark in the first half.
    private static let history: ReplayHistory = {
        var history = ReplayHistory()
        // Key by key, as an export has them.
        for hour in 0..<24 { history.add("hall.lux", hour * 3600 + 1, .number(hour < 12 ? 10 : 500)) }
        for hour in 0..<24 {
            history.add("hall.motion", hour * 3600 + 60, true)
            history.add("hall.motion", hour * 3600 + 180, false)
        }
        history.sort()
        return history
    }()

    private static let start = Timestamp(microseconds: 1_767_225_600_000_000)

    private func run(_ subject: RuleTestSubject, since: Int = 0, until: Int = 86_400) async throws -> Replay.Result {
        let replay = Replay(subject, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let range = Replay.Range(
            since: Self.start + .seconds(Int64(since)), until: Self.start + .seconds(Int64(until)))
        return try await replay.run(Self.history, range)
    }

    @Test("lists each time a rule would have run, and what it would have done")
    func list() async throws {
        let result = try await run(try subject())
        let light = result.firings.filter { $0.record.rule == "light" }
        #expect(light.count == 12)
        let first = try #require(light.first?.record)
        #expect(first.started == Self.start + .seconds(60))
        #expect(first.ended == Self.start + .seconds(360))
        #expect(first.effects.count == 4)
        #expect(result.rules.map(\.rule) == ["light", "report"])
        #expect(result.rules.first?.runs == 12)
        #expect(result.rules.first?.refused == 12)
        #expect(result.rules.last?.runs == 24)
        // An uptime key does not fall by itself: its false is recorded.
        #expect(result.rules.first?.reason?.contains("hall.lux is 500") == true)
    }

    @Test("says what stands at its end")
    func standing() async throws {
        let result = try await run(try subject(), until: 200)
        #expect(result.firings.map(\.stands) == [true])
    }

    @Test("takes what is older than its beginning for what the keys were")
    func given() async throws {
        let result = try await run(try subject(), since: 120, until: 3600)
        #expect(result.firings.filter { $0.record.rule == "light" }.isEmpty)
    }

    @Test("shows the differences of two sets of rules")
    func compare() async throws {
        let old = try await run(try subject())
        let same = try await run(try subject())
        #expect(same.differences(from: old).isEmpty)
        let brighter = try await run(try subject(lux: 600)).differences(from: old)
        #expect(brighter.count == 12, "\(ReplayReport(.utc).text(of: brighter))")
        #expect(!brighter.contains { !$0.isNew })
        let longer = try await run(try subject(wait: "6m")).differences(from: old)
        #expect(longer.count == 24)
        #expect(longer.prefix(2).map(\.isNew) == [false, true])
    }

    /// What the clock fires happens at its own time, between the points and where there are none; here over the night in which
    /// clocks are put forward.
    @Test("fires what the clock fires, at its time", arguments: [true, false])
    func schedules(_ hasPoints: Bool) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(
            """
            hub: {timezone: Europe/Berlin, location: {latitude: 52.52, longitude: 13.4}}
            keys: {hall.lux: {type: numeric}}
            rules:
              - {name: at, when: {at: "02:30"}, then: {log: "{hall.lux ?? -1}"}}
              - {name: cron, when: {cron: "15 8 * * sun"}, then: {log: x}}
              - {name: every, when: {every: 12h}, then: {log: x}}
              - {name: sun, when: {at: "sunrise + 1m"}, then: {log: x}}
              - {name: hour, when: {becomes: "hour = 3"}, then: {log: x}}
              - {name: never, when: [{mqtt: a}, {webhook: b}, {emit: c}, {command: d}], then: {log: x}}

            """, to: "rules.yaml")
        let (subject, findings) = ExampleLoader.load(folder.path("rules.yaml"), .init())
        let rules = try #require(subject, "\(findings)")
        var history = ReplayHistory()
        // 2026-03-28 20:00 in Berlin.
        let begin = Timestamp(microseconds: 1_774_724_400_000_000)
        for hour in hasPoints ? 0..<24 : 0..<0 {
            history.add("hall.lux", begin + .seconds(Int64(hour) * 3600 + 60), .number(Double(hour)))
        }
        let replay = Replay(rules, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let result = try await replay.run(history, .init(since: begin, until: begin + .seconds(86_400)))
        let zone = try ZoneFiles().zone(named: "Europe/Berlin")
        let fired = result.firings.map { "\(zone.local($0.record.started)) \($0.record.rule)" }
        #expect(
            fired == [
                "2026-03-29 01:00:00 every", "2026-03-29 03:00:00 at", "2026-03-29 03:00:00 hour",
                "2026-03-29 06:49:03 sun", "2026-03-29 08:15:00 cron", "2026-03-29 14:00:00 every",
            ])
        #expect(
            result.firings.first { $0.record.rule == "at" }?.record.effects.map(\.description) == [
                hasPoints ? "1 log 5" : "1 log -1"
            ])
        #expect(result.rules.last?.rule == "never" && result.rules.last?.runs == 0)
    }

    @Test("knows the keys that rules read")
    func keys() throws {
        let rules = try subject().rules
        #expect(rules.keysRead.map(\.text) == ["hall.light", "hall.lux", "hall.motion"])
    }

    @Test(
        "refuses lines that are no points",
        arguments: ["{", "[]", "{\"key\":\"a\"}", "{\"key\":\"a b\",\"time\":1,\"value\":2}"])
    func broken(_ line: String) {
        var history = ReplayHistory()
        #expect(throws: ReplayHistory.BrokenLine.self) { try history.add(line: line.utf8) }
        #expect(history.points.isEmpty)
    }
}

extension ReplayHistory {
    fileprivate mutating func add(_ key: String, _ second: Int, _ value: JSON) {
        guard let name = KeyName(key) else { return }
        add(name, Timestamp(microseconds: 1_767_225_600_000_000 + Int64(second) * 1_000_000), value)
    }

    fileprivate mutating func add(_ key: String, _ time: Timestamp, _ value: JSON) {
        if let name = KeyName(key) { add(name, time, value) }
    }
}
