import Komoku
import KomokuExpression
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// What keeps one rule from harming the others: chains, floods, memory.
struct GuardTests {
    @Test func `a chain that takes its time is no runaway`() async throws {
        let rules = """
            rules:
              - {name: up, when: {change: hall.light, to: false}, then: [{wait: 1m}, {put: {hall.light: true}}]}
              - {name: down, when: {change: hall.light, to: true}, then: [{wait: 1m}, {put: {hall.light: false}}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.light", true)
            await house.advance(.seconds(3600), step: .seconds(60))
            #expect(await house.statistics("up")?.paused == nil)
            #expect(await house.statistics("up")?.runs == 30)
        }
    }

    /// Lets the broker send back what is published, as often as it is.
    private func echo(_ house: EngineHouse, _ topic: String, _ payload: String) async -> Int {
        await house.on { hub, engine in
            engine.message(topic: topic, payload: Array(payload.utf8), isRetained: false, in: hub)
        }
        for round in 0..<100 {
            let published = house.done.filter { $0.hasPrefix("publish ") }.map { $0.split(separator: " ") }
            if published.isEmpty { return round }
            for message in published {
                await house.on { hub, engine in
                    let (topic, payload) = (String(message[1]), Array(message[2].utf8))
                    engine.message(topic: topic, payload: payload, isRetained: false, in: hub)
                }
            }
        }
        return 100
    }

    @Test func `a rule that triggers itself over the broker is paused, and it alone`() async throws {
        let rules = """
            rules:
              - {name: loop, when: {mqtt: "loop/+"}, then: {publish: {topic: "loop/{'a'}", payload: x}}}
            """
        try await EngineHouse.run(rules) { house in
            #expect(await echo(house, "loop/a", "x") == RuleEngine.maximumDepth)
            #expect(await house.statistics("loop")?.paused == "a chain of rules is deeper than 16")
            #expect(house.records.last == "loop paused: a chain of rules is deeper than 16")
        }
    }

    @Test func `others who say something on the topic begin chains of their own`() async throws {
        let rules = """
            rules: [{name: reply, when: {mqtt: chat}, if: "payload != 'yes'", then: {publish: {topic: chat, payload: "yes"}}}]
            """
        try await EngineHouse.run(rules) { house in
            for number in 0..<40 { #expect(await echo(house, "chat", "question\(number)") == 1) }
            #expect(await house.statistics("reply")?.paused == nil)
        }
    }

    @Test func `a rule that triggers itself through a mapped topic is paused`() async throws {
        let rules = """
            rules: [{name: loop, when: {change: count}, then: {publish: {topic: t/count, payload: "{value + 1}"}}}]
            """
        try await EngineHouse.run(rules) { house in
            for number in 0..<40 { try await house.observe("count", .number(Double(number))) }
            #expect(await house.statistics("loop")?.paused == "a chain of rules is deeper than 16")
            #expect(await house.statistics("loop")?.runs == RuleEngine.maximumDepth)
            let chain = house.log.all.filter { $0.outcome == .done }.map(\.occasion.parent)
            #expect(chain.first == .some(nil) && chain.dropFirst().allSatisfy { $0 != nil })
        }
    }

    private final class Wire: DeviceCommander {
        func message(
            for value: Value, to property: PropertyID
        ) throws(CommandRefusal) -> DeviceCommandMessage {
            DeviceCommandMessage(topic: "set", payload: Array(value.description.utf8))
        }

        func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void) { sent(nil) }
    }

    private static func lamp() -> DeviceDescription {
        var lamp = DeviceDescription(id: DeviceID("0x1"), source: "test", name: "lamp")
        var state = PropertyDescription("state", .boolean)
        state.isWritable = true
        lamp.properties = [state, .online]
        return lamp
    }

    @Test func `a rule that triggers itself through a device is paused, people who press the switch are not`()
        async throws
    {
        let loop = "rules: [{name: loop, when: {change: lamp.state}, then: {toggle: lamp.state}}]"
        try await EngineHouse.run("rules: []") { house in
            await house.hub.setCommander(Wire())
            await house.hub.apply([.described(Self.lamp())])
            func report(_ isOn: Bool) async {
                let property = PropertyID(DeviceID("0x1"), "state")
                let feed = Feed(property, topic: "lamp")
                await house.hub.apply([Observation(feed: feed, content: .value(.boolean(isOn)), provenance: .live)])
                await house.settle()
            }
            await report(true)
            try await house.reload(loop, knowing: ["lamp.state"])
            for number in 0..<40 { await report(number % 2 == 1) }
            #expect(await house.statistics("loop")?.paused == "a chain of rules is deeper than 16")
            // A lock: whoever switches it on, it goes off again.
            let lock = "rules: [{name: lock, when: {change: lamp.state, to: true}, then: {put: {lamp.state: false}}}]"
            try await house.reload(lock, knowing: ["lamp.state"])
            for number in 0..<80 { await report(number % 2 == 0) }
            #expect(await house.statistics("lock")?.paused == nil)
        }
    }

    @Test func `events of one turn are no flood, however many`() async throws {
        let rules = """
            rules:
              - {name: a, mode: parallel, when: {change: hall.lux}, then: {log: x}}
            """
        try await EngineHouse.run(rules) { house in
            let feed = Feed(key: try #require(KeyName("hall.lux")), topic: "t", type: .numeric)
            let many = (0..<12_000).map { number in
                Observation(feed: feed, content: .value(.number(Double(number))), provenance: .live)
            }
            await house.hub.apply(many)
            #expect(await house.statistics("a")?.runs == 12_000)
            #expect(await house.statistics("a")?.paused == nil)
        }
    }

    @Test func `runs that keep long texts are bounded, those of one rule by themselves`() async throws {
        let rules = """
            rules:
              - {name: a, mode: {parallel: 1000}, when: {mqtt: a}, then: [{wait: 1h}, {log: "{payload}"}]}
              - {name: q, mode: {queued: 1000}, when: {mqtt: q}, then: [{wait: 1h}, {log: "{payload}"}]}
              - {name: b, mode: {parallel: 1000}, when: {mqtt: b}, then: [{wait: 1h}]}
            """
        try await EngineHouse.run(rules) { house in
            let long = [UInt8](repeating: UInt8(ascii: "x"), count: 64 << 10)
            func send(_ count: Int) async {
                for topic in ["a", "q", "b"] {
                    await house.on { hub, engine in
                        for _ in 0..<count {
                            let payload = topic == "b" ? Array("short".utf8) : long
                            engine.message(topic: topic, payload: payload, isRetained: false, in: hub)
                        }
                    }
                }
            }
            await send(500)
            let counts = await house.on { hub, engine in engine.list(in: hub).map { $0.standing + $0.queued } }
            #expect(counts[0] < 140 && counts[0] > 100 && counts[1] < 140 && counts[1] > 100 && counts[2] == 500)
            #expect(house.records.contains("a busy: its runs that wait hold more than 8 MiB"))
            #expect(house.log.all.allSatisfy { ($0.occasion.arguments["payload"]?.string?.utf8.count ?? 0) < 1024 })
            try await house.restart(rules)
            await send(100)
            let after = await house.on { hub, engine in engine.list(in: hub).map { $0.standing + $0.queued } }
            #expect(after == [counts[0], counts[1], 600])
            _ = await house.on { hub, engine in (engine.stopRuns("a", in: hub), engine.stopRuns("q", in: hub)) }
            #expect(await house.on { _, engine in engine.machine.rules.states.map(\.burden) } == [0, 0, 0])
            await send(1)
            #expect(await house.on { hub, engine in engine.list(in: hub)[0].standing } == 1)
        }
    }

    @Test func `wake-ups that nobody waits for any more are forgotten`() async throws {
        let rules = """
            rules:
              - {name: a, mode: restart, when: {change: count}, then: [{wait: 30d}, {log: end}]}
              - {name: h, when: {change: hall.light, to: true, for: 30d}, then: {log: end}}
              - {name: g, when: {becomes: "age(count) > 30d"}, then: {log: end}}
            """
        try await EngineHouse.run(rules) { house in
            let (count, light) = (try #require(KeyName("count")), try #require(KeyName("hall.light")))
            await house.on { hub, engine in
                for number in 0..<10_000 {
                    try? hub.put(count, .number(Double(number)), cause: .client("test"))
                    try? hub.put(light, .bool(number % 2 == 0), cause: .client("test"))
                }
            }
            #expect(await house.on { _, engine in engine.machine.calendar.timerCount } < 3_000)
            #expect(await house.on { _, engine in engine.machine.calendar.wallCount } < 3_000)
            await house.advance(.seconds(30 * 86_400 + 60))
            #expect(house.done.sorted() == ["a: end", "g: end"])
        }
    }

    @Test func `conditions that wait for the history are bounded`() async throws {
        let rules = """
            rules: [{name: a, mode: parallel, when: {change: count}, if: "avg(hall.power, 1h) > 0", then: {log: x}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 1)
            await house.advance(.seconds(60))
            let count = try #require(KeyName("count"))
            await house.on { hub, engine in
                for number in 0..<3_000 { try? hub.put(count, .number(Double(number)), cause: .client("test")) }
            }
            await house.settle()
            #expect(house.done.count == RuleEngine.maximumChecks)
            #expect(house.records.first == "a busy: 1000 conditions wait for the history")
            // So many lines of a rule go to the log at a stretch.
            await house.advance(.seconds(1))
            try await house.put("count", -1)
            #expect(house.done.count == 1)
        }
    }

    @Test func `a limited rule says so once, and goes on by itself`() async throws {
        let rules = "rules: [{name: a, limit: 2/m, when: {change: count}, then: {log: '{value}'}}]"
        try await EngineHouse.run(rules) { house in
            for number in 1...30 {
                try await house.put("count", .number(Double(number)))
                await house.advance(.seconds(5))
            }
            #expect(house.done.count == 6)
            #expect(await house.statistics("a")?.limited == "more than 2 in 1m")
            #expect(house.lines.all.filter { $0.hasPrefix("rule limited") }.count == 1)
            await house.advance(.seconds(120))
            #expect(await house.statistics("a")?.limited == nil)
            try await house.put("count", 0)
            #expect(house.done == ["a: 0"])
            for number in 40...42 { try await house.put("count", .number(Double(number))) }
            #expect(house.lines.all.filter { $0.hasPrefix("rule limited") }.count == 2)
        }
    }

    @Test func `skips are counted by the clause that failed, with what it saw last`() async throws {
        let rules = "rules: [{name: a, when: {change: hall.lux}, if: hall.lux < 40, then: {log: x}}]"
        try await EngineHouse.run(rules) { house in
            for number in 120...130 { try await house.put("hall.lux", .number(Double(number))) }
            #expect(house.records == ["a skipped: hall.lux < 40 is false: hall.lux is 120"])
            #expect(house.log.repetitions == [11])
            #expect(house.log.reasons.last == "hall.lux < 40 is false: hall.lux is 130")
        }
    }

    @Test func `one event and 10,000 rules, of which each runs`() async throws {
        let rule = try #require(
            try EngineHouse.read("rules: [{name: a, when: {change: count}, then: {increment: hall.power}}]").rules.first
        )
        let rules = (0..<10_000).map { number in
            Rule(
                name: "r\(number)", position: rule.position, hash: "\(number)", triggers: rule.triggers, condition: nil,
                procedure: rule.procedure)
        }
        try await EngineHouse.run(RuleSet(rules)) { house in
            try await house.put("hall.power", 0)
            try await house.put("count", 1)
            #expect(try await house.value("hall.power") == .number(10_000))
        }
    }
}

extension EngineHouse {
    /// Reads rules that speak of further keys, all boolean, besides those of the house.
    func reload(_ rules: String, knowing keys: Set<String>) async throws {
        let environment = RuleEnvironment(
            key: { name in
                if keys.contains(name.text) { return .init(name.text.hasSuffix("level") ? .number : .boolean) }
                return Self.keys[name.text].map { type in
                    .init(type == "numeric" ? .number : type == "boolean" ? .boolean : .text)
                }
            }, candidates: { [] }, warnsOfUnknown: false)
        let read = RuleText(rules, environment: environment)
        try #require(read.errors.isEmpty, "\(read.errors)")
        let set = read.set
        _ = await on { hub, engine in engine.replace(set, in: hub) }
        await settle()
    }
}
