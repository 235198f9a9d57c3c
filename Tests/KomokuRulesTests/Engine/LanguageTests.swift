import Komoku
import KomokuExpression
import KomokuHub
import Testing

@testable import KomokuRules

/// Functions of the language where rules stand: chance, messages that are JSON, how long a value has been what it is.
struct LanguageTests {
    @Test func `chance is asked once for each trigger, whatever the history answers later, and told as it was`()
        async throws
    {
        let rules = """
            rules:
            - {name: a, when: {change: hall.motion}, if: "random() < 0.5 and count(hall.motion, 1h) >= 0", then: {log: "a"}}
            """
        try await EngineHouse.run(rules) { house in
            await house.on { _, engine in engine.machine.chance = Chance(seed: 1) }
            for number in 0..<400 { try await house.put("hall.motion", .bool(number % 2 == 0)) }
            // The same numbers as the engine draws: one for each trigger.
            var chance = Chance(seed: 1)
            let expected = (0..<400).count { _ in Double.random(in: 0..<1, using: &chance) < 0.5 }
            #expect(house.done.count == expected)
            let told = house.records.filter { $0.contains("random()") }
            #expect(told.allSatisfy { $0.contains("random() < 0.5 is false: random() is 0.") }, "\(told.prefix(2))")
        }
    }

    @Test func `the numbers of one step are drawn one by one`() async throws {
        let rules = """
            rules:
            - {name: a, when: {change: hall.motion}, then: {publish: {topic: t, payload: {x: {expr: "random()"}, y: {expr: "random()"}}}}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.motion", true)
            let line = try #require(house.done.first)
            let json = try JSON(parsing: String(line.drop { $0 != "{" }))
            #expect(json["x"]?.number != nil && json["x"] != json["y"])
        }
    }

    @Test func `a wait of random length ends within its limits`() async throws {
        let rules = """
            rules:
            - {name: a, when: {change: hall.motion, to: true}, then: [{wait: "random(5m, 10m)"}, {log: "a"}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.motion", true)
            await house.advance(.seconds(299))
            #expect(house.done.isEmpty)
            await house.advance(.seconds(301))
            #expect(house.done == ["a: a"])
        }
    }

    @Test(arguments: ["becomes: \"random() < 0.5 and hall.motion\"", "wait_until"])
    func `chance in what is looked at again and again is warned of`(_ trigger: String) throws {
        let text =
            trigger == "wait_until"
            ? "rules:\n- {name: a, when: {start: true}, then: [{wait_until: {is: \"hall.motion and random() < 0.5\", timeout: 1h}}, {log: x}]}"
            : "rules:\n- {name: a, when: {\(trigger)}, then: {log: x}}"
        let environment = RuleEnvironment(
            key: { $0.text == "hall.motion" ? .init(.boolean, mayBeUnknown: false) : nil }, candidates: { [] })
        let read = RuleText(text, environment: environment)
        #expect(read.errors.isEmpty)
        #expect(read.findings.contains { $0.contains("chance is asked again each time") }, "\(read.findings)")
    }

    @Test func `a message's members are known by their names`() async throws {
        let rules = """
            rules:
            - {name: a, when: {mqtt: "sensor/+"}, if: "payload.battery < 20", then: {log: "{payload.device.name} {payload.battery}"}}
            - {name: b, when: {mqtt: "sensor/+"}, if: "not known(payload.battery)", then: {log: "none"}}
            - {name: c, when: {webhook: x}, then: [{http: {url: "http://h/", into: answer}}, {log: "{answer.main.temp}"}]}
            """
        try await EngineHouse.run(rules) { house in
            for payload in [
                #"{"battery": 15, "device": {"name": "door"}}"#, #"{"battery": 50}"#, "offline", #"{"battery": "x"}"#,
            ] {
                await house.on { hub, engine in
                    engine.message(topic: "sensor/1", payload: Array(payload.utf8), isRetained: false, in: hub)
                }
            }
            #expect(house.done == ["a: door 15", "b: none"])
        }
    }

    @Test func `since counts from the last change, over equal values, steps of the clock and a restart`() async throws {
        let rules = """
            rules:
            - {name: a, when: {becomes: "since(door.front) > 10m"}, then: {log: "{since(door.front)}"}}
            - {name: b, when: {change: note}, then: {log: "{round(since(door.front))}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("door.front", true)
            await house.advance(.seconds(300))
            try await house.put("door.front", true)
            await house.jump(.seconds(3600))
            try await house.put("note", "x")
            #expect(house.done == ["b: 300"])
            await house.advance(.seconds(301))
            #expect(house.done.count == 1)
            try await house.put("door.front", false)
            await house.advance(.seconds(60))
            try await house.restart(rules, after: .seconds(60))
            try await house.put("note", "y")
            #expect(house.done == ["b: 120"])
            try await house.put("note", "z")
            await house.advance(.seconds(540))
            #expect(house.done.map { $0.prefix(4) } == ["b: 1", "a: 6"])
        }
    }

    @Test func `a text grows in a loop, also over a restart, and names tells which keys are true`() async throws {
        let rules = """
            rules:
            - name: a
              when: {change: note}
              then:
              - set: {found: {text: ""}}
              - repeat:
                  each: "door.*"
                  do: [{set: {found: "join(' + ', found, item)"}}, {wait: 1m}]
              - log: "{found}"
            - {name: b, when: {becomes: "names('door.*') = 'door.back, door.front'", for: {expr: "2 * 30s"}}, then: {log: "{names('door.*')}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("door.front", true)
            try await house.put("note", "go")
            await house.advance(.seconds(30))
            try await house.restart(rules, after: .seconds(10))
            try await house.put("door.back", true)
            await house.advance(.seconds(20))
            await house.advance(.seconds(60))
            #expect(house.done == ["b: door.back, door.front", "a: door.back + door.front"])
        }
    }

    @Test func `a test draws the same numbers each time`() throws {
        var (one, other) = (Chance(seed: 3), Chance(seed: 3))
        #expect((0..<10).map { _ in one.next() } == (0..<10).map { _ in other.next() })
    }
}
