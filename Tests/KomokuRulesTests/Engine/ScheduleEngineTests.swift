import Komoku
import Testing

@testable import KomokuRules

/// Schedules on the clock of a house.
struct ScheduleEngineTests {
    private static let rule = "{name: a, when: {at: '07:30'}, then: {log: now}}"
    private static let hour = Duration.seconds(3600)

    @Test func `a schedule fires at its time, each day`() async throws {
        // 2023-11-14 22:13:20 UTC.
        try await EngineHouse.run("rules: [\(Self.rule)]") { house in
            let due = await house.on { hub, engine in engine.status(of: "a", in: hub)?.nextDue }
            #expect(due == Timestamp(seconds: 1_700_033_400))
            await house.advance(.seconds(33_399), step: Self.hour)
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["a: now"])
            await house.advance(.seconds(86_400 * 3), step: Self.hour)
            #expect(house.done == ["a: now", "a: now", "a: now"])
        }
    }

    /// How the day of a clock change goes in Warsaw: what is written, from when, for how many hours, and at which hours since
    /// then it fires.
    static let changes: [(String, Double, Int, [Double])] = [
        // 2024-03-31: 02:00 becomes 03:00. From midnight local.
        ("{at: '02:30'}", 1_711_839_600, 25, [2]),
        ("{at: '02:30', clock_change: skip}", 1_711_839_600, 24, []),
        // 2024-10-27: 03:00 becomes 02:00.
        ("{at: '02:30'}", 1_729_980_000, 25, [2.5]),
        ("{at: '02:30', clock_change: both}", 1_729_980_000, 25, [2.5, 3.5]),
        ("{every: 6h}", 1_729_980_000, 24, [2, 8, 14, 20]),
    ]

    @Test(arguments: changes)
    func `clocks that are put forward and back`(
        _ trigger: String, _ start: Double, _ hours: Int, _ expected: [Double]
    ) async throws {
        let rules = "rules: [{name: a, when: \(trigger), then: {log: '{now}'}}]"
        try await EngineHouse.run(rules, start: start, zone: "Europe/Warsaw") { house in
            await house.advance(.seconds(Int64(hours) * 3600), step: .seconds(900))
            let times = house.done.compactMap { Double($0.dropFirst(3)) }.map { ($0 - start) / 3600 }
            #expect(times == expected)
        }
    }

    @Test func `what was missed is made up for once, or said`() async throws {
        let rules = """
            rules:
              - {name: a, when: {every: 10m}, then: {log: now}}
              - {name: b, when: {every: 10m}, max_outage: 1h, then: {log: now}}
              - {name: c, when: {every: 10m}, max_outage: 1d, then: {log: now}}
            """
        try await EngineHouse.run(rules) { house in
            await house.advance(.seconds(600))
            _ = (house.done, house.records)
            try await house.restart(rules, after: .seconds(7200))
            #expect(house.done == ["c: now"])
            let records = house.records
            #expect(records.count == 3 && records[0].hasPrefix("a missed: the hub was down, 1h5"))
            #expect(records[1].hasPrefix("b missed") && records[2] == "c done")
            try await house.restart(rules, after: .seconds(10))
            #expect(house.done == [])
            await house.advance(.seconds(600))
            #expect(house.done == ["a: now", "b: now", "c: now"])
        }
    }

    @Test func `a restart loses no schedule, an outage does`() async throws {
        let rules = "rules: [\(Self.rule), {name: b, when: {at: '07:30'}, max_outage: 0s, then: {log: now}}]"
        try await EngineHouse.run(rules) { house in
            await house.advance(.seconds(33_390))
            try await house.restart(rules, after: .seconds(120))
            #expect(house.done == ["a: now"])
            #expect(house.records.sorted() == ["a done", "b missed: the hub was down, 1m50s late"])
            try await house.restart(rules, after: .seconds(120))
            await house.advance(.seconds(86_000), step: Self.hour)
            #expect(house.done == [])
            try await house.restart(rules, after: .seconds(600))
            #expect(house.done == [])
        }
    }

    @Test func `a period goes on as it was when the clock is set back`() async throws {
        let rules =
            "rules: [{name: a, when: {every: 10m}, then: {log: now}}, \(Self.rule.replacing("name: a", with: "name: b"))]"
        try await EngineHouse.run(rules) { house in
            await house.advance(.seconds(3600), step: .seconds(60))
            #expect(house.done.count == 6)
            await house.jump(.seconds(-3600))
            await house.advance(.seconds(3600), step: .seconds(60))
            #expect((5...7).contains(house.done.count))
            await house.jump(.seconds(-20 * 3600))
            try await house.restart(rules)
            await house.advance(.seconds(3600), step: .seconds(60))
            #expect((5...7).contains(house.done.count))
        }
    }

    @Test func `a reload while the clock is not set forgets nothing that was missed`() async throws {
        let rules = "rules: [{name: a, when: {every: 1h}, max_outage: 1d, then: {log: now}}]"
        let more = rules.replacing("rules: [", with: "rules: [{name: b, when: {change: note}, then: {log: x}}, ")
        try await EngineHouse.run(rules) { house in
            house.clockStatus.isSet = false
            try await house.restart(rules, after: .seconds(7200))
            try await house.reload(more)
            house.clockStatus.isSet = true
            await house.advance(.seconds(2))
            #expect(house.done == ["a: now"])
        }
    }

    @Test func `what waits ends in time where the clock was behind at the start`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: note}, then: [{wait: 3h}, {log: end}]}
              - {name: h, when: {change: hall.light, to: true, for: 3h}, then: {log: held}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            try await house.put("hall.light", true)
            // A machine without a battery is off for two hours, and begins where its clock was.
            house.clockStatus.isSet = false
            try await house.restart(rules, after: .zero)
            await house.advance(.seconds(20), step: .seconds(1))
            house.clockStatus.isSet = true
            await house.jump(.seconds(7200))
            await house.advance(.seconds(2), step: .seconds(1))
            await house.advance(.seconds(3600 - 23))
            #expect(house.done == [])
            await house.advance(.seconds(2))
            #expect(house.done == ["h: held", "a: end"])
        }
    }

    @Test func `a reload waits for no clock`() async throws {
        try await EngineHouse.run("rules: [\(Self.rule)]") { house in
            house.clockStatus.isSet = false
            try await house.reload("rules: [\(Self.rule), {name: b, when: {every: 1m}, then: {log: now}}]")
            await house.advance(.seconds(60))
            #expect(house.done == ["b: now"])
        }
    }

    @Test func `waiting for the clock leaves one timer behind`() async throws {
        try await EngineHouse.run("rules: []") { house in
            house.clockStatus.isSet = false
            try await house.restart("rules: [\(Self.rule)]")
            await house.advance(.seconds(400), step: .seconds(1))
            let before = await house.on { _, engine in engine.machine.calendar.timerCount }
            await house.advance(.seconds(600), step: .seconds(10))
            #expect(before <= 2)
            #expect(await house.on { _, engine in engine.machine.calendar.timerCount } <= 2)
        }
    }

    @Test func `a clock set back does not fire again what has fired, over a restart too`() async throws {
        try await EngineHouse.run("rules: [\(Self.rule)]") { house in
            await house.advance(.seconds(33_400))
            #expect(house.done == ["a: now"])
            await house.jump(.seconds(-3600))
            await house.advance(.seconds(3700))
            #expect(house.done == [])
            await house.jump(.seconds(-3600))
            try await house.restart("rules: [\(Self.rule)]")
            await house.advance(.seconds(3700))
            #expect(house.done == [])
            await house.advance(.seconds(86_400), step: Self.hour)
            #expect(house.done == ["a: now"])
        }
    }

    @Test func `a clock set forward fires what was passed, once`() async throws {
        let rules = "rules: [\(Self.rule), {name: b, when: {every: 10m}, then: {log: now}}]"
        try await EngineHouse.run(rules) { house in
            await house.jump(.seconds(36_000))
            #expect(house.done.sorted() == ["a: now", "b: now"])
            await house.advance(.seconds(601))
            #expect(house.done == ["b: now"])
        }
    }

    @Test func `a clock that was years ahead and is set right does not silence schedules`() async throws {
        let rules = "rules: [{name: b, when: {every: 10m}, then: {log: now}}]"
        try await EngineHouse.run(rules) { house in
            await house.jump(.seconds(86_400 * 3650))
            #expect(house.done == ["b: now"])
            await house.jump(.seconds(-86_400 * 3650))
            await house.advance(.seconds(1200), step: .seconds(60))
            #expect(house.done == ["b: now", "b: now"])
        }
    }

    @Test func `schedules wait for a clock that is set, for some time`() async throws {
        let rules = "rules: [{name: b, when: {every: 1m}, then: {log: now}}]"
        try await EngineHouse.run("rules: []") { house in
            house.clockStatus.isSet = false
            try await house.restart(rules)
            await house.advance(.seconds(120), step: .seconds(1))
            #expect(house.done == [])
            house.clockStatus.isSet = true
            await house.advance(.seconds(61), step: .seconds(1))
            // The one that is late, and the next.
            #expect(house.done == ["b: now", "b: now"])
            house.clockStatus.isSet = false
            try await house.restart(rules)
            await house.advance(.seconds(299), step: .seconds(1))
            #expect(house.done == [])
            await house.advance(.seconds(61), step: .seconds(1))
            // The one that is late, and the next.
            #expect(house.done == ["b: now", "b: now"])
            #expect(house.lines.all.contains("clock not set, schedules go by it all the same waited=5m"))
        }
    }

    @Test(arguments: [false, true])
    func `what was due while the hub waited for the clock is late, not missed`(isNew: Bool) async throws {
        try await EngineHouse.run(isNew ? "rules: []" : "rules: [\(Self.rule)]") { house in
            house.clockStatus.isSet = false
            try await house.restart("rules: [\(Self.rule)]", after: .seconds(33_300))
            await house.advance(.seconds(299), step: .seconds(1))
            #expect(house.done == [])
            await house.advance(.seconds(2), step: .seconds(1))
            #expect(house.done == ["a: now"])
            #expect(house.records == ["a done"])
        }
    }

    @Test func `a reload keeps when schedules are due`() async throws {
        let every = "{name: b, when: {every: 10m}, then: {log: now}}"
        try await EngineHouse.run("rules: [\(every)]") { house in
            await house.advance(.seconds(300))
            try await house.reload("rules: [\(Self.rule), \(every)]")
            await house.advance(.seconds(99))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["b: now"])
            try await house.reload("rules: [\(Self.rule)]")
            await house.advance(.seconds(33_000))
            #expect(house.done == ["a: now"])
            try await house.restart("rules: []")
            try await house.restart("rules: []")
            #expect(try house.cells() == [])
        }
    }

    @Test func `a sunset is a little later each day of spring`() async throws {
        let rules = "rules: [{name: a, when: {at: 'sunset - 30m'}, then: {log: '{now}'}}]"
        try await EngineHouse.run(rules, start: 1_711_929_600, zone: "Europe/Warsaw") { house in
            await house.advance(.seconds(86_400 * 3), step: .seconds(60))
            let times = house.done.compactMap { Double($0.dropFirst(3)) }
            #expect(times.count == 3)
            for (first, second) in zip(times, times.dropFirst()) { #expect((86_400...86_640).contains(second - first)) }
        }
    }
}
