import Komoku
import KomokuClient
@testable import KomokuWire
import Testing

@testable import komoku_cli

/// How rules, runs and the story of a key look.
struct RuleOutputTests {
    /// The afternoon of a day; times below are seconds before it.
    private static let now = Timestamp(microseconds: 1_769_864_400_000_000)

    private static func time(_ ago: Double) -> String { JSON.number(now.seconds - ago).text }

    private static func run(_ text: String) throws -> RunReport {
        try RunReport(try JSON(parsing: text))
    }

    private static func ended(
        _ number: Int, _ rule: String, _ outcome: String, ago: Double, _ more: String = ""
    ) -> String {
        #"{"run":\#(number),"rule":"\#(rule)","outcome":"\#(outcome)","started":\#(time(ago)),"keys":[],"#
            + #""ended":\#(time(ago - 2)),"occasion":{"trigger":"change","key":"hall.motion","value":true,"#
            + #""previous":false,"source":"message on zigbee2mqtt/hall"}\#(more)}"#
    }

    private static let lines = 12

    private static func story() throws -> KeyStory {
        let chain = [
            #"{"run":42,"rule":"hall-light","outcome":"standing","started":\#(time(180)),"keys":[],"step":"3","#
                + #""occasion":{"trigger":"change","key":"hall.motion","value":true,"previous":false,"parent":40},"#
                + #""effects":["1 put hall.light true","2 log the light went on because somebody walked through the "#
                + #"hall","3 wait 5m"],"due":\#(time(-120))}"#,
            ended(40, "fusion", "done", ago: 182, #","effects":["1 put hall.motion true"]"#),
        ]
        let passed = [
            ended(
                41, "evening-light", "skipped", ago: 90_000,
                #","reason":"hall.lux < 40: hall.lux is 120","count":12,"last":\#(time(60))"#),
            ended(39, "night-light", "limited", ago: 400, #","reason":"more than 20 runs a minute""#),
        ]
        let older = ended(30, "hall-light", "failed", ago: 3000, #","step":"2","reason":"no such host""#)
        let text =
            #"{"key":"hall.light","type":"boolean","unit":null,"value":true,"time":\#(time(180)),"#
            + #""since":\#(time(180)),"cause":{"kind":"rule","rule":"hall-light","run":42,"step":"1"},"#
            + #""chain":[\#(chain.joined(separator: ","))],"runs":[\#(chain[0]),\#(older)],"#
            + #""passed":[\#(passed.joined(separator: ","))]}"#
        return try KeyStory(try JSON(parsing: text))
    }

    @Test func theStoryOfAKeyReadsFromTheTop() throws {
        let clock = RunText(now: Self.now)
        func at(_ ago: Double) -> String { clock.time(Self.now - Komoku.Duration.seconds(Int64(ago))) }
        #expect(
            Story.lines(of: try Self.story(), now: Self.now, on: .plain) == [
                "hall.light  true",
                "  since \(at(180)), 3m ago; put by run 42 of hall-light at step 1",
                "",
                "run 42 of hall-light, \(at(180)), waiting at step 3",
                "    trigger: hall.motion changed from false to true",
                "    1 put hall.light true",
                "    2 log the light went on because somebody walked through the hall",
                "    3 wait 5m",
                "    waiting until \(at(-120)), in 2m",
                "",
                "led to by run 40 of fusion, \(at(182)), done after 2s",
                "    trigger: hall.motion changed from false to true (message on zigbee2mqtt/hall)",
                "    1 put hall.motion true",
                "",
                "runs that changed it",
                "  \(at(3000))  hall-light  failed: step 2: no such host",
                "      trigger: hall.motion changed from false to true (message on zigbee2mqtt/hall)",
                "",
                "did not run",
                "  \(at(60))  evening-light  hall.lux < 40: hall.lux is 120, 12 times since \(at(90_000))",
                "  \(at(400))  night-light  limited: more than 20 runs a minute",
            ])
    }

    @Test(arguments: [20, 40, 80, 132])
    func nothingIsWiderThanTheScreen(columns: Int) throws {
        let long = String(repeating: "wörd ", count: 60) + String(repeating: "💡", count: 90)
        let runs = [
            try Self.run(Self.ended(1, long, "done", ago: 5, #","effects":["1 put a \#(long)"]"#)),
            try Self.run(Self.ended(2, "lamp", "skipped", ago: 4, #","reason":"\#(long)","count":1234567"#)),
        ]
        var rules = [try Self.rule("lamp"), try Self.rule(long)]
        rules.append(
            try Self.rule("x", #","state":"paused","reason":"\#(long)","standing":100000,"next":\#(Self.time(-9))"#))
        let note = try RuleNotification(
            try JSON(
                parsing: #"{"notification":1,"rule":"\#(long)","to":"\#(long)","title":"\#(long)","message":"m","#
                    + #""topic":"t","time":\#(Self.time(9)),"state":"failed","attempts":3,"reason":"\#(long)"}"#))
        let story = try RuleStory(
            JSON.object([
                JSON.Member("rule", rules[2].json), JSON.Member("runs", .array(runs.map(\.json))),
                JSON.Member("passed", .array(runs.map(\.json))),
            ]))
        for isUnicode in [true, false] {
            let screen = Screen(columns: columns, isUnicode: isUnicode)
            var lines = Story.lines(of: try Self.story(), now: Self.now, on: screen)
            lines += Story.lines(of: story, now: Self.now, on: screen)
            lines += RunsShown(runs, now: Self.now).lines(on: screen)
            lines += runs.flatMap { RunsShown.lines(following: $0, now: Self.now, on: screen) }
            lines += RulesShown(rules, now: Self.now).lines(on: screen)
            lines += rules.flatMap { RulesShown.lines(of: $0, now: Self.now, on: screen) }
            lines += NotificationsShown([note], now: Self.now).lines(on: screen)
            lines += runs.flatMap { RunCommand.lines(of: $0, now: Self.now, on: screen) }
            for line in lines { #expect(line.columns <= columns, "\(line)") }
        }
    }

    @Test func aNarrowStoryLosesNoWords() throws {
        let wide = Story.lines(of: try Self.story(), now: Self.now, on: .plain)
        let narrow = Story.lines(of: try Self.story(), now: Self.now, on: Screen(columns: 40))
        func words(_ lines: [String]) -> [Substring] { lines.flatMap { $0.split(separator: " ") } }
        #expect(words(narrow) == words(wide))
        #expect(narrow.count > wide.count)
    }

    @Test(
        arguments: [
            (#"{"kind":"message","topic":"z/lamp"}"#, "by a message on z/lamp"),
            (
                #"{"kind":"message","topic":"z/lamp","asked":{"rule":"hall","run":7,"step":"2.then.1"}}"#,
                "by a message on z/lamp, asked for by run 7 of hall at step 2.then.1"
            ),
            (#"{"kind":"client","client":"websocket"}"#, "put by a client over a WebSocket"),
            (#"{"kind":"client","client":"http","by":"user anna"}"#, "put by anna over HTTP"),
            (#"{"kind":"client","client":"http","by":"token grafana"}"#, "put by the token 'grafana' over HTTP"),
            (#"{"kind":"client","client":"test"}"#, "put by a client (test)"),
            (#"{"kind":"expiry"}"#, "it became false, because there was no news for too long"),
            (#"{"kind":"rule","rule":"r","run":3}"#, "put by run 3 of r"),
            ("null", "its origin is no longer recorded"),
        ])
    func aStorySaysWhatBroughtTheValue(cause: String, text: String) throws {
        let json =
            #"{"key":"a.b","value":1,"unit":"W","since":\#(Self.time(60)),"time":\#(Self.time(5)),"cause":\#(cause)}"#
        let lines = Story.lines(of: try KeyStory(try JSON(parsing: json)), now: Self.now, on: .plain)
        #expect(lines[0] == "a.b  1 W")
        #expect(lines[1].hasSuffix(", 60s ago; \(text); confirmed 5s ago"))
        if cause.contains(#""run":3"#) { #expect(lines.last == "there is no record of run 3 any more") }
    }

    @Test func aKeyThatNobodyPutHasAStoryToo() throws {
        let lines = Story.lines(
            of: try KeyStory(["key": "a.b", "value": .null]), now: Self.now, on: .plain)
        #expect(lines == ["a.b  has no value", "  it was never set"])
    }

    private static func rule(_ name: String, _ more: String = #","state":"enabled""#) throws -> RuleDescription {
        let text =
            #"{"rule":"\#(name)","description":"what it is for","at":"rules.yaml:3:5","mode":"restart","#
            + #""limit":"20/m","triggers":["change hall.motion to true"],"if":"hall.lux < 40","runs":1200,"#
            + #""failures":1,"skipped":7,"refused":0,"queued":0,"last_run":\#(time(30))\#(more)}"#
        return try RuleDescription(try JSON(parsing: text))
    }

    @Test func theListOfRulesDropsColumnsOnANarrowScreen() throws {
        let rules = [
            try Self.rule("hall-light"),
            try Self.rule("night-light", #","state":"paused","standing":2,"next":\#(Self.time(-3600))"#),
        ]
        let shown = RulesShown(rules, now: Self.now)
        #expect(
            shown.lines(on: .plain) == [
                "rule         state    runs  failed  skipped  waiting  last     next",
                "hall-light           1,200       1        7           30s ago",
                "night-light  paused  1,200       1        7        2  30s ago  in 60m",
            ])
        #expect(
            shown.lines(on: Screen(columns: 40)) == [
                "rule         state    runs  failed", "hall-light           1,200       1",
                "night-light  paused  1,200       1",
            ])
    }

    @Test func aRuleIsShownWithAllThatIsKnownOfIt() throws {
        let rule = try Self.rule("night-light", #","state":"paused","reason":"a chain of 16","standing":2"#)
        #expect(
            RulesShown.lines(of: rule, now: Self.now, on: .plain) == [
                "night-light", "  what it is for", "  rule at rules.yaml:3:5", "  paused: a chain of 16",
                "  when change hall.motion to true", "  if hall.lux < 40", "  mode restart, at most 20/m",
                "  1,200 runs, 1 failed, skipped 7 times because its condition was not met",
                "  2 runs of it wait at a step", "  last run 30s ago",
            ])
    }

    @Test func aSingleRunWaitsAndWhatIsDueIsDueNow() throws {
        let text =
            #"{"rule":"lamp","at":"r.yaml:3:5","mode":"single","state":"enabled","runs":1,"refused":1,"standing":1,"#
            + #""queued":1,"next":\#(Self.time(0.4))}"#
        let rule = try RuleDescription(try JSON(parsing: text))
        let lines = RulesShown.lines(of: rule, now: Self.now, on: .plain)
        #expect(lines.contains("  1 run, held back 1 time by its mode or limit"))
        #expect(lines.contains("  1 run of it waits at a step"))
        #expect(lines.contains("  1 occasion waits for a run to end"))
        #expect(lines.last?.hasSuffix(", now") == true)
    }

    @Test func aNoteThatWasEscalatedNamesBothTargets() throws {
        let text =
            #"{"notification":1,"rule":"leak","to":"phone","message":"m","topic":"t","time":\#(Self.time(900)),"#
            + #""state":"delivered","attempts":2,"escalated":{"to":"hall","time":\#(Self.time(300))}}"#
        let note = try RuleNotification(try JSON(parsing: text))
        let time = LocalTime.format(Self.now - Komoku.Duration.seconds(300), "%H:%M")
        let lines = NotificationsShown([note], now: Self.now).lines(on: .plain)
        #expect(lines.last?.contains("  delivered  phone, then hall at \(time)  leak  m") == true)
    }

    @Test func runsAreATableTheNewestLast() throws {
        let runs = [
            try Self.run(Self.ended(9, "lamp", "failed", ago: 5, #","step":"2.then.1","reason":"no such host""#)),
            try Self.run(
                Self.ended(
                    8, "hall-light", "done", ago: 60,
                    #","effects":[{"step":"1","verb":"put","key":"hall.light","value":true},"#
                        + #"{"step":"2","scripts":[{"name":"bed","step":"1"},{"name":"off","step":"3"}],"#
                        + #""verb":"wait","text":"5m"}]"#)),
            try Self.run(Self.ended(7, "lamp", "skipped", ago: 70, #","reason":"hall.lux < 40","count":3"#)),
        ]
        let clock = RunText(now: Self.now)
        func at(_ ago: Int64) -> String { clock.time(Self.now - Komoku.Duration.seconds(ago)) }
        let heading = LocalTime.heading("time")
        func cell(_ ago: Int64) -> String {
            at(ago) + String(repeating: " ", count: max(0, heading.count - at(ago).count))
        }
        #expect(
            RunsShown(runs, now: Self.now).lines(on: .plain) == [
                "run  \(heading)  rule        outcome  took",
                "  7  \(cell(70))  lamp        skipped        hall.lux < 40, 3 times since \(at(70))",
                "  8  \(cell(60))  hall-light  done       2s  put hall.light true; wait 5m",
                "  9  \(cell(5))  lamp        failed     2s  step 2.then.1: no such host",
            ])
    }

    @Test(
        arguments: [
            (#"{"trigger":"change","key":"a.b","value":1}"#, "a.b became 1"),
            (#"{"trigger":"event","key":"a.b","value":"press"}"#, "a.b: press"),
            (#"{"trigger":"becomes"}"#, "its expression became true"),
            (#"{"trigger":"stale","key":"a.b"}"#, "a.b went stale"),
            (#"{"trigger":"cron"}"#, "its time came (cron)"), (#"{"trigger":"start"}"#, "the hub started"),
            (#"{"trigger":"mqtt","arguments":{"topic":"z/x"},"source":"message on z/x"}"#, "message on z/x"),
            (#"{"trigger":"call","parent":5}"#, "called by run 5"),
            (#"{"trigger":"manual","source":"client websocket"}"#, "run by hand (by a client over a WebSocket)"),
            (#"{"trigger":"manual","source":"client http user anna"}"#, "run by hand (by anna over HTTP)"),
            (#"{"trigger":"webhook"}"#, "webhook"), ("null", "nobody knows what"),
        ])
    func aRunSaysWhatFiredIt(occasion: String, text: String) throws {
        let json = #"{"run":1,"rule":"r","outcome":"done","started":1,"occasion":\#(occasion)}"#
        #expect(RunText.occasion(try Self.run(json)) == text)
    }

    @Test func aStoryCannotCommandTheTerminal() throws {
        let evil = #"\u001b]0;owned\u0007\u202elamp\n"#
        let run = Self.ended(1, evil, "failed", ago: 5, #","effects":["1 put \#(evil)"],"reason":"\#(evil)""#)
        let json =
            #"{"key":"\#(evil)","value":"\#(evil)","since":1,"time":1,"cause":{"kind":"message","topic":"\#(evil)"},"#
            + #""chain":[\#(run)],"runs":[],"passed":[\#(run)]}"#
        let report = try Self.run(run)
        let lines =
            Story.lines(of: try KeyStory(try JSON(parsing: json)), now: Self.now, on: .plain)
            + RunsShown([report], now: Self.now).lines(on: .plain)
            + RunsShown.lines(following: report, now: Self.now, on: .plain)
            + RunCommand.lines(of: report, now: Self.now, on: .plain)
        for line in lines {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E }, "\(line)")
        }
    }

    @Test(
        arguments: [
            (nil, JSON.null), ("5", 5), ("{\"a\":[1]}", ["a": [1]]), ("hello", "hello"), ("true", true),
            ("{a}", "{a}"),
        ] as [(String?, JSON)])
    func aPayloadIsJSONOrText(text: String?, payload: JSON) {
        #expect(EmitCommand.payload(text) == payload)
    }
}
