import Komoku
import KomokuHub
import Testing

@testable import KomokuRules

struct WaitForTests {
    private static let rules = """
        rules:
          - name: door
            when: {change: hall.motion, to: true}
            then:
              - wait_for: {event: button.action, is: open, timeout: 10m, on_timeout: stop}
              - log: "opened by {value}"
        """

    @Test func `an event of before does not count, one that comes does, over a restart too`() async throws {
        try await EngineHouse.run(Self.rules) { house in
            try await house.put("button.action", "open")
            try await house.put("hall.motion", true)
            #expect(house.done == [])
            try await house.put("button.action", "close")
            #expect(house.done == [])
            try await house.restart(Self.rules, after: .seconds(30))
            try await house.put("button.action", "open")
            #expect(house.done == ["door: opened by open"])
            try await house.put("button.action", "open")
            #expect(house.done == [])
        }
    }

    @Test func `what does not come in its time ends the run as the rule says`() async throws {
        try await EngineHouse.run(Self.rules) { house in
            try await house.put("hall.motion", true)
            await house.advance(.seconds(601))
            #expect(house.records == ["door stopped: it did not come in time"])
            try await house.put("button.action", "open")
            #expect(house.done == [])
        }
    }

    @Test func `messages, patterns and what is emitted are waited for`() async throws {
        let rules = """
            rules:
              - name: any
                when: {emit: go}
                then:
                  - wait_for: [{mqtt: "a/+"}, {change: "*.temperature"}, {emit: stop}]
                    timeout: 1h
                  - log: "{trigger} {timed_out} {topic ?? key ?? '-'}"
            """
        try await EngineHouse.run(rules) { house in
            func go() async { _ = await house.on { hub, engine in engine.emit("go", payload: .null, in: hub) } }
            await go()
            await house.on { hub, engine in engine.message(topic: "b/c", payload: [], isRetained: false, in: hub) }
            #expect(house.done == [])
            await house.on { hub, engine in engine.message(topic: "a/c", payload: [], isRetained: false, in: hub) }
            await go()
            try await house.put("room1.temperature", 20)
            await go()
            #expect(await house.on { hub, engine in engine.emit("stop", payload: .null, in: hub) } == 1)
            await go()
            await house.advance(.seconds(3601))
            #expect(
                house.done == [
                    "any: mqtt false a/c", "any: change false room1.temperature", "any: emit false -",
                    "any: emit true -",
                ])
        }
    }

    @Test func `what cannot be waited for is told with what to write`() {
        for (trigger, remedy) in [
            ("{at: '07:30'}", "write wait: 10m"), ("{becomes: 'hall.lux < 3'}", "write wait_until: \"hall.lux < 3\""),
            ("{change: hall.lux, for: 5m}", "write timeout"),
        ] {
            let read = RuleText("rules: [{name: r, when: {change: note}, then: [{wait_for: \(trigger)}]}]")
            #expect(read.errors.count == 1 && read.errors[0].contains(remedy), "\(read.errors)")
        }
    }

    @Test func `what one message says is one event`() async throws {
        let rules = """
            rules:
              - {name: light, when: {change: hall.motion, to: true}, if: "hall.lux < 10", then: {log: on}}
              - {name: never, when: {becomes: "hall.motion and hall.lux > 400"}, then: {log: wrong}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.lux", 500)
            let motion = Feed(key: try #require(KeyName("hall.motion")), topic: "t", type: .boolean)
            let lux = Feed(key: try #require(KeyName("hall.lux")), topic: "t", type: .numeric)
            await house.hub.apply([
                Observation(feed: motion, content: .value(.boolean(true)), provenance: .live),
                Observation(feed: lux, content: .value(.number(5)), provenance: .live),
            ])
            await house.settle()
            #expect(house.done == ["light: on"])
        }
    }

    @Test func `wait_until sees a pulse that is over when it looks`() async throws {
        let rules = """
            rules:
              - name: waits
                when: {change: note}
                then: [{wait_until: "hall.light"}, {log: seen}]
              - name: pulse
                when: {change: count}
                then: [{put: {hall.light: true}}, {put: {hall.light: false}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.light", false)
            try await house.put("note", "x")
            try await house.put("count", 1)
            #expect(house.done == ["waits: seen"])
        }
    }

    @Test func `a changed script ends the runs that stand in it, and says so`() async throws {
        func rules(_ text: String) -> String {
            """
            scripts: [{name: s, then: [{wait: 5m}, {log: \(text)}]}]
            rules: [{name: r, when: {change: note}, then: [{call: s}]}]
            """
        }
        for restarts in [false, true] {
            try await EngineHouse.run(rules("a")) { house in
                try await house.put("note", "x")
                if restarts { try await house.restart(rules("b")) } else { try await house.reload(rules("b")) }
                // After a restart it is found when the wait is over.
                await house.advance(.seconds(301))
                #expect(house.records == ["r reset: the script 's' was changed"])
                #expect(house.done == [])
            }
        }
    }

    @Test func `a script whose condition does not hold does nothing under call`() async throws {
        let rules = """
            scripts: [{name: s, if: "hall.light", then: [{log: done}]}]
            rules: [{name: r, when: {change: note}, then: [{call: s}, {log: after}]}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.light", false)
            try await house.put("note", "x")
            try await house.put("hall.light", true)
            try await house.put("note", "y")
            #expect(house.done == ["r: after", "r: done", "r: after"])
        }
    }

    @Test func `limits and counters go on after a restart`() async throws {
        let rules = "rules: [{name: r, when: {change: count}, limit: 2/h, then: [{log: '{value}'}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("count", 1)
            try await house.put("count", 2)
            await house.on { hub, engine in engine.writeCounts(in: hub) }
            try await house.restart(rules, after: .seconds(60))
            try await house.put("count", 3)
            #expect(house.done == ["r: 1", "r: 2"])
            let statistics = try #require(await house.statistics("r"))
            #expect(statistics.runs == 2 && statistics.refused == 1)
            await house.advance(.seconds(3600))
            try await house.put("count", 4)
            #expect(house.done == ["r: 4"])
        }
    }

    @Test func `retained values begin and end a hold, and fire no edge`() async throws {
        let rules = """
            rules:
              - {name: open, when: {change: door.front, to: true, for: 10m}, then: [{log: open}]}
              - {name: edge, when: {change: door.front, to: true}, then: [{log: edge}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("door.front", true)
            _ = house.done
            // Closed while the hub was off: the broker says so before what was held is judged.
            try await house.restart(rules, after: .seconds(1200))
            _ = house.done
            try await house.observe("door.front", .boolean(false), .retained)
            await house.advance(.seconds(700))
            try await house.observe("door.front", .boolean(true), .retained)
            #expect(!house.done.contains("edge: edge"))
            await house.advance(.seconds(601))
            #expect(house.done == ["open: open"])
        }
    }
}
