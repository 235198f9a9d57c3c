import Komoku
import KomokuDesk
import KomokuHub
import KomokuTesting
import KomokuWire
import Testing

/// Helpers and others who have, name or put the same keys.
@Suite struct HelperOwningTests {
    private static let timer = #"{"key":"a.t","kind":"timer","label":"T","duration":60}"#

    private static func entry(_ key: String, _ type: KeyType) throws -> Hub.Configuration.KeyEntry {
        Hub.Configuration.KeyEntry(pattern: try KeyPattern(validating: key), type: type, options: [])
    }

    // MARK: Where a timer's end is told

    @Test func aTimerTellsItsEndInNobodysKey() async throws {
        try await HelperHouse.run(keys: [try Self.entry("b.t.ends", .numeric)]) { house in
            let owned = try await house.ask(
                #"{"set_helper":{"key":"b.t","kind":"timer","label":"T","duration":60}}"#)
            #expect(owned["error"] == "not_allowed" && owned["message"]?.string?.contains("'b.t.ends'") == true)
            _ = try await house.put("a.t.ends", #""soon""#)
            let other = try await house.ask(#"{"set_helper":\#(Self.timer)}"#)
            #expect(other["error"] == "type_mismatch" && other["message"]?.string?.contains("'a.t.ends'") == true)
            #expect(try await house.value("a.t") == .null)
            try await house.set(#"{"key":"c.t.ends","kind":"number","label":"N"}"#)
            let taken = try await house.ask(
                #"{"set_helper":{"key":"c.t","kind":"timer","label":"T","duration":60}}"#)
            #expect(taken["error"] == "not_allowed")
            try await house.set(#"{"key":"d.t","kind":"timer","label":"T","duration":60}"#)
            let end = try await house.ask(#"{"set_helper":{"key":"d.t.ends","kind":"number","label":"N"}}"#)
            #expect(end["error"] == "not_allowed" && end["message"]?.string?.contains("'d.t'") == true)
        }
    }

    @Test func whoMayNotPutTheEndMakesNoTimer() async throws {
        try await HelperHouse.run { house in
            let key = try KeyPattern(validating: "a.t")
            let guest = Rights(reading: [key], writing: [key])
            #expect(try await house.ask(#"{"set_helper":\#(Self.timer)}"#, as: guest)["error"] == "not_allowed")
            let both = Rights(reading: [key], writing: [key, try KeyPattern(validating: "a.t.ends")])
            #expect(try await house.ask(#"{"set_helper":\#(Self.timer)}"#, as: both)["result"] == "ok")
        }
    }

    @Test func theEndMovesWithTheTimer() async throws {
        try await HelperHouse.run { house in
            try await house.set(Self.timer)
            _ = try await house.put("a.t", #""start""#)
            let ends = try await house.value("a.t.ends")
            _ = try await house.put("c.t.ends", "5")
            let taken = try await house.ask(#"{"rename":{"key":"a.t","to":"c.t"}}"#)
            #expect(taken["error"] == "key_exists")
            #expect(try await house.value("a.t") == "running")
            #expect(try await house.ask(#"{"rename":{"key":"a.t","to":"b.t"}}"#)["result"] == "ok")
            #expect(try await house.value("b.t.ends") == ends)
            #expect(try await house.value("a.t.ends") == .null)
            await house.advance(60)
            #expect(try await house.value("b.t") == "finished")
        }
    }

    // MARK: Other times

    @Test(arguments: [7200.0, -3600, 6, -6])
    func aTimerTakesNoPutOfAnotherTime(offset: Double) async throws {
        try await HelperHouse.run { house in
            try await house.set(Self.timer)
            _ = try await house.put("a.t", #""start""#)
            let time = house.clock.now.seconds + offset
            let refused = try await house.ask(#"{"put":{"key":"a.t","value":"cancel","time":\#(time)}}"#)
            #expect(refused["error"] == "invalid_value", "\(refused.text)")
            #expect(refused["message"]?.string?.contains("acts at once") == true)
            #expect(try await house.value("a.t") == "running")
            #expect(try await house.helper("a.t")?["ends"] != nil)
            await house.advance(60)
            #expect(try await house.value("a.t") == "finished")
        }
    }

    @Test(arguments: [2.0, 0, -2])
    func aTimeOfThePresentIsNow(offset: Double) async throws {
        try await HelperHouse.run { house in
            try await house.set(Self.timer)
            _ = try await house.put("a.t", #""start""#)
            let time = house.clock.now.seconds + offset
            let taken = try await house.ask(#"{"put":{"key":"a.t","value":"cancel","time":\#(time)}}"#)
            #expect(taken["result"] == "ok", "\(taken.text)")
            #expect(try await house.value("a.t") == "idle")
            await house.advance(100)
            #expect(try await house.value("a.t") == "idle")
        }
    }

    // MARK: Other ways to a key

    @Test func aHelpersKeyIsNotMergedAndKeepsItsValues() async throws {
        try await HelperHouse.run { house in
            try await house.set(Self.timer)
            _ = try await house.put("a.x", #""idle""#)
            for (source, target) in [("a.t", "a.x"), ("a.x", "a.t")] {
                let refused = try await house.ask(#"{"merge":{"key":"\#(source)","into":"\#(target)"}}"#)
                #expect(refused["error"] == "not_allowed", "\(refused.text)")
                #expect(refused["message"]?.string?.contains("the helper 'T'") == true)
            }
            let defined = try await house.ask(#"{"define":{"a.t":{"type":"string","values":["idle"]}}}"#)
            #expect(defined["error"] == "not_allowed" && defined["message"]?.string?.contains("helper 'T'") == true)
            #expect(try await house.put("a.t", #""start""#)["result"] == "ok")
            #expect(try await house.value("a.t") == "running")
        }
    }

    // MARK: Helpers that rest

    @Test func aHelperRestsWhileTheConfigurationHasItsKey() async throws {
        try await HelperHouse.run { house in
            try await house.set(Self.timer)
            _ = try await house.put("a.t", #""start""#)
            let second = try house.restarted(keys: [try Self.entry("a.t", .string)])
            await second.advance(200)
            #expect(try await second.value("a.t") == "running")
            #expect(try await second.helper("a.t")?["rests"] == true)
            let attention = try await second.ask(#"{"status":{}}"#)["result"]?["attention"]?.array ?? []
            #expect(attention.contains { $0.string?.hasPrefix("the helper 'a.t' rests: ") == true })
            let third = try second.restarted()
            #expect(try await third.value("a.t") == "finished")
            #expect(try await third.helper("a.t")?["rests"] == nil)
            third.stop()
        }
    }

    @Test func aReloadGivesAKeyAndTakesIt() async throws {
        try await HelperHouse.run { house in
            try await house.set(#"{"key":"a.n","kind":"number","label":"N","max":5}"#)
            var configuration = await house.desk.hub.configuration
            let before = configuration
            configuration.keys = [try Self.entry("a.n", .numeric)]
            await house.desk.hub.reload(configuration)
            #expect(try await house.helper("a.n")?["rests"] == true)
            #expect(try await house.put("a.n", "9")["result"] == "ok")
            await house.advance(60)
            await house.desk.hub.reload(before)
            await house.advance(60)
            #expect(try await house.helper("a.n")?["rests"] == nil)
            #expect(try await house.value("a.n") == 5)
            #expect(try await house.put("a.n", "9")["error"] == "invalid_value")
        }
    }
}
