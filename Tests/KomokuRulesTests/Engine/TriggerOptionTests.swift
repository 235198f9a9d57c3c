import Komoku
import KomokuExpression
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// What a trigger may have beside it: values that it does not take, a name, a length that is worked out, and a key that says when.
struct TriggerOptionTests {
    @Test func `values that it does not take are passed over, to and from`() async throws {
        let rules = """
            rules:
            - {name: to, when: {change: note, not_to: [idle, off]}, then: {log: "{value}"}}
            - {name: from, when: {change: note, not_from: idle}, then: {log: "{value}"}}
            - {name: held, when: {change: note, not_to: idle, for: 5m}, then: {log: "{value}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "run")
            #expect(house.done == ["to: run", "from: run"])
            try await house.put("note", "idle")
            #expect(house.done == ["from: idle"])
            try await house.put("note", "off")
            #expect(house.done.isEmpty)
            try await house.put("note", "run")
            #expect(house.done == ["to: run", "from: run"])
            // One value that counts may follow another, as with a list under 'to'.
            await house.advance(.seconds(200))
            try await house.put("note", "spin")
            #expect(house.done == ["to: spin", "from: spin"])
            try await house.restart(rules, after: .seconds(10))
            await house.advance(.seconds(90))
            #expect(house.done == ["held: spin"])
            try await house.put("note", "spin2")
            try await house.put("note", "idle")
            _ = house.done
            await house.advance(.seconds(400))
            #expect(house.done.isEmpty)
        }
    }

    @Test func `a run knows which trigger it was by its name`() async throws {
        let rules = """
            rules:
            - name: a
              mode: parallel
              when:
                - {change: hall.motion, to: true, id: seen}
                - {becomes: "hall.lux > 10", id: bright}
                - {becomes: "hall.power > 10", for: 1m, id: busy}
                - {every: 1h, id: hourly}
                - {mqtt: "a/b", id: said}
                - {stale: room1.temperature, id: silent}
                - {emit: x}
              if: "(trigger_id ?? 'none') != 'said'"
              then: {log: "{trigger_id ?? 'none'}"}
            - name: b
              when: {change: note}
              then: [{wait_for: [{change: hall.motion, to: false, id: gone}, {emit: y, id: told}]}, {log: "{trigger_id}"}]
            """
        try await EngineHouse.run(rules, start: 1_700_000_400) { house in
            try await house.put("hall.motion", true)
            try await house.put("hall.lux", 20)
            try await house.put("hall.power", 20)
            #expect(house.done == ["a: seen", "a: bright"])
            await house.advance(.seconds(60))
            #expect(house.done == ["a: busy"])
            await house.on { hub, engine in
                engine.message(topic: "a/b", payload: [], isRetained: false, in: hub)
                engine.emit("x", payload: .null, in: hub)
            }
            #expect(house.done == ["a: none"])
            try await house.put("note", "x")
            try await house.restart(rules)
            await house.on { hub, engine in _ = engine.emit("y", payload: .null, in: hub) }
            #expect(house.done == ["b: told"])
            try await house.put("room1.temperature", 1)
            await house.advance(.seconds(3600))
            #expect(house.done.sorted() == ["a: hourly", "a: silent"])
        }
    }

    @Test func `the length that it has to hold is worked out when it begins`() async throws {
        let rules = """
            rules:
            - {name: a, when: {change: hall.motion, to: false, for: "if (hall.lux ?? 0) > 10 then 1m else 5m"}, then: {log: "off"}}
            - {name: b, when: {becomes: "hall.power > 10", for: "hall.lux * 1s"}, then: {log: "busy"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.motion", true)
            try await house.put("hall.motion", false)
            try await house.put("hall.lux", 20)
            // It began with five minutes, and a restart does not measure it anew.
            await house.advance(.seconds(100))
            try await house.restart(rules, after: .seconds(20))
            await house.advance(.seconds(179))
            #expect(house.done.isEmpty)
            await house.advance(.seconds(1))
            #expect(house.done == ["a: off"])
            try await house.put("hall.motion", true)
            try await house.put("hall.motion", false)
            await house.advance(.seconds(60))
            #expect(house.done == ["a: off"])
            try await house.put("hall.power", 20)
            await house.advance(.seconds(20))
            #expect(house.done == ["b: busy"])
        }
    }

    @Test func `a length that is unknown lets nothing fire, and is told`() async throws {
        let rules = """
            rules: [{name: a, when: {change: hall.motion, to: true, for: "hall.lux * 1s"}, then: {log: "on"}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.motion", true)
            await house.advance(.seconds(3600))
            #expect(house.done.isEmpty)
            let told = house.records
            #expect(told.contains { $0.contains("'for' is unknown: hall.lux has no value") }, "\(told)")
        }
    }

    // MARK: at: KEY

    private static let wake = """
        rules: [{name: wake, when: {at: note}, then: {log: "up"}}, {name: before, when: {at: "note - 30m"}, then: {log: "soon"}}]
        """

    @Test func `a key says at which time of day it is due`() async throws {
        // 2023-11-14 22:13:20 UTC
        try await EngineHouse.run(Self.wake) { house in
            await house.advance(.seconds(86_400))
            #expect(house.done.isEmpty)
            try await house.put("note", "23:00")
            await house.advance(.seconds(47 * 60))
            #expect(house.done == ["before: soon", "wake: up"])
            await house.advance(.seconds(86_400))
            #expect(house.done == ["before: soon", "wake: up"])
            // Set for later, and while the hub is down nothing is lost.
            try await house.put("note", "23:40")
            try await house.restart(Self.wake, after: .seconds(60))
            await house.advance(.seconds(41 * 60))
            #expect(house.done == ["before: soon", "wake: up"])
            // What is no time is none.
            try await house.put("note", "soon")
            await house.advance(.seconds(2 * 86_400))
            #expect(house.done.isEmpty)
            try await house.put("note", "08:00:30")
            try await house.hub.delete(try #require(KeyName("note")))
            await house.settle()
            await house.advance(.seconds(2 * 86_400))
            #expect(house.done.isEmpty)
        }
    }

    @Test func `a time that was passed while the hub was down is made up for as with other schedules`() async throws {
        try await EngineHouse.run(Self.wake) { house in
            try await house.put("note", "22:20")
            try await house.restart(Self.wake, after: .seconds(9 * 60))
            #expect(house.done == ["wake: up"])
            await house.advance(.seconds(3600))
            #expect(house.done.isEmpty)
        }
    }

    @Test func `a date and time, or seconds since 1970, are due once`() async throws {
        let rules = """
            rules: [{name: once, when: {at: note}, then: {log: "a"}}, {name: number, when: {at: count}, then: {log: "b"}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "2023-11-14T23:30:00+01:00")
            try await house.put("count", 1_700_000_600)
            await house.advance(.seconds(599))
            #expect(house.done.isEmpty)
            await house.advance(.seconds(1))
            #expect(house.done == ["number: b"])
            await house.advance(.seconds(400))
            #expect(house.done == ["once: a"])
            await house.advance(.seconds(3 * 86_400))
            #expect(house.done.isEmpty)
            // One that is past never comes.
            try await house.put("count", 1_700_000_700)
            await house.advance(.seconds(86_400))
            #expect(house.done.isEmpty)
        }
    }

    @Test func `the day is that of the key's time`() throws {
        let zone = try Zone(name: "Berlin", rule: "CET-1CEST,M3.5.0,M10.5.0/3")
        let key = try #require(KeyName("a.b"))
        var days = Schedule.Days()
        days.weekdays = [1]
        // 2026-11-29 is a Sunday.
        let sunday = try #require(Timestamp(dated: "2026-11-29T12:00:00+01:00"))
        func next(_ value: Value, _ offset: Duration, _ days: Schedule.Days) -> Timestamp? {
            Schedule(.daily(.key(key, offset: offset), days)).next(after: sunday, in: zone, sun: nil, value: value)
        }
        #expect(next(.string("00:10"), .seconds(-1800), days) == Timestamp(dated: "2026-11-29T23:40:00+01:00"))
        #expect(next(.string("07:00"), .zero, days) == Timestamp(dated: "2026-11-30T07:00:00+01:00"))
        #expect(next(.string("2026-12-01T07:00:00Z"), .zero, days) == nil)
        // The night in which clocks are put forward has no half past two.
        let march = try #require(Timestamp(dated: "2026-03-29T00:30:00+01:00"))
        let skipped = Schedule(.daily(.key(key, offset: .zero), .init())).next(
            after: march, in: zone, sun: nil, value: .string("02:30"))
        #expect(skipped == Timestamp(dated: "2026-03-29T03:00:00+02:00"))
        for text in ["", "24:00", "7:60", "7", "a:b", "-1:30", "07:30:61", "07:30:15:1", "2026-13-01T00:00:00Z"] {
            #expect(next(.string(text), .zero, .init()) == nil, "\(text)")
        }
        for number in [-1e300, .infinity, .nan, 1e300] as [Double] { _ = next(.number(number), .seconds(60), .init()) }
    }

    static let findings: [(String, String)] = [
        ("{at: hall.lxu}", "there is no key 'hall.lxu'; did you mean 'hall.lux'?"),
        (
            "{at: hall.motion}",
            "'hall.motion' is true or false, and no time; a time is a text such as 07:30, or a number of seconds since 1970"
        ),
        ("{at: note - 5}", "'at' expects a key with a time, found 'note - 5': write it as sunset - 30m"),
        ("{change: note, to: a, not_to: b}", "'not_to' stands beside 'to'; keep one of them"),
        (
            "{change: hall.scene, not_to: brigt}",
            "'hall.scene' is never 'brigt'; did you mean 'bright'?"
        ),
        (
            "{becomes: \"hall.lux > 3\", not_to: b}",
            "'not_to' belongs to 'change'; write it as a part of the expression"
        ),
        (
            "{change: note, for: \"avg(hall.lux, 5m) * 1s\"}",
            "'avg' looks into recorded values, which cannot be read here"
        ),
        ("{change: note, for: \"hall.lxu\"}", "there is no key 'hall.lxu'; did you mean 'hall.lux'?"),
        (
            "{change: note, for: 5 minutes}",
            "'for' expects a duration such as 90s, 5m, 2h or 1d, found '5 minutes'; write 5m"
        ),
        ("{change: note, id: \"\"}", "'id' expects a name, found '': use 1 to 128 bytes"),
    ]

    @Test(arguments: findings)
    func `what is wrong beside a trigger is told`(_ trigger: String, _ words: String) {
        let read = RuleText("rules: [{name: a, when: \(trigger), then: {log: x}}]")
        #expect(
            read.errors.map { String($0.drop { $0 != "e" }.dropFirst("error: ".count)) } == [words], "\(read.findings)")
    }

    @Test func `a name that no trigger has is told`() {
        let read = RuleText(
            """
            rules: [{name: a, when: [{change: note, id: one}, {every: 1h, id: two}], if: "trigger_id = 'tow'", then: {log: x}}]
            """)
        #expect(read.errors.count == 1 && read.errors[0].contains("trigger_id is never 'tow'; did you mean 'two'?"))
    }
}
