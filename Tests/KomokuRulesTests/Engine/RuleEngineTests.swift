import Komoku
import KomokuHub
import Testing

@testable import KomokuRules

/// Triggers, conditions and actions on a real hub.
struct RuleEngineTests {
    @Test func `a change runs the actions in order, and what they put makes the next rule act`() async throws {
        let rules = """
            rules:
              - name: light
                when: {change: hall.motion, to: true}
                if: hall.lux < 40 and not house.asleep
                then:
                  - put: {hall.light: true}
                  - publish: {topic: cmnd/hall, payload: "ON"}
                  - log: "{key} was {previous ?? false} and is {value}, {hall.lux} lux"
              - {name: tell, when: {becomes: hall.light}, then: [{log: "light is {hall.light}"}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.lux", 12.5)
            try await house.put("house.asleep", false)
            try await house.put("hall.light", false)
            try await house.put("hall.motion", true)
            #expect(
                house.done == [
                    "publish cmnd/hall ON", "light: hall.motion was false and is true, 12.5 lux", "tell: light is true",
                ])
            #expect(try await house.value("hall.light") == .boolean(true))
            #expect(house.records == ["light done", "tell done"])
            let light = try #require(KeyName("hall.light"))
            #expect(await house.hub.last(light)?.provenance == .derived)
            try await house.put("hall.motion", false)
            try await house.put("hall.lux", 50)
            try await house.put("hall.motion", true)
            #expect(house.done == [])
            #expect(house.records == ["light skipped: hall.lux < 40 is false: hall.lux is 50"])
            let statistics = try #require(await house.statistics("light"))
            #expect(statistics.runs == 1 && statistics.skipped == 1)
        }
    }

    @Test func `later actions see earlier ones`() async throws {
        let rules = """
            rules:
              - name: a
                when: {change: hall.motion}
                then: [{put: {count: 1}}, {put: {count: "count + 1"}}, {put: {note: "now {count}"}}, {toggle: hall.light}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.light", true)
            try await house.put("hall.motion", true)
            #expect(try await house.value("note") == .string("now 2"))
            #expect(try await house.value("hall.light") == .boolean(false))
        }
    }

    @Test func `replaced rules are gone`() async throws {
        try await EngineHouse.run("rules: [{name: a, when: {change: count}, then: {log: old}}]") { house in
            try await house.put("count", 0)
            try await house.reload("rules: [{name: b, when: {change: count}, then: {log: new}}]")
            try await house.put("count", 1)
            try await house.reload("rules: []")
            try await house.put("count", 2)
            #expect(house.done == ["a: old", "b: new"])
        }
    }

    @Test func `a change says which run made it, and a run what led to it`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: note}, then: {put: {count: 1}}}
              - {name: b, when: {change: count}, then: {call: {name: c, wait: false}}}
              - {name: c, when: {change: hall.power}, then: {log: x}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            let records = house.log.all
            #expect(records.map(\.rule) == ["a", "b", "c"])
            #expect(records.map(\.occasion.parent) == [nil, records[0].id, records[1].id])
            #expect(records.map(\.occasion.depth) == [0, 1, 2])
            #expect(records.map(\.occasion.source) == ["client test", "rule a", "rule b"])
            #expect(records[0].effects.map(\.description) == ["1 put count 1"])
        }
    }

    @Test func `a run waits over a restart and ends at its time`() async throws {
        let rules = """
            rules:
              - name: light
                when: {change: hall.motion, to: true}
                then: [{put: {hall.light: true}}, {wait: 5m}, {put: {hall.light: false}}, {log: off}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.motion", true)
            #expect(try await house.value("hall.light") == .boolean(true))
            await house.advance(.seconds(60))
            try await house.restart(rules, after: .seconds(120))
            #expect(try await house.value("hall.light") == .boolean(true))
            await house.advance(.seconds(119))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["light: off"])
            #expect(try await house.value("hall.light") == .boolean(false))
            #expect(house.records == ["light done"])
            try await house.restart(rules)
            #expect(try house.cells() == [])
        }
    }
}
