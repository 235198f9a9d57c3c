import Komoku
import KomokuExpression
import KomokuRules
import Testing

struct RulesReaderTests {
    /// A rule with one part replaced, and what is said about it (without the file).
    static let faults: [(String, [String])] = [
        ("{when: {change: hall.lux}, then: {log: x}}", ["1:9: error: item 1 of 'rules' needs 'name', text"]),
        ("{name: a, then: {log: x}}", ["1:9: error: item 1 of 'rules' needs 'when', a mapping"]),
        ("{name: a, when: {change: hall.lux}}", ["1:9: error: item 1 of 'rules' needs 'then', a value"]),
        (
            "{name: a, when: [], then: []}",
            ["1:19: error: 'when' is empty; a rule needs at least one"]
        ),
        (
            "{name: a, when: {change: hall.lx}, then: {log: x}}",
            ["1:34: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"]
        ),
        (
            "{name: a, when: {change: hall.motion, to: 1}, then: {log: x}}",
            ["1:51: error: 'to' expects true or false, found '1'; write true or false, without quotes"]
        ),
        (
            "{name: a, when: {change: hall.scene, to: brigt}, then: {log: x}}",
            ["1:50: error: 'hall.scene' is never 'brigt'; did you mean 'bright'?"]
        ),
        (
            "{name: a, when: {becomes: hall.lux < 'x'}, then: {log: x}}",
            ["1:46: error: '<' compares numbers, 'x' is text"]
        ),
        (
            "{name: a, when: {becomes: 1 < 2}, then: {log: x}}",
            ["1:35: error: the expression reads no key, so it never becomes true"]
        ),
        (
            "{name: a, when: {becomes: hall.motion, to: true}, then: {log: x}}",
            ["1:48: error: 'to' belongs to 'change'; write it as a part of the expression"]
        ),
        (
            "{name: a, when: {becomes: hall.motion, for: 5m}, then: {log: x}}",
            ["1:48: error: 'for' is not supported yet"]
        ),
        ("{name: a, when: {at: sunset}, then: {log: x}}", ["1:26: error: 'at' is not supported yet"]),
        (
            "{name: a, when: {stale: hall.lx}, then: {log: x}}",
            ["1:33: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"]
        ),
        (
            "{name: a, when: {recovered: hall.lux, to: 1}, then: {log: x}}",
            ["1:47: error: 'to' belongs to 'change'; the value plays no part in this trigger"]
        ),
        (
            "{name: a, mode: restart, when: {change: hall.lux}, then: [{log: x}, {wait: 5m}]}",
            ["1:19: error: 'mode' is not supported yet", "1:78: error: 'wait' is not supported yet"]
        ),
        (
            "{name: a, when: {change: hall.lux}, iff: true, then: {log: x}}",
            ["1:45: error: item 1 of 'rules' has no setting 'iff'; did you mean 'if'?"]
        ),
        (
            "{name: a, when: {change: hall.lux}, if: hall.lux, then: {log: x}}",
            ["1:49: error: true or false is needed here, this is a number"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {put: {hall.light: 1}}}",
            ["1:70: error: 'hall.light' expects true or false, found '1'; write true or false, without quotes"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {put: {hall.light: \"hall.lux + 1\"}}}",
            ["1:71: error: true or false is needed here, this is a number"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {put: {hall.scene: dimm}}}",
            ["1:70: error: 'hall.scene' is never 'dimm'; did you mean 'dim'?"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {put: {hall light: true}}}",
            ["1:58: error: a key of 'put' expects the name of a key, found 'hall light'"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {put: {count: [1]}}}",
            ["1:65: error: 'count' expects a value, or {expr: …}, found a list"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {log: 'at {hall.lx}'}}",
            ["1:62: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {publish: {topic: 'a/#', payload: x}}}",
            ["1:70: error: 'a/#' is not a topic to publish to: '+' and '#' are for subscribing"]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {publish: {topic: a, payload: '{\"s\": 1}'}}}",
            [
                "1:82: error: braces hold an expression here; write the JSON as YAML, without quotes around the whole: payload: {state: \"ON\"}"
            ]
        ),
        (
            "{name: a, when: {change: hall.lux}, then: {publish: {topic: a, payload: x, qos: 3}}}",
            ["1:89: error: 'qos' expects a whole number from 0 to 2, found '3'"]
        ),
    ]

    @Test(arguments: faults)
    func reports(_ rule: String, _ words: [String]) {
        let (rules, diagnostics) = House.read("rules: [\(rule)]")
        #expect(rules.isEmpty)
        #expect(diagnostics.count == words.count, "\(diagnostics)")
        for (found, expected) in zip(diagnostics, words) {
            #expect(found.hasPrefix("k.yaml:" + expected), "\(found)")
        }
    }

    @Test func aRuleMayReadWhatAnotherOneMakes() {
        let (rules, diagnostics) = House.read(
            """
            rules:
              - {name: a, when: {becomes: mode.quiet and volume < 3}, then: {log: x}}
              - {name: b, when: {change: hall.lux}, then: {put: {mode.quiet: true, volume: 2}}}
              - {name: c, when: {change: mode.quiet, to: 1}, then: {log: x}}
            """)
        #expect(rules.map(\.name) == ["a", "b"])
        #expect(diagnostics.map { $0.prefix(21) } == ["k.yaml:4:46: error: '"])
    }

    @Test func aNewKeyLikeAKnownOneIsAWarning() {
        let (rules, diagnostics) = House.read(
            "rules: [{name: a, when: {change: hall.lux}, then: {put: {hall.lihgt: true, scenes: x}}}]")
        #expect(rules.count == 1)
        #expect(
            diagnostics == [
                "k.yaml:1:58: warning: 'hall.lihgt' is a new key; did you mean 'hall.light'? If not, give it a type under 'keys'"
            ])
    }

    @Test func twoRulesOfOneNameAreAnError() {
        let rule = "{name: a, when: {change: hall.lux}, then: {log: x}}"
        let (rules, diagnostics) = House.read("rules: [\(rule), \(rule)]")
        #expect(rules.count == 1)
        #expect(
            diagnostics == [
                "k.yaml:1:62: error: there are two rules 'a', the first at k.yaml:1:9; give each a name of its own"
            ])
    }

    @Test func allProblemsOfAllRulesAreReportedAtOnce() {
        let (rules, diagnostics) = House.read(
            """
            rules:
              - name: a
                when: [{change: nothing.here}, {becomes: "hall.lux +"}]
                if: hall.scene > 3
                then: [{put: {count: true}}, {log: "{"}, {dance: 1}]
              - {name: b, when: {change: hall.lux}, then: {log: fine}}
            """)
        #expect(rules.map(\.name) == ["b"])
        #expect(diagnostics.filter { $0.contains("error") }.count >= 6, "\(diagnostics)")
    }

    @Test(arguments: ["{}", "rules:", "rules: []"])
    func noRulesAreFine(_ text: String) {
        let (rules, diagnostics) = House.read(text)
        #expect(rules.isEmpty && diagnostics.isEmpty)
    }
}
