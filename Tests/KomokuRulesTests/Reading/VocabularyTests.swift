import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

/// What people type first who come from other programs: one finding for one mistake, with what to write instead.
struct VocabularyTests {
    private static let when = "when: {change: hall.motion}"

    /// A rule, and all that is said about it, without its place in the line.
    static let rules: [(String, [String])] = [
        (
            "{alias: a, trigger: {platform: state}, action: {service: light.turn_on}}",
            [
                "item 1 of 'rules' has no setting 'alias'; it is called 'name' here",
                "item 1 of 'rules' has no setting 'trigger'; it is called 'when' here",
                "item 1 of 'rules' has no setting 'action'; it is called 'then' here",
            ]
        ),
        (
            "{name: a, wehn: {change: hall.motion}, thn: {log: x}}",
            [
                "item 1 of 'rules' has no setting 'wehn'; did you mean 'when'?",
                "item 1 of 'rules' has no setting 'thn'; did you mean 'then'?",
            ]
        ),
        (
            "{name: a, \(when), then: {log: x}, else: {log: y}}",
            [
                "item 1 of 'rules' has no setting 'else'; write then: {if: …, then: …, else: …} instead of the rule's own 'if'"
            ]
        ),
        (
            "{name: a, \(when), then: {log: x}, colour: red}",
            [
                "item 1 of 'rules' has no setting 'colour'; known are 'name', 'description', 'when', 'if', 'then', 'mode', 'limit', 'on_restart', 'max_outage', 'vars', 'each', 'enabled'"
            ]
        ),
        ("~", ["item 1 of 'rules' is empty; write {name: …, when: …, then: …}"]),
        (
            "{name: a, variables: {room: 1}, \(when), then: {log: \"{room}\"}}",
            ["item 1 of 'rules' has no setting 'variables'; it is called 'vars' here"]
        ),
        (
            "{name: a, vars: {room: nowhere}, \(when), then: {log: \"{room}\"}}",
            ["there is no key 'nowhere'; text is written in quotes: 'nowhere'"]
        ),
        (
            "{name: a, when: {webhook: a b}, then: {log: \"{payload}\"}}",
            ["'webhook' expects a name, found 'a b': use up to 128 letters, digits, '_', '-' and dots"]
        ),
        (
            "{name: a, \(when), if: [hall.motion, hall.light], then: {log: x}}",
            ["'if' expects an expression, found a list; join the parts: \"a and b\""]
        ),
        (
            "{name: a, \(when), if: {hall.lux: 4}, then: {log: x}}",
            ["'if' expects an expression, found a mapping; write it as text: \"hall.lux < 40\""]
        ),
        (
            "{name: a, each: hall, \(when), then: {log: x}}",
            []
        ),
        (
            "{name: a, when: {change: self.motion}, then: {put: {\"{self}.light\": true}}}",
            [
                "'self' is not known here; give the rule each: [hall, kitchen], or write the name of the key",
                "'self' is not known here; give the rule each: [hall, kitchen], or write the name of the key",
            ]
        ),
    ]

    @Test(arguments: rules)
    func aRule(_ rule: String, _ expected: [String]) {
        #expect(Self.errors(RuleText("rules: [\(rule)]")) == expected)
    }

    static let triggers: [(String, String)] = [
        ("hall.motion", "'when' expects a trigger, found 'hall.motion'; write when: {change: hall.motion}"),
        ("hall.motion is on", "'when' expects a trigger, found 'hall.motion is on'; write when: {change: hall.motion}"),
        ("{any: [{change: hall.motion}]}", "there is no trigger 'any'; 'when' is a list, and any of it fires the rule"),
        ("{chang: hall.motion}", "there is no trigger 'chang'; did you mean 'change'?"),
        ("{topic: a/b}", "there is no trigger 'topic'; write mqtt: a/b"),
        (
            "{change: hall.motion, at: sunset}",
            "'when' has 'change' and 'at'; several triggers are a list: when: [{…}, {…}]"
        ),
        ("{change: hall.lux, above: 5}", "'when' has no setting 'above'; write becomes: \"hall.lux < 10\""),
        ("{change: hall.motion, if: hall.light}", "'when' has no setting 'if'; it belongs to the rule, beside 'when'"),
        ("{change: hall.motion, too: true}", "'when' has no setting 'too'; did you mean 'to'?"),
        (
            "{change: hall.motion, xyz: true}",
            "'when' has no setting 'xyz'; known are 'to', 'from', 'not_to', 'not_from', 'by', 'for', 'retained', 'id'"
        ),
        ("{change: hall.lux, to: \"> 25\"}", "'to' expects a value, found '> 25'; write becomes: \"hall.lux > 25\""),
        ("{becomes: hall.lux}", "true or false is needed here, this is a number; compare it: hall.lux < 10"),
        (
            "{mqtt: {topic: a/b, payload: x}}",
            "'mqtt' expects a filter of topics, found a mapping; write when: {mqtt: a/b, payload: x}, with the options beside it"
        ),
        (
            "{change: hall.motion, for: \"00:05:00\"}",
            "'for' expects a duration such as 90s, 5m, 2h or 1d, found '00:05:00'; write 5m"
        ),
        (
            "{change: hall.motion, for: {minutes: 1.5}}",
            "'for' expects a duration such as 90s, 5m, 2h or 1d, found a mapping; write 1m30s"
        ),
        ("{every: 10 minutes}", "'every' expects a duration such as 90s, 5m, 2h or 1d, found '10 minutes'; write 10m"),
        ("{at: 7}", at("7", "write 07:00")), ("{at: 7.30}", at("7.30", "write 07:30")),
        ("{at: 7:30 pm}", at("7:30 pm", "write 19:30")), ("{at: 730pm}", at("730pm", nil)),
        ("{at: \"0730\"}", at("0730", "write 07:30")), ("{at: dusk}", at("dusk", "write sunset + 30m")),
        ("{at: 30m before sunset}", at("30m before sunset", "write sunset - 30m")),
        (
            "{at: \"2026-12-24 18:00\"}",
            at("2026-12-24 18:00", "a date stands beside it: at: \"18:00\", dates: [\"12-24\"]")
        ),
        ("{at: 07:30, days: weekdays}", days("weekdays", "write mon-fri")),
        ("{at: 07:30, days: \"mon, tue\"}", days("mon, tue", "write a list: [mon, tue]")),
        ("{at: 07:30, days: 7}", days("7", "1 is mon, 7 sun: write sun")),
    ]

    private static func at(_ text: String, _ remedy: String?) -> String {
        "'at' expects a time such as 07:30, sunset or sunrise + 30m, found '\(text)': it is no time of day"
            + (remedy.map { "; \($0)" } ?? "")
    }

    private static func days(_ text: String, _ remedy: String) -> String {
        "'days' expects days such as mon or mon-fri, found '\(text)': days are mon, tue, wed, thu, fri, sat, sun; "
            + remedy
    }

    @Test(arguments: triggers)
    func aTrigger(_ trigger: String, _ expected: String) {
        #expect(Self.errors(RuleText("rules: [{name: a, when: \(trigger), then: {log: x}}]")) == [expected])
    }

    static let actions: [(String, String)] = [
        ("put hall.light", "'then' expects an action, found 'put hall.light'; write {put: {hall.light: true}}"),
        ("{hall.light: true}", "there is no action 'hall.light'; write put: {hall.light: …}"),
        ("{turn_on: hall.light}", "there is no action 'turn_on'; write put: {hall.light: true}"),
        ("{delay: 5m}", "there is no action 'delay'; write wait: 5m"),
        ("{notfy: x}", "there is no action 'notfy'; did you mean 'notify'?"),
        ("{retry: 3}", "'then' has no action; known are \(known)"),
        ("{if: hall.motion, log: x}", "'then' has 'if' and 'log'; put the actions under 'then'"),
        (
            "{choose: [{if: hall.motion, then: {log: x}}], default: {log: y}}",
            "'then' has no setting 'default'; make {else: …} the last item of 'choose'"
        ),
        (
            "{if: hall.motion, then: {log: x}, elif: hall.light}",
            "'then' has no setting 'elif'; write choose: [{if: …, then: …}, {else: …}]"
        ),
        (
            "{put: {key: hall.light, value: true}}",
            "'put' expects keys with their values, found a mapping; write put: {hall.light: true}"
        ),
        (
            "{put: hall.light}",
            "'put' expects keys with their values, found 'hall.light'; write put: {hall.light: true}"
        ),
        (
            "{put: {hall: {light: true}}}",
            "'hall' expects a value, or {expr: …}, found a mapping; write the whole name of the key: hall.light: …"
        ),
        ("{put: {hall.light: on}}", "there is no key 'on'; write true, or 'on' for text"),
        (
            "{toggle: {hall.light: true}}",
            "'toggle' expects a key, or a list of them, found a mapping; write toggle: hall.light"
        ),
        (
            "{publish: cmnd/a ON}",
            "'publish' expects a mapping, found 'cmnd/a ON'; write publish: {topic: cmnd/a, payload: ON}"
        ),
        ("{publish: {topic: a, message: x}}", "'publish' has no setting 'message'; it is called 'payload' here"),
        (
            "{notify: Motion}",
            "'notify' expects a mapping, found 'Motion'; write notify: {to: phone, message: \"Motion\"}"
        ),
        ("{notify: {message: x}}", "'notify' needs 'to'; known are log, phone"),
        ("{notify: {to: phone, text: x}}", "'notify' has no setting 'text'; it is called 'message' here"),
        (
            "{notify: {to: phone, message: x, escalate: 10m}}",
            "'escalate' expects a mapping, found '10m'; write escalate: {after: 10m, to: phone}"
        ),
        ("{http: {uri: \"http://x\"}}", "'http' has no setting 'uri'; it is called 'url' here"),
        ("{run: {command: ls}}", "'run' has no setting 'command'; it is called 'program' here"),
        ("{wait: {minutes: 5}}", "'wait' expects a duration such as 5m, found a mapping; write 5m"),
        ("{wait: \"00:05\"}", "'wait' expects a duration such as 5m, found '00:05'; write 5m"),
        ("{wait_until: {condition: hall.motion}}", "'wait_until' has no setting 'condition'; it is called 'is' here"),
        ("{repeat: 3}", "'repeat' expects a mapping, found '3'; write repeat: {count: 3, do: […]}"),
        ("{repeat: {times: 3, do: {log: x}}}", "'repeat' has no setting 'times'; it is called 'count' here"),
        ("{repeat: {count: 3, sequence: {log: x}}}", "'repeat' has no setting 'sequence'; it is called 'do' here"),
        ("{call: {script: bye}}", "'call' has no setting 'script'; it is called 'name' here"),
        ("{http: \"http://x\", retry: {attempts: 3}}", "'retry' has no setting 'attempts'; it is called 'times' here"),
        (
            "{set: {hall.light: true}}",
            "'set' gives values to names of this run, 'hall.light' is a key; write put: {hall.light: …}"
        ),
        (
            "{log: \"{hall.lux:.1f}\"}",
            "':' has no meaning here; for decimals write format(a, 1), for a choice if a then b else c"
        ),
        (
            "{log: \"{trigger.key}\"}",
            "there is no key 'trigger.key'; 'trigger' has no members; names here are key, previous, trigger, value"
        ),
    ]

    private static let known =
        "'put', 'toggle', 'increment', 'publish', 'http', 'run', 'notify', 'log', 'wait', 'wait_until', 'wait_for', 'choose', 'if', 'repeat', 'break', 'continue', 'parallel', 'set', 'call', 'answer', 'snapshot', 'restore', 'stop'"

    @Test(arguments: actions)
    func anAction(_ action: String, _ expected: String) {
        let read = RuleText("scripts: [{name: bye, then: {log: x}}]\nrules: [{name: a, \(Self.when), then: \(action)}]")
        #expect(Self.errors(read) == [expected])
    }

    /// What is written as people write it, and is right.
    static let right = [
        "{name: a, when: {change: [hall.motion, stairs.motion], to: true}, then: {log: \"{key} {value}\"}}",
        "{name: a, when: {at: 07:30, days: [Monday, tuesday-fri]}, then: {log: x}}",
        "{name: a, when: {start: true}, if: {expr: \"hall.lux < 40\"}, then: {wait: {expr: 5m}}}",
        "{name: a, when: {start: true}, then: {put: {hall.light: \"true\"}}}",
        "{name: a, when: {start: true}, then: [{wait: 1h30m}, {wait: 5m + 10s}, {wait: \"if hall.motion then 1m else 2m\"}]}",
        "{name: a, when: {becomes: \"not hall.motion\"}, then: {log: \"{{}} {{x}} {{ hall.lx }}\"}}",
    ]

    @Test(arguments: right)
    func isRight(_ rule: String) {
        var environment = RuleText.environment
        environment.warnsOfUnknown = true
        environment.hasValue = { $0.text == "hall.lux" || $0.text == "hall.motion" }
        let read = RuleText("rules: [\(rule)]", environment: environment)
        #expect(read.findings.isEmpty)
        #expect(read.set.rules.count == 1)
    }

    @Test func doubledBracesAroundAKeyAreAWarning() {
        let read = RuleText("rules: [{name: a, when: {start: true}, then: {log: \"at {{ hall.lux }} lx\"}}]")
        #expect(
            read.findings == [
                "1:56: warning: '{{' is a brace in the text, and nothing is filled in; write single braces"
            ])
    }

    @Test func anEventTriggerNeedsAnEventKey() {
        var environment = RuleText.environment
        environment.key = { name in
            var declaration = RuleText.types[name.text]
            declaration?.isEvent = name.text == "button.action"
            return declaration
        }
        let rules =
            "{name: a, when: {event: hall.motion}, then: {log: x}}, {name: b, when: {event: button.action}, then: {log: x}}"
        #expect(
            RuleText("rules: [\(rules)]", environment: environment).findings == [
                "1:33: warning: 'hall.motion' is no event key, so this never fires; write change: hall.motion, or give the key event: true"
            ])
    }

    @Test func manyFaultsInOneTextAreCut() {
        let read = RuleText(
            "rules: [{name: a, when: {start: true}, then: {log: \"\(String(repeating: "{zz.y}", count: 3000))\"}}]")
        #expect(read.findings.count == 21)
        #expect(read.findings.contains { $0.hasSuffix("there are 2980 more errors in this text") })
    }

    /// What is told of keys that may be unknown: where a run would fail or not begin for it, not where it is shown or waited for.
    static let unknown: [(String, [String])] = [
        ("when: {becomes: hall.lux < 10}, then: {log: \"{hall.lux}\"}", []),
        ("when: {start: true}, then: {notify: {to: log, message: \"{hall.lux}\", title: \"{hall.lux}\"}}", []),
        ("when: {start: true}, then: {stop: \"at {hall.lux}\"}", []),
        ("when: {start: true}, if: hall.lux < 10, then: {put: {count: hall.lux}}", ["hall.lux"]),
        ("when: {start: true}, then: {publish: {topic: a, payload: \"{hall.lux}\"}}", ["hall.lux"]),
        ("when: {start: true}, then: [{set: {x: hall.lux}}, {put: {count: x}}]", ["hall.lux"]),
        ("when: {change: hall.lux}, then: {put: {count: hall.lux + room1.temperature}}", ["room1.temperature"]),
        ("when: {start: true}, then: {put: {count: \"hall.lux ?? 0\"}}", []),
    ]

    @Test(arguments: unknown, [false, true])
    func aKeyThatMayBeUnknownIsToldWhereItMatters(_ rule: (String, [String]), _ hasValue: Bool) {
        var environment = RuleText.environment
        environment.warnsOfUnknown = true
        environment.hasValue = { _ in hasValue }
        let read = RuleText("rules: [{name: a, \(rule.0)}]", environment: environment)
        let expected = hasValue ? [] : rule.1.map { "\($0) may be unknown; write \($0) ?? 0" }
        let found = read.findings.filter { $0.contains("may be unknown") }
        #expect(found.map { String($0.drop { $0 != "w" }.dropFirst("warning: ".count)) } == expected)
        #expect(read.findings.count { $0.contains("does nothing") } == 0)
    }

    static let plain: [(String, String?)] = [
        ("{put: {house.dew: hall.lux}}", "this is the text 'hall.lux'; for its value write {expr: hall.lux}"),
        ("{put: {note: value}}", "this is the text 'value'; for its value write {expr: value}"),
        ("{publish: {topic: a, payload: hall.lux}}", "this is the text 'hall.lux'; for its value write \"{hall.lux}\""),
        (
            "{publish: {topic: a, payload: {x: hall.lux}}}",
            "this is the text 'hall.lux'; for its value write \"{hall.lux}\""
        ),
        ("{put: {note: {text: value}}}", nil), ("{put: {note: good morning}}", nil),
        ("{put: {note: \"{value}\"}}", nil),
        ("{publish: {topic: a, payload: \"ON\"}}", nil), ("{put: {count: hall.lux}}", nil),
        ("{put: {hall.scene: dim}}", nil),
        ("{repeat: {each: [hall.light, stairs.light], as: k, do: {put: {\"{k}\": false}}}}", nil),
    ]

    @Test(arguments: plain)
    func aTextThatReadsLikeAnExpressionIsAWarning(_ action: String, _ expected: String?) {
        let read = RuleText("rules: [{name: a, when: {change: hall.lux}, then: \(action)}]")
        #expect(read.set.rules.count == 1)
        #expect(
            read.findings.map { String($0.drop { $0 != "w" }.dropFirst("warning: ".count)) }
                == [expected].compactMap(\.self))
    }

    // MARK: Keys that rules make

    @Test func keysOfLoopsAndTriggersAreMade() {
        let read = RuleText(
            """
            rules:
              - name: a
                when: {change: "*.motion", to: true}
                then:
                  - increment: "{key}.count"
                  - repeat: {each: [attic, cellar], as: room, do: [{if: hall.motion, then: {put: {"{room}.quiet": true}}}]}
                  - repeat: {each: "*.temperature", do: {put: {"{item}.seen": "'x'"}}}
              - {name: b, when: {becomes: "attic.quiet and hall.motion.count > 3 and room1.temperature.seen = 'x'"}, then: {log: x}}
              - {name: c, when: {becomes: "garage.quiet"}, then: {log: x}}
            """)
        #expect(read.findings == ["9:32: error: there is no key 'garage.quiet'"])
    }

    private static func errors(_ read: RuleText) -> [String] {
        read.errors.map { line in String(line.drop { $0 != "e" }.dropFirst("error: ".count)) }
    }
}
