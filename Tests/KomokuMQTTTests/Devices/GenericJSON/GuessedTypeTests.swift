import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Types that nobody announced: they follow the values, and only ever become wider.
struct GuessedTypeTests {
    /// One value after the other, each a payload of its own.
    private static let rows: [(payloads: [String], value: Value?, letters: Int)] = [
        (["1.10", "1.0.13"], "1.0.13", 0), (["1.10", "1.0.13", "2.0"], "2.0", 0),
        (["2026", "2026-01-01"], "2026-01-01", 0), (["5", "5.5"], .number(5.5), 0), (["5", "1e3"], .number(1000), 0),
        (["5", "\"1.0.13\""], "1.0.13", 0), (["\"1.10\"", "5"], "5", 0), (["5", "-1-2"], "-1-2", 0),
        (["5", "5..6"], "5..6", 0),
        (["open", "opening"], "opening", 0), (["off", "50"], "50", 0), (["on", "0"], .boolean(false), 0),
        // What a device says when it cannot measure is no reason, nor is a single word, nor what is no value.
        (["5", "error"], .number(5), 1), (["5", "error", "timeout", "CRC error 3", "---"], .number(5), 4),
        (["5", "hot"], .number(5), 1), (["5", "hot", "6", "hot", "hot"], .number(6), 3),
        (["5", "charging", "idle"], "idle", 1), (["5", "charging", "6", "idle", "7"], "7", 1),
        (["5", "", "unavailable", "nan"], .number(5), 0), (["5", "true", "off"], .number(5), 2),
        (["on", "error"], .boolean(true), 1), (["pressed", "5", "on"], "on", 0),
    ]

    @Test(arguments: rows.indices)
    func `a guess gives way to a value that shows it wrong`(_ row: Int) {
        let (payloads, value, letters) = Self.rows[row]
        let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        for payload in payloads { replay.send("a/b", payload) }
        #expect(replay.value("a/b", "value") == value)
        #expect(replay.letters.count == letters, "\(replay.letters)")
    }

    @Test(arguments: rows.indices)
    func `a leaf's guess gives way alike, over a restart after each message`(_ row: Int) {
        let (payloads, value, letters) = Self.rows[row]
        // Words are counted since the start; a text in quotes is one already, and so is a number behind a text.
        if letters > 0 || payloads.contains(where: { $0.hasPrefix("\"") || $0 == "2.0" }) { return }
        var replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        var last: Value?
        for payload in payloads {
            let isPlain = Double(payload) != nil && payload != "nan"
            replay.send("s", #"{"n":1,"v":\#(isPlain ? payload : "\"\(payload)\"")}"#, retained: true)
            last = replay.value("s", "v") ?? last
            replay = restarted(replay)
        }
        #expect(last == value)
    }

    /// With what is remembered, before the broker speaks.
    private func restarted(_ replay: DeviceReplay) -> DeviceReplay {
        let again = DeviceReplay([GenericJSONSource(topics: ["#"])], remembered: replay.remembered)
        again.reader.restore(replay.remembered.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        again.send("nothing/set", "")
        #expect(again.devices == replay.devices)
        return again
    }

    @Test func `a wider type outlives a restart and the broker's replay of the first value`() {
        let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        replay.send("fw", "1.10", retained: true)
        replay.send("fw", "1.0.13")
        let again = restarted(replay)
        again.send("fw", "1.10", retained: true)
        #expect(again.value("fw", "value") == "1.10")
        #expect(again.letters.isEmpty)
    }

    @Test func `two leaves of one message may both be wider`() {
        let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        replay.send("s", #"{"a":1,"b":true,"c":3}"#)
        replay.send("s", #"{"a":"1.0.1","b":"half","c":4}"#)
        #expect(replay.value("s", "a") == "1.0.1")
        #expect(replay.value("s", "b") == "half")
        #expect(replay.value("s", "c") == .number(4))
        #expect(replay.letters.isEmpty)
    }

    @Test func `a transmission's field may be wider, and loses its unit`() {
        let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        replay.send("rtl_433/h/events", #"{"model":"M","id":1,"depth_cm":5}"#)
        replay.send("rtl_433/h/events", #"{"model":"M","id":1,"depth_cm":"5 to 6"}"#)
        #expect(replay.value("M/1", "depth_cm") == "5 to 6")
        #expect(replay.property(PropertyID(DeviceID("M/1"), "depth_cm"))?.unit == nil)
    }

    @Test func `what a shape of topics announces never widens`() {
        let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        replay.send("frigate/front/detect/state", "ON")
        replay.send("frigate/front/detect/state", "half")
        replay.send("frigate/available", "online")
        replay.send("frigate/available", "half")
        #expect(replay.value("frigate", "front.detect") == .boolean(true))
        #expect(replay.value("frigate", "online") == .boolean(true))
        #expect(replay.property(PropertyID(DeviceID("frigate"), "front.detect"))?.type == .boolean)
    }

    @Test func `a declared key takes what a guess makes of the values`() async throws {
        let pattern = try KeyPattern(validating: "*.motion")
        let house = try await DeviceHouse(
            { [GenericJSONSource(topics: ["hall/#", "door/#"])] },
            keys: [Hub.Configuration.KeyEntry(pattern: pattern, type: .boolean, options: [])])
        let messages: [(topic: String, motion: String)] = [
            ("hall/a", "0"), ("hall/a", "1"), ("hall/a", "0"),
            ("door/b", "\"ON\""), ("door/b", "\"standby\""), ("door/b", "\"OFF\""), ("door/b", "\"ON\""),
        ]
        for (topic, motion) in messages {
            try await house.device.publish(topic, #"{"n":1,"motion":\#(motion)}"#)
            try await house.settle()
        }
        let changes = house.changes.filter { $0.key.text.hasSuffix(".motion") }
        await house.stop()
        #expect(changes.map(\.value) == [false, true, false, true, false, true].map { .boolean($0) })
        #expect(Set(changes.map(\.key)).count == 2)
    }

    @Test(arguments: 0..<40)
    func `whatever comes, a type only widens and what fits is taken`(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let words = [
            "1", "2.50", "1.0.13", "on", "open", "opening", "idle", "error", "", "null", "007", "\"3\"", "x y",
        ]
        var replay = DeviceReplay([GenericJSONSource(topics: ["#"])])
        var type: KeyType?
        for _ in 0..<60 {
            let word = words.randomElement(using: &random) ?? ""
            replay.send("t", word)
            let now = replay.property(PropertyID(DeviceID("t"), "value"))?.type
            #expect(now == type || type == nil || now == .string)
            if now == .string, type == .string, !["", "null"].contains(word) {
                #expect(replay.value("t", "value")?.description == (word == "\"3\"" ? "3" : word))
            }
            type = now
            if Int.random(in: 0..<8, using: &random) == 0 { replay = restarted(replay) }
        }
        #expect(type != nil)
    }
}
