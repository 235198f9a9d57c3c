import Komoku
import KomokuExpression
import Testing

@testable import KomokuRules

struct TriggerReadingTests {
    static let triggers: [(String, [String])] = [
        ("{change: hall.motion, to: true}", ["change hall.motion to true"]),
        (
            "{change: hall.scene, to: [bright, dim], from: dim}",
            ["change hall.scene from \"dim\" to \"bright\"|\"dim\""]
        ),
        ("{change: hall.lux, by: 10, for: 5m, retained: true}", ["change hall.lux by 10 for 5m retained"]),
        ("{change: \"*.temperature\"}", ["change *.temperature"]),
        ("{becomes: hall.lux < 10, for: 1h30m}", ["becomes (hall.lux < 10) for 1h30m"]),
        ("{becomes: \"time_between('22:00', '06:00')\"}", ["becomes (time_between('22:00', '06:00'))"]),
        ("{at: 07:30}", ["at 07:30:00"]),
        (
            "{at: [\"7:30\", sunset - 30m, sunrise+1h, sunset]}",
            ["at 07:30:00", "at sunset -30m", "at sunrise +1h", "at sunset"]
        ),
        ("{at: 00:00, days: [mon-fri, sun]}", ["at 00:00:00 on mon-fri,sun"]),
        ("{at: 00:00, days: sat-mon}", ["at 00:00:00 on mon,sat,sun"]),
        (
            "{at: 00:00, dates: [2026-12-24, 12-25, 02-29], clock_change: both}",
            ["at 00:00:00 on 2026-12-24, every 12-25, every 2-29 clock change both"]
        ),
        ("{every: 10m}", ["every 10m"]),
        ("{cron: \"*/5 * * * mon-fri\", clock_change: skip}", ["cron '*/5 * * * mon-fri' clock change skip"]),
        ("{mqtt: \"a/+/b/#\", payload: [\"ON\", 1], retained: true}", ["mqtt a/+/b/# 'ON'|'1' retained"]),
        ("{mqtt: a}", ["mqtt a"]),
        ("{event: button.action, is: single}", ["event button.action is \"single\""]),
        ("{stale: \"**\", for: 1h}", ["stale ** for 1h"]),
        ("{recovered: hall.lux}", ["recovered hall.lux"]),
        ("{start: true}", ["start"]),
        ("{webhook: door-bell}", ["webhook door-bell"]),
        ("{command: \"lights {room} {rest...}\"}", ["command 'lights {room} {rest...}'"]),
        ("{emit: party}", ["emit party"]),
    ]

    @Test(arguments: triggers)
    func aTriggerIsRead(_ text: String, _ expected: [String]) {
        let read = RuleText("rules: [{name: a, when: \(text), then: {log: x}}]")
        #expect(read.findings.isEmpty)
        #expect(read.set.rules.first?.triggers.map(\.description) == expected)
    }

    static let faults: [(String, String)] = [
        ("{change: hall.lx}", "34: error: there is no key 'hall.lx'; did you mean 'hall.lux'?"),
        (
            "{change: hall.motion, to: 1}",
            "51: error: 'to' expects true or false, found '1'; write true or false, without quotes"
        ),
        ("{change: hall.scene, to: brigt}", "50: error: 'hall.scene' is never 'brigt'; did you mean 'bright'?"),
        ("{change: hall.lux, to: []}", "48: error: 'to' is an empty list, so nothing fits"),
        ("{change: hall.motion, by: 1}", "51: error: 'by' is for numbers, 'hall.motion' is true or false"),
        ("{change: hall.lux, by: 0}", "48: error: 'by' expects a number above 0, found '0'"),
        (
            "{change: hall.lux, for: 5}",
            "49: error: 'for' expects a duration such as 90s, 5m, 2h or 1d, found '5'; add a unit: s, m, h or d"
        ),
        ("{becomes: hall.lux < 'x'}", "46: error: '<' compares numbers, 'x' is text"),
        ("{becomes: 1 < 2}", "35: error: the expression reads no key, so it never becomes true"),
        (
            "{becomes: hall.motion, to: true}",
            "48: error: 'to' belongs to 'change'; write it as a part of the expression"
        ),
        (
            "{recovered: hall.lux, to: 1}",
            "47: error: 'to' belongs to 'change'; the value plays no part in this trigger"
        ),
        (
            "{event: button.action, for: 5m}",
            "48: error: 'for' belongs to 'change', 'becomes', 'stale' and triggers for a purpose"
        ),
        (
            "{at: 25:00}",
            "30: error: 'at' expects a time such as 07:30, sunset or sunrise + 30m, found '25:00': a day goes from 00:00 to 23:59:59"
        ),
        (
            "{at: sunst - 1h}",
            "30: error: 'at' expects a time such as 07:30, sunset or sunrise + 30m, found 'sunst - 1h': it is no time of day; did you mean 'sunset'?"
        ),
        (
            "{at: sunset - 5}",
            "30: error: 'at' expects a time such as 07:30, sunset or sunrise + 30m, found 'sunset - 5': write it as sunset - 30m"
        ),
        (
            "{at: 07:30, days: [mo]}",
            "44: error: item 1 of 'days' expects days such as mon or mon-fri, found 'mo': days are mon, tue, wed, thu, fri, sat, sun; did you mean 'mon'?"
        ),
        (
            "{at: 07:30, dates: 2026-02-31}",
            "44: error: 'dates' expects a date such as 2026-12-24, or 12-24 for every year, found '2026-02-31': February 2026 has no day 31, so it never comes"
        ),
        (
            "{at: 07:30, dates: [02-30]}",
            "45: error: item 1 of 'dates' expects a date such as 2026-12-24, or 12-24 for every year, found '02-30': February has no day 30, so it never comes"
        ),
        (
            "{at: 07:30, dates: [2026-12-24], days: mon}",
            "37: error: none of these dates is on one of the 'days', so it never comes"
        ),
        (
            "{every: 0s}",
            "33: error: 'every' expects a duration from 1s to 36500d, found '0s'"
        ),
        ("{cron: 0 0 31 2 *}", "36: error: no month among these has such a day, so it never comes"),
        ("{cron: 0 0 * *}", "32: error: cron has five fields, minute hour day month weekday, and this has 4"),
        (
            "{mqtt: \"a/#/b\"}",
            "32: error: 'mqtt' expects a filter of topics such as sensors/+/state, found 'a/#/b': '#' stands only at the end"
        ),
        (
            "{mqtt: a/b+}",
            "32: error: 'mqtt' expects a filter of topics such as sensors/+/state, found 'a/b+': '+' and '#' stand for whole levels"
        ),
        ("{start: false}", "33: error: 'start' is true or left out"),
        (
            "{webhook: a/b}",
            "35: error: 'webhook' expects a name, found 'a/b': use up to 128 letters, digits, '_', '-' and dots"
        ),
        (
            "{command: \"{room}\"}",
            "35: error: 'command' expects words such as lights {room} {rest...}, found '{room}': it begins with a word"
        ),
        (
            "{command: \"a {b...} {c}\"}",
            "35: error: 'command' expects words such as lights {room} {rest...}, found 'a {b...} {c}': what takes the rest must come last"
        ),
        (
            "{chnge: hall.lux}",
            "26: error: there is no trigger 'chnge'; did you mean 'change'?"
        ),
        (
            "{change: hall.lux, becomes: hall.motion}",
            "44: error: 'when' has 'change' and 'becomes'; several triggers are a list: when: [{…}, {…}]"
        ),
    ]

    @Test(arguments: faults)
    func aFaultyTriggerIsReported(_ text: String, _ expected: String) {
        let read = RuleText("rules: [{name: a, when: \(text), then: {log: x}}]")
        #expect(read.set.rules.isEmpty)
        #expect(read.errors.first == "1:" + expected)
    }

    @Test func theSunNeedsThePlaceOfTheHub() {
        var environment = RuleText.environment
        environment.offers.remove(.sun)
        let read = RuleText("rules: [{name: a, when: {at: sunset}, then: {log: x}}]", environment: environment)
        #expect(read.findings == ["1:30: error: 'sunset' needs the place of the hub; give hub.location"])
    }

    @Test func aPatternThatMatchesNoKeyIsAWarning() {
        let text = "rules: [{name: a, when: {change: \"*.humidity\"}, then: {log: x}}]"
        #expect(RuleText(text).findings == ["1:35: warning: no known key matches '*.humidity'"])
        var environment = RuleText.environment
        environment.mayDiscover = true
        #expect(RuleText(text, environment: environment).findings.isEmpty)
    }

    static let locals: [(String, String, Bool)] = [
        ("{mqtt: \"a/+\"}", "{topic} {payload} {trigger}", true), ("{mqtt: \"a/+\"}", "{value}", false),
        ("{change: hall.lux}", "{value + 1} {previous} {key}", true), ("{change: hall.lux}", "{payload}", false),
        ("{command: \"x {room}\"}", "{room} {sender}", true), ("{command: \"x {room}\"}", "{kitchen}", false),
        ("{emit: party}", "{payload} {guests} {guests + 1}", true), ("{emit: party}", "{party.guests}", false),
        ("{webhook: w}", "{payload} {id}", true), ("{at: 07:30}", "{value}", false), ("{at: 07:30}", "{trigger}", true),
        ("[{at: 07:30}, {change: hall.lux}]", "{value ?? 1}", true),
    ]

    @Test(arguments: locals)
    func aRunKnowsWhatItsTriggerSaw(_ when: String, _ template: String, _ isKnown: Bool) {
        let read = RuleText("rules: [{name: a, when: \(when), then: {log: \"\(template)\"}}]")
        #expect(read.findings.isEmpty == isKnown, "\(read.findings)")
    }

    @Test func commandsMatchByWords() throws {
        let pattern = try CommandPattern(parsing: "lights {room} {rest...}")
        #expect(pattern.match("Lights  hall on and  off") == ["room": "hall", "rest": "on and  off"])
        #expect(pattern.match("lights hall") == nil)
        #expect(try CommandPattern(parsing: "lights {room}").match("lights a b") == nil)
    }
}
