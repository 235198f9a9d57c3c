import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct RuleChecksTests {
    /// Rules, and the findings about them.
    static let doubtful: [(String, [String])] = [
        // Steps that are never reached.
        (
            "{name: a, when: {start: true}, then: [{stop: true}, {log: x}, {log: y}]}",
            ["1:61: warning: this step is never reached: step 1 ends the run"]
        ),
        (
            "{name: a, when: {start: true}, then: [{if: hall.motion, then: {stop: x}, else: {stop: y}}, {log: x}]}",
            ["1:100: warning: this step is never reached: step 1 ends the run"]
        ),
        ("{name: a, when: {start: true}, then: [{if: hall.motion, then: {stop: x}}, {log: x}]}", []),
        (
            "{name: a, when: {start: true}, if: true, then: [{if: 1 < 2, then: {log: x}}]}",
            ["1:44: warning: this condition is always true", "1:62: warning: this is always true"]
        ),
        // Modes and waits.
        (
            "{name: a, mode: restart, when: {start: true}, then: {log: x}}",
            ["1:19: warning: 'restart' does nothing here: no step of the rule waits"]
        ),
        ("{name: a, mode: restart, when: {start: true}, then: {wait: 1s}}", []),
        (
            "{name: a, when: {change: hall.lux}, then: {wait_until: value > 3}}",
            ["1:64: warning: this reads no key and no clock, so the run may wait for ever; give a timeout"]
        ),
        ("{name: a, when: {start: true}, then: {wait_until: hour > 3}}", []),
        // Units.
        (
            "{name: a, when: {start: true}, if: hall.lux > room1.temperature, then: {log: x}}",
            ["1:44: warning: hall.lux is in lx and room1.temperature is in °C"]
        ),
        // Shells.
        (
            "{name: a, when: {mqtt: x}, then: {run: {shell: \"echo {payload}\"}}}",
            [
                "1:57: warning: the shell reads what 'payload' holds as part of the line; give it by 'environment' and write \"$NAME\""
            ]
        ),
        ("{name: a, when: {start: true}, then: {run: {shell: \"echo {hall.lux}\"}}}", []),
        // Rules that start themselves.
        (
            "{name: a, when: {change: count}, then: {increment: count}}",
            [selfStart("34", "puts 'count', and each change of 'count' starts it")]
        ),
        (
            "{name: a, when: {change: count}, then: {put: {count: \"count + 1\"}}}",
            [selfStart("34", "puts 'count', and each change of 'count' starts it")]
        ),
        ("{name: a, when: {change: count}, then: {put: {count: \"clamp(count, 0, 9)\"}}}", []),
        ("{name: a, when: {change: count}, if: count < 9, then: {put: {count: \"count + 1\"}}}", []),
        ("{name: a, when: {change: hall.light}, then: {put: {hall.light: true}}}", []),
        ("{name: a, when: {change: hall.light, to: true}, then: [{wait: 5m}, {put: {hall.light: false}}]}", []),
        (
            "{name: a, when: {change: hall.light}, then: {toggle: hall.light}}",
            [selfStart("34", "puts 'hall.light', and each change of 'hall.light' starts it")]
        ),
        (
            "{name: a, when: {change: \"*.light\"}, then: [{put: {hall.light: true}}, {wait: 1s}, {put: {hall.light: false}}]}",
            [selfStart("34", "puts 'hall.light', and each change of '*.light' starts it")]
        ),
        (
            "{name: a, when: {change: hall.light, to: true}, then: [{put: {hall.light: false}}, {put: {hall.light: true}}]}",
            [selfStart("34", "puts 'hall.light', and each change of 'hall.light' starts it")]
        ),
        ("{name: a, when: {change: hall.light, to: false}, then: {toggle: hall.light}}", []),
        (
            "{name: a, when: {becomes: not hall.light}, then: [{put: {hall.light: true}}, {put: {hall.light: false}}]}",
            [selfStart("35", "puts 'hall.light' so that 'not hall.light' becomes true again")]
        ),
        ("{name: a, when: {becomes: not hall.light}, then: {put: {hall.light: true}}}", []),
        (
            "{name: a, when: {event: button.action, is: x}, then: {put: {button.action: x}}}",
            [selfStart("33", "puts 'button.action', and each message of 'button.action' starts it")]
        ),
        ("{name: a, when: {event: button.action, is: x}, then: {put: {button.action: y}}}", []),
        (
            "{name: a, when: {mqtt: \"a/+\"}, then: {publish: {topic: a/b, payload: x}}}",
            [selfStart("32", "publishes to 'a/b', and each message on 'a/+' starts it")]
        ),
        ("{name: a, when: {mqtt: \"a/+\", payload: y}, then: {publish: {topic: a/b, payload: x}}}", []),
        ("{name: a, when: {mqtt: \"a/+\"}, then: {publish: {topic: b/b, payload: x}}}", []),
        // By patterns, of triggers and of what they put.
        (
            "{name: a, when: {becomes: \"any('*.light')\"}, then: [{put: {hall.light: false}}, {put: {hall.light: true}}]}",
            [selfStart("35", "puts 'hall.light' so that 'any('*.light')' becomes true again")]
        ),
        (
            "{name: a, when: {becomes: \"count_true('*.light') = 0\"}, then: [{put: {hall.light: true}}, {wait: 1m}, {put: {hall.light: false}}]}",
            [selfStart("35", "puts 'hall.light' so that 'count_true('*.light') = 0' becomes true again")]
        ),
        ("{name: a, when: {becomes: \"any('*.light')\"}, then: [{wait: 1m}, {put: {hall.light: false}}]}", []),
        (
            "{name: a, when: {becomes: \"any('*.light')\"}, then: [{put: {hall.scene: dim}}, {put: {hall.scene: bright}}]}",
            []
        ),
        (
            "{name: a, when: {change: \"*.light\"}, then: {toggle: \"{key}\"}}",
            [selfStart("34", "puts 'hall.light', and each change of '*.light' starts it")]
        ),
        ("{name: a, when: {change: \"*.light\", to: true}, then: {put: {\"{key}\": false}}}", []),
        (
            "{name: a, when: {change: hall.light, to: true}, then: [{repeat: {each: \"*.light\", do: [{put: {\"{item}\": false}}, {put: {\"{item}\": true}}]}}]}",
            [selfStart("34", "puts 'hall.light', and each change of 'hall.light' starts it")]
        ),
        (
            "{name: a, when: {change: hall.motion, to: true}, then: [{repeat: {each: \"*.light\", do: [{put: {\"{item}\": false}}, {put: {\"{item}\": true}}]}}]}",
            []
        ),
        (
            "{name: a, when: {turned_on: \"*.light\"}, then: [{put: {hall.light: false}}, {put: {hall.light: true}}]}",
            [selfStart("37", "puts 'hall.light', and each change of 'hall.light' starts it")]
        ),
        ("{name: a, when: {turned_on: \"*.light\"}, then: {put: {hall.light: false}}}", []),
        (
            "{name: a, when: {change: \"*.light\", to: true}, then: {put: {hall.light: false}}}, {name: b, when: {turned_off: hall}, then: {put: {hall.light: true}}}",
            [
                "1:34: warning: the rules 'a' and 'b' start each other again and again; give one of them an 'if' that ends it, or narrow its trigger"
            ]
        ),
        (
            "{name: a, when: {change: \"*.light\", to: true}, then: {put: {hall.light: false}}}, {name: b, when: {turned_off: stairs}, then: {put: {hall.light: true}}}",
            []
        ),
        // Rules that fight.
        (
            "{name: a, when: {change: hall.motion, to: true}, then: {put: {hall.light: true}}}, {name: b, when: {change: hall.motion}, then: {put: {hall.light: false}}}",
            [
                "1:92: warning: the rules 'b' and 'a' fight over 'hall.light': on the same 'change' one puts false, the other true (k.yaml:1:9); give one a condition that the other does not meet, or make them one"
            ]
        ),
        (
            "{name: a, when: {change: hall.motion, to: true}, then: {put: {hall.light: true}}}, {name: b, when: {change: hall.motion, to: false}, then: {put: {hall.light: false}}}",
            []
        ),
        (
            "{name: a, when: {at: 07:30}, if: hall.motion, then: {put: {count: 1}}}, {name: b, when: {at: 07:30}, if: not hall.motion, then: {put: {count: 2}}}",
            []
        ),
        (
            "{name: a, when: {at: 07:30}, then: {put: {count: 1}}}, {name: b, when: {at: \"7:30\"}, then: [{wait: 1s}, {put: {count: 2}}]}",
            []
        ),
        // Calls without an end.
        (
            "{name: a, when: {start: true}, then: {call: b}}, {name: b, when: {start: true}, then: [{log: x}, {call: a}]}",
            ["1:106: warning: this call never ends: a calls b calls a; put it into an 'if', or wait before it"]
        ),
        (
            "{name: a, when: {start: true}, then: {call: a}}",
            ["1:46: warning: this call never ends: a calls a; put it into an 'if', or wait before it"]
        ),
        ("{name: a, when: {start: true}, then: [{wait: 1s}, {call: a}]}", []),
        (
            "{name: a, when: {start: true}, then: {call: b}}, {name: b, enabled: false, when: {start: true}, then: {log: x}}",
            ["1:46: warning: 'b' is called, and is not enabled"]
        ),
        ("{name: a, when: {start: true}, then: [{if: hall.motion, then: {call: a}}]}", []),
    ]

    private static func selfStart(_ column: String, _ reason: String) -> String {
        "1:\(column): warning: the rule 'a' starts itself: it \(reason); narrow the trigger, or give the rule an 'if' that ends it"
    }

    @Test(arguments: doubtful)
    func whatIsDoubtfulIsAWarning(_ rules: String, _ expected: [String]) {
        let read = RuleText("rules: [\(rules)]")
        #expect(!read.set.rules.isEmpty)
        #expect(read.findings == expected)
    }

    @Test(
        arguments: [
            ("mode: restart, then: {wait: 1m}", "{call: bed}", "mode"),
            ("limit: 5/m, then: {log: x}", "{call: bed}", "limit"),
            ("on_restart: drop, max_outage: 1m, then: {wait: 1m}", "{call: {name: bed}}", "on_restart"),
            ("mode: restart, then: {wait: 1m}", "[{call: bed}, {call: {name: bed, wait: false}}]", nil),
            ("mode: restart, then: {wait: 1m}", "{log: x}", nil), ("then: {wait: 1m}", "{call: bed}", nil),
        ] as [(String, String, String?)])
    func `an option of a script that every caller waits for is said to do nothing`(
        script: String, actions: String, option: String?
    ) {
        let read = RuleText(
            "scripts: [{name: bed, \(script)}]\nrules: [{name: a, when: {emit: x}, then: \(actions)}]")
        #expect(!read.set.rules.isEmpty)
        let wanted = option.map { option in
            "1:11: warning: '\(option)' of 'bed' does nothing where a rule waits for it, and all that call it do; "
                + "give it to the rules that call it, or write call: {name: bed, wait: false}"
        }
        #expect(read.findings == [wanted].compactMap(\.self))
    }

    // MARK: Values that may be missing

    static let missing: [(String, [String])] = [
        (
            "{name: a, when: {start: true}, if: hall.lux < 40, then: {log: x}}",
            ["1:44: warning: hall.lux may be unknown; write hall.lux ?? 0"]
        ),
        ("{name: a, when: {start: true}, if: (hall.lux ?? 0) < 40, then: {log: x}}", []),
        ("{name: a, when: {change: hall.lux}, if: hall.lux < 40, then: {log: \"{hall.lux}\"}}", []),
        (
            "{name: a, when: [{change: hall.lux}, {start: true}], then: {http: \"http://x/{hall.lux}{hall.lux}\"}}",
            ["1:86: warning: hall.lux may be unknown; write hall.lux ?? 0"]
        ),
        (
            "{name: a, when: {start: true}, if: hall.lux < 40, then: {log: \"{hall.lux}\"}}",
            ["1:44: warning: hall.lux may be unknown; write hall.lux ?? 0"]
        ),
        (
            "{name: a, when: {start: true}, if: (hall.motion and hall.light) = false, then: {log: \"{hall.light}\"}}",
            [
                "1:45: warning: hall.motion may be unknown; write hall.motion ?? false",
                "1:61: warning: hall.light may be unknown; write hall.light ?? false",
            ]
        ),
        ("{name: a, when: {start: true}, if: known(hall.lux), then: {log: \"{hall.lux}\"}}", []),
    ]

    @Test(arguments: missing)
    func aKeyThatMayBeUnknownIsAWarning(_ rule: String, _ expected: [String]) {
        var environment = RuleText.environment
        environment.warnsOfUnknown = true
        #expect(RuleText("rules: [\(rule)]", environment: environment).findings == expected)
    }

    @Test func withDevicesUnknownKeysAreTaken() {
        var environment = RuleText.environment
        environment.key = { RuleText.types[$0.text] ?? .dynamic }
        environment.mayDiscover = true
        let read = RuleText(
            "rules: [{name: a, when: {change: lamp.power, to: true}, if: plug.power > 3, then: {put: {lamp.state: \"ON\"}}}]",
            environment: environment)
        #expect(read.findings.isEmpty)
    }
}
