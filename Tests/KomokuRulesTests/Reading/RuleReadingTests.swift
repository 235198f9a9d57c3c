import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct RuleReadingTests {
    /// A rule, and what is said about it.
    static let faults: [(String, [String])] = [
        (
            "{when: {change: hall.lux}, then: {log: x}}",
            ["9: error: item 1 of 'rules' needs 'name'; each has a name of its own"]
        ),
        ("{name: a, then: {log: x}}", ["9: error: item 1 of 'rules' needs 'when'; write when: {change: hall.motion}"]),
        (
            "{name: a, when: {change: hall.lux}}",
            ["9: error: item 1 of 'rules' needs 'then'; write then: {put: {hall.light: true}}"]
        ),
        (
            "{name: a, when: [], then: []}",
            [
                "19: error: 'when' is empty; a rule needs at least one",
                "35: error: 'then' is empty; a rule needs at least one",
            ]
        ),
        (
            "{name: a, when: {change: hall.lux}, iff: true, then: {log: x}}",
            ["45: error: item 1 of 'rules' has no setting 'iff'; did you mean 'if'?"]
        ),
        (
            "{name: a, when: {change: hall.lux}, if: hall.lux, then: {log: x}}",
            ["49: error: true or false is needed here, this is a number"]
        ),
        (
            "{name: a, mode: restrt, when: {change: hall.lux}, then: {log: x}}",
            [
                "25: error: 'mode' expects one of 'single', 'restart', 'queued', 'parallel', found 'restrt'; did you mean 'restart'?"
            ]
        ),
        (
            "{name: a, mode: {queued: 0}, when: {change: hall.lux}, then: {log: x}}",
            ["34: error: 'queued' expects a whole number from 1 to 1000, found '0'"]
        ),
        (
            "{name: a, limit: 20, when: {change: hall.lux}, then: {log: x}}",
            [
                "26: error: 'limit' expects a count in a time such as 20/m or 5/10m, found '20': write 20/s, 20/m, 20/h or 20/d"
            ]
        ),
        (
            "{name: a, on_restart: never, when: {change: hall.lux}, then: {log: x}}",
            ["31: error: 'on_restart' expects one of 'resume', 'drop', 'again', found 'never'"]
        ),
        (
            "{name: a, vars: {x: hall.lx}, when: {change: hall.lux}, then: {log: x}}",
            ["29: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"]
        ),
        (
            "{name: a, parameters: [x], when: {change: hall.lux}, then: {log: x}}",
            [
                "19: error: item 1 of 'rules' has no setting 'parameters'; scripts have them, and 'call' gives them; a rule has 'vars'"
            ]
        ),
    ]

    @Test(arguments: faults)
    func aFaultyRuleIsReported(_ rule: String, _ words: [String]) {
        let read = RuleText("rules: [\(rule)]")
        #expect(read.set.rules.isEmpty)
        #expect(read.findings.count == words.count, "\(read.findings)")
        for (found, expected) in zip(read.findings, words) { #expect(found.hasPrefix("1:" + expected), "\(found)") }
    }

    @Test func optionsAreRead() throws {
        let read = RuleText(
            """
            rules:
              - name: a
                description: what it is for
                when: {change: hall.lux}
                mode: {queued: 20}
                limit: 5/10m
                on_restart: again
                max_outage: 1h
                then: {log: x}
              - {name: b, enabled: false, mode: parallel, when: {start: true}, then: {log: x}}
            scripts:
              - {name: bye, parameters: [room, late], then: {log: "{room}"}}
            """)
        #expect(read.findings.isEmpty)
        let rule = try #require(read.set.rules.last)
        #expect(rule.name == "a" && rule.about == "what it is for")
        #expect(rule.mode == .queued(max: 20) && rule.limit == Rule.RateLimit(count: 5, period: .seconds(600)))
        #expect(rule.onRestart == .again && rule.maxOutage == .seconds(3600))
        #expect(read.set.disabled.map(\.name) == ["b"])
        let script = try #require(read.set.rules.first)
        #expect(script.isScript && script.parameters == ["room", "late"])
    }

    // MARK: Several rules

    @Test func aRuleMayReadWhatAnotherOneMakes() {
        let read = RuleText(
            """
            rules:
              - {name: a, when: {becomes: mode.quiet and volume < 3}, then: {log: x}}
              - {name: b, when: {change: hall.lux}, then: [{if: hall.motion, then: [{put: {mode.quiet: true, volume: 2}}]}]}
              - {name: c, when: {change: mode.quiet, to: 1}, then: {log: x}}
              - {name: d, when: {change: lamp.on}, then: {increment: visits}}
              - {name: e, when: {change: visits, by: 2}, then: {choose: [{else: {toggle: lamp.on}}]}}
            """)
        #expect(read.set.rules.map(\.name) == ["a", "b", "d", "e"])
        #expect(read.errors.map { $0.prefix(14) } == ["4:46: error: '"])
    }

    @Test func aNewKeyLikeAKnownOneIsAWarning() {
        let read = RuleText("rules: [{name: a, when: {change: hall.lux}, then: {put: {hall.lihgt: true, scenes: x}}}]")
        #expect(read.set.rules.count == 1)
        #expect(
            read.findings == [
                "1:58: warning: 'hall.lihgt' is a new key; did you mean 'hall.light'? If not, give it a type under 'keys'"
            ])
    }

    @Test func twoRulesOfOneNameAreAnError() {
        let rule = "{name: a, when: {change: hall.lux}, then: {log: x}}"
        let read = RuleText("rules: [\(rule), \(rule)]")
        #expect(read.set.rules.count == 1)
        #expect(
            read.findings == [
                "1:62: error: there are two rules 'a', the first at k.yaml:1:9; give each a name of its own"
            ])
    }

    @Test func allProblemsOfAllRulesAreReportedAtOnce() {
        let read = RuleText(
            """
            rules:
              - name: a
                when: [{change: nothing.here}, {becomes: "hall.lux +"}]
                if: hall.scene > 3
                then: [{put: {count: true}}, {log: "{"}, {dance: 1}]
              - {name: b, when: {change: hall.lux}, then: {log: fine}}
            """)
        #expect(read.set.rules.map(\.name) == ["b"])
        #expect(read.errors.count >= 6, "\(read.findings)")
    }

    @Test(arguments: ["{}", "rules:", "rules: []", "scripts: []"])
    func noRulesAreFine(_ text: String) {
        let read = RuleText(text)
        #expect(read.set.rules.isEmpty && read.findings.isEmpty)
    }

    // MARK: Made for several

    @Test func aRuleIsMadeForEachItem() throws {
        let read = RuleText(
            """
            rules:
              - name: light
                each: [hall, stairs]
                when: [{change: self.motion, to: true}, {becomes: "not self.light"}, {mqtt: "x/{self}"}]
                if: not self.light
                then:
                  - put: {self.light: true, "{self}.visited": "1"}
                  - log: "{self}: {self.motion}"
            """)
        #expect(read.findings.isEmpty)
        #expect(read.set.rules.map(\.name) == ["light/hall", "light/stairs"])
        let rule = try #require(read.set.rules.last)
        #expect(rule.triggers.map(\.keys).joined().map(\.text) == ["stairs.motion", "stairs.light"])
        #expect(rule.triggers.last?.description == "mqtt x/stairs")
        #expect(
            rule.procedure.listing == [
                "0 [1] put stairs.light = true", "1 [1] put stairs.visited = \"1\"",
                "2 [2] log info '{self}: {self.motion}'",
            ])
        #expect(rule.condition?.holds { $0.description == "stairs.light" ? .boolean(false) : nil } == true)
    }

    @Test func itemsMayBeTheKeysThatMatch() {
        let read = RuleText("rules: [{name: a, each: \"*.motion\", when: {change: self}, then: {log: \"{self}\"}}]")
        #expect(read.set.rules.map(\.name) == ["a/hall.motion", "a/stairs.motion"])
        #expect(read.findings.isEmpty)
    }

    @Test func whatIsWrongForAllItemsIsToldOnce() {
        let read = RuleText(
            "rules: [{name: a, each: [hall, stairs, attic], when: {change: self.motion}, then: [{dance: 1}]}]")
        #expect(
            read.findings.map { $0.prefix(50) }
                == [
                    "1:63: error: there is no key 'attic.motion'",
                    "1:85: error: there is no action 'dance'; known are",
                ].map { $0.prefix(50) })
    }

    // MARK: Variables

    @Test func variablesAreStepsAndStandInTheCondition() throws {
        let read = RuleText(
            """
            rules:
              - name: a
                when: {change: hall.lux}
                vars: {base: "count + 1", limit: base * 2, label: {text: "at {key}"}, few: 3}
                if: value < limit and few > 1
                then: {log: "{limit} {label}"}
            """)
        #expect(read.findings.isEmpty)
        let rule = try #require(read.set.rules.first)
        #expect(
            rule.procedure.listing == [
                "0 [vars.base] set base = (count + 1)", "1 [vars.limit] set limit = (base * 2)",
                "2 [vars.label] set label = 'at {key}'", "3 [vars.few] set few = (3)",
                "4 [1] log info '{limit} {label}'",
            ])
        #expect(rule.condition?.text == "value < ((count + 1) * 2) and (3) > 1")
    }

    @Test func aConditionCannotReadAText() {
        let read = RuleText(
            "rules: [{name: a, when: {change: hall.lux}, vars: {t: {text: x}}, if: t = 'x', then: {log: x}}]")
        #expect(
            read.findings == ["1:71: error: 't' is a text with expressions in it, which a condition cannot read"])
    }

    // MARK: Hashes

    @Test func theHashIsOfWhatTheRuleSays() throws {
        func hash(_ rule: String) throws -> String { try #require(RuleText("rules: [\(rule)]").set.rules.first).hash }
        let rule = try hash("{name: a, when: {change: hall.lux}, then: {log: x}}")
        #expect(rule == "9e85a0704be2ab8a")
        #expect(try hash("{name: 'a',   when: {change: hall.lux}, description: d, then: {log: x}}") == rule)
        #expect(try hash("{name: a, when: {change: hall.lux}, then: {log: y}}") != rule)
        let both = RuleText("rules: [{name: a, each: [b, c], when: {start: true}, then: {log: x}}]").set.rules.map(
            \.hash)
        #expect(Set(both).count == 2)
        let three = RuleText("rules: [{name: a, each: [b, x, c], when: {start: true}, then: {log: x}}]").set.rules
        #expect(three.first?.hash == both.first && three.last?.hash == both.last)
    }
}
