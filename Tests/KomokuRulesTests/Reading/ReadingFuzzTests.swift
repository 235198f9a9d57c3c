import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

/// Whatever the text, reading rules ends, and says what is wrong where a rule is left out.
struct ReadingFuzzTests {
    static let text = """
        scripts:
          - {name: bye, parameters: [room], then: [{put: {"{room}.light": false}}, {log: "{room}"}]}
        rules:
          - name: hall-light
            each: [hall, stairs]
            vars: {target: "count + 1", label: {text: "at {self}"}}
            when:
              - {change: self.motion, to: true, for: 5m}
              - {becomes: "hall.lux < 10", retained: true}
              - {at: ["07:30", "sunset - 30m"], days: [mon-fri, sun], dates: ["12-24"], clock_change: both}
              - {cron: "*/5 1-3 * jan mon"}
              - {mqtt: "a/+/b", payload: ["ON", 1]}
              - {command: "lights {room} {rest...}"}
              - {emit: party}
            if: hall.lux < target and not house.asleep
            mode: {queued: 3}
            limit: 20/m
            then:
              - put: {self.light: true, count: "count + 1", note: "it is {key}", found: {expr: "value"}}
              - {publish: {topic: "a/{self}", payload: {state: "ON", list: [1, {expr: hall.lux}]}, qos: 1}, retry: {times: 3}}
              - {http: {url: "http://x", headers: {A: "{self}"}, accept: [200-299, 404], into: answer}, timeout: 5s}
              - choose: [{if: hall.motion, then: {toggle: hall.light}}, {else: [{increment: {count: 2}}]}]
              - repeat: {each: "*.motion", as: k, do: [{log: "{k} {index}"}, {wait: 1s}]}
              - repeat: {until: "count > 3", do: {set: {n: 1}}}
              - {wait_until: {is: not hall.motion, timeout: 10m, on_timeout: stop}}
              - {call: {name: bye, with: {room: "'hall'"}}}
              - {notify: {to: phone, message: "{label}", escalate: {after: 10m, to: log}}}
              - {run: [echo, "{answer}"], on_error: continue}
              - {if: timed_out, then: {stop: {fail: bad}}, else: {log: x}}
        """

    static let scraps = [
        "{", "}", "[", "]", "'", "\"", ": ", ", ", "- ", "\n", "\n    ", "null", "~", "&a ", "*a", "!!int ", "expr",
        "put", "when", "1", "é", "\u{0}", "if: 1", "|\n", "{{", "}}", "**", "self", "{self}", "then: []", "repeat: {",
        "9999999999999999999", "-1", ".inf", "call: bye", "each: \"**\"", "`", "delay: ", "trigger: ", "variables: ",
        "else: ", "00:05:00", "5 min", "{{ key }}",
    ]

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func mutationsNeverTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<40 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, index + Int.random(in: 0...6, using: &random))
                let scrap = Bool.random(using: &random) ? Self.scraps.randomElement(using: &random) ?? "" : ""
                bytes.replaceSubrange(index..<end, with: Array(scrap.utf8))
            }
            let read = RuleText(String(decoding: bytes, as: UTF8.self))
            #expect(!read.set.rules.isEmpty || !read.findings.isEmpty)
            for rule in read.set.rules {
                #expect(Self.isWhole(rule.procedure), "\(rule.procedure.listing)")
            }
        }
    }

    /// Every jump goes to an instruction or right behind the last.
    private static func isWhole(_ procedure: Procedure) -> Bool {
        procedure.instructions.allSatisfy { instruction in
            let place: Int? =
                switch instruction.operation {
                case let branch as Branch: branch.otherwise
                case let jump as Jump: jump.place
                case let next as NextRound: next.exit
                case let again as Again: again.next
                case let leaving as Break: leaving.exit
                case let continuing as Continue: continuing.next
                default: nil
                }
            return place.map((1...procedure.instructions.count).contains) ?? true
        }
    }

    @Test func theTextItselfIsFine() {
        let read = RuleText(Self.text)
        #expect(read.set.rules.count == 3 && read.findings.isEmpty, "\(read.findings)")
    }

    @Test func deepNestingEnds() {
        let depth = 40
        let text =
            String(repeating: "[{if: hall.motion, then: ", count: depth) + "{log: x}"
            + String(repeating: "}]", count: depth)
        let read = RuleText("rules: [{name: a, when: {start: true}, then: \(text)}]")
        #expect(!read.findings.isEmpty || read.set.rules.count == 1)
    }
}
