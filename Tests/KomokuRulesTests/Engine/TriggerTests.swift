import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// What fires which trigger.
struct TriggerTests {
    /// A trigger, what is put (`key=value`, `~` before it replayed by the broker), and what is logged.
    static let changes: [(String, [String], [String])] = [
        ("{change: hall.lux}", ["hall.lux=1", "hall.lux=1", "hall.lux=2"], ["1", "2"]),
        ("{change: hall.scene, to: bright}", [], []),
        ("{change: note, from: a, to: [b, c]}", ["note=b", "note=a", "note=b", "note=c"], ["b"]),
        ("{change: hall.lux, by: 10}", ["hall.lux=1", "hall.lux=5", "hall.lux=15", "hall.lux=4"], ["15", "4"]),
        (
            "{change: hall.lux, by: 10}",
            ["hall.lux=1", "hall.lux=5", "hall.lux=9", "hall.lux=12", "hall.lux=16", "hall.lux=21", "hall.lux=22"],
            ["12", "22"]
        ),
        ("{change: hall.lux, by: 10, to: 30}", ["hall.lux=0", "hall.lux=15", "hall.lux=25", "hall.lux=30"], ["30"]),
        ("{change: hall.lux}", ["~hall.lux=1", "hall.lux=2"], ["2"]),
        ("{change: hall.lux, retained: true}", ["~hall.lux=1", "hall.lux=2"], ["1", "2"]),
        ("{change: '*.temperature'}", ["room1.temperature=1", "hall.lux=2", "room2.temperature=3"], ["1", "3"]),
        ("{change: '**'}", ["room1.temperature=1", "hall.lux=2"], ["1", "2"]),
        ("{change: '**.lux'}", ["room1.temperature=1", "hall.lux=2"], ["2"]),
        (
            "{change: button.action, to: single}", ["button.action=single", "button.action=single"],
            ["single", "single"]
        ),
        ("{event: button.action}", ["button.action=single", "button.action=single"], ["single", "single"]),
        ("{event: button.action, is: [double]}", ["button.action=single", "button.action=double"], ["double"]),
        ("{event: '*.action'}", ["button.action=single", "note=x"], ["single"]),
        ("{event: button.action, retained: true}", ["~button.action=single"], []),
        ("{becomes: hall.lux < 10}", ["hall.lux=5", "hall.lux=4", "hall.lux=20", "hall.lux=9"], ["5", "9"]),
        ("{becomes: hall.lux < 10}", ["~hall.lux=5", "hall.lux=4"], []),
        ("{becomes: hall.lux < 10, retained: true}", ["~hall.lux=5", "hall.lux=4"], ["5"]),
        ("[{change: hall.lux}, {becomes: hall.lux > 5}, {change: 'hall.*'}]", ["hall.lux=6"], ["6"]),
        ("[{becomes: hall.lux > 5}, {change: hall.lux}]", ["hall.lux=6", "hall.lux=7"], ["6", "7"]),
    ]

    @Test(arguments: changes.filter { !$0.0.contains("scene") })
    func `a change fires`(_ trigger: String, _ puts: [String], _ expected: [String]) async throws {
        try await EngineHouse.run("rules: [{name: a, when: \(trigger), then: {log: '{value}'}}]") { house in
            for put in puts {
                let isRetained = put.hasPrefix("~")
                let parts = put.drop { $0 == "~" }.split(separator: "=").map(String.init)
                let value = Value.infer(parts[1])?.value ?? .string(parts[1])
                if isRetained {
                    try await house.observe(parts[0], value, .retained)
                } else {
                    try await house.put(parts[0], value.json)
                }
            }
            #expect(house.done == expected.map { "a: \($0)" })
        }
    }

    @Test func `a drift goes on over a restart and a reload of others`() async throws {
        let rules = "rules: [{name: a, when: {change: 'room*.temperature', by: 1}, then: {log: '{value}'}}]"
            .replacing("room*", with: "*")
        let more = rules.replacing("rules: [", with: "rules: [{name: b, when: {change: note}, then: {log: x}}, ")
        try await EngineHouse.run(rules) { house in
            try await house.put("room1.temperature", 20)
            try await house.put("room1.temperature", 20.4)
            try await house.restart(rules)
            try await house.put("room1.temperature", 20.8)
            try await house.reload(more)
            #expect(house.done == [])
            try await house.put("room1.temperature", 21.1)
            #expect(house.done == ["a: 21.1"])
            try await house.restart(more)
            try await house.put("room1.temperature", 20.2)
            #expect(house.done == [])
            try await house.put("room1.temperature", 20)
            #expect(house.done == ["a: 20"])
            try await house.hub.delete(try #require(KeyName("room1.temperature")))
            try await house.restart("rules: []")
            #expect(try house.cells() == [])
        }
    }

    @Test func `whether a device can be reached is known by any key`() async throws {
        let rules = """
            rules:
              - {name: gone, when: {becomes: "not online('lamp')"}, then: {log: gone}}
              - {name: wait, when: {change: note}, then: [{wait_until: "not online('lamp')"}, {log: waited}]}
            """
        try await EngineHouse.run("rules: []") { house in
            try await house.hub.define([Definition(name: "lamp.online", type: .string("boolean"), options: [])])
            var lamp = DeviceDescription(id: DeviceID("0x1"), source: "test", name: "lamp")
            lamp.properties = [.online]
            await house.hub.apply([.described(lamp)])
            let feed = Feed(PropertyID(DeviceID("0x1"), "online"), topic: "lamp/availability")
            func report(_ isOnline: Bool) async {
                await house.hub.apply([
                    Observation(feed: feed, content: .value(.boolean(isOnline)), provenance: .live)
                ])
                await house.settle()
            }
            await report(true)
            #expect(await house.hub.device("lamp")?.properties.first?.key.text == "lamp.online_2")
            try await house.reload(rules)
            try await house.put("note", "x")
            #expect(house.done == [])
            await report(false)
            #expect(house.done == ["wait: waited", "gone: gone"])
        }
    }

    @Test func `the engine is not even asked of keys that no rule reads`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: hall.lux}, then: [{wait_until: hall.motion}, {log: moved}]}
            """
        try await EngineHouse.run(rules) { house in
            func concerns(_ key: String) async throws -> Bool {
                let name = try #require(KeyName(key))
                return await house.on { hub, engine in engine.isConcerned(by: name, .boolean, in: hub) }
            }
            try await house.put("hall.motion", false)
            #expect(try await concerns("hall.lux"))
            #expect(try await !concerns("hall.motion"))
            try await house.put("hall.lux", 1)
            #expect(try await concerns("hall.motion"))
            try await house.put("hall.motion", true)
            #expect(house.done == ["a: moved"])
            try await house.reload(
                "rules: [{name: b, when: {change: note}, then: {log: '{value}'}}]")
            try await house.put("note", "x")
            #expect(house.done == ["b: x"])
        }
    }

    @Test func `becomes starts from what it is at load`() async throws {
        let rules = "rules: [{name: dark, when: {becomes: hall.lux < 10}, then: {log: '{hall.lux}'}}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.lux", 5)
            _ = house.done
            try await house.restart(rules)
            try await house.put("hall.lux", 4)
            #expect(house.done == [])
            try await house.put("hall.lux", 11)
            try await house.put("hall.lux", 4)
            #expect(house.done == ["dark: 4"])
        }
    }

    @Test func `becomes is looked at when time alone changes it, at that moment`() async throws {
        let rules = """
            rules: [{name: night, when: {becomes: "time_between('22:00', '06:00') and hall.light"}, then: {log: "{trigger}"}}]
            """
        // 2023-11-14 20:00 UTC.
        try await EngineHouse.run(rules, start: 1_699_992_000) { house in
            try await house.put("hall.light", true)
            await house.advance(.seconds(7199))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["night: becomes"])
        }
    }

    @Test func `becomes asks the history`() async throws {
        let rules = "rules: [{name: busy, when: {becomes: 'avg(hall.power, 10m) > 100'}, then: {log: '{hall.power}'}}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 0)
            await house.advance(.seconds(600))
            try await house.put("hall.power", 200)
            #expect(house.done == [])
            await house.advance(.seconds(290), step: .seconds(10))
            #expect(house.done == [])
            await house.advance(.seconds(30), step: .seconds(10))
            #expect(house.done == ["busy: 200"])
        }
    }

    @Test func `an age is reached at its moment, and news of an equal value make the key young again`() async throws {
        let rules = """
            rules:
              - {name: silent, when: {becomes: "age(hall.power) > 90s"}, then: {log: silent}}
              - {name: back, when: {becomes: "age(hall.power) < 90s"}, then: {log: back}}
              - {name: changed, when: {change: hall.power}, then: {log: changed}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 1)
            #expect(house.done == ["back: back", "changed: changed"])
            await house.advance(.seconds(60))
            try await house.put("hall.power", 1)
            await house.advance(.seconds(90))
            #expect(house.done == [])
            await house.advance(.milliseconds(10))
            #expect(house.done == ["silent: silent"])
            try await house.put("hall.power", 1)
            #expect(house.done == ["back: back"])
        }
    }

    @Test func `a question to the history knows of the change that led to it`() async throws {
        let rules = "rules: [{name: a, when: {change: hall.power}, then: {log: '{count(hall.power, 1h)}'}}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 1)
            try await house.put("hall.power", 2)
            #expect(house.done == ["a: 1", "a: 2"])
        }
    }

    @Test func `a condition asks the history, and its run is not lost with a crash`() async throws {
        let rules = """
            rules: [{name: a, when: {change: hall.motion}, if: "count(hall.power, 1h) >= 2", then: {log: "yes"}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 1)
            try await house.put("hall.motion", true)
            #expect(house.done == [])
            #expect(house.records == ["a skipped: count(hall.power, 1h) >= 2 is false: count(hall.power, 1h) is 1"])
            try await house.put("hall.power", 2)
            try await house.put("hall.motion", false)
            #expect(house.done == ["a: yes"])
            #expect(try house.cells() == [])
        }
    }

    @Test func `going stale and coming back fire`() async throws {
        let rules = """
            rules:
              - {name: gone, when: {stale: "*.temperature"}, if: "value > 10", then: {log: "{key} was {value}"}}
              - {name: back, when: [{recovered: room1.temperature}], then: {log: "{key} is {value} after {previous}"}}
              - {name: long, when: {stale: room1.temperature, for: 1h}, then: {log: "{key} for an hour"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("room1.temperature", 20)
            try await house.put("room2.temperature", 5)
            await house.advance(.seconds(600))
            #expect(house.done == ["gone: room1.temperature was 20"])
            await house.advance(.seconds(3000))
            try await house.put("room1.temperature", 21)
            #expect(house.done == ["back: room1.temperature is 21 after 21"])
            await house.advance(.seconds(4300), step: .seconds(100))
            #expect(house.done == ["gone: room1.temperature was 21", "long: room1.temperature for an hour"])
        }
    }

    @Test(arguments: [false, true])
    func `a recovery by a replayed message counts only where the rule says so`(retained: Bool) async throws {
        let rules = "rules: [{name: a, when: {recovered: room1.temperature, retained: \(retained)}, then: {log: back}}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("room1.temperature", 20)
            await house.advance(.seconds(600))
            try await house.observe("room1.temperature", .number(21), .retained)
            #expect(house.done == (retained ? ["a: back"] : []))
        }
    }

    @Test func `messages fire by their topic and payload`() async throws {
        let rules = """
            rules:
              - {name: a, when: {mqtt: "zigbee/+/action"}, then: {log: "{topic} {payload}"}}
              - {name: b, when: {mqtt: "zigbee/#", payload: [on, off]}, then: {log: "{payload}"}}
              - {name: c, when: {mqtt: "#", retained: true}, then: {log: "{payload}"}}
            """
        try await EngineHouse.run(rules) { house in
            func send(_ topic: String, _ payload: String, retained: Bool = false) async {
                await house.on { hub, engine in
                    engine.message(topic: topic, payload: Array(payload.utf8), isRetained: retained, in: hub)
                }
            }
            await send("zigbee/hall/action", "on")
            #expect(house.done == ["a: zigbee/hall/action on", "b: on", "c: on"])
            await send("zigbee/hall/action", "x", retained: true)
            await send("zigbee", "off")
            await send("$SYS/uptime", "1")
            #expect(house.done == ["c: x", "b: off", "c: off"])
            #expect(
                await house.on { hub, engine in engine.topicFilters(in: hub) } == ["zigbee/+/action", "zigbee/#", "#"])
        }
    }

    @Test func `webhooks, commands, emitted names and the start fire`() async throws {
        let rules = """
            rules:
              - {name: a, when: {webhook: bell}, then: {log: "{payload} {door ?? 'no door'}"}}
              - {name: b, when: {command: "lights {room} {rest...}"}, then: {log: "{sender}: {room}, {rest}"}}
              - {name: c, when: {emit: hello}, then: {log: "{payload} {n ?? 0}"}}
              - {name: d, when: {start: true}, then: {log: started}}
            """
        try await EngineHouse.run(rules) { house in
            #expect(house.done == ["d: started"])
            let found = await house.on { hub, engine in
                [
                    engine.webhook("bell", payload: "x", arguments: ["door": .string("front")], in: hub),
                    engine.webhook("none", payload: "", in: hub),
                    engine.command("Lights hall to  red", sender: "ann", in: hub),
                    engine.command("lights", sender: "ann", in: hub),
                    engine.emit("hello", payload: ["n": 3, "list": [1]], in: hub) == 1,
                    engine.emit("nobody", payload: 1, in: hub) == 1,
                ]
            }
            #expect(found == [true, false, true, false, true, false])
            #expect(house.done == ["a: x front", "b: ann: hall, to  red", #"c: {"n":3,"list":[1]} 3"#])
            try await house.reload(rules)
            #expect(house.done == [])
            try await house.restart(rules)
            #expect(house.done == ["d: started"])
        }
    }

    @Test func `the index finds all that matches, and asks only for what may`() throws {
        var random = SplitMix(seed: 7)
        let words = ["a", "b", "c"]
        func text(_ wild: Bool) -> String {
            (0...Int.random(in: 0...3, using: &random)).map { _ in
                let pick = Int.random(in: 0...(wild ? 5 : 2), using: &random)
                return pick < 3 ? words[pick] : pick == 3 ? "*" : pick == 4 ? "**" : "b"
            }.joined(separator: ".")
        }
        for _ in 0..<200 {
            let patterns = try (0..<20).map { _ in try KeyPattern(validating: text(true)) }
            let rules = patterns.enumerated().map { number, pattern in
                Rule(
                    name: "r\(number)", position: SourcePosition(file: "f", line: 1, column: 1), hash: "h",
                    triggers: [
                        Trigger(
                            .change(pattern, to: nil, from: nil, by: nil),
                            position: SourcePosition(file: "f", line: 1, column: 1))
                    ], condition: nil, procedure: Procedure())
            }
            var index = TriggerIndex(rules)
            for _ in 0..<20 {
                let name = try KeyName(validating: text(false))
                let found = index.changes.slots(of: name)
                #expect(found == found.sorted())
                let matching = patterns.indices.filter { patterns[$0].matches(name) }
                #expect(Set(matching).isSubset(of: Set(found.map { Int($0.rule) })), "\(name) \(patterns.map(\.text))")
            }
        }
    }
}
