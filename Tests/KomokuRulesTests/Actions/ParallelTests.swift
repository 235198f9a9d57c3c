import Komoku
import KomokuExpression
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// `parallel`: several lists of actions at once.
struct ParallelTests {
    private static func rules(_ actions: String, _ settings: String = "") -> String {
        """
        scripts:
        - {name: both, then: [{parallel: [[{wait: 1m}, {log: "s1"}], [{wait: 2m}, {log: "s2"}]]}, {log: both}]}
        - {name: ask, parameters: [n], then: [{parallel: [[{wait: n * 1s}, {answer: n}], [{wait: 1h}, {log: never}]]}, {log: never}]}
        rules:
        - name: r
          when: {change: note}
          \(settings)
          then: \(actions)

        """
    }

    private func run(
        _ actions: String, _ settings: String = "", _ body: (EngineHouse, String) async throws -> Void
    ) async throws {
        let text = Self.rules(actions, settings)
        try await EngineHouse.run(text) { house in
            try await house.put("note", "go")
            try await body(house, text)
        }
    }

    private static let three = """
        [{parallel: [[{log: a1}, {wait: 3m}, {log: a2}], {log: b}, [{wait: 1m}, {log: c}]]}, {log: end}]
        """

    @Test func `branches begin in their order, and the run goes on when all have ended`() async throws {
        try await run(Self.three) { house, _ in
            #expect(house.done == ["r: a1", "r: b"])
            await house.advance(.seconds(60))
            #expect(house.done == ["r: c"])
            await house.advance(.seconds(119))
            #expect(house.done.isEmpty)
            await house.advance(.seconds(1))
            #expect(house.done == ["r: a2", "r: end"])
            let record = try #require(house.log.all.last)
            #expect(house.log.all.count == 1 && record.outcome == .done)
            #expect(
                record.effects.map(\.description) == [
                    "1.parallel.2.1 log b", "1.parallel.3.1 wait 1m", "1.parallel.3.2 log c", "1.parallel.1.1 log a1",
                    "1.parallel.1.2 wait 3m", "1.parallel.1.3 log a2", "2 log end",
                ])
        }
    }

    @Test func `they go on over a restart, a kill in the middle of time, and a reload`() async throws {
        try await run(Self.three) { house, text in
            _ = house.done
            await house.advance(.seconds(30))
            try await house.restart(text, after: .seconds(20))
            #expect(house.done.isEmpty)
            await house.advance(.seconds(10))
            #expect(house.done == ["r: c"])
            try await house.reload(text + "- {name: other, when: {start: true}, then: {log: x}}\n")
            try await house.restart(text, after: .seconds(3600))
            #expect(house.done == ["r: a2", "r: end"])
            try await house.restart(text)
            #expect(try house.cells().isEmpty)
            #expect(house.done.isEmpty)
        }
    }

    @Test func `with until first the others end, and what they would have done is not done`() async throws {
        let actions = """
            [{parallel: [[{wait: 5m}, {set: {x: "'slow'"}}, {log: slow}], [{wait_for: {change: hall.motion}}, {set: {x: "'moved'"}}]],
            until: first}, {log: "{x}"}]
            """
        try await run(actions) { house, text in
            try await house.restart(text, after: .seconds(60))
            try await house.put("hall.motion", true)
            #expect(house.done == ["r: moved"])
            await house.advance(.seconds(3600))
            #expect(house.done.isEmpty)
            try await house.put("note", "again")
            await house.advance(.seconds(300))
            #expect(house.done == ["r: slow", "r: slow"])
            try await house.restart(text)
            #expect(try house.cells().isEmpty)
        }
    }

    @Test func `what branches set is known behind them, and each sees its own until then`() async throws {
        let actions = """
            [{set: {x: 1, y: 2}}, {parallel: [[{set: {x: x + 10}}, {wait: 1m}, {log: "{x} {y}"}], [{set: {y: y + 10}}, {log: "{x} {y}"}]]},
            {log: "{x} {y}"}]
            """
        try await run(actions) { house, text in
            try await house.restart(text)
            await house.advance(.seconds(60))
            #expect(house.done == ["r: 1 12", "r: 11 2", "r: 11 12"])
        }
    }

    @Test func `one that fails ends by itself, the others go on, and then the step has failed`() async throws {
        let actions =
            "[{parallel: [{log: \"{1 / 0}\"}, {toggle: hall.light}, [{wait: 1m}, {log: late}]]}, {log: never}]"
        try await run(actions) { house, text in
            #expect(house.done == ["r: ?"])
            try await house.restart(text)
            await house.advance(.seconds(60))
            #expect(house.done == ["r: late"])
            #expect(house.records.first?.hasPrefix("r failed: ") ?? false)
            #expect(house.log.all.first?.step == "1.parallel.2.1")
        }
    }

    @Test(arguments: [
        (
            "{parallel: [{toggle: hall.light}, [{wait: 1m}, {log: late}]], on_error: continue}", ["r: late", "r: end"],
            "done"
        ),
        ("{parallel: [{toggle: hall.light}, [{wait: 1m}, {log: late}]], until: first}", ["r: late", "r: end"], "done"),
        ("{parallel: [{toggle: hall.light}, {toggle: hall.light}], until: first}", [], "failed"),
        ("{parallel: [[{wait: 30s}, {stop: true}], [{wait: 1m}, {log: late}]]}", [], "stopped"),
        ("{parallel: [[{wait: 30s}, {stop: {fail: broken}}], [{wait: 1m}, {log: late}]]}", [], "failed: broken"),
        (
            "{parallel: [[{parallel: [[{wait: 30s}, {stop: enough}], {log: in}]}, {log: never}], [{wait: 1m}, {log: late}]]}",
            ["r: in"], "stopped: enough"
        ),
        ("{parallel: [[{wait_until: {is: hall.motion, timeout: 5s, on_timeout: stop}}], {wait: 1m}]}", [], "stopped"),
        ("{call: both}", ["r: s1", "r: s2", "r: both", "r: end"], "done"),
        ("{call: both, timeout: 90s, on_error: continue}", ["r: s1", "r: end"], "done"),
        (
            "{parallel: [{call: both}, [{wait: 10s}, {log: b}]]}", ["r: b", "r: s1", "r: s2", "r: both", "r: end"],
            "done"
        ),
    ])
    func `how branches end`(_ action: String, _ lines: [String], _ outcome: String) async throws {
        try await run("[\(action), {log: end}]") { house, text in
            var done = house.done
            try await house.restart(text)
            for _ in 0..<30 {
                await house.advance(.seconds(5))
                done += house.done
            }
            #expect(done == lines)
            let record = try #require(house.records.first)
            #expect(record.hasPrefix("r " + outcome), "\(record)")
            try await house.restart(text)
            #expect(try house.cells().isEmpty)
        }
    }

    @Test func `an answer in a branch ends the script with the others`() async throws {
        try await run("[{call: {name: ask, with: {n: 20}, as: x}}, {log: '{x}'}]") { house, text in
            try await house.restart(text)
            await house.advance(.seconds(20))
            #expect(house.done == ["r: 20"])
            await house.advance(.seconds(7200))
            #expect(house.done.isEmpty)
        }
    }

    @Test func `a branch counts as a part of its run in every mode`() async throws {
        for (mode, lines) in [
            ("single", ["r: go", "r: end"]), ("restart", ["r: 2", "r: end"]),
            ("{queued: 3}", ["r: go", "r: end", "r: 2", "r: end"]),
            ("{parallel: 3}", ["r: go", "r: 2", "r: end", "r: end"]),
        ] {
            let actions = "[{parallel: [[{wait: 1m}, {log: \"{value}\"}], [{wait: 2m}]]}, {log: end}]"
            try await run(actions, "mode: \(mode)") { house, text in
                try await house.put("note", "2")
                try await house.restart(text)
                var done: [String] = []
                for _ in 0..<60 {
                    await house.advance(.seconds(5))
                    done += house.done
                }
                #expect(done == lines, "\(mode)")
                let standing = await house.on { hub, engine in engine.standingRuns(in: hub).count }
                #expect(standing == 0)
            }
        }
    }

    @Test func `branches of one run are one run for who asks, and end with it`() async throws {
        try await run(Self.three) { house, text in
            let standing = await house.on { hub, engine in engine.standingRuns(in: hub) }
            #expect(standing.map(\.record.step) == ["1"])
            #expect(standing.first?.record.effects.count == 4)
            let stopped = await house.on { hub, engine in engine.stopRuns("r", in: hub) }
            #expect(stopped == 1)
            await house.advance(.seconds(3600))
            #expect(house.done == ["r: a1", "r: b"])
            try await house.restart(text)
            #expect(try house.cells().isEmpty)
        }
    }

    @Test func `a rule that was changed ends them, and so does a script that one of them stands in`() async throws {
        let actions = "[{parallel: [{call: both}, [{wait: 9m}, {log: late}]]}, {log: end}]"
        try await run(actions) { house, text in
            try await house.restart(text.replacing("{log: both}", with: "{log: other}"))
            #expect(house.records == ["r reset: the script 'both' was changed"])
            try await house.put("note", "again")
            try await house.reload(text)
            #expect(house.records == ["r reset: the script 'both' was changed"])
            try await house.put("note", "and again")
            try await house.reload(text.replacing("late", with: "later"))
            #expect(house.records == ["r reset: the rule was changed"])
            await house.advance(.seconds(3600))
            #expect(house.done.isEmpty)
            try await house.restart(text)
            #expect(try house.cells().isEmpty)
        }
    }

    @Test func `a start over begins them again, a drop ends them`() async throws {
        for (word, lines) in [("again", ["r: a1", "r: b", "r: c", "r: a2", "r: end"]), ("drop", [])] {
            try await run(Self.three, "on_restart: \(word)") { house, text in
                _ = house.done
                await house.advance(.seconds(30))
                try await house.restart(text)
                var done = house.done
                await house.advance(.seconds(60))
                await house.advance(.seconds(120))
                done += house.done
                #expect(done == lines)
                try await house.restart(text)
                #expect(try house.cells().isEmpty)
            }
        }
    }

    @Test func `a drop ends what a branch had demanded outside, without demanding it again`() async throws {
        let actions = "[{parallel: [{http: \"http://h/\"}, [{wait: 9m}, {log: late}]]}, {log: end}]"
        try await run(actions, "on_restart: drop") { house, text in
            #expect(house.done == ["r: http http://h/"] || house.done == [] || house.outputs.waiting == 1)
            try await house.restart(text)
            #expect(house.done.isEmpty && house.outputs.waiting == 0)
            #expect(house.records == ["r dropped: the hub was restarted"])
        }
        try await run(actions) { house, text in
            _ = house.done
            try await house.restart(text)
            #expect(house.done == ["http http://h/"])
            let stopped = await house.on { hub, engine in engine.stopRuns("r", in: hub) }
            #expect(stopped == 1 && house.outputs.cancelled == 1)
        }
    }

    @Test func `many rounds of them are no deeper than one`() async throws {
        try await run(
            "[{repeat: {count: 3000, do: [{parallel: [{set: {x: index}}, {set: {y: index}}]}]}}, {log: '{x} {y}'}]"
        ) {
            house, _ in
            for _ in 0..<50 { await house.settle() }
            #expect(house.done == ["r: 3000 3000"])
        }
    }

    @Test(arguments: [
        ("{repeat: {count: 2, do: [{parallel: [{break: true}, {log: x}]}]}}", "'break' stands in no 'repeat'"),
        ("{parallel: {log: x}}", "'parallel' expects a list of what is done at once"),
        ("{parallel: []}", "'parallel' expects a list of what is done at once"),
        ("{parallel: [{log: x}]}", "there is nothing beside the only branch"),
        ("{parallel: [{log: x}, {log: y}], until: last}", "'until'"),
    ])
    func `what is wrong is said`(_ action: String, _ finding: String) {
        let read = RuleText("rules:\n- {name: r, when: {start: true}, then: \(action)}\n")
        #expect(read.findings.contains { $0.contains(finding) }, "\(read.findings)")
    }

    /// What is done, and when, is the same whether the hub is started anew in between or not.
    @Test(arguments: 1...12) func `restarts change nothing`(_ seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let text = Self.rules(
            "[{set: {x0: 0}}, {set: {x1: 0}}, {set: {x2: 0}}, {if: \"hour >= 0\", then: \(Self.block(depth: 3, &random))}]"
        )
        func play(restarts: Set<Int>) async throws -> [String] {
            var done: [String] = []
            try await EngineHouse.run(text) { house in
                try await house.put("note", "go")
                for second in 0..<60 {
                    done += house.done.map { "\(second) \($0)" }
                    if restarts.contains(second) { try await house.restart(text) }
                    await house.advance(.seconds(1))
                }
                done += house.records
                try await house.restart(text)
                #expect(try done.last != "r done" || house.cells().isEmpty)
            }
            return done
        }
        let expected = try await play(restarts: [])
        #expect(try await play(restarts: Set((0..<8).map { _ in Int.random(in: 0..<50, using: &random) })) == expected)
    }

    private static func block(depth: Int, _ random: inout SplitMix) -> String {
        var items: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &random) {
            case 0: items.append("{log: \"\(Int.random(in: 0..<100, using: &random))\"}")
            case 1, 2: items.append("{wait: \(Int.random(in: 1...9, using: &random))s}")
            case 3:
                items.append(
                    "{set: {x\(Int.random(in: 0..<3, using: &random)): \(Int.random(in: 0..<9, using: &random))}}")
            case 4: items.append("{repeat: {count: 2, do: \(block(depth: depth - 1, &random))}}")
            case 5: items.append("{if: \"hour >= 0\", then: \(block(depth: depth - 1, &random))}")
            default:
                let branches = (0..<Int.random(in: 2...3, using: &random)).map { _ in block(depth: depth - 1, &random) }
                let until = Bool.random(using: &random) ? "" : ", until: first"
                items.append("{parallel: [\(branches.joined(separator: ", "))]\(until)}")
            }
        }
        return "[\(items.joined(separator: ", ")), {log: \"{x0}{x1}{x2}\"}]"
    }
}
