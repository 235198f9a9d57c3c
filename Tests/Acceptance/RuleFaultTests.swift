import Komoku
import KomokuTesting
import Testing

/// Whatever a rule meets, it says so in a line of the why log, and the rule beside it goes on.
@Suite struct RuleFaultTests {
    /// A rule that comes to nothing, by its name.
    private struct Fault {
        let name: String
        let rule: String
        let outcome: String
        /// In the reason.
        let reason: String
    }

    /// An infinite number, of which a difference is none.
    private static let endless = "(go * 1e308 * 1e308)"

    private static func faults(_ server: Int) -> [Fault] {
        func fault(_ name: String, _ body: String, _ reason: String, _ outcome: String = "failed") -> Fault {
            Fault(name: name, rule: "{name: \(name), \(body)}", outcome: outcome, reason: reason)
        }
        let go = "when: {change: go}"
        let web = "http://127.0.0.1:\(server)"
        return [
            fault("divides", "\(go), then: [{put: {out: '1 / (go - go)'}}]", "division by zero"),
            fault("divides-if", "\(go), if: '1 / (go - go) > 3', then: [{log: x}]", "division by zero", "skipped"),
            fault("overflows", "\(go), then: [{put: {out: '\(Self.endless)'}}]", "too large for a number"),
            fault(
                "no-number", "\(go), then: [{put: {out: '\(Self.endless) - \(Self.endless)'}}]",
                "too large for a number"),
            fault("unknown", "\(go), then: [{put: {out: 'never + 1'}}]", "never has no value"),
            fault("unknown-if", "\(go), if: 'never > 1', then: [{log: x}]", "never has no value", "skipped"),
            fault("deleted", "\(go), if: 'gone > 1', then: [{log: x}]", "gone has no value", "skipped"),
            fault("word", "\(go), then: [{put: {out: 'number(word)'}}]", "'warm' is not a number"),
            fault("not-of-it", "\(go), then: [{put: {state: '{word}'}}]", "state takes one of 'a', 'b'"),
            fault("missing", "\(go), then: [{run: [/no/such/program]}]", "there is no program '/no/such/program'"),
            fault("exits", "\(go), then: [{run: ['false']}]", "ended with exit code 1"),
            fault("hangs", "\(go), then: [{run: [sleep, '1000'], timeout: 1s}]", "'sleep' did not end within 1s"),
            fault("floods", "\(go), then: [{run: ['yes'], timeout: 1s}]", "'yes' did not end within 1s"),
            fault("silent", "\(go), then: [{http: '\(web)/silent', timeout: 1s}]", "did not answer within 1s"),
            fault("redirects", "\(go), then: [{http: '\(web)/again'}]", "redirects more than 5 times"),
            fault("refused", "\(go), then: [{http: '\(web)/404'}]", "the server answered 404"),
            fault("drips", "\(go), then: [{http: '\(web)/drip', timeout: 1s}]", "did not answer within 1s"),
            fault(
                "through-mqtt",
                "when: {mqtt: loop/a}, limit: 5/m, then: [{publish: {topic: 'loop/{payload}', payload: a}}]",
                "more than 5 in 1m", "limited"),
            fault(
                "round-mqtt", "when: {mqtt: round/a}, then: [{publish: {topic: 'round/{payload}', payload: a}}]",
                "deeper than 16", "paused"),
        ]
    }

    private static func configuration(_ faults: [Fault]) -> String {
        """
        keys:
          go: {type: numeric}
          out: {type: numeric}
          never: {type: numeric}
          gone: {type: numeric}
          word: {type: string}
          state: {type: string, values: [a, b]}
          beside: {type: numeric}
        map: [{topic: word, key: word}]
        rules:
          - {name: beside, when: {change: go}, then: [{put: {beside: go}}]}

        """ + faults.map { "  - \($0.rule)\n" }.joined()
    }

    @Test func `each fault is a line of its own, and the rule beside goes on`() async throws {
        let server = try await RuleWebServer()
        defer { server.end() }
        let faults = Self.faults(server.port)
        let house = try House(Self.configuration(faults))
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        try await house.put("word", "warm")
        try await house.put("gone", "5")
        #expect(try await house.komoku("delete", "gone").code == 0)
        let device = try await TestMQTTClient(port: house.broker.port)
        for topic in ["loop/a", "round/a"] { try await device.publish(topic, "a") }
        try await house.put("go", "1")
        for fault in faults {
            let run = try await house.run(of: fault.name, fault.outcome)
            #expect(run["reason"]?.string?.contains(fault.reason) == true, "\(fault.name): \(run.text)")
            let why = try await house.komoku("why", "--rule", fault.name).output.joined(separator: "\n")
            #expect(why.contains(fault.reason), "\(fault.name): \(why)")
        }
        try await house.put("go", "2")
        #expect(try await house.get("beside") == 2)
        #expect(try await house.runs(of: "beside").map { $0["outcome"] } == ["done", "done"])
    }

    @Test func `an answer without an end is cut`() async throws {
        let server = try await RuleWebServer()
        defer { server.end() }
        let house = try House(
            """
            keys: {go: {type: numeric}, size: {type: numeric}}
            rules:
              - name: floods
                when: {change: go}
                then:
                  - http: {url: "http://127.0.0.1:\(server.port)/flood", into: answer}
                  - put: {size: length(answer)}
            """)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("go", "1")
        try await house.wait(for: "size", 65536)
    }
}
