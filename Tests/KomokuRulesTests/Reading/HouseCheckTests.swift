import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

/// What is said of rules where all keys of the house are known.
struct HouseCheckTests {
    private static let types: [String: TypeEnvironment.Declaration] = {
        var brightness = TypeEnvironment.Declaration(.number)
        brightness.range = 0...254
        var lux = TypeEnvironment.Declaration(.number, unit: "lx")
        (lux.isWritable, lux.goesStale) = (false, false)
        var button = TypeEnvironment.Declaration(.text, values: ["open", "close"])
        button.isEvent = true
        return [
            "lamp.brightness": brightness, "lamp.state": .init(.boolean), "hall.lux": lux,
            "hall.occupancy": .init(.boolean),
            "lamp.effect": .init(.text, values: ["blink", "breathe"]), "phone.action": button,
        ]
    }()

    private static var environment: RuleEnvironment {
        var environment = RuleEnvironment(
            key: { types[$0.text] ?? .dynamic }, candidates: { types.keys.sorted().compactMap { KeyName($0) } },
            mayDiscover: true, warnsOfUnknown: false)
        environment.isMissing = { types[$0.text] == nil }
        environment.knowsHouse = true
        return environment
    }

    private func findings(_ rule: String) -> [String] {
        RuleText("rules:\n  - {name: r, \(rule)}\n", environment: Self.environment).findings.map { finding in
            String(finding.split(separator: ": ", maxSplits: 1)[1])
        }
    }

    @Test(arguments: [
        ("when: {start: true}, then: {put: {lamp.brightness: 'if hour < 6 then 20 else 254'}}", []),
        ("when: {change: hall.occupancy, to: true}, then: {put: {lamp.effect: blink}}", []),
        (
            "when: {change: hall.ocupancy}, then: {log: x}",
            ["warning: there is no key 'hall.ocupancy' yet; did you mean 'hall.occupancy'?"]
        ),
        (
            "when: {change: hall.occupancy, to: 'on'}, then: {log: x}",
            ["error: 'to' expects true or false, found 'on'; write true or false, without quotes"]
        ),
        (
            "when: {start: true}, then: {put: {hall.lux: 3}}",
            ["error: 'hall.lux' is reported by the device and cannot be put"]
        ),
        (
            "when: {start: true}, then: {put: {lamp.brightness: 300}}",
            ["error: 'lamp.brightness' takes 0 to 254, not 300"]
        ),
        (
            "when: {start: true}, then: {put: {lamp.effect: blnk}}",
            ["error: 'lamp.effect' is never 'blnk'; did you mean 'blink'?"]
        ),
        (
            "when: {start: true}, then: {put: {lmp.state: true}}",
            ["warning: 'lmp.state' is a new key; did you mean 'lamp.state'? If not, give it a type under 'keys'"]
        ),
        (
            "when: {stale: hall.lux}, then: {log: x}",
            [
                "warning: 'hall.lux' never goes stale, so this never fires; give the key expect_every: 1h, the longest that it may be silent"
            ]
        ),
        (
            "when: {change: lamp.state}, if: \"phone.action = 'open'\", then: {log: x}",
            [
                "error: phone.action is an event and has no lasting value; react to it with {event: phone.action, is: …} under 'when' or 'wait_for'; what it said is 'value' there"
            ]
        ),
        (
            "when: {change: lamp.state, from: true, to: true}, then: {log: x}",
            ["warning: a change from true to the same never happens, so this never fires"]
        ),
        (
            "when: {becomes: 'lamp.state = on'}, then: {log: x}",
            ["error: there is no key 'on'; write true, or 'on' for text"]
        ),
    ])
    func `types, values, limits and names of the house count`(rule: String, expected: [String]) {
        #expect(findings(rule) == expected)
    }

    @Test func `a rule is made for each key that matches, and for none that there is not`() {
        let each = RuleText(
            "rules:\n  - {name: r, each: '*.occupancy', when: {change: self, to: true}, then: {log: x}}\n",
            environment: Self.environment)
        #expect(each.set.rules.map(\.name) == ["r/hall.occupancy"])
        #expect(each.findings == [])
    }

    @Test func `rules that start each other are told, those that come to an end are not`() {
        func findings(_ second: String) -> [String] {
            RuleText(
                """
                rules:
                  - {name: a, when: {change: lamp.state}, then: {toggle: hall.occupancy}}
                  - {name: b, when: {change: hall.occupancy}, then: \(second)}
                """, environment: Self.environment
            ).findings
        }
        #expect(
            findings("{toggle: lamp.state}").contains { $0.contains("'a' and 'b' start each other again and again") })
        #expect(findings("{put: {lamp.state: true}}") == [])
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["lamp.state", "'lamp.*'"])
    func `thousands of rules for one key are looked at once`(key: String) {
        let rules = (0..<3500).map { number in
            number % 2 == 0
                ? "  - {name: r\(number), when: {change: \(key)}, then: {put: {hall.occupancy: true}}}"
                : "  - {name: r\(number), when: {change: hall.occupancy}, then: {put: {lamp.state: true}}}"
        }
        let text = RuleText("rules:\n" + rules.joined(separator: "\n") + "\n", environment: Self.environment)
        #expect(text.set.rules.count == 3500)
        #expect(!text.findings.contains { $0.contains("again and again") })
    }

    @Test func `a loop in which nothing changes its condition is told`() {
        let endless = findings("when: {start: true}, then: {repeat: {while: 'lamp.state', do: {log: x}}}")
        #expect(endless.contains { $0.contains("nothing in this loop waits or changes what 'lamp.state' reads") })
        #expect(findings("when: {start: true}, then: {repeat: {while: 'lamp.state', do: {wait: 1s}}}") == [])
    }
}
