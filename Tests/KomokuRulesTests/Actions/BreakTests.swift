import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

/// `break` and `continue`: what a rule does with them is what the same loops do here.
struct BreakTests {
    private static func rules(_ actions: String) -> String {
        """
        rules: [{name: a, when: {change: note}, then: \(actions)}]
        scripts: [{name: out, parameters: [n], then: [{repeat: {count: 3, do: [{log: "in {index}"}, {break: true}]}}]}]
        """
    }

    private func logged(_ actions: String, _ values: [String: JSON] = [:]) async throws -> [String] {
        let house = try await EngineHouse(Self.rules(actions))
        defer { house.close() }
        for (key, value) in values { try await house.put(key, value) }
        try await house.put("note", "go")
        return house.done.map { String($0.dropFirst(3)) }
    }

    private static let cases: [(String, [String])] = [
        (
            "[{repeat: {count: 5, do: [{if: index = 3, then: {break: true}}, {log: \"{index}\"}]}}, {log: end}]",
            ["1", "2", "end"]
        ),
        (
            "[{repeat: {count: 4, do: [{if: index % 2 = 0, then: {continue: true}}, {log: \"{index}\"}]}}, {log: end}]",
            ["1", "3", "end"]
        ),
        // The innermost one.
        (
            """
            [{repeat: {each: [a, b], as: x, do: [{repeat: {count: 3, do: [{choose: [{if: index = 2, then: [{break: true}]}]},
            {log: "{x}{index}"}]}}, {log: "after {x}"}]}}]
            """,
            ["a1", "after a", "b1", "after b"]
        ),
        // The condition of `until` is looked at after a round, however that ended.
        (
            "[{set: {n: 0}}, {repeat: {until: n >= 3, do: [{set: {n: n + 1}}, {if: n = 2, then: {continue: true}}, {log: \"{n}\"}]}}]",
            ["1", "3"]
        ),
        (
            "[{repeat: {while: true, do: [{increment: count}, {if: (count ?? 0) >= 4, then: {break: true}}]}}, {log: \"{count}\"}]",
            ["4"]
        ),
        (
            "[{repeat: {count: 2, do: [{call: {name: out, with: {n: 1}}}, {log: \"{index}\"}]}}]",
            ["in 1", "1", "in 1", "2"]
        ),
    ]

    @Test(arguments: cases) func `loops are left and gone on with`(actions: String, expected: [String]) async throws {
        #expect(try await logged(actions, ["count": 0]) == expected)
    }

    @Test func `a loop that was left is gone, and a run goes on behind it after a restart`() async throws {
        let rules = Self.rules(
            """
            [{repeat: {count: 3, do: [{wait: 10s}, {if: index = 2, then: {break: true}}, {log: "{index}"}]}}, {wait: 10s},
            {repeat: {count: 2, do: {log: "again {index}"}}}]
            """)
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "go")
            for _ in 0..<3 { try await house.restart(rules, after: .seconds(10)) }
            await house.advance(.seconds(10))
            #expect(house.done.map { String($0.dropFirst(3)) } == ["1", "again 1", "again 2"])
        }
    }

    @Test(arguments: [
        (
            "[{repeat: {count: 3, do: [{break: true}, {log: x}]}}]",
            ["this step is never reached: step 1.do.1 leaves the loop"]
        ),
        (
            "[{repeat: {count: 3, do: [{continue: true}, {log: x}]}}]",
            ["this step is never reached: step 1.do.1 ends the round"]
        ),
        (
            "[{repeat: {count: 3, do: [{if: hall.motion, then: {break: true}, else: {stop: true}}, {log: x}]}}]",
            ["this step is never reached: step 1.do.1 ends the round"]
        ),
        ("[{repeat: {count: 3, do: [{if: hall.motion, then: {break: true}}, {log: x}]}}, {log: y}]", []),
        // What is set behind a way out may be unknown.
        (
            "[{repeat: {until: \"n > 1\", do: [{if: hall.motion, then: {break: true}}, {set: {n: 2}}]}}, {if: known(n), then: {log: x}}]",
            []
        ),
        (
            "[{repeat: {until: \"known(n)\", do: [{if: hall.motion, then: {continue: true}}, {set: {n: 2}}]}}]", []
        ),
        (
            "[{repeat: {until: \"known(n)\", do: [{set: {n: 2}}, {if: hall.motion, then: {continue: true}}]}}]",
            ["n is never unknown"]
        ),
        ("[{repeat: {while: hall.motion, do: [{log: x}, {if: hall.light, then: {break: true}}]}}]", []),
    ])
    func `what follows is checked as it will be`(actions: String, findings: [String]) {
        let found = RuleText(Self.rules(actions)).findings
        #expect(found.count == findings.count, "\(found)")
        for (found, expected) in zip(found, findings) { #expect(found.contains(expected), "\(found)") }
    }
}
