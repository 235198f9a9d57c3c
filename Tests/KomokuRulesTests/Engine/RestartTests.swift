import Komoku
import KomokuHub
import KomokuStore
import Testing

@testable import KomokuRules

/// A process that ends, and another one on the same file; a configuration that is read again.
struct RestartTests {
    /// What runs wait for; what the test does then; what was done in all.
    private static let waits = """
        rules:
          - name: a
            when: {change: hall.motion, to: true}
            then:
              - log: "one {value}"
              - wait: 10s
              - put: {count: 1}
              - wait_until: {is: "hall.lux > 5", timeout: 1m}
              - log: "two {timed_out ?? false}"
              - repeat: {count: 2, do: [{log: "round {index}"}, {wait: 5s}]}
              - call: {name: s, with: {room: "'hall'"}}
              - http: {url: "http://x/{value}", into: answer}
              - log: "{answer} {answer_status}"
        scripts:
          - {name: s, parameters: [room], then: [{log: "in {room}"}, {wait: 5s}, {log: "out {room}"}]}
        """

    @Test func `a run goes on where it stood, after a restart at each step`() async throws {
        try await EngineHouse.run(Self.waits) { house in
            func again(_ passed: Int64 = 0) async throws {
                try await house.restart(Self.waits, after: .seconds(passed))
            }
            try await house.put("hall.motion", true)
            try await again(4)
            await house.advance(.seconds(5))
            #expect(try await house.value("count") == nil)
            try await again(1)
            await house.settle()
            #expect(try await house.value("count") == .number(1))
            try await again(10)
            #expect(house.done == ["a: one true"])
            try await house.put("hall.lux", 6)
            #expect(house.done == ["a: two false", "a: round 1"])
            try await again(5)
            #expect(house.done == ["a: round 2"])
            try await again(5)
            #expect(house.done == ["a: in hall"])
            try await again(2)
            await house.advance(.seconds(3))
            #expect(house.done == ["a: out hall", "http http://x/true"])
            // Nobody knows what became of the request: it is made again.
            try await again()
            #expect(house.done == ["http http://x/true"])
            house.outputs.answer()
            await house.settle()
            #expect(house.done == ["a: fine 200"])
            #expect(house.records == ["a done"])
            try await again()
            #expect(try house.cells() == [])
        }
    }

    @Test func `wait_until ends with its time while the hub is down`() async throws {
        try await EngineHouse.run(Self.waits) { house in
            try await house.put("hall.motion", true)
            await house.advance(.seconds(10))
            _ = house.done
            try await house.restart(Self.waits, after: .seconds(3600))
            await house.settle()
            #expect(house.done == ["a: two true", "a: round 1"])
        }
    }

    /// Words of the rule, how long the hub is down, what is done at once and after a minute, records.
    static let policies: [(String, Int64, [String], [String], [String])] = [
        ("on_restart: resume", 30, [], ["a: end"], ["a done"]),
        ("on_restart: resume", 300, ["a: end"], [], ["a done"]),
        ("on_restart: drop", 30, [], [], ["a dropped: the hub was restarted"]),
        ("on_restart: again", 30, ["a: begin"], ["a: end"], ["a done"]),
        ("max_outage: 1m", 90, ["a: end"], [], ["a done"]),
        ("max_outage: 1m", 180, [], [], ["a dropped: the hub was down, 2m late"]),
    ]

    @Test(arguments: policies)
    func `what a restart does to a wait`(
        _ words: String, _ down: Int64, _ atOnce: [String], _ later: [String], _ records: [String]
    ) async throws {
        let rules = "rules: [{name: a, \(words), when: {change: note}, then: [{log: begin}, {wait: 1m}, {log: end}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            #expect(house.done == ["a: begin"])
            try await house.restart(rules, after: .seconds(down))
            await house.settle()
            #expect(house.done == atOnce)
            await house.advance(.seconds(60))
            #expect(house.done == later)
            #expect(house.records == records)
            try await house.restart(rules)
            #expect(try house.cells() == [])
        }
    }

    private static let first = "{name: a, when: {change: note}, then: [{wait: 5m}, {log: end}]}"
    private static let other = "{name: b, when: {change: note}, then: [{wait: 5m}, {log: other}]}"

    @Test(arguments: [false, true])
    func `a change of another rule leaves a run alone, one of its own resets it and says so`(
        restarts: Bool
    ) async throws {
        try await EngineHouse.run("rules: [\(Self.first), \(Self.other)]") { house in
            func take(_ rules: String) async throws {
                if restarts { try await house.restart(rules) } else { try await house.reload(rules) }
            }
            try await house.put("note", "x")
            await house.advance(.seconds(100))
            let changed = Self.other.replacing("other}", with: "changed}")
            try await take("rules: [\(changed), \(Self.first)]")
            #expect(house.records == ["b reset: the rule was changed"])
            #expect(
                house.lines.all.contains {
                    $0.hasPrefix("rule reset") && $0.hasSuffix("rule=b runs=1") || $0.contains("cells=1")
                })
            await house.advance(.seconds(200))
            #expect(house.done == ["a: end"])
            try await house.put("note", "y")
            try await take("rules: [\(changed)]")
            #expect(house.records == ["a done", "a reset: the rule is gone"])
            await house.advance(.seconds(300))
            #expect(house.done == ["b: changed"])
            try await house.restart("rules: []")
            #expect(try house.cells() == [])
        }
    }

    @Test func `numbers grow over restarts`() async throws {
        let rules = "rules: [{name: a, mode: parallel, when: {change: note}, then: [{wait: 5m}]}]"
        try await EngineHouse.run(rules) { house in
            for (number, text) in ["a", "b", "c"].enumerated() {
                try await house.put("note", .string(text))
                let ids = await house.on { hub, engine in engine.standingRuns(in: hub).map(\.record.id) }
                #expect(ids == (0...number).map { Int64($0 + 1) })
                try await house.restart(rules)
            }
        }
    }

    @Test func `damaged cells are said and left behind`() async throws {
        let rules = "rules: [{name: a, when: {change: note}, then: [{wait: 5m}, {log: end}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            try await house.restart("rules: []")
            #expect(house.records == ["a reset: the rule is gone"])
            let hash = try #require(try EngineHouse.read(rules).rules.first).hash
            for (id, data) in [("\(hash) 7 a", JSON.number(3)), ("\(hash) x a", [:]), ("nonsense", ["s": "waiting"])] {
                await house.append(id, data)
            }
            try await house.restart(rules)
            await house.settle()
            await house.advance(.seconds(600))
            #expect(house.done == [])
            #expect(house.records == ["a reset: its state cannot be read"])
            try await house.restart(rules)
            #expect(try house.cells() == [])
        }
    }

    @Test func `a number that nobody wrote does no harm`() async throws {
        let rules = "rules: [{name: a, mode: {queued: 5}, when: {change: note}, then: [{log: '{value}'}, {wait: 5m}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            try await house.restart(rules)
            let row = try #require(try house.store.cells().first { $0.behaviour == "run" })
            let hash = try #require(row.id.split(separator: " ").first)
            let cells: [(EngineCell, String)] = [
                (.run, "\(hash) \(Int64.max) a"), (.run, "\(hash) -1 a"), (.run, "\(hash) 77 a"),
                (.check, "\(hash) \(Int64.max) a"), (.queue, "\(hash) \(Int64.min) a"),
            ]
            await house.on { hub, engine in
                // The state of another run among them.
                for (kind, id) in cells { engine.write(kind, id, row.data, due: hub.clock.now, in: hub) }
            }
            try await house.restart(rules)
            await house.settle()
            #expect(house.records == ["a reset: its state cannot be read"])
            await house.advance(.seconds(300))
            try await house.put("note", "y")
            #expect(house.done == ["a: x", "a: y"])
            await house.advance(.seconds(300))
            try await house.restart(rules)
            #expect(try house.cells() == [])
        }
    }

    @Test func `what is queued goes on where the run before it was dropped, in order`() async throws {
        let rules = """
            rules: [{name: a, mode: {queued: 20}, on_restart: drop, when: {change: count}, then: [{log: "{value}"}, {wait: 10s}]}]
            """
        try await EngineHouse.run(rules) { house in
            for number in 1...12 { try await house.put("count", .number(Double(number))) }
            try await house.restart(rules)
            await house.settle()
            #expect(house.records == ["a dropped: the hub was restarted"])
            await house.advance(.seconds(200), step: .seconds(10))
            #expect(house.done == (1...12).map { "a: \($0)" })
            try await house.restart(rules)
            #expect(try house.cells() == [])
        }
    }

    @Test func `the time of wait_until stands over several restarts, however often it was looked at`() async throws {
        let rules = """
            rules:
              - name: a
                when: {change: note}
                then: [{wait_until: {is: "avg(hall.power, 10m) > 5", timeout: 1h}}, {log: "{timed_out}"}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 0)
            await house.advance(.seconds(60))
            try await house.put("note", "x")
            for number in 1...3 {
                try await house.restart(rules, after: .seconds(60))
                try await house.put("hall.power", .number(Double(number)))
                await house.advance(.seconds(60))
            }
            #expect(house.done == [])
            await house.advance(.seconds(3600 - 360 - 1))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["a: true"])
        }
    }

    @Test func `a rule that was disabled and is gone is another one when it comes again`() async throws {
        let rules = "rules: [{name: a, when: {change: note}, then: {log: '{value}'}}]"
        try await EngineHouse.run(rules) { house in
            _ = await house.on { hub, engine in engine.setEnabled("a", false, in: hub) }
            try await house.reload("rules: []")
            try await house.reload(rules)
            try await house.put("note", "x")
            try await house.restart(rules)
            try await house.put("note", "y")
            #expect(house.done == ["a: x", "a: y"])
            #expect(try house.cells() == [])
        }
    }

    @Test func `a rule that the configuration switches off says so`() async throws {
        let rule = "{name: a, when: {change: note}, then: [{wait: 5m}]}"
        for restarts in [false, true] {
            try await EngineHouse.run("rules: [\(rule)]") { house in
                try await house.put("note", "x")
                let off = "rules: [\(rule.replacing("{name: a,", with: "{name: a, enabled: false,"))]"
                if restarts { try await house.restart(off) } else { try await house.reload(off) }
                #expect(house.records == ["a reset: the rule has 'enabled: false' now"])
            }
        }
    }

    @Test func `a question on its way does not get lost with a reload`() async throws {
        let rules =
            "rules: [{name: a, when: {becomes: 'last(note) == \"x\" and count(hall.power, 1h) > 0'}, then: {log: '{key}'}}]"
        let more = rules.replacing("rules: [", with: "rules: [{name: b, when: {change: count}, then: {log: x}}, ")
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 1)
            let (key, set) = (try #require(KeyName("note")), try EngineHouse.read(more))
            await house.on { hub, engine in
                try? hub.put(key, "x", cause: .client("test"))
                engine.replace(set, in: hub)
            }
            await house.settle()
            #expect(house.done == ["a: note"])
        }
    }

    @Test func `a script that takes too long fails its call, over a restart too`() async throws {
        let rules = """
            rules:
              - name: a
                when: {change: note}
                then:
                  - {call: s, timeout: 10s, on_error: continue}
                  - log: "after"
                  - {call: s, timeout: 10s}
                  - log: "never"
            scripts:
              - {name: s, then: [{log: in}, {wait: 4s}, {wait: 1m}, {log: out}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            await house.advance(.seconds(9))
            #expect(house.done == ["a: in"])
            await house.advance(.seconds(1))
            #expect(house.done == ["a: after", "a: in"])
            try await house.restart(rules, after: .seconds(6))
            await house.advance(.seconds(3))
            #expect(house.records == [])
            await house.advance(.seconds(1))
            #expect(house.records == ["a failed: 's' took too long"])
            #expect(house.log.all.last?.step == "3")
            await house.advance(.seconds(120))
            #expect(house.done == [])
            try await house.restart(rules)
            #expect(try house.cells() == [])
        }
    }

    @Test func `disabled stays disabled, and what stands goes on`() async throws {
        let rules =
            "rules: [{name: a, mode: parallel, when: {change: note}, then: [{log: '{value}'}, {wait: 5m}, {log: end}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "x")
            #expect(await house.on { hub, engine in engine.setEnabled("a", false, in: hub) })
            try await house.put("note", "y")
            try await house.restart(rules)
            try await house.put("note", "z")
            await house.advance(.seconds(300))
            #expect(house.done == ["a: x", "a: end"])
            #expect(house.records.first == "a paused: the rule is disabled")
            #expect(await house.on { hub, engine in engine.runNow("a", in: hub) } != .unknownRule)
            _ = await house.on { hub, engine in engine.setEnabled("a", true, in: hub) }
            try await house.put("note", "w")
            #expect(house.done.last == "a: w")
        }
    }
}

extension EngineHouse {
    func append(_ id: String, _ data: JSON) async {
        await on { hub, engine in engine.write(.run, id, data, due: hub.clock.now, in: hub) }
    }
}
