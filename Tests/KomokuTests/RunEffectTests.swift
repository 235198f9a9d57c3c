import Komoku
import KomokuTesting
import Testing

struct RunEffectTests {
    private static let light = KeyName("hall.light")

    /// What earlier versions wrote, with what it is now.
    static let former: [(String, RunEffect)] = [
        ("2 put hall.light true", RunEffect(step: "2", verb: "put", key: light, value: true)),
        ("2.then.1 put hall.light 21.5", RunEffect(step: "2.then.1", verb: "put", key: light, value: 21.5)),
        ("1 put hall.light dim and warm", RunEffect(step: "1", verb: "put", key: light, value: "dim and warm")),
        ("1 put hall.light {\"a\":[1]}", RunEffect(step: "1", verb: "put", key: light, value: ["a": [1]])),
        ("1 put hall.light ", RunEffect(verb: "", text: "1 put hall.light ")),
        ("3 toggle hall.light", RunEffect(step: "3", verb: "toggle", key: light)),
        ("3 increment hall.light by -2", RunEffect(step: "3", verb: "increment", key: light, value: -2)),
        (
            "3 > goodnight 2 put hall.light false",
            RunEffect(
                step: "3", scripts: [.init(name: "goodnight", step: "2")], verb: "put", key: light, value: false)
        ),
        (
            "2 > bed room 1.else.1 > scene 2 1 wait 5m",
            RunEffect(
                step: "2", scripts: [.init(name: "bed room", step: "1.else.1"), .init(name: "scene 2", step: "1")],
                verb: "wait", text: "5m")
        ),
        (
            "1 put hall.light true failed: hall.light: no report",
            RunEffect(
                step: "1", verb: "put", key: light, value: true, outcome: .failed, reason: "hall.light: no report")
        ),
        (
            "1 > bad 2 put failed: nothing has no value",
            RunEffect(
                step: "1", scripts: [.init(name: "bad", step: "2")], verb: "put", outcome: .failed,
                reason: "nothing has no value")
        ),
        (
            "hall.light failed later: no report within 10s",
            RunEffect(verb: "", key: light, outcome: .failedLater, reason: "no report within 10s")
        ),
        (
            "1 put (not shown: it holds a value of the environment)",
            RunEffect(step: "1", verb: "put", isHidden: true)
        ),
        ("1 log the pump failed: again", RunEffect(step: "1", verb: "log", text: "the pump failed: again")),
        ("4 http GET https://x", RunEffect(step: "4", verb: "http", text: "GET https://x")),
        ("4 publish a/b {\"x\":1}", RunEffect(step: "4", verb: "publish", text: "a/b {\"x\":1}")),
        (
            "end call failed: 'outer' took too long",
            RunEffect(step: "end", verb: "call", outcome: .failed, reason: "'outer' took too long")
        ),
        ("whatever it was", RunEffect(verb: "", text: "whatever it was")), ("", RunEffect(verb: "", text: "")),
    ]

    @Test(arguments: former) func `a sentence of earlier versions is data, and reads as it did`(
        sentence: String, effect: RunEffect
    ) {
        #expect(RunEffect(.string(sentence)) == effect)
        #expect(effect.description == sentence)
    }

    @Test func `whatever the sentence, it reads as it did`() {
        var random = SplitMix(seed: 7)
        let scraps = [
            "1", "2.then.1", ">", "put", "log", "hall.light", "failed:", "failed later:", "by", "increment", "", "é",
            "\u{301}",
            "end", "goodnight", "true", "1.50", "(not shown: it holds a value of the environment)", "…", "a b",
        ]
        for _ in 0..<20_000 {
            let words = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                scraps.randomElement(using: &random) ?? ""
            }
            let sentence = words.joined(separator: " ")
            #expect(RunEffect(.string(sentence))?.description.utf8.elementsEqual(sentence.utf8) == true, "\(sentence)")
        }
    }

    @Test(arguments: former.map(\.1)) func `what JSON has of it is all of it`(effect: RunEffect) throws {
        #expect(RunEffect(try JSON(parsing: effect.json.text)) == effect)
    }

    @Test func `the shape is as documented`() {
        let effect = RunEffect(
            step: "3", scripts: [.init(name: "goodnight", step: "2")], verb: "put", key: Self.light, value: true,
            outcome: .failedLater, reason: "no report within 10s")
        #expect(
            effect.json.text
                == #"{"step":"3","scripts":[{"name":"goodnight","step":"2"}],"verb":"put","key":"hall.light","#
                + #""value":true,"outcome":"failed_later","reason":"no report within 10s"}"#)
        #expect(effect.description == "3 > goodnight 2 put hall.light true failed later: no report within 10s")
        #expect(
            RunEffect(step: "1", verb: "log", isHidden: true).json.text == #"{"step":"1","verb":"log","hidden":true}"#)
    }

    @Test(arguments: [
        (#"{"effects":["1 log x","and 5 more"]}"#, ["1 log x"], 5),
        (#"{"effects":[{"step":"1","verb":"log"}]}"#, ["1 log"], 0),
        (#"{"effects":[{"step":"1","verb":"log"}],"omitted":7}"#, ["1 log"], 7), ("{}", [], 0),
        (#"{"effects":["1 log and 5 more"]}"#, ["1 log and 5 more"], 0),
        (#"{"effects":[5,null,[]],"omitted":"x"}"#, [], 0),
        (#"{"effects":["and 99999999999999999999 more"]}"#, ["and 99999999999999999999 more"], 0),
        (#"{"effects":["and 5 more"],"omitted":9e18}"#, [], 5), (#"{"omitted":-3}"#, [], 0),
        (#"{"effects":[{"step":1,"verb":"put","key":"a..b","outcome":"melted"}],"omitted":1e300}"#, ["put"], 0),
    ])
    func `a run has effects, and a number of those left out`(run: String, effects: [String], omitted: Int) throws {
        let list = RunEffect.list(of: try JSON(parsing: run))
        #expect(list.effects.map(\.description) == effects && list.omitted == omitted)
    }
}
