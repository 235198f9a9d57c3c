import Komoku
import KomokuExpression
import KomokuHub
import Testing

@testable import KomokuRules

/// Scripts that answer, and parameters that have a default.
struct AnswerTests {
    private static let rules = """
        scripts:
        - {name: sum, parameters: [a, {b: 2}], then: [{wait: 1m}, {answer: a + b}]}
        - name: judge
          parameters: {n: , limit: "1 + 1", word: {text: "many"}}
          if: n >= 0
          then:
          - if: n > limit
            then: {answer: word}
          - {log: few}
        - {name: shape, then: [{answer: {size: 3, names: [{expr: "'x'"}, y]}}]}
        - {name: outer, parameters: [n], then: [{call: {name: sum, with: {a: n}, as: inner}}, {answer: inner * 10}, {log: never}]}
        rules:
        - name: r
          when: {change: note}
          mode: {parallel: 5}
          then: ACTIONS
        """

    private func run(_ actions: String, _ body: (EngineHouse, String) async throws -> Void) async throws {
        let text = Self.rules.split(separator: "ACTIONS", omittingEmptySubsequences: false).joined(separator: actions)
        try await EngineHouse.run(text) { try await body($0, text) }
    }

    @Test func `a script answers after a wait, and the default stands in for what is not given`() async throws {
        let actions =
            "[{call: {name: sum, with: {a: 1}, as: x}}, {call: {name: sum, with: {a: 1, b: 40}, as: y}}, {log: '{x} {y}'}]"
        try await run(actions) { house, _ in
            try await house.put("note", "go")
            await house.advance(.seconds(60))
            await house.advance(.seconds(60))
            #expect(house.done == ["r: 3 41"])
            let effects = house.log.all.flatMap(\.effects).map(\.description)
            #expect(effects.contains("1 > sum 2 answer 3"), "\(effects)")
        }
    }

    @Test func `a script that ends without an answer leaves none, also none of a call before`() async throws {
        let actions = """
            [{call: {name: judge, with: {n: 5}, as: x}}, {log: "{x}"}, {call: {name: judge, with: {n: 1}}, as: x}, {log: "{x ?? 'none'}"},
            {call: {name: judge, with: {n: -1}, as: x}}, {log: "{known(x)}"}]
            """
        try await run(actions) { house, _ in
            try await house.put("note", "go")
            #expect(house.done == ["r: many", "r: few", "r: none", "r: false"])
        }
    }

    @Test func `answers go through scripts in between, over a restart, a reload and several runs at once`() async throws
    {
        try await run("[{call: {name: outer, with: {n: length(value)}, as: x}}, {log: '{x}'}]") { house, text in
            try await house.put("note", "ab")
            await house.advance(.seconds(30))
            try await house.put("note", "abcd")
            try await house.restart(text, after: .seconds(10))
            try await house.reload(text)
            await house.advance(.seconds(20))
            await house.advance(.seconds(40))
            #expect(house.done == ["r: 40", "r: 60"])
            try await house.restart(text)
            #expect(try house.cells().isEmpty)
        }
    }

    @Test func `an answer can have members`() async throws {
        try await run("[{call: {name: shape, as: x}}, {log: '{x.size} {x.names.1}'}]") { house, _ in
            try await house.put("note", "go")
            #expect(house.done == ["r: 3 y"])
        }
    }

    @Test func `a call that fails has no answer, and the run goes on where it may`() async throws {
        let actions =
            "[{call: {name: sum, with: {a: 1}, as: x}, timeout: 10s, on_error: continue}, {log: \"{x ?? 'none'}\"}]"
        try await run(actions) { house, _ in
            try await house.put("note", "go")
            await house.advance(.seconds(60))
            #expect(house.done == ["r: none"])
        }
    }

    @Test func `a script that runs on its own is done with its answer`() async throws {
        try await run("{call: {name: judge, with: {n: 9}, wait: false}}") { house, _ in
            try await house.put("note", "go")
            #expect(house.records == ["r done", "judge done"])
            #expect(house.log.all.last?.effects.map(\.description).contains { $0.hasSuffix("answer many") } ?? false)
        }
    }

    @Test(arguments: [
        ("{answer: 1}", "error: 'answer' belongs to scripts; stop: true ends the run of a rule"),
        (
            "{call: {name: sum, with: {a: 1}, as: x, wait: false}}",
            "error: nobody waits for the answer; leave out 'wait: false', or 'as'"
        ),
        ("{call: {name: r, as: x}}", "error: 'r' is a rule and does not answer; only scripts do"),
        ("{call: {name: mute, as: x}}", "warning: 'mute' never answers; it does by answer: EXPRESSION"),
        ("{call: {name: sum, as: x}}", "warning: 'sum' is called without 'a'; give it by 'with'"),
        (
            "{call: {name: sum, with: {a: 1}, as: x}, as: y}",
            "error: 'call' has two names for the answer; keep one of them"
        ),
        ("{response: 1}", "write answer: EXPRESSION, in a script"),
    ])
    func `what is wrong is said`(_ action: String, _ finding: String) {
        let scripts = """
            scripts:
            - {name: sum, parameters: [a, {b: 2}], then: {answer: a + b}}
            - {name: mute, then: {log: x}}
            - {name: twice, parameters: [a, a], then: {log: x}}
            """
        let read = RuleText("\(scripts)\nrules:\n- {name: r, when: {start: true}, then: \(action)}\n")
        #expect(read.findings.contains { $0.contains(finding) }, "\(read.findings)")
        #expect(read.findings.contains { $0.contains("'parameters' names 'a' twice") })
    }
}
