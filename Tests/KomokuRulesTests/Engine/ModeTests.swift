import Komoku
import KomokuHub
import Testing

@testable import KomokuRules

/// What happens when a rule's trigger fires while a run of it waits; limits; guards.
struct ModeTests {
    /// The mode, and what is logged after three triggers in a row and all waits.
    static let modes: [(String, [String], [String])] = [
        ("single", ["1", "end 1"], ["a busy: run 1 is still in progress", "a done"]),
        (
            "restart", ["1", "2", "3", "end 3"],
            ["a replaced: a new run began", "a replaced: a new run began", "a done"]
        ),
        ("queued", ["1", "end 1", "2", "end 2", "3", "end 3"], ["a done", "a done", "a done"]),
        ("{queued: 1}", ["1", "end 1", "2", "end 2"], ["a busy: 1 wait already", "a done", "a done"]),
        ("parallel", ["1", "2", "3", "end 1", "end 2", "end 3"], ["a done", "a done", "a done"]),
        ("{parallel: 2}", ["1", "2", "end 1", "end 2"], ["a busy: 2 runs go on", "a done", "a done"]),
    ]

    private static func rules(_ mode: String) -> String {
        """
        rules:
          - name: a
            mode: \(mode)
            when: {change: count}
            then: [{log: "{value}"}, {wait: 10s}, {log: "end {value}"}]
        """
    }

    @Test(arguments: modes)
    func `what a trigger does while a run waits`(_ mode: String, _ expected: [String], _ records: [String]) async throws
    {
        try await EngineHouse.run(Self.rules(mode)) { house in
            for number in 1...3 { try await house.put("count", .number(Double(number))) }
            await house.advance(.seconds(60), step: .seconds(10))
            #expect(house.done == expected.map { "a: \($0)" })
            #expect(house.records == records)
            #expect(await house.on { hub, engine in engine.standingRuns(in: hub).count } == 0)
        }
    }

    @Test(arguments: modes)
    func `modes hold over a restart after each step`(_ mode: String, _ expected: [String], _ records: [String])
        async throws
    {
        let rules = Self.rules(mode)
        try await EngineHouse.run(rules) { house in
            for number in 1...3 {
                try await house.put("count", .number(Double(number)))
                try await house.restart(rules)
            }
            for _ in 0..<6 {
                await house.advance(.seconds(10))
                try await house.restart(rules)
            }
            #expect(house.done == expected.map { "a: \($0)" })
            // Equal refusals are counted together until a restart only.
            #expect(house.records.filter { $0 == "a done" } == records.filter { $0 == "a done" })
            #expect(try house.cells() == [])
        }
    }

    @Test func `a limit holds over a window that slides`() async throws {
        let rules = "rules: [{name: a, limit: 2/m, when: {change: count}, then: {log: '{value}'}}]"
        try await EngineHouse.run(rules) { house in
            for number in 1...4 {
                try await house.put("count", .number(Double(number)))
                await house.advance(.seconds(10))
            }
            #expect(house.done == ["a: 1", "a: 2"])
            #expect(house.records == ["a done", "a done", "a limited: more than 2 in 1m"])
            #expect(house.log.repetitions == [2])
            await house.advance(.seconds(20))
            try await house.put("count", 5)
            try await house.put("count", 6)
            #expect(house.done == ["a: 5"])
        }
    }

    @Test func `a rule that triggers itself is paused and the others go on`() async throws {
        let loop = "{name: loop, when: {change: count}, then: {put: {count: value + 1}}}"
        let rules = "rules: [\(loop), {name: other, when: {change: count, to: 3}, then: {log: three}}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("count", 0)
            #expect(try await house.value("count") == .number(Double(RuleEngine.maximumDepth)))
            #expect(house.done == ["other: three"])
            #expect(await house.statistics("loop")?.paused == "a chain of rules is deeper than 16")
            #expect(house.records.last == "loop paused: a chain of rules is deeper than 16")
            #expect(house.lines.all.contains { $0.hasPrefix("rule paused key=count") })
            try await house.restart(rules)
            try await house.put("count", 3)
            #expect(try await house.value("count") == .number(3))
            #expect(house.done == ["other: three"])
            try await house.reload(rules)
            try await house.put("count", 100)
            #expect(try await house.value("count") == .number(116))
            _ = await house.on { hub, engine in engine.setEnabled("loop", true, in: hub) }
            try await house.put("count", 200)
            #expect(try await house.value("count") == .number(216))
        }
    }

    @Test func `what fails, fails alone and says where`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: hall.motion}, then: [{log: one}, {put: {count: "1 / hall.lux"}}, {log: never}]}
              - {name: b, when: {change: hall.motion}, then: {log: other}}
              - {name: c, when: {change: hall.motion}, then: {publish: {topic: "x/{note}", payload: 1}}}
              - {name: d, when: {change: hall.motion}, then: {increment: hall.power}}
              - {name: e, when: {change: hall.motion}, then: {toggle: hall.online}}
              - {name: f, when: {change: hall.motion}, then: {notify: {to: log, message: x}}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.lux", 0)
            try await house.put("note", "a+b")
            try await house.hub.delete(try #require(KeyName("hall.power")))
            try await house.put("hall.motion", true)
            #expect(house.done == ["a: one", "b: other"])
            #expect(
                house.records == [
                    "a failed: division by zero", "b done",
                    "c failed: 'x/a+b' is no topic to publish to",
                    "d failed: the hub refused 1 for hall.power: invalid_key",
                    "e failed: hall.online is neither true nor false", "f failed: nobody delivers notifications",
                ])
            #expect(await house.statistics("a")?.failures == 1)
            #expect(house.lines.all.contains("rule failed reason=division by zero rule=a run=1 step=2"))
        }
    }

    @Test func `a rule that floods is paused`() async throws {
        let rules = """
            rules:
              - name: flood
                when: {change: hall.motion}
                then: {repeat: {count: 9000, do: [{call: {name: a, wait: false}}]}}
              - {name: flood2, when: {change: hall.motion}, then: {repeat: {count: 9000, do: [{call: {name: a, wait: false}}]}}}
            scripts: [{name: a, mode: parallel, then: [{increment: count}]}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("count", 0)
            try await house.put("hall.motion", true)
            for _ in 0..<40 { await house.settle() }
            #expect(try await house.value("count") == .number(18_000))
        }
    }
}
