import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct MappingTests {
    /// What the mappings make of one message: `key=value`, then `! reason` for dead letters.
    private func result(_ map: String, _ topic: String, _ payload: [UInt8], retained: Bool = false) throws -> [String] {
        let plan = try mappings("mqtt: {}\nmap:\n\(map)").plan(for: topic)
        var intake = Intake()
        payload.withUnsafeBufferPointer { bytes in
            let message = TopicPlan.Message(payload: bytes, isRetained: retained, time: Timestamp(microseconds: 0))
            plan.read(message, into: &intake)
        }
        return intake.observations.map { "\(TestSink.Seen($0).key)=\(TestSink.Seen($0).text)" }
            + intake.deadLetters.map { "! \($0.reason)" }
    }

    @Test(
        arguments: [
            (
                "- {topic: 'sensors/{room}/{q}', key: '{room}.{q}', type: numeric}", "sensors/hall/lux", " 40.5 ",
                ["hall.lux=40.5"]
            ),
            ("- {topic: a, key: k}", "a", "12.50", ["k=12.50"]), ("- {topic: a, key: k}", "a", "unavailable", []),
            ("- {topic: a, key: k}", "a", "", []), ("- {topic: a, key: k, type: numeric}", "a", "NaN", []),
            ("- {topic: a, key: k, type: numeric}", "a", "21,5", ["! '21,5' is not numeric (k)"]),
            ("- {topic: a, key: k, type: string}", "a", "007", ["k=007"]),
            ("- {topic: a, key: k, type: string}", "a", "12.50", ["k=12.50"]),
            ("- {topic: a, key: k, type: boolean}", "a", "ON", ["k=true"]),
            ("- {topic: a, key: k, type: boolean}", "a", "0", ["k=false"]),
            ("- {topic: a, key: k, type: uptime}", "a", "17:42", ["k=true"]),
            ("- {topic: a, key: k, type: uptime}", "a", "Offline", ["k=false"]),
            ("- {topic: a, key: k, values: {UP: 1, DOWN: 0, STOP: null}}", "a", "UP\n", ["k=1"]),
            ("- {topic: a, key: k, values: {UP: 1, DOWN: 0, STOP: null}}", "a", "STOP", []),
            ("- {topic: a, key: k, values: {UP: 1}}", "a", "LEFT", ["! 'LEFT' is not in the table of values (k)"]),
            ("- {topic: a, key: k, value: '(value - 32) / 1.8'}", "a", "212", ["k=100"]),
            (
                "- {topic: a, key: k, value: '(value - 32) / 1.8'}", "a", "warm",
                ["! '(value - 32) / 1.8': 'warm' is not a number (k)"]
            ),
            ("- {topic: a, key: k, type: boolean, value: 'value > 5'}", "a", "6", ["k=true"]),
            ("- {topic: a, key: k, type: numeric}", "a", "0003092.68", ["k=3092.68"]),
            ("- {topic: a, key: k, type: numeric}", "a", "+21.5", ["k=21.5"]),
            ("- {topic: a, key: k, type: numeric}", "a", " .5\0", ["k=0.5"]),
            ("- {topic: a, key: k, type: numeric}", "a", "5.\r\n", ["k=5"]),
            ("- {topic: a, key: k, type: numeric}", "a", "0x10", ["! '0x10' is not numeric (k)"]),
            ("- {topic: a, key: k, type: numeric}", "a", "1.2.3", ["! '1.2.3' is not numeric (k)"]),
            ("- {topic: a, key: k, type: numeric}", "a", ".", ["! '.' is not numeric (k)"]),
            ("- {topic: a, key: k}", "a", "007", ["k=007"]), ("- {topic: a, key: k}", "a", "+5", ["k=+5"]),
            ("- {topic: a, json: {r: {key: k, type: numeric}}}", "a", "{\"r\":\"0003092.68\"}", ["k=3092.68"]),
            ("- {topic: a, json: {r: k, s: l}}", "a", "{\"r\":NaN,\"s\":1}", ["l=1"]),
            ("- {topic: a, json: {r: k, s: l}}", "a", "{\"s\":1,\"r\":-Infinity}", ["l=1"]),
            ("- {topic: a, key: k, type: boolean, value: \"value = 'ON'\"}", "a", "ON\n", ["k=true"]),
            ("- {topic: a, key: k, type: boolean, value: \"value = 'ON'\"}", "a", "standby", ["k=false"]),
            ("- {topic: a, key: k, value: \"lower(text(value)) = 'on'\"}", "a", "ON", ["k=true"]),
            ("- {topic: a, key: k, value: \"value in ['open', 'opening']\"}", "a", "closed", ["k=false"]),
            ("- {topic: a, key: k, value: \"number(replace(value, ',', '.'))\"}", "a", "22", ["k=22"]),
            ("- {topic: a, key: k, value: \"text(value)\"}", "a", "1.50", ["k=1.50"]),
            ("- {topic: a, key: k, value: \"not bool(value)\"}", "a", "Off", ["k=true"]),
            ("- {topic: a, key: k, value: \"not value\"}", "a", "0", ["k=true"]),
            ("- {topic: a, key: k, value: \"if value = '--' then 0 else value\"}", "a", "21.5", ["k=21.5"]),
            ("- {topic: a, key: k, value: \"if value = '--' then '?' else value\"}", "a", "21.5", ["k=21.5"]),
            ("- {topic: a, key: k, type: numeric, value: value}", "a", "007", ["k=7"]),
            ("- {topic: a, key: k, value: value}", "a", "21.50", ["k=21.50"]),
            ("- {topic: a, key: k, value: 'value = 1 or value = true'}", "a", "1", ["k=true"]),
            ("- {topic: a, json: {r: {key: k, value: 'value / 10'}}}", "a", "{\"r\":215}", ["k=21.5"]),
            ("- {topic: a, json: {r: {key: k, value: 'not value'}}}", "a", "{\"r\":false}", ["k=true"]),
            ("- {topic: a, json: {r: {key: k, value: \"value = 'true'\"}}}", "a", "{\"r\":true}", ["k=true"]),
            ("- {topic: a, key: one}\n- {topic: '+', key: 'two.{1}'}", "a", "1", ["one=1", "two.a=1"]),
        ] as [(String, String, String, [String])])
    func `a payload becomes a value`(map: String, topic: String, payload: String, expected: [String]) throws {
        #expect(try result(map, topic, Array(payload.utf8)) == expected)
    }

    @Test func `a topic that makes no key is a dead letter`() throws {
        let found = try result("- {topic: 'x/+', key: 'x.{1}'}", "x/***", [49])
        #expect(found.count == 1 && found[0].hasPrefix("! no key for 'x.{1}': 'x.***' is not a key name"), "\(found)")
    }

    private static let meter = """
        - topic: 'meter/{id}'
          json:
            ENERGY.Power: {key: 'm.{id}.power', type: numeric, unit: W}
            State: {key: m.relay, values: {"ON": true, "OFF": false}}
            Temp: {key: m.temperature, value: '(value - 32) / 1.8'}
            name: m.name
        """

    @Test(arguments: [
        (
            #"{"ENERGY":{"Power":12.5},"State":"ON","Temp":212,"name":"x"}"#,
            ["m.7.power=12.5", "m.relay=true", "m.temperature=100", "m.name=x"]
        ),
        (#"{"ENERGY":{"Power":"12.5"}}"#, ["m.7.power=12.5"]), (#"{"ENERGY":{"Power":null},"name":""}"#, []),
        (#"{"ENERGY":{"Power":{}}}"#, ["! the field 'ENERGY.Power': an object or a list (m.7.power)"]),
        (#"{"State":true}"#, ["! the field 'State': 'true' is not in the table of values (m.relay)"]),
        (#"{"other":1}"#, []), ("12", ["! the payload is not JSON: it is no object"]),
    ])
    func `fields of JSON become values`(payload: String, expected: [String]) throws {
        #expect(try result(Self.meter, "meter/7", Array(payload.utf8)) == expected)
    }

    @Test func `every field can be mapped at once`() throws {
        let map = "- {topic: 'zigbee2mqtt/{device}', json: {'*': '{device}.{path}', linkquality: lq}}"
        let payload = #"{"temperature":21.5,"linkquality":80,"color":{"x":0.3},"update avail":false,"***":1}"#
        let found = try result(map, "zigbee2mqtt/hall lamp", Array(payload.utf8))
        #expect(
            found == [
                "lq=80", "hall_lamp.temperature=21.5", "hall_lamp.color.x=0.3", "hall_lamp.update_avail=false",
                "! the field '***' makes no key name",
            ])
    }

    @Test func `payloads that are too long, not UTF-8 or deeply nested are refused`() throws {
        let map = "- {topic: a, key: k}\n- {topic: j, json: {x: k}}"
        #expect(try result(map, "a", Array(repeating: 65, count: 5 << 20)) == ["! the payload is longer than 1 MiB"])
        #expect(try result(map, "a", Array(repeating: 65, count: 100_000)) == ["! longer than 64 KiB (k)"])
        #expect(try result(map, "a", [0xFF, 0xFE]) == ["! the payload is not UTF-8"])
        let deep = Array(String(repeating: "[", count: 100_000).utf8)
        #expect(try result(map, "j", deep) == ["! the payload is not JSON: nested deeper than 64"])
    }

    @Test(arguments: [
        ("komoku/kitchen/lamp/set", "true", ["kitchen.lamp=true"]), ("komoku/a/set", "\" 7 \"", ["a= 7 "]),
        ("komoku/a/set", "12.5", ["a=12.5"]), ("komoku/a/b", "1", []), ("komoku/set", "1", []),
        ("komoku/a b/set", "1", []), ("komoku/status", "online", []), ("komoku/a.b/set", "1", []),
    ])
    func `a topic ending in set is a put`(topic: String, payload: String, expected: [String]) throws {
        #expect(try result("- {topic: x, key: y}", topic, Array(payload.utf8)) == expected)
        #expect(try result("- {topic: x, key: y}", topic, Array(payload.utf8), retained: true) == [])
    }

    @Test func `leading wildcards leave our own topics alone, and a replayed press is no press`() throws {
        #expect(try result("- {topic: '{a}/{b}', key: '{a}.{b}'}", "komoku/lamp", [49]) == [])
        #expect(try result("- {topic: 'komoku/{b}', key: 'own.{b}'}", "komoku/lamp", [49]) == ["own.lamp=1"])
        let press = "- {topic: b, key: k, type: string, event: true}"
        #expect(try result(press, "b", [65]) == ["k=A"])
        #expect(try result(press, "b", [65], retained: true) == [])
    }

    @Test func `the cache finds each topic again and is bounded`() {
        var cache = TopicCache()
        var made = 0
        for round in 0..<2 {
            for index in 0..<1000 {
                Array("sensors/\(index)/x".utf8).withUnsafeBytes { bytes in
                    let plan = cache.plan(for: bytes) { topic in
                        made += 1
                        return TopicPlan(topic: topic)
                    }
                    #expect(plan.topic == "sensors/\(index)/x", "round \(round)")
                }
            }
        }
        #expect(made == 1000)
        for index in 0..<70_000 {
            Array("t\(index)".utf8).withUnsafeBytes { _ = cache.plan(for: $0, make: TopicPlan.init) }
        }
        #expect(cache.count <= TopicCache.capacity)
    }

    @Test func `the cache is bounded in bytes, too`() {
        var cache = TopicCache()
        var longest = 0
        for number in 0..<1000 {
            let topic = String(repeating: "x", count: 65_000) + String(number)
            Array(topic.utf8).withUnsafeBytes { bytes in
                _ = cache.plan(for: bytes) { TopicPlan(topic: $0) }
            }
            longest = max(longest, cache.count)
        }
        #expect(longest > 1 && longest * 65_000 <= TopicCache.maximumBytes)
    }

    @Test func `one message makes a bounded number of dead letters`() throws {
        let fields = (0..<200).map { #""f\#($0)":"21,5""# }.joined(separator: ",")
        let letters = try result(
            "- {topic: a, json: {'*': {key: 'a.{path}', type: numeric}}}", "a", Array("{\(fields)}".utf8))
        #expect(letters.count == 8 && letters.last == "! further fields cannot be used", "\(letters)")
    }
}
