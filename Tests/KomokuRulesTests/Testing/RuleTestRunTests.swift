import Komoku
import KomokuRules
import KomokuTesting
import Logging
import Testing

@Suite("A test of rules")
struct RuleTestRunTests {
    private static let rules = """
        keys:
          hall.motion: {type: boolean}
          hall.light: {type: boolean}
          hall.count: {type: numeric}
          hall.text: {type: string}
        notify:
          targets:
            phone: {mqtt: {topic: notify/phone}}
        rules:
          - name: light
            when: {change: hall.motion, to: true}
            then:
              - put: {hall.light: true}
              - publish: {topic: said, payload: "on"}
              - wait: 5m
              - put: {hall.light: false}
          - {name: count, when: {emit: count}, then: [{increment: hall.count}, {publish: {topic: counted, payload: "{hall.count ?? 0}", qos: 1}}]}
          - {name: ask, when: {webhook: ask}, then: [{http: {url: "http://a/b", into: got}, timeout: 10s}, {put: {hall.text: {text: "{got}"}}}]}
          - {name: obey, when: {command: "say {rest...}"}, then: [{log: "{rest} for {sender}"}, {notify: {to: phone, message: "{rest}"}}]}
          - {name: hear, when: {mqtt: "raw/+"}, then: [{log: "{topic} {payload}"}]}

        """

    /// Runs the steps, each a line of YAML.
    private func run(_ steps: [String], given: String = "{}") async throws -> RuleTestFileOutcome {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.rules, to: "rules.yaml")
        try folder.write(Self.rules.replacingLast("raw/+", with: "other/+"), to: "other.yaml")
        try folder.write(Self.rules.replacingLast("wait: 5m", with: "wait: 6m"), to: "changed.yaml")
        let list = steps.map { "      - \($0)\n" }.joined()
        try folder.write(
            "rules: rules.yaml\ntests:\n  - name: it\n    given: \(given)\n    steps:\n\(list)", to: "a.test.yaml")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return await RuleTestSuite(logger: logger, loader: ExampleLoader.load).run(folder.path("a.test.yaml"))
    }

    private static let passing: [[String]] = [
        ["put: {hall.motion: true}", "expect: {keys: {hall.light: true}, publishes: [{topic: said, payload: 'on'}]}"],
        [
            "expect_nothing: true", "put: {hall.motion: true}", "expect: {keys: {hall.light: true}}",
            "expect_nothing: true",
        ],
        [
            "put: {hall.motion: true}", "advance: 299s", "expect: {keys: {hall.light: true}}", "advance: 1s",
            "expect: {keys: {hall.light: false}, runs: [{rule: light, outcome: done}]}",
        ],
        [
            "put: {hall.motion: true}", "clock: 1h", "expect: {keys: {hall.light: true}}", "advance: 5m",
            "expect: {keys: {hall.light: false}}",
        ],
        ["put: {hall.motion: true}", "clock: -1h", "advance: 5m", "expect: {keys: {hall.light: false}}"],
        ["put: {hall.motion: true}", "restart: {kill: true, down: 10m}", "expect: {keys: {hall.light: false}}"],
        ["put: {hall.motion: true}", "restart: {down: 2m}", "advance: 3m", "expect: {keys: {hall.light: false}}"],
        ["emit: {name: count}", "expect: {keys: {hall.count: 1}, publishes: [{topic: counted, payload: 1, qos: 1}]}"],
        // Nobody has waited for it: the commit has not come.
        ["emit: {name: count}", "restart: kill", "expect: {keys: {hall.count: null}}"],
        ["emit: {name: count}", "advance: 6s", "restart: kill", "expect: {keys: {hall.count: 1}}"],
        // Its effect is there once; what it said outside was said twice.
        [
            "kill_during: {emit: {name: count}}",
            "expect: {keys: {hall.count: 1}, publishes: [{payload: 1}, {payload: 1}]}",
        ],
        [
            "kill_during: {put: {hall.motion: true}}", "expect: {keys: {hall.light: true}}", "advance: 5m",
            "expect: {keys: {hall.light: false}}",
        ],
        [
            "answers: {http: {status: 200, text: fine}}", "webhook: {name: ask, payload: x}",
            "expect: {keys: {hall.text: fine}, http: [{url: 'http://a/b', method: GET}]}",
        ],
        [
            "answers: {http: {status: 500}}", "webhook: {name: ask}",
            "expect: {runs: [{rule: ask, outcome: failed, step: '1'}]}",
        ],
        [
            "answers: {http: {never: true}}", "webhook: {name: ask}", "advance: 20s",
            "expect: {runs: [{rule: ask, outcome: failed}]}",
        ],
        [
            "command: {text: say good night, sender: eva}",
            "expect: {logs: [good night for eva], notifications: [{to: phone, message: good night}], publishes: []}",
        ],
        ["mqtt: {topic: raw/x, payload: {a: 1}}", "expect: {logs: [{text: 'raw/x {\"a\":1}', rule: hear}]}"],
        [
            "reload: other.yaml", "mqtt: {topic: raw/x}", "expect_nothing: true", "mqtt: {topic: other/x}",
            "expect: {logs: ['other/x ']}",
        ],
        ["put: {hall.motion: true}", "reload: other.yaml", "advance: 5m", "expect: {keys: {hall.light: false}}"],
        [
            "put: {hall.motion: true}", "reload: other.yaml", "restart: {kill: true, down: 2m}", "advance: 3m",
            "expect: {keys: {hall.light: false}, runs: [{rule: light, outcome: done}]}",
        ],
        [
            "put: {hall.motion: true}", "reload: changed.yaml",
            "expect: {runs: [{rule: light, outcome: reset, reason: the rule was changed}]}", "advance: 10m",
            "expect: {keys: {hall.light: true}}",
        ],
    ]

    @Test("passes where everything is as expected", arguments: passing)
    func pass(_ steps: [String]) async throws {
        let outcome = try await run(steps, given: "{hall.motion: false, hall.light: false}")
        #expect(outcome.findings.isEmpty, "\(outcome.findings)")
        for test in outcome.tests { #expect(test.passed, "\(RuleTestReport().text(of: test))") }
        #expect(outcome.passed && outcome.tests.count == 1)
    }

    private static let failing: [(steps: [String], line: Int, message: String)] = [
        (["expect: {keys: {hall.light: true}}"], 6, "expected hall.light to be true; it is false"),
        (["expect: {keys: {hall.nothing: 1}}"], 6, "expected hall.nothing to be 1; there is no such key"),
        (
            ["put: {hall.motion: true}", "expect: {publishes: [{topic: said, payload: off}]}"], 7,
            "expected 'payload' of this to be \"off\"; it is \"on\""
        ),
        (
            ["put: {hall.motion: true}", "expect: {publishes: []}"], 7,
            "expected 0 items of 'publishes', there is 1\n  publishes said: on"
        ),
        (
            ["put: {hall.motion: true}", "expect_nothing: true"], 7,
            "expected nothing to happen\n  publishes said: on\n  puts hall.light true"
        ),
        (["put: {hall.count: abc}"], 6, "hall.count cannot be \"abc\""),
        (
            ["put: {hall.moton: true}"], 6,
            "nothing is configured for 'hall.moton', and no rule reads it; did you mean 'hall.motion'?"
        ),
        (
            ["put: {hall.motion: true}", "expect: {keys: {hall.ligth: true}}"], 7,
            "expected hall.ligth to be true; there is no such key; did you mean 'hall.light'?"
        ),
        (
            ["put: {hall.motion: true}", "expect: {notifications: [{to: phone}]}"], 7,
            "expected 1 item of 'notifications', there are none"
        ),
        (["emit: {name: nobody}"], 6, "no rule listens to 'nobody'"),
        (["webhook: {name: nobody}"], 6, "no rule has the webhook 'nobody'"),
        (["command: {text: hush}"], 6, "no rule has a command like 'hush'"),
        (["at: '25:00'"], 6, "'25:00' is no time"),
        (["at: '2026-01-01 11:00'"], 6, "2026-01-01 11:00 is past; it is 2026-01-01 12:00:00"),
        (["reload: missing.yaml"], 6, "the new configuration has errors"),
        (["kill_during: {advance: 1s}", "kill_during: {expect_nothing: true}"], 7, "'kill_during' is for"),
    ]

    @Test("says where and why it fails", arguments: failing.indices)
    func fail(_ index: Int) async throws {
        let (steps, line, message) = Self.failing[index]
        let outcome = try await run(steps, given: "{hall.motion: false, hall.light: false}")
        let test = try #require(outcome.tests.first)
        let failure = try #require(test.failures.first)
        #expect(failure.position.line == line)
        #expect(failure.message.hasPrefix(message), "\(failure.message)")
        #expect(!outcome.passed)
    }

    @Test("shows what the rules did, and is written for machines")
    func report() async throws {
        let outcome = try await run(
            ["put: {hall.motion: true}", "expect: {keys: {hall.light: false}}"], given: "{hall.light: false}")
        let test = try #require(outcome.tests.first)
        #expect(
            test.log == [
                "2026-01-01 12:00:00  publishes said: on", "2026-01-01 12:00:00  puts hall.light true",
                "2026-01-01 12:00:00  light waits at step 3, until 2026-01-01 12:05:00 at the latest",
            ])
        let text = RuleTestReport().text(of: test)
        #expect(text.hasPrefix("  ✗ it ("))
        #expect(text.contains("a.test.yaml:7:"))
        #expect(RuleTestReport().summary(of: [outcome]).hasPrefix("1 test in 1 file: 1 failed"))
        let xml = JUnitReport.text(of: [outcome])
        #expect(xml.contains("tests=\"1\" failures=\"1\" errors=\"0\""))
        let message = "expected hall.light to be false; it is true, put by light at 2026-01-01 12:00:00"
        #expect(xml.contains("<failure message=\"\(message)\">"))
    }

    /// A step, and all that is said of it.
    static let faulty: [(String, String)] = [
        ("wait: 5m", "there is no step 'wait'; write advance: 5m"),
        ("advance: 5 minutes", "'advance' expects a duration such as 90s, 5m, 2h or 1d, found '5 minutes'; write 5m"),
        ("expect: {key: {hall.light: true}}", "'expect' has no setting 'key'; did you mean 'keys'?"),
        (
            "expect: {publishes: {topic: a}}",
            "'publishes' expects a list, found a mapping; write publishes: [{topic: …}]"
        ),
        ("expect_nothing: false", "'expect_nothing' is true or left out"),
        ("reload: false", "'reload' is true, or another file"),
        ("restart: hard", "'restart' expects clean, kill, or {kill: true, down: 2m}, found 'hard'"),
        ("mqtt: a/b", "'mqtt' expects a mapping, found 'a/b'; write mqtt: {topic: a/b, payload: x}"),
        ("{}", "item 1 of 'steps' has no step; known are "),
    ]

    @Test("says once what is wrong with a step", arguments: faulty)
    func fault(_ step: String, _ message: String) async throws {
        let outcome = try await run([step])
        #expect(outcome.findings.count == 1)
        #expect(outcome.findings.first?.description.contains("error: \(message)") == true, "\(outcome.findings)")
    }

    @Test("that cannot be read is a finding")
    func finding() async throws {
        let outcome = try await run(["advance: soon"])
        #expect(!outcome.passed)
        #expect(outcome.tests.isEmpty)
        #expect(outcome.findings.contains { $0.severity == .error && $0.position.line == 6 })
        #expect(JUnitReport.text(of: [outcome]).contains("errors=\"1\""))
    }
}

extension String {
    fileprivate func replacingLast(_ text: String, with other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}
