import Komoku
import KomokuTesting
import KomokuYAML
import Testing

@testable import KomokuMQTT

@Suite struct ConfigurationTests {
    @Test func `the whole of a house is read`() throws {
        let (configuration, problems) = read(
            """
            mqtt: {url: "mqtts://broker.lan", username: komoku, password: geheim, ca_file: /etc/ca.pem, keep_alive: 30s,
                   reconnect: {min: 2s, max: 30s}, receive_maximum: 1000, base: home/komoku}
            map:
              - {topic: "sensors/{room}/{quantity}", key: "{room}.{quantity}", type: numeric, qos: 0}
              - topic: "meter/SENSOR"
                json:
                  ENERGY.Power: {key: house.power, type: numeric, unit: W}
                  ENERGY.Total: {key: house.energy, type: counter, unit: kWh, precision: 3}
                  State: {key: house.relay, type: boolean, values: {"ON": true, "OFF": false}}
                  Temp: {key: meter.temperature, value: "(value - 32) / 1.8"}
                  Name: meter.name
              - {topic: "door/+/alive", key: "door.{1}.alive", type: uptime, max_time: 90s}
            publish:
              - {keys: "**", topic: "komoku/{path}", retain: true, payload: value}
            commands:
              - {keys: kitchen.lamp, topic: cmnd/kitchen/POWER, payload: {"true": "ON", "false": "OFF"}}
              - {keys: [a.*, b.*], topic: "zigbee2mqtt/{key}/set", payload: '{"state": "{value}"}'}
            """)
        #expect(problems == [])
        let broker = try #require(configuration.broker)
        #expect(broker.address.description == "mqtts://broker.lan:8883")
        #expect(broker.clientID == "komoku-home" && broker.base == "home/komoku" && broker.receiveMaximum == 1000)
        #expect(broker.password?.reveal() == "geheim")
        #expect(configuration.mappings.map(\.qos) == [0, 1, 1])
        let meter = configuration.mappings[1].fields
        #expect(meter.map(\.type) == [.numeric, .counter, .boolean, .numeric, nil])
        #expect(meter[1].options == [JSON.Member("unit", "kWh"), JSON.Member("precision", 3)])
        #expect(configuration.mappings[2].fields[0].options == [JSON.Member("max_time", 90)])
        let key = try #require(KeyName("b.lamp"))
        #expect(configuration.commands[1].topic.topic(for: key) == "zigbee2mqtt/b.lamp/set")
        #expect(
            configuration.commands[1].payload(for: .string("a\"b"), of: key).map { String(decoding: $0, as: UTF8.self) }
                == #"{"state": "a\"b"}"#)
        #expect(configuration.commands[0].payload(for: .boolean(true), of: key) == Array("ON".utf8))
        #expect(configuration.commands[0].payload(for: .number(1), of: key) == nil)
    }

    @Test(arguments: [
        (
            "mqtt: {url: 'http://x'}",
            "1:13: error: 'url' expects an address such as mqtt://127.0.0.1:1883, found 'http://x': it starts with neither 'mqtt://' nor 'mqtts://'"
        ),
        ("mqtt: {clientid: x}", "1:8: error: 'mqtt' has no setting 'clientid'; did you mean 'client_id'?"),
        (
            "mqtt: {qos: 2}",
            "1:13: error: 'qos' expects 0 or 1, found '2'; with 1 nothing is lost, and repeats are recognised"
        ),
        ("mqtt: {ca_file: x}", "1:8: error: 'ca_file' is for an encrypted connection; write mqtts:// in 'url'"),
        ("mqtt: {password: x}", "1:7: error: a password needs a 'username'"),
        ("map: []", "1:1: error: 'map' needs a broker; write mqtt: {url: \"mqtt://127.0.0.1:1883\"}"),
        ("mqtt: {}\nmap: [{topic: a}]", "2:7: error: item 1 of 'map' needs one of 'key', 'json'"),
        (
            "mqtt: {}\nmap: [{topc: a, key: b}]",
            "2:7: error: item 1 of 'map' needs 'topic', a topic such as sensors/{room}/+"
        ),
        ("mqtt: {}\nmap: [{topic: 'a/#/b', key: b}]", "2:18: error: '#' may only be the last level"),
        (
            "mqtt: {}\nmap: [{topic: 'a/{room}', key: '{rom}.x'}]",
            "2:33: error: nothing is called '{rom}'; did you mean 'room'?"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, key: b, type: numerc}]",
            "2:32: error: 'type' expects one of 'numeric', 'counter', 'boolean', 'uptime', 'string', found 'numerc'; did you mean 'numeric'?"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, key: b, value: 'valu * 2'}]",
            "2:34: error: there is no key 'valu'; did you mean 'value'?"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, key: b, type: boolean, value: 'value * 2'}]",
            "2:49: error: true or false is needed here, this is a number"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, key: b, type: numeric, values: {x: 'y'}}]",
            "2:53: error: 'x' expects a value of type numeric, found 'y'"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, key: k, type: numeric}, {topic: b, key: k, type: boolean}]",
            "2:53: error: the key 'k' is boolean here and numeric at komoku.yaml:2:18"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, json: {'*': k}}]",
            "2:25: error: '*' feeds many fields into one key; use {path} in the key"
        ),
        (
            "mqtt: {}\nmap: [{topic: a, key: b, type: string, max_time: 5s}]",
            "2:40: error: 'max_time' is for uptime keys, and this is string"
        ),
        (
            "mqtt: {}\npublish: [{keys: '**', topic: 'x/{kye}'}]",
            "2:34: error: '{kye' is neither {key} nor {path}; did you mean 'key'?"
        ),
        (
            "mqtt: {}\npublish: [{keys: '**', topic: 'h/{path}'}]\nmap: [{topic: 'h/x', key: y}]",
            "2:11: warning: what is published here may come back through the mapping of 'h/x' at komoku.yaml:3:7"
        ),
        (
            "mqtt: {}\npublish: [{keys: '**', topic: 'komoku/{path}'}]\nmap: [{topic: 'h/x', key: lamp.set}]",
            "2:11: warning: the key 'lamp.set' is not published: 'komoku/lamp/set' means something else; rename the key"
        ),
        (
            "mqtt: {}\nmap:\n  - {topic: 'a/{x}', key: 'k.{x}'}\n  - {topic: a/b, key: k.b}",
            "4:5: warning: a message on 'a/b' is put into 'k.b' twice, by the mapping at komoku.yaml:3:5 too; "
                + "leave one of them out, or narrow its topic"
        ),
        (
            "mqtt: {}\nmap:\n  - {topic: '{x+}/t', json: {v: y}}\n  - {topic: 'a/+/#', json: {v: y, w: z}}",
            "4:5: warning: 'v' in a message on 'a/t' is put into 'y' twice, by the mapping at komoku.yaml:3:5 too; "
                + "leave one of them out, or narrow its topic"
        ),
    ])
    func `what is wrong is said with its place`(yaml: String, problem: String) {
        let problems = read(yaml).1
        #expect(problems.contains("komoku.yaml:\(problem)"), "\(problems)")
    }

    @Test(arguments: [
        "map: [{topic: 'a/{x}', key: 'k.{x}'}, {topic: 'a/b', key: k.c}]",
        "map: [{topic: 'a/{x}', key: 'k.{x}'}, {topic: 'b/{x}', key: 'k.{x}'}]",
        "map: [{topic: 'a/#', json: {v: k}}, {topic: 'a/b', json: {w: k}}]",
        "map: [{topic: 'a/{x}/{y}', key: 'k.{x}'}, {topic: 'a/{x}', key: 'k.{x}'}]",
    ])
    func `mappings that do not put the same twice are right`(yaml: String) {
        #expect(read("mqtt: {}\n" + yaml).1 == [])
    }

    @Test(arguments: [
        ("mqtt://h", "mqtt://h:1883"), ("mqtts://h:1", "mqtts://h:1"), ("mqtt://[::1]:5", "mqtt://[::1]:5"),
        ("mqtt://h/", "mqtt://h:1883"),
    ])
    func `addresses are read`(text: String, shown: String) throws {
        #expect(try BrokerAddress(parsing: text).description == shown)
    }

    @Test(arguments: [
        "", "h", "mqtt://", "mqtt://h:0", "mqtt://h:x", "mqtt://u@h", "mqtt://h/x", "mqtt://::1", "mqtt://[::1",
        "mqtt://h:+1",
    ])
    func `other addresses are refused`(text: String) {
        #expect(throws: BrokerAddress.Invalid.self) { try BrokerAddress(parsing: text) }
    }

    @Test func `waits grow, and a connection that did nothing does not shorten them`() {
        var random = SplitMix(seed: 1)
        var backoff = Backoff(Backoff.Bounds())
        let waits = (0..<8).map { _ in backoff.delay(after: .failed, using: &random).seconds }
        for (wait, most) in zip(waits, [1.0, 2, 4, 8, 16, 32, 60, 60]) { #expect(wait <= most && wait >= most * 0.75) }
        #expect(backoff.delay(after: .lasted, using: &random).seconds <= 1)
        // A broker that restarts again and again, and each time was there.
        for _ in 0..<60 {
            #expect(backoff.delay(after: .worked, using: &random).seconds <= 2)
            _ = backoff.delay(after: .failed, using: &random)
        }
    }
}
