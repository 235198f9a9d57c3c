import Komoku
import Testing

@testable import KomokuRules

struct ActionReadingTests {
    static let actions: [(String, [String])] = [
        (
            "{put: {hall.light: true, count: \"count + 1\", note: \"it is {hall.lux}\", found: {expr: hall.lux}}}",
            [
                "0 [1] put hall.light = true", "1 [1] put count = (count + 1)", "2 [1] put note = 'it is {hall.lux}'",
                "3 [1] put found = (hall.lux)",
            ]
        ),
        ("{toggle: hall.light}", ["0 [1] toggle hall.light"]),
        ("{toggle: [hall.light, stairs.light]}", ["0 [1] toggle hall.light", "1 [1] toggle stairs.light"]),
        ("{increment: count}", ["0 [1] increment count by 1"]),
        ("{increment: {count: hall.lux / 2}}", ["0 [1] increment count by hall.lux / 2"]),
        (
            "{publish: {topic: \"a/{key}\", payload: {s: \"ON\", n: 1}, qos: 1, retain: true}, timeout: 5s, retry: 3}",
            ["0 [1] publish 'a/{key}' {s: 'ON', n: 1} qos 1 retained, timeout 5s, retry 3 after 1s times 2 up to 1m"]
        ),
        ("{http: \"https://a.b/{key}\"}", ["0 [1] http GET 'https://a.b/{key}' accept 200-299"]),
        (
            "{http: {url: \"http://a\", headers: {X-Key: \"{key}\"}, body: {a: 1}, accept: [200-299, 404], into: answer}, retry: {times: 2, delay: 5s, factor: 3, max: 1h}}",
            [
                "0 [1] http POST 'http://a' with X-Key body {a: 1} accept 200-299,404 into answer, retry 2 after 5s times 3 up to 1h"
            ]
        ),
        ("{run: [echo, \"{key}\"]}", ["0 [1] run 'echo' '{key}'"]),
        (
            "{run: {program: /bin/x, arguments: [a], input: hi, directory: /tmp, environment: {A: \"{key}\"}, into: out}, on_error: continue}",
            ["0 [1] run '/bin/x' 'a' input 'hi' in /tmp with A into out, continues after an error"]
        ),
        ("{run: {shell: \"echo $A\"}}", ["0 [1] run shell 'echo $A'"]),
        (
            "{notify: {to: phone, title: T, message: \"{key}\", topic: t, quiet_for: 1h, urgent: true, escalate: {after: 10m, to: log}}}",
            ["0 [1] notify phone title 'T' '{key}' topic 't' quiet for 1h urgent then log after 10m"]
        ),
        ("{log: \"{{x}} {key}\"}", ["0 [1] log info '{{x}} {key}'"]),
        ("{log: {text: x, level: warning}}", ["0 [1] log warning 'x'"]),
        ("{wait: 5m}", ["0 [1] wait 5m"]), ("{wait: hall.lux * 1s}", ["0 [1] wait hall.lux * 1s"]),
        ("{wait_until: not hall.motion}", ["0 [1] wait until not hall.motion"]),
        ("{wait_until: not hall.motion, timeout: 5m}", ["0 [1] wait until not hall.motion for 5m else continue"]),
        (
            "{wait_until: {is: not hall.motion, timeout: 10m, on_timeout: fail}}",
            ["0 [1] wait until not hall.motion for 10m else fail"]
        ),
        (
            "[{set: {n: 1, t: {text: \"x{key}\"}}}, {set: {n: n + 1}}]",
            ["0 [1] set n = (1)", "1 [1] set t = 'x{key}'", "2 [2] set n = (n + 1)"]
        ),
        ("{call: other}", ["0 [1] call other"]),
        (
            "{call: {name: bye, with: {room: \"'hall'\"}, wait: false}}",
            ["0 [1] call bye with room = ('hall') and go on"]
        ),
        ("{stop: true}", ["0 [1] stop"]), ("{stop: \"at {key}\"}", ["0 [1] stop 'at {key}'"]),
        ("{stop: {fail: bad}}", ["0 [1] fail 'bad'"]),
        (
            "[{if: hall.motion, then: {log: a}, else: [{log: b}, {log: c}]}, {log: d}]",
            [
                "0 [1] if not hall.motion go to 3", "1 [1.then.1] log info 'a'", "2 [1] go to 5",
                "3 [1.else.1] log info 'b'", "4 [1.else.2] log info 'c'", "5 [2] log info 'd'",
            ]
        ),
        ("{if: hall.motion, then: {log: a}}", ["0 [1] if not hall.motion go to 2", "1 [1.then.1] log info 'a'"]),
        (
            "{choose: [{if: hall.motion, then: {log: a}}, {if: hall.light, then: [{log: b}]}, {else: {log: c}}]}",
            [
                "0 [1] if not hall.motion go to 3", "1 [1.1.then.1] log info 'a'", "2 [1] go to 7",
                "3 [1] if not hall.light go to 6", "4 [1.2.then.1] log info 'b'", "5 [1] go to 7",
                "6 [1.else.1] log info 'c'",
            ]
        ),
        (
            "[{repeat: {count: 3, do: {log: \"{index}\"}}}, {log: x}]",
            [
                "0 [1] loop 3 times", "1 [1] next round or go to 4", "2 [1.do.1] log info '{index}'",
                "3 [1] again at 1", "4 [2] log info 'x'",
            ]
        ),
        (
            "[{repeat: {count: 3, do: [{if: hall.motion, then: {break: true}}, {continue: true}]}}, {log: x}]",
            [
                "0 [1] loop 3 times", "1 [1] next round or go to 6", "2 [1.do.1] if not hall.motion go to 4",
                "3 [1.do.1.then.1] break to 6", "4 [1.do.2] continue at 1", "5 [1] again at 1", "6 [2] log info 'x'",
            ]
        ),
        (
            "{repeat: {while: hall.motion, do: {wait: 1s}}}",
            ["0 [1] loop while hall.motion", "1 [1] next round or go to 4", "2 [1.do.1] wait 1s", "3 [1] again at 1"]
        ),
        (
            "{repeat: {until: n > 3, do: {set: {n: 4}}}}",
            ["0 [1] loop until n > 3", "1 [1] next round or go to 4", "2 [1.do.1] set n = (4)", "3 [1] again at 1"]
        ),
        (
            "{repeat: {each: \"*.motion\", as: k, do: {put: {\"{k}.seen\": 1}}}}",
            [
                "0 [1] loop over keys *.motion as k", "1 [1] next round or go to 4", "2 [1.do.1] put {k}.seen = 1",
                "3 [1] again at 1",
            ]
        ),
        (
            "{repeat: {each: [1, \"a{key}\"], do: {log: \"{item}\"}}}",
            [
                "0 [1] loop over [1, 'a{key}'] as item", "1 [1] next round or go to 4",
                "2 [1.do.1] log info '{item}'", "3 [1] again at 1",
            ]
        ),
    ]

    private static func configuration(_ actions: String) -> String {
        """
        rules: [{name: a, when: {change: hall.lux}, then: \(actions)}, {name: other, when: {start: true}, then: {log: x}}]
        scripts: [{name: bye, parameters: [room], then: {toggle: "{room}.light"}}]
        """
    }

    @Test(arguments: actions)
    func anActionIsRead(_ actions: String, _ expected: [String]) {
        let read = RuleText(Self.configuration(actions))
        #expect(read.findings.isEmpty)
        #expect(read.set.rules.first { $0.name == "a" }?.procedure.listing == expected)
    }

    static let faults: [(String, [String])] = [
        ("[]", ["51: error: 'then' is empty; a rule needs at least one"]),
        (
            "{dance: 1}",
            [
                "52: error: there is no action 'dance'; known are 'put', 'toggle', 'increment', 'publish', 'http', 'run', 'notify', 'log', 'wait', 'wait_until', 'wait_for', 'choose', 'if', 'repeat', 'break', 'continue', 'parallel', 'set', 'call', 'answer', 'snapshot', 'restore', 'stop'"
            ]
        ),
        (
            "{log: x, put: {count: 1}}",
            [
                "60: error: 'then' has 'log' and 'put'; each action is an item of its own: [{put: …}, {wait: …}]"
            ]
        ),
        (
            "{put: {hall.light: 1}}",
            ["70: error: 'hall.light' expects true or false, found '1'; write true or false, without quotes"]
        ),
        ("{put: {hall.light: \"hall.lux + 1\"}}", ["71: error: true or false is needed here, this is a number"]),
        ("{put: {hall.scene: dimm}}", ["70: error: 'hall.scene' is never 'dimm'; did you mean 'dim'?"]),
        (
            "{put: {hall light: true}}",
            [
                "58: error: a key of 'put' expects the name of a key, found 'hall light': ' ' is not allowed; use letters, digits, '_', '-' and dots"
            ]
        ),
        ("{put: {count: [1]}}", ["65: error: 'count' expects a value, or {expr: …}, found a list"]),
        ("{put: {\"{room}.light\": true}}", ["59: error: nothing here is called 'room'"]),
        ("{put: {\"{key.light\": true}}", ["59: error: a '{' in this key is not closed; write `{name}.lux`"]),
        (
            "{put: {count: {text: x}}}",
            ["72: error: 'count' is a number, and this is text; write an expression, without 'text:'"]
        ),
        ("{log: 'at {hall.lx}'}", ["62: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"]),
        (
            "{log: {text: x, level: loud}}",
            ["74: error: 'level' expects one of 'debug', 'info', 'notice', 'warning', 'error', found 'loud'"]
        ),
        (
            "{publish: {topic: 'a/#', payload: x}}",
            ["70: error: 'a/#' is not a topic to publish to: '+' and '#' are for subscribing"]
        ),
        (
            "{publish: {topic: a, payload: x, qos: 3}}",
            ["89: error: 'qos' expects a whole number from 0 to 2, found '3'"]
        ),
        ("{toggle: hall.lux}", ["60: error: 'toggle' needs true or false, 'hall.lux' is a number"]),
        ("{increment: {note: 1}}", ["64: error: 'increment' needs a number, 'note' is text"]),
        ("{http: ftp://x}", ["58: error: 'ftp://x' is no address to ask; it begins with http:// or https://"]),
        (
            "{http: {url: http://x, method: get}}",
            [
                "82: error: 'method' expects one of 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', found 'get'; did you mean 'GET'?"
            ]
        ),
        (
            "{http: {url: http://x, accept: 2xx}}",
            ["82: error: 'accept' expects a status such as 404, or 200-299, found '2xx': this is not one"]
        ),
        (
            "{run: echo}",
            [
                "57: error: 'run' expects a list of words, or a mapping, found 'echo'; write run: [program, argument], or run: {shell: …} for a line that the shell reads"
            ]
        ),
        ("{notify: {to: phon, message: x}}", ["65: error: there is no target 'phon'; did you mean 'phone'?"]),
        (
            "{notify: {to: log, message: x, escalate: {to: log}}}",
            ["92: error: 'escalate' needs 'after'; write after: 10m"]
        ),
        ("{wait: 300}", ["58: error: 'wait' expects a duration such as 5m, found '300'; add a unit: s, m, h or d"]),
        ("{wait: soon}", ["58: error: there is no key 'soon'; text is written in quotes: 'soon'"]),
        ("{wait: hall.motion}", ["58: error: a number is needed here, this is true or false"]),
        ("{wait: 0s - 5m}", ["58: error: a duration is not less than 0"]),
        (
            "{wait_until: hall.lux}",
            ["64: error: true or false is needed here, this is a number; compare it: hall.lux < 10"]
        ),
        ("{wait: 1s, retry: 3}", ["62: error: 'retry' cannot be used with 'wait'"]),
        (
            "{repeat: {count: 2, do: {log: x}}, timeout: 5s}",
            ["86: error: 'timeout' cannot be used with 'repeat'; give it to the actions inside"]
        ),
        (
            "{repeat: {count: 2, as: i, do: {log: x}}}",
            ["71: error: 'as' belongs to 'each'; the number of the round is 'index'"]
        ),
        ("{repeat: {do: {log: x}}}", ["60: error: 'repeat' needs one of 'count', 'while', 'until', 'each'"]),
        ("{if: hall.motion}", ["51: error: 'then' needs 'then'; its actions stand there"]),
        ("{log: x, then: {log: y}}", ["60: error: 'then' has no setting 'then'; known are 'log', 'on_error'"]),
        (
            "{choose: [{else: {log: x}}, {if: hall.motion, then: {log: y}}]}",
            ["79: error: this is never reached: 'else' comes before it; put 'else' last"]
        ),
        (
            "{set: {self: 1}}",
            ["58: error: a key of 'set' expects a name, found 'self': 'self' is what the rule is made for"]
        ),
        (
            "{set: {a.b: 1}}",
            [
                "57: error: 'set' gives values to names of this run, 'a.b' is a key; write put: {a.b: …}"
            ]
        ),
        ("{call: nobody}", ["58: error: there is no script or rule 'nobody'"]),
        ("{call: othr}", ["58: error: there is no script or rule 'othr'; did you mean 'other'?"]),
        (
            "{call: {name: bye, with: {rom: 1}}}",
            [
                "77: error: 'bye' has no parameter 'rom'; did you mean 'room'?",
                "58: warning: 'bye' is called without 'room'; give it by 'with'",
            ]
        ),
        ("{call: {name: other, with: {x: 1}}}", ["79: error: 'other' is a rule and takes no values"]),
        (
            "{break: true}",
            [
                "59: error: 'break' stands in no 'repeat'; put it under 'do' of a repeat; stop: true ends the run, or the script"
            ]
        ),
        (
            "[{repeat: {count: 2, do: {log: x}}}, {if: hall.motion, then: {continue: true}}]",
            [
                "123: error: 'continue' stands in no 'repeat'; put it under 'do' of a repeat; stop: true ends the run, or the script"
            ]
        ),
        (
            "{repeat: {count: 2, do: {break: 1}}}",
            ["83: error: 'break' has nothing to say; write break: true"]
        ),
        (
            "{repeat: {count: 2, do: [{break: true, on_error: continue}]}}",
            ["90: error: 'on_error' cannot be used with 'break'"]
        ),
        ("{stop: false}", ["58: error: 'stop' is true, or the reason as text"]),
        (
            "[{if: hall.motion, then: {set: {n: 1}}}, {put: {count: m}}]",
            ["106: error: there is no key 'm'; did you mean 'n'?"]
        ),
    ]

    @Test(arguments: faults)
    func aFaultyActionIsReported(_ actions: String, _ expected: [String]) {
        let read = RuleText(Self.configuration(actions))
        #expect(!read.set.rules.contains { $0.name == "a" })
        #expect(Set(read.findings) == Set(expected.map { "1:" + $0 }))
    }

    @Test func bracesInAPayloadAreExplained() {
        let read = RuleText(Self.configuration("{publish: {topic: a, payload: '{\"s\": 1}'}}"))
        #expect(
            read.findings == [
                "1:82: error: braces hold an expression here; write the JSON as YAML, without quotes around the whole: payload: {state: \"ON\"}"
            ])
    }

    @Test func whatAnAnswerGoesIntoIsKnownAfterwards() {
        let actions =
            "[{http: {url: \"http://x\", into: a}}, {log: \"{a} {a_status + 1}\"}, {wait_until: hall.motion}, {if: timed_out, then: {log: x}}]"
        #expect(RuleText(Self.configuration(actions)).findings.isEmpty)
        #expect(
            RuleText(Self.configuration("[{log: \"{a}\"}, {http: {url: \"http://x\", into: a}}]")).findings.count == 1)
    }
}
