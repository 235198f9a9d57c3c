import Komoku
import KomokuHub
import Testing

@testable import KomokuRules

/// `for:`.
struct HoldTests {
    static let doors = """
        rules:
          - {name: open, when: {change: "door.*", to: true, for: 5m}, then: {log: "{key} {value} {previous ?? false}"}}
        """

    @Test func `each key of a pattern holds by itself, and fires once`() async throws {
        try await EngineHouse.run(Self.doors) { house in
            try await house.put("door.front", true)
            await house.advance(.seconds(60))
            try await house.put("door.back", true)
            await house.advance(.seconds(120))
            try await house.put("door.front", false)
            await house.advance(.seconds(179))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["open: door.back true false"])
            await house.advance(.seconds(3600))
            #expect(house.done == [])
            await house.hub.tick()
            #expect(try await house.value("door.back") == .boolean(true))
        }
    }

    @Test func `a hold goes on over a restart, and ends if it no longer holds`() async throws {
        try await EngineHouse.run(Self.doors) { house in
            try await house.put("door.front", true)
            await house.advance(.seconds(60))
            try await house.restart(Self.doors, after: .seconds(60))
            await house.advance(.seconds(179))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["open: door.front true false"])
            try await house.put("door.back", true)
            try await house.restart(Self.doors, after: .seconds(3600))
            await house.settle()
            #expect(house.done == ["open: door.back true false"])
            try await house.restart(Self.doors)
            #expect(house.done == [])
            #expect(try house.cells() == [])
        }
    }

    @Test func `what broke while the hub was away ends the hold`() async throws {
        try await EngineHouse.run(Self.doors) { house in
            try await house.put("door.front", true)
            try await house.restart("rules: [{name: other, when: {change: note}, then: {log: x}}]")
            #expect(house.lines.all.contains("rule reset cells=1 reason=the rule is gone rule=open"))
            try await house.restart(Self.doors)
            await house.advance(.seconds(600))
            #expect(house.done == [])
        }
    }

    static let dark = "rules: [{name: dark, when: {becomes: hall.lux < 10, for: 5m}, then: {log: '{hall.lux}'}}]"

    @Test func `becomes has to hold without a break`() async throws {
        try await EngineHouse.run(Self.dark) { house in
            try await house.put("hall.lux", 5)
            await house.advance(.seconds(200))
            try await house.put("hall.lux", 50)
            try await house.put("hall.lux", 4)
            await house.advance(.seconds(150))
            try await house.restart(Self.dark, after: .seconds(100))
            try await house.put("hall.lux", 3)
            await house.advance(.seconds(49))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["dark: 3"])
            await house.advance(.seconds(1000))
            #expect(house.done == [])
        }
    }

    @Test func `any value has to stay as it is, and one of several may follow another`() async throws {
        let rules = """
            rules:
              - {name: any, when: {change: note, for: 1m}, then: {log: "{value}"}}
              - {name: some, when: {change: note, to: [a, b], for: 1m}, then: {log: "{value}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "a")
            await house.advance(.seconds(40))
            try await house.put("note", "b")
            await house.advance(.seconds(20))
            #expect(house.done == ["some: b"])
            await house.advance(.seconds(40))
            #expect(house.done == ["any: b"])
        }
    }

    @Test func `a hold stays over a reload that changes another rule, and ends with a change of its own`() async throws
    {
        let other = "{name: other, when: {change: note}, then: {log: x}}"
        let hold = "{name: open, when: {change: door.front, to: true, for: 5m}, then: {log: open}}"
        try await EngineHouse.run("rules: [\(hold)]") { house in
            try await house.put("door.front", true)
            await house.advance(.seconds(200))
            try await house.reload("rules: [\(other), \(hold)]")
            await house.advance(.seconds(99))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["open: open"])
            try await house.put("door.front", false)
            try await house.put("door.front", true)
            try await house.reload(
                "rules: [{name: open, when: {change: door.front, to: true, for: 6m}, then: {log: open}}]")
            await house.advance(.seconds(1000))
            #expect(house.done == [])
            try await house.restart("rules: []")
            #expect(try house.cells() == [])
        }
    }

    @Test func `a rule that does not listen forgets what it held`() async throws {
        try await EngineHouse.run(Self.doors) { house in
            try await house.put("door.front", true)
            await house.advance(.seconds(60))
            _ = await house.on { hub, engine in engine.setEnabled("open", false, in: hub) }
            try await house.put("door.front", false)
            _ = await house.on { hub, engine in engine.setEnabled("open", true, in: hub) }
            await house.advance(.seconds(600))
            #expect(house.done == [])
            try await house.restart(Self.doors)
            #expect(try house.cells() == [])
        }
    }

    @Test func `a key that is deleted holds nothing, also when it comes again`() async throws {
        try await EngineHouse.run(Self.doors) { house in
            let key = try #require(KeyName("door.front"))
            try await house.put("door.front", true)
            try await house.hub.delete(key)
            #expect(await house.on { _, engine in engine.machine.holds.count } == 0)
            try await house.hub.define([Definition(name: "door.front", type: .string("boolean"), options: [])])
            await house.advance(.seconds(600))
            #expect(house.done == [])
        }
    }

    @Test func `a key that is deleted is a reason to look again`() async throws {
        let rules = """
            rules:
              - {name: gone, when: {becomes: "not known(hall.lux)"}, then: {log: gone}}
              - {name: wait, when: {change: note}, then: [{wait_until: "not known(hall.lux)"}, {log: waited}]}
              - {name: dark, when: {becomes: "hall.lux < 10", for: 5m}, then: {log: dark}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.lux", 20)
            try await house.put("hall.lux", 5)
            try await house.put("note", "x")
            try await house.hub.delete(try #require(KeyName("hall.lux")))
            await house.settle()
            #expect(house.done == ["gone: gone", "wait: waited"])
            await house.advance(.seconds(600))
            #expect(house.done == [])
        }
    }

    @Test func `a clock that is set plays no part`() async throws {
        try await EngineHouse.run(Self.doors) { house in
            try await house.put("door.front", true)
            await house.jump(.seconds(-3600))
            await house.advance(.seconds(150))
            await house.jump(.seconds(7200))
            await house.advance(.seconds(149))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["open: door.front true false"])
        }
    }
}
