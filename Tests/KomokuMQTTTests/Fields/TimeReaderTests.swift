import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

struct TimeReaderTests {
    private static let arrival = "2026-03-14T12:00:00Z"

    /// The time that a message is given, as seconds before its arrival; nil is its arrival.
    private func age(_ time: String, _ payload: String, retained: Bool = false) throws -> Double? {
        let reader = MessageReader(
            mappings: try mappings(
                "mqtt: {}\nmap: [{topic: m, time: \(time), json: {v: v}}]"))
        let now = try #require(Timestamp(dated: Self.arrival))
        reader.beginRound(at: now, 0)
        Array("m".utf8).withUnsafeBytes { topic in
            Array(payload.utf8).withUnsafeBufferPointer { reader.read(topic, $0, isRetained: retained) }
        }
        let intake = reader.takeIntake()
        #expect(intake.observations.count == 1)
        return intake.observations.first?.time.map { (now - $0).seconds }
    }

    @Test(arguments: [
        ("ts", "1773489540", 60), ("ts", "1773489540000", 60), ("ts", "1773489540000000", 60),
        ("ts", "1773489540000000000", 60), ("ts", "\"1773489540\"", 60), ("ts", "1773489539.5", 60.5),
        ("ts", "\"2026-03-14T11:59:00Z\"", 60), ("ts", "\"2026-03-14T12:59:00.250+01:00\"", 59.75),
        ("{field: ts, zone: Europe/Warsaw}", "\"2026-03-14T12:59:00\"", 60),
        ("{field: ts, zone: Europe/Warsaw}", "\"2026-03-14 12:59\"", 60),
        ("{field: ts, zone: UTC}", "\"2026-03-14T11:58:00\"", 120), ("{field: ts, as: s}", "1773489480", 120),
        ("{field: ts, as: ms}", "1773489480000", 120), ("{field: ts, as: us}", "1773489480000000", 120),
        ("{field: ts, as: ns}", "1773489480000000000", 120), ("{field: ts, as: iso}", "\"2026-03-14T11:59:30Z\"", 30),
        ("{field: ts, value: \"value - 10\"}", "1773489540", 70),
        ("{field: ts, value: \"value * 60\"}", "29558158", 120), ("{field: a.b.1, as: s}", "[1]", nil),
        ("{field: ts, max_age: 1d}", "1773403100", nil), ("ts", "1773403300", 86_300), ("ts", "null", nil),
        ("ts", "0", nil), ("ts", "12", nil), ("ts", "1773489630", nil), ("ts", "1773499600", nil), ("ts", "true", nil),
        ("ts", "\"1970-01-01T00:00:05\"", nil), ("ts", "1e308", nil), ("ts", "-1e308", nil), ("ts", "\"soon\"", nil),
        ("ts", "{}", nil), ("ts", "\"9999-12-31T23:59:59Z\"", nil), ("{field: ts, as: iso}", "1773489540", nil),
    ])
    func `a message says when it was measured`(time: String, stamp: String, age: Double?) throws {
        #expect(try self.age(time, #"{"ts":\#(stamp),"v":1}"#) == age)
    }

    @Test func `retained messages say it too`() throws {
        #expect(try age("ts", #"{"ts":1773489540,"v":1}"#, retained: true) == 60)
    }

    @Test func `what is not believed is counted, and said once a topic`() throws {
        let reader = MessageReader(mappings: try mappings("mqtt: {}\nmap: [{topic: m/+, time: t, json: {v: v}}]"))
        reader.beginRound(at: try #require(Timestamp(dated: Self.arrival)), 0)
        var letters: [DeadLetter] = []
        for topic in ["m/a", "m/a", "m/b", "m/a"] {
            Array(topic.utf8).withUnsafeBytes { topic in
                Array(#"{"t":"1970-01-01T00:00:09Z","v":1}"#.utf8).withUnsafeBufferPointer {
                    reader.read(topic, $0, isRetained: false)
                }
            }
            letters += reader.takeIntake().deadLetters
        }
        #expect(letters.map(\.topic) == ["m/a", "m/b"])
        #expect(letters.allSatisfy { $0.reason.contains("ago") && $0.reason.contains("arrival") }, "\(letters)")
        #expect(reader.counters.doubtedTimes == 4)
    }

    @Test func `a field has a time of its own, or none`() throws {
        let reader = MessageReader(
            mappings: try mappings(
                """
                mqtt: {}
                map:
                  - topic: m
                    time: t
                    json: {a: a, b: {key: b, time: s}, c: {key: c, time: false}, "*": {key: "o.{path}"}}
                  - topic: p
                    key: p
                    time: {value: "split_part(value, ';', 1)"}
                    value: "number(split_part(value, ';', 2))"
                """))
        let now = try #require(Timestamp(dated: Self.arrival))
        reader.beginRound(at: now, 0)
        let messages = [("m", #"{"t":1773489599,"s":1773489598,"a":1,"b":1,"c":1,"d":1}"#), ("p", "1773489597;5")]
        for (topic, payload) in messages {
            Array(topic.utf8).withUnsafeBytes { topic in
                Array(payload.utf8).withUnsafeBufferPointer { reader.read(topic, $0, isRetained: false) }
            }
        }
        let times = reader.takeIntake().observations.map {
            "\($0.feed.name) \($0.time.map { DecimalNumber.text((now - $0).seconds) } ?? "now")"
        }
        #expect(times == ["a 1", "b 2", "c now", "o.d 1", "p 3"])
    }

    @Test(arguments: [
        ("key: k, time: ts", "a payload that is a value has no fields"),
        ("key: k, time: {}", "does not say where"), ("json: {a: a}, time: {}", "field"),
        ("json: {a: a}, time: {field: t, as: minutes}", "as"), ("json: {a: a}, time: {field: t, zone: Mars}", "Mars"),
        ("json: {a: a}, time: {field: t, value: \"value > 1\"}", "makes no time"),
        ("json: {a: {key: a, time: {field: t, vaule: 1}}}", "vaule"),
        ("json: {a: a}, time: {field: t, max_age: 0s}", "max_age"),
    ])
    func `a time that cannot be read is an error`(entry: String, word: String) {
        let problems = read("mqtt: {}\nmap: [{topic: m, \(entry)}]").1
        #expect(problems.count == 1 && problems[0].contains(word), "\(problems)")
    }

    // MARK: Devices

    @Test func `devices date their messages where they can`() throws {
        let replay = DeviceReplay([TasmotaSource(zone: .utc)])
        replay.send(
            "tasmota/discovery/A1B2C3D4E5F6/config",
            #"{"mac":"A1B2C3D4E5F6","t":"x","ft":"%prefix%/%topic%/","tp":["cmnd","stat","tele"],"rl":[1],"ver":1}"#)
        func time(_ payload: String) -> Double? {
            replay.send("tele/x/STATE", Array(payload.utf8), at: 3600)
            return replay.last.first { $0.key.name == "POWER" }.map { ($0.value.time - DeviceReplay.start).seconds }
        }
        #expect(time(#"{"Time":"2026-03-14T07:30:00","POWER":"ON"}"#) == 1800)
        // What comes at once is dated by its arrival; so is what a clock at its beginning or ahead says.
        #expect(time(#"{"Time":"2026-03-14T07:59:58","POWER":"OFF"}"#) == 3600)
        #expect(time(#"{"Time":"1970-01-01T00:00:10","POWER":"ON"}"#) == 3600)
        #expect(time(#"{"Time":"2026-03-14T09:00:00","POWER":"OFF"}"#) == 3600)
        #expect(time(#"{"Time":"2026-03-14T08:40:00+01:00","POWER":"ON"}"#) == 2400)
    }

    @Test func `a Tasmota clock without a zone is not believed`() {
        let reading = TasmotaSource().time("Time")
        let now = DeviceReplay.start
        #expect(reading.time(of: .text("2026-03-14T06:00:00"), arrival: now) == .none)
        #expect(reading.time(of: .text("2026-03-14T06:00:00Z"), arrival: now) == .time(now - .seconds(3600)))
    }

    @Test(arguments: [#""2026-03-14T06:59:00.000Z""#, #""2026-03-14T07:59:00+01:00""#, "1773471540000"])
    func `zigbee2mqtt says when a device was seen`(seen: String) {
        let replay = ZigbeeNetwork.start(ZigbeeNetwork.Device(address: "0x01", name: "lamp"))
        replay.send("z/lamp", Array(#"{"state":"ON","last_seen":\#(seen)}"#.utf8), at: 0)
        let time = replay.last.first { $0.key.name == "state" }?.value.time
        #expect(time == DeviceReplay.start - .seconds(60))
    }
}
