import Komoku
import KomokuDesk
import KomokuHub
import KomokuTesting
import KomokuWire
import Testing

/// What the family sets up: each kind over its life.
@Suite struct HelperTests {
    private static let simple = [
        (#"{"key":"a.x","kind":"switch","label":"X"}"#, "false", "true", "5.5"),
        (#"{"key":"a.x","kind":"text","label":"X"}"#, #""""#, #""hello""#, "{}"),
        (#"{"key":"a.x","kind":"mode","label":"X","values":["day","night"]}"#, #""day""#, #""night""#, #""noon""#),
        (
            #"{"key":"a.x","kind":"number","label":"X","min":5,"max":10,"step":0.5,"unit":"K"}"#, "5", "10", "10.5"
        ),
        (#"{"key":"a.x","kind":"number","label":"X"}"#, "0", "-3", #""much""#),
    ]

    @Test(arguments: simple)
    func aHelperIsAKeyThatSurvives(helper: String, first: String, next: String, wrong: String) async throws {
        try await HelperHouse.run { house in
            try await house.set(helper)
            #expect(try await house.value("a.x")?.text == first)
            #expect(try await house.put("a.x", next)["result"] == "ok")
            #expect(try await house.put("a.x", wrong)["error"] == "invalid_value")
            let told = try await house.helper("a.x")
            #expect(told?["value"]?.text == next)
            for member in try JSON(parsing: helper).object ?? [] { #expect(told?[member.name] == member.value) }
            let again = try house.restarted()
            #expect(try await again.helper("a.x") == told)
            // Its bounds count at once.
            #expect(try await again.put("a.x", wrong)["error"] == "invalid_value")
            #expect(try await again.value("a.x")?.text == next)
            #expect(try await again.ask(#"{"remove_helper":{"key":"a.x"}}"#)["result"] == "ok")
            #expect(try await again.ask(#"{"remove_helper":{"key":"a.x"}}"#)["error"] == "not_found")
            let last = try again.restarted()
            #expect(try await last.helper("a.x") == nil)
            #expect(try await last.value("a.x")?.text == next)
            last.stop()
        }
    }

    @Test func aChangedHelperKeepsWhatItMayAndIsPutRight() async throws {
        try await HelperHouse.run { house in
            try await house.set(#"{"key":"a.x","kind":"mode","label":"X","values":["day","night"]}"#)
            _ = try await house.put("a.x", #""night""#)
            try await house.set(#"{"key":"a.x","kind":"mode","label":"Y","values":["night","holiday"]}"#)
            #expect(try await house.value("a.x") == "night")
            try await house.set(#"{"key":"a.x","kind":"mode","label":"Y","values":["holiday"]}"#)
            #expect(try await house.value("a.x") == "holiday")
            try await house.set(#"{"key":"a.n","kind":"number","label":"N","max":10}"#)
            _ = try await house.put("a.n", "9")
            try await house.set(#"{"key":"a.n","kind":"number","label":"N","max":5}"#)
            #expect(try await house.value("a.n") == 5)
            #expect(try await house.ask(#"{"increment":{"key":"a.n"}}"#)["error"] == "invalid_value")
            let other = try await house.ask(#"{"set_helper":{"key":"a.n","kind":"text","label":"N"}}"#)
            #expect(other["error"] == "type_mismatch" && other["message"]?.string?.contains("numeric already") == true)
        }
    }

    @Test func aHelperGoesAndMovesWithItsKey() async throws {
        try await HelperHouse.run { house in
            try await house.set(#"{"key":"a.x","kind":"number","label":"X","max":5}"#)
            _ = try await house.ask(#"{"rename":{"key":"a.x","to":"b.x"}}"#)
            #expect(try await house.helper("b.x")?["max"] == 5)
            #expect(try await house.put("b.x", "6")["error"] == "invalid_value")
            let again = try house.restarted()
            #expect(try await again.helper("b.x")?["max"] == 5)
            _ = try await again.ask(#"{"delete":{"key":"b.x"}}"#)
            #expect(try await again.ask(#"{"helpers":{}}"#)["result"]?["helpers"] == .array([]))
            #expect(try await again.put("b.x", "6")["result"] == "ok")
            again.stop()
        }
    }

    @Test func whatOthersOwnIsRefused() async throws {
        let entry = Hub.Configuration.KeyEntry(
            pattern: try KeyPattern(validating: "hall.lux"), type: .numeric, options: [])
        try await HelperHouse.run(keys: [entry]) { house in
            let owned = try await house.ask(#"{"set_helper":{"key":"hall.lux","kind":"number","label":"X"}}"#)
            #expect(owned["error"] == "not_allowed" && owned["message"]?.string?.contains("section 'keys'") == true)
            let tracker = #"{"set_helper":{"key":"a.p","kind":"person","label":"P","trackers":["hall.lux"]}}"#
            #expect(try await house.ask(tracker)["message"]?.string?.contains("not boolean") == true)
        }
    }

    @Test(arguments: [
        (#"{"key":"a.x","kind":"mode","label":"X"}"#, "needs 'values'"),
        (#"{"key":"a.x","kind":"mode","label":"X","values":["a","a"]}"#, "twice"),
        (#"{"key":"a.x","kind":"number","label":"X","min":2,"max":1}"#, "'min' is below 'max'"),
        (#"{"key":"a.x","kind":"number","label":"X","step":0}"#, "above 0"),
        (#"{"key":"a.x","kind":"number","label":"X","values":["a"]}"#, "'values' is for the kind 'mode'"),
        (#"{"key":"a.x","kind":"timer","label":"X"}"#, "needs 'duration'"),
        (#"{"key":"a.x","kind":"timer","label":"X","duration":0}"#, "to a year"),
        (#"{"key":"a.x","kind":"person","label":"X"}"#, "needs 'trackers'"),
        (#"{"key":"a.x","kind":"person","label":"X","trackers":["no.key"]}"#, "there is no key 'no.key'"),
        (#"{"key":"a.x","kind":"schedule","label":"X","days":{}}"#, "needs 'otherwise'"),
        (#"{"key":"a.x","kind":"lamp","label":"X"}"#, "is one of"),
        (#"{"key":"a.x","kind":"text"}"#, "'label' is missing"),
        (#"{"key":"a x","kind":"text","label":"X"}"#, "cannot be the name"),
    ])
    func whatIsWrongIsSaid(helper: String, sentence: String) async throws {
        try await HelperHouse.run { house in
            let message = await house.complaint(#"{"set_helper":\#(helper)}"#)
            #expect(message?.contains(sentence) == true, "\(message ?? "")")
            let told = try await house.ask(#"{"helpers":{}}"#)
            #expect(told["result"]?["helpers"] == .array([]))
        }
    }

    @Test func whoMayNotReadATrackerDoesNotHearOfIt() async throws {
        try await HelperHouse.run { house in
            for key in ["safe.phone", "hall.phone"] { _ = try await house.put(key, "false") }
            try await house.set(
                #"{"key":"hall.anna","kind":"person","label":"Anna","trackers":["safe.phone","hall.phone"]}"#)
            try await house.set(#"{"key":"safe.x","kind":"text","label":"Geheim"}"#)
            let pattern = try KeyPattern(validating: "hall.*")
            let guest = Rights(reading: [pattern], writing: [pattern])
            let told = try await house.ask(#"{"helpers":{}}"#, as: guest)
            #expect(!told.text.contains("safe") && !told.text.contains("Geheim") && told.text.contains("hall.phone"))
            let spy = #"{"set_helper":{"key":"hall.x","kind":"person","label":"X","trackers":["safe.phone"]}}"#
            #expect(try await house.ask(spy, as: guest)["error"] == "invalid_key")
            let other = #"{"set_helper":{"key":"safe.y","kind":"text","label":"X"}}"#
            #expect(try await house.ask(other, as: guest)["error"] == "not_allowed")
            #expect(try await house.ask(#"{"remove_helper":{"key":"safe.x"}}"#, as: guest)["error"] != nil)
        }
    }

    // MARK: Timers

    @Test func aTimerRunsIsPausedAndEnds() async throws {
        try await HelperHouse.run { house in
            try await house.set(#"{"key":"a.t","kind":"timer","label":"T","duration":60}"#)
            #expect(try await house.value("a.t") == "idle")
            #expect(try await house.put("a.t", #""pause""#)["result"] == "ok")
            #expect(try await house.value("a.t") == "idle")
            #expect(try await house.put("a.t", #""stop""#)["error"] == "invalid_value")
            _ = try await house.put("a.t", #""start""#)
            let start = house.clock.now.seconds
            #expect(try await house.value("a.t") == "running")
            #expect(try await house.value("a.t.ends") == .number(start + 60))
            #expect(try await house.helper("a.t")?["ends"] == .number(start + 60))
            await house.advance(20)
            _ = try await house.put("a.t", #""pause""#)
            #expect(try await house.value("a.t") == "paused")
            #expect(try await house.helper("a.t")?["left"] == 40)
            await house.advance(1000)
            _ = try await house.put("a.t", #""start""#)
            await house.advance(39)
            #expect(try await house.value("a.t") == "running")
            await house.advance(1)
            #expect(try await house.value("a.t") == "finished")
            _ = try await house.put("a.t", #""start""#)
            await house.advance(30)
            _ = try await house.put("a.t", #""start""#)
            await house.advance(31)
            #expect(try await house.value("a.t") == "running")
            _ = try await house.put("a.t", #""cancel""#)
            await house.advance(100)
            #expect(try await house.value("a.t") == "idle")
        }
    }

    @Test func aTimerRunsOnOverARestartAndAClockThatIsSet() async throws {
        try await HelperHouse.run { house in
            try await house.set(#"{"key":"a.t","kind":"timer","label":"T","duration":600}"#)
            _ = try await house.put("a.t", #""start""#)
            await house.advance(100)
            let second = try house.restarted(after: .seconds(100))
            #expect(try await second.value("a.t") == "running")
            // An hour ahead and back: it takes its 400 seconds.
            await second.jump(3600)
            #expect(try await second.value("a.t") == "running")
            await second.advance(31)
            #expect(try await second.value("a.t.ends") == .number(second.clock.now.seconds + 369))
            await second.jump(-7200)
            await second.advance(368)
            #expect(try await second.value("a.t") == "running")
            await second.advance(1)
            #expect(try await second.value("a.t") == "finished")
            _ = try await second.put("a.t", #""start""#)
            let third = try second.restarted(after: .seconds(10_000))
            #expect(try await third.value("a.t") == "finished")
            third.stop()
        }
    }

    // MARK: Persons

    @Test func aPersonIsAtHomeAsLongAsAnyTrackerSaysSo() async throws {
        try await HelperHouse.run { house in
            for key in ["phone.wifi", "phone.ble"] {
                _ = try await house.ask(#"{"define":{"\#(key)":{"type":"boolean"}}}"#)
            }
            try await house.set(
                #"{"key":"p.anna","kind":"person","label":"Anna","trackers":["phone.wifi","phone.ble"],"away_after":120}"#
            )
            #expect(try await house.value("p.anna") == .null)
            _ = try await house.put("phone.wifi", "true")
            #expect(try await house.value("p.anna") == "home")
            _ = try await house.put("phone.ble", "true")
            _ = try await house.put("phone.wifi", "false")
            await house.advance(500)
            #expect(try await house.value("p.anna") == "home")
            _ = try await house.put("phone.ble", "false")
            await house.advance(60)
            _ = try await house.put("phone.ble", "true")
            _ = try await house.put("phone.ble", "false")
            await house.advance(119)
            #expect(try await house.value("p.anna") == "home")
            await house.advance(1)
            #expect(try await house.value("p.anna") == "away")
            _ = try await house.put("phone.wifi", "true")
            #expect(try await house.value("p.anna") == "home")
            _ = try await house.ask(#"{"rename":{"key":"phone.wifi","to":"phone.lan"}}"#)
            _ = try await house.put("phone.lan", "false")
            await house.advance(60)
            let again = try house.restarted(after: .seconds(30))
            #expect(try await again.value("p.anna") == "home")
            await again.advance(29)
            #expect(try await again.value("p.anna") == "home")
            await again.advance(1)
            #expect(try await again.value("p.anna") == "away")
            again.stop()
        }
    }
}
