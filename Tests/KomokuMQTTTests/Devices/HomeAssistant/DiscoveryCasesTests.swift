import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

/// Discovery beyond the recorded hours.
struct DiscoveryCasesTests {
    private let replay = DeviceReplay([HomeAssistantSource()])

    private func announce(_ component: String, _ config: String, retained: Bool = true) {
        announce(component, "x", config, retained: retained)
    }

    private func announce(_ component: String, _ object: String, _ config: String, retained: Bool = true) {
        replay.send("homeassistant/\(component)/\(object)/config", config, retained: retained)
    }

    @Test func `short names mean what long ones do`() {
        #expect(DiscoveryAbbreviations.entity("stat_t") == "state_topic")
        #expect(DiscoveryAbbreviations.entity("tilt_status_tpl") == "tilt_status_template")
        #expect(DiscoveryAbbreviations.entity("state_topic") == "state_topic")
        #expect(DiscoveryAbbreviations.device("ids") == "identifiers")
        #expect(DiscoveryAbbreviations.entities.count > 260)
        #expect(DiscoveryAbbreviations.entities.values.allSatisfy { DiscoveryAbbreviations.entities[$0] == nil })
    }

    @Test func `the base stands at either end of a topic`() {
        announce("sensor", #"{"~":"b/c","stat_t":"~/s","avty":[{"t":"~/a"}],"unit_of_meas":"W"}"#)
        announce("sensor", "y", #"{"~":"b/c","stat_t":"s/~","unit_of_meas":"W"}"#)
        replay.send("b/c/s", "1")
        replay.send("s/b/c", "2")
        replay.send("b/c/a", "online")
        #expect(replay.value("x", "x") == .number(1))
        #expect(replay.value("y", "y") == .number(2))
        #expect(replay.value("x", "online") == .boolean(true))
    }

    @Test(
        arguments: [
            ("all", ["a:online"], false), ("all", ["a:online", "b:online"], true),
            ("all", ["a:online", "b:offline"], false),
            ("any", ["a:offline"], false), ("any", ["a:offline", "b:online"], true),
            ("any", ["a:offline", "b:offline"], false),
            ("latest", ["a:online", "b:offline"], false), ("latest", ["b:offline", "a:online"], true),
            ("latest", ["a:online", "a:what"], true),
        ] as [(String, [String], Bool?)])
    func `availability is combined as its mode says`(_ mode: String, _ messages: [String], _ result: Bool?) {
        announce("sensor", #"{"stat_t":"s","avty":[{"t":"a"},{"t":"b"}],"avty_mode":"\#(mode)"}"#)
        for message in messages {
            let parts = message.split(separator: ":").map(String.init)
            replay.send(parts[0], parts[1])
        }
        #expect(replay.value("x", "online") == result.map { .boolean($0) })
    }

    @Test func `availability that was heard counts for entities that come later`() {
        announce("sensor", #"{"stat_t":"s","avty_t":"a","avty_tpl":"{{ value_json.state }}","dev":{"ids":"d1"}}"#)
        replay.send("a", #"{"state":"online"}"#, retained: true)
        announce("sensor", "y", #"{"stat_t":"t","avty_t":"a","avty_tpl":"{{ value_json.state }}","dev":{"ids":"d2"}}"#)
        announce(
            "sensor", "z", #"{"stat_t":"u","avty_t":"a","avty_tpl":"{{ value_json['state'] }}","dev":{"ids":"d3"}}"#)
        for device in ["d1", "d2", "d3"] { #expect(replay.value(device, "online") == .boolean(true)) }
    }

    @Test func `entities that share an identifier or a connection are one device`() {
        announce("sensor", "a", #"{"stat_t":"a","dev":{"ids":["one"],"name":"First"}}"#)
        announce("sensor", "b", #"{"stat_t":"b","dev":{"cns":[["mac","AA:BB"]]}}"#)
        #expect(replay.devices.count == 2)
        announce("sensor", "c", #"{"stat_t":"c","dev":{"ids":["one"],"cns":[["mac","aa:bb"]],"mf":"Maker"}}"#)
        let device = replay.devices[DeviceID("one")]
        #expect(device?.properties.map(\.name) == ["a", "b", "c"])
        #expect(device?.name == "First" && device?.manufacturer == "Maker")
        #expect(replay.removed == [DeviceID("AA:BB")] || replay.removed == [DeviceID("aa:bb")])
    }

    @Test func `an entity moves to a message of its device and stays`() {
        announce("sensor", "old", #"{"stat_t":"s","uniq_id":"u","unit_of_meas":"W","dev":{"ids":"d"}}"#)
        announce("sensor", "old", #"{"migrate_discovery":true}"#, retained: false)
        announce(
            "device", "d",
            #"{"dev":{"ids":"d"},"o":{"name":"x"},"cmps":{"old":{"p":"sensor","uniq_id":"u","stat_t":"n","unit_of_meas":"W"}}}"#,
            retained: false)
        announce("sensor", "old", "", retained: false)
        replay.send("n", "5")
        #expect(replay.value("d", "old") == .number(5))
        #expect(replay.removed.isEmpty)
        #expect(replay.remembered.keys.sorted() == ["homeassistant/device/d/config"])
    }

    @Test func `a unique id belongs to the first that comes retained, and to the newest that comes live`() {
        announce("sensor", "a", #"{"stat_t":"s1","uniq_id":"u","unit_of_meas":"W","dev":{"ids":"d"}}"#)
        announce("sensor", "b", #"{"stat_t":"s2","uniq_id":"u","unit_of_meas":"W","dev":{"ids":"d"}}"#)
        #expect(replay.devices[DeviceID("d")]?.properties.map(\.name) == ["a"])
        #expect(replay.letters.count == 1)
        announce("sensor", "c", #"{"stat_t":"s3","uniq_id":"u","unit_of_meas":"W","dev":{"ids":"d"}}"#, retained: false)
        #expect(replay.devices[DeviceID("d")]?.properties.map(\.name) == ["c"])
        announce("sensor", "c", "", retained: false)
        #expect(replay.devices[DeviceID("d")]?.properties.map(\.name) == ["b"])
    }

    @Test func `a component reduced to its platform is withdrawn, an empty message withdraws all`() {
        let sensor = #""a":{"p":"sensor","uniq_id":"ua","stat_t":"a"}"#
        announce(
            "device", "d",
            #"{"dev":{"ids":"d"},"o":{},"cmps":{\#(sensor),"b":{"p":"sensor","uniq_id":"ub","stat_t":"b"}}}"#)
        announce("device", "d", #"{"dev":{"ids":"d"},"o":{},"cmps":{\#(sensor),"b":{"p":"sensor"}}}"#)
        #expect(replay.devices[DeviceID("d")]?.properties.map(\.name) == ["a"])
        announce("device", "d", "")
        #expect(replay.removed == [DeviceID("d")])
        #expect(replay.remembered.isEmpty)
    }

    @Test func `names of one device differ, and a newcomer takes none that is there`() {
        let configs = [
            ("sensor", "n1/t", "a"), ("sensor", "n2/t", "b"), ("binary_sensor", "n2/t", "c"),
            ("sensor", "n2/online", "e"),
        ]
        let expected = [
            ["online", "t", "t_sensor", "online_sensor", "t_binary_sensor"],
            ["online", "t", "online_sensor", "t_sensor", "n1_t"],
        ]
        for (order, names) in zip([configs, configs.reversed()], expected) {
            let replay = DeviceReplay([HomeAssistantSource()])
            for (component, object, topic) in order {
                replay.send(
                    "homeassistant/\(component)/\(object)/config",
                    #"{"stat_t":"\#(topic)","avty_t":"av","dev":{"ids":"d"}}"#)
            }
            #expect(replay.devices[DeviceID("d")]?.properties.map(\.name).sorted() == names.sorted())
        }
    }

    @Test func `a newcomer of another component never gets the key of one that is there, nor of one that is gone`() {
        let device = #""dev":{"ids":"box"}"#
        announce("sensor", "temp", #"{"stat_t":"b/t","uniq_id":"b1",\#(device)}"#)
        replay.send("b/t", "20.5")
        announce("number", "temp", #"{"stat_t":"b/n","cmd_t":"b/c","uniq_id":"b2",\#(device)}"#)
        replay.send("b/n", "33")
        #expect(replay.value("box", "temp") == .string("20.5"))
        #expect(replay.value("box", "temp_number") == .number(33))
        // After a restart the configurations come in the order of their topics.
        let later = DeviceReplay([HomeAssistantSource()])
        for (topic, payload) in replay.remembered.sorted(by: { $0.key < $1.key }) {
            var intake = Intake()
            payload.withUnsafeBufferPointer {
                let message = DeviceMessage(topic: topic, payload: $0, isRestored: true, time: later.now)
                later.reader.devices.restore(message, into: &intake)
            }
        }
        announce("sensor", "temp", "")
        announce("binary_sensor", "temp", #"{"stat_t":"b/s","uniq_id":"b3",\#(device)}"#)
        #expect(
            replay.devices[DeviceID("box")]?.properties.map(\.name).sorted() == ["temp_binary_sensor", "temp_number"])
        later.send("homeassistant/sensor/temp/config", #"{"stat_t":"b/t2","uniq_id":"b1",\#(device)}"#)
        #expect(later.devices[DeviceID("box")]?.properties.map(\.name).sorted() == ["temp", "temp_number"])
        later.send("b/t2", "1")
        #expect(later.value("box", "temp") == .string("1"))
    }

    @Test(
        arguments: [
            ("sensor", #"{"stat_t":"s"}"#, "007", Value.string("007")),
            ("sensor", #"{"stat_t":"s","stat_cla":"measurement"}"#, "007.5", .number(7.5)),
            ("sensor", #"{"stat_t":"s","dev_cla":"temperature"}"#, "21.5", .number(21.5)),
            ("sensor", #"{"stat_t":"s","dev_cla":"timestamp"}"#, "2026-03-14", .string("2026-03-14")),
            ("sensor", #"{"stat_t":"s","unit_of_meas":"W"}"#, "unavailable", nil),
            ("sensor", #"{"stat_t":"s","unit_of_meas":"W"}"#, "NaN", nil),
            (
                "sensor", #"{"stat_t":"s","unit_of_meas":"W","val_tpl":"{{ value_json.a | float }}"}"#, #"{"a":"1.5"}"#,
                .number(1.5)
            ),
            ("sensor", #"{"stat_t":"s","unit_of_meas":"W","val_tpl":"{{ value_json.a }}"}"#, #"{"a":null}"#, nil),
            ("sensor", #"{"stat_t":"s","val_tpl":"{{ value_json.a }}"}"#, #"{"a":{"b":true}}"#, .string("{'b': True}")),
            ("sensor", #"{"stat_t":"s","val_tpl":"{{ value_json | length }}"}"#, "[1,2]", .string("2")),
            ("sensor", #"{"stat_t":"s","val_tpl":"{{ states('x') }}"}"#, "raw", nil),
            ("sensor", #"{"stat_t":"s","dev_cla":"enum","ops":["a","b"]}"#, "c", nil),
            ("binary_sensor", #"{"stat_t":"s","pl_on":true,"pl_off":false}"#, "true", .boolean(true)),
            (
                "binary_sensor", #"{"stat_t":"s","pl_on":false,"pl_off":true,"val_tpl":"{{ value_json.contact }}"}"#,
                #"{"contact":false}"#, .boolean(true)
            ),
            ("binary_sensor", #"{"stat_t":"s","val_tpl":"{{ value_json.c }}"}"#, #"{"c":true}"#, .boolean(true)),
            (
                "binary_sensor", #"{"stat_t":"s","pl_on":1,"pl_off":0,"val_tpl":"{{ value_json.c }}"}"#, #"{"c":0}"#,
                .boolean(false)
            ),
            ("lock", #"{"stat_t":"s","cmd_t":"c"}"#, "JAMMED", nil),
            ("siren", #"{"stat_t":"s","cmd_t":"c"}"#, #"{"state":"ON"}"#, .boolean(true)),
            ("alarm_control_panel", #"{"stat_t":"s","cmd_t":"c"}"#, "armed_away", .string("armed_away")),
            ("number", #"{"stat_t":"s","cmd_t":"c"}"#, "7.000", .number(7)),
            ("number", #"{"stat_t":"s","cmd_t":"c"}"#, "101", nil),
            ("device_tracker", #"{"stat_t":"s"}"#, "work", .boolean(false)),
        ] as [(String, String, String, Value?)])
    func `a state becomes a value`(_ component: String, _ config: String, _ payload: String, _ value: Value?) {
        announce(component, config)
        replay.send("s", payload)
        #expect(replay.value("x", "x") == value)
    }

    @Test(
        arguments: [
            ("switch", #"{"cmd_t":"c","cmd_tpl":"{\"s\":\"{{ value }}\"}"}"#, "x", Value.boolean(true), #"{"s":"ON"}"#),
            ("cover", #"{"cmd_t":"c","pl_open":"UP","pos_t":"p"}"#, "x.state", .string("open"), "UP"),
            ("cover", #"{"set_pos_t":"c","pos_t":"p","pos_open":0,"pos_clsd":255}"#, "x.position", .number(20), "204"),
            ("cover", #"{"set_pos_t":"c","set_pos_tpl":"{{ 100 - position }}"}"#, "x.position", .number(20), "80"),
            ("valve", #"{"cmd_t":"c","pos":true,"stat_t":"s"}"#, "x.position", .number(20), "20"),
            ("fan", #"{"cmd_t":"d","pct_cmd_t":"c","spd_rng_max":3}"#, "x.percentage", .number(40), "2"),
            (
                "climate", #"{"temp_cmd_t":"c","temp_cmd_tpl":"{{ value | float }}"}"#, "x.temperature", .number(21),
                "21.0"
            ),
            (
                "light", #"{"schema":"json","cmd_t":"c","sup_clrm":["rgb"]}"#, "x.rgb", .string("1,2,3"),
                #"{"state":"ON","color":{"r":1,"g":2,"b":3}}"#
            ),
            (
                "light",
                #"{"schema":"template","cmd_t":"c","cmd_on_tpl":"on{% if brightness is defined %},{{ brightness }}{% endif %}","cmd_off_tpl":"off","bri_tpl":"{{ value }}","stat_t":"s"}"#,
                "x.brightness", .number(9), "on,9"
            ),
            (
                "light", #"{"schema":"template","cmd_t":"c","cmd_on_tpl":"on","cmd_off_tpl":"off"}"#, "x.state",
                .boolean(false), "off"
            ),
            ("siren", #"{"cmd_t":"c"}"#, "x", .boolean(false), #"{"state":"OFF"}"#),
            ("alarm_control_panel", #"{"cmd_t":"c"}"#, "x", .string("armed_away"), "ARM_AWAY"),
            ("lawn_mower", #"{"dock_cmd_t":"c"}"#, "x.dock", .string("press"), "dock"),
            ("vacuum", #"{"cmd_t":"c"}"#, "x.state", .string("return_to_base"), "return_to_base"),
            ("scene", #"{"cmd_t":"c","pl_on":"go"}"#, "x", .string("press"), "go"),
        ] as [(String, String, String, Value, String)])
    func `a command is what the device expects`(
        _ component: String, _ config: String, _ property: String, _ value: Value, _ payload: String
    ) {
        announce(component, config)
        let sent = replay.command("x", property, value)
        #expect(sent?.topic == "c")
        #expect(sent.map { DeviceExpectation.samePayload($0.payload, payload) } == true, "\(String(describing: sent))")
    }

    @Test(arguments: ["camera", "image", "tag", "notify"])
    func `what is no value is listed with the reason`(_ component: String) {
        announce(component, #"{"topic":"p","cmd_t":"c","dev":{"ids":"d"}}"#)
        #expect(replay.devices[DeviceID("d")]?.unsupported.first?.reason.contains("not") == true)
    }

    @Test func `a template that cannot be read is listed and yields nothing`() {
        announce("sensor", #"{"stat_t":"s","val_tpl":"{% macro m(i) %}{% endmacro %}","dev":{"ids":"d"}}"#)
        replay.send("s", "raw")
        let unsupported = replay.devices[DeviceID("d")]?.unsupported.first
        #expect(unsupported?.what.contains("macro m(i)") == true)
        #expect(unsupported?.reason.contains("bounded time") == true)
        #expect(replay.devices[DeviceID("d")]?.properties.isEmpty == true)
    }

    @Test func `several gateways feed one entity`() {
        announce("sensor", #"{"stat_t":"+/+/BT/M1","unit_of_meas":"%","val_tpl":"{{ value_json.hum | is_defined }}"}"#)
        replay.send("home/a/BT/M1", #"{"hum":40}"#)
        replay.send("home/b/BT/M1", #"{"hum":41}"#)
        replay.send("home/b/BT/M2", #"{"hum":1}"#)
        replay.send("home/b/BT/M1", #"{"rssi":-1}"#)
        #expect(replay.value("x", "x") == .number(41))
    }

    @Test func `a changed type or unit is described anew`() {
        announce("sensor", #"{"stat_t":"s","unit_of_meas":"W"}"#)
        announce("sensor", #"{"stat_t":"s"}"#)
        #expect(replay.devices[DeviceID("x")]?.properties.first?.type == .string)
        announce("sensor", #"{"stat_t":"s","unit_of_meas":"kW"}"#)
        #expect(replay.devices[DeviceID("x")]?.properties.first?.unit == "kW")
    }

    @Test func `an hour is known again from what was remembered`() throws {
        for family in ["hadiscovery", "esphome"] {
            let fixture = try discoveryFixture(family)
            let first = DeviceReplay([HomeAssistantSource()])
            fixture.replay(into: first)
            let source = HomeAssistantSource()
            var devices: [DeviceID: DeviceDescription] = [:]
            for (topic, payload) in first.remembered.sorted(by: { $0.key < $1.key }) {
                var news = DeviceNews()
                payload.withUnsafeBufferPointer {
                    source.take(
                        DeviceMessage(topic: topic, payload: $0, isRetained: true, isRestored: true, time: first.now),
                        &news)
                }
                for case .described(let device) in news.updates { devices[device.id] = device }
                #expect(news.refusals == [])
            }
            #expect(devices == first.devices.filter { !first.removed.contains($0.key) })
            // The broker tells the same again.
            for (topic, payload) in first.remembered {
                var news = DeviceNews()
                payload.withUnsafeBufferPointer {
                    source.take(DeviceMessage(topic: topic, payload: $0, isRetained: true, time: first.now), &news)
                }
                #expect(news.updates.isEmpty && !news.topicsHaveChanged)
            }
        }
    }

    @Test func `ours and what other sources tell is not read`() {
        let replay = DeviceReplay([HomeAssistantSource(leaving: ["zigbee2mqtt"])])
        for (object, config) in [
            ("a", #"{"stat_t":"s","o":{"name":"Komoku"}}"#),
            ("b", #"{"stat_t":"zigbee2mqtt/lamp","dev":{"ids":["z"]}}"#),
            ("c", #"{"~":"zigbee2mqtt/lamp","stat_t":"~","cmd_t":"~/set","dev":{"ids":["z"]}}"#),
            ("d", #"{"stat_t":"zigbee2mqtt2/lamp"}"#),
        ] { replay.send("homeassistant/sensor/\(object)/config", config) }
        #expect(replay.devices.keys.map(\.text) == ["d"])
    }

    @Test func `ESPHome alone can be wanted`() throws {
        let replay = DeviceReplay([HomeAssistantSource(only: .esphome)])
        try discoveryFixture("hadiscovery").replay(into: replay)
        #expect(replay.devices.isEmpty)
        try discoveryFixture("esphome").replay(into: replay)
        #expect(replay.devices.count == 3)
        #expect(replay.devices.values.allSatisfy { $0.source == "esphome" })
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"stat_t":5}"#, ##"{"stat_t":"#"}"##, #"{"stat_t":"a/b+"}"#, #"{"stat_t":""}"#,
        #"{"stat_t":"s","dev":7}"#, #"{"stat_t":"s","dev":{"ids":{}}}"#, #"{"stat_t":"s","avty":{"t":7}}"#,
        #"{"stat_t":"s","exp_aft":1e300,"unit_of_meas":{}}"#, #"{"~":"~","stat_t":"~~"}"#,
        #"{"stat_t":"s","min":1e308,"max":-1e308,"cmd_t":"+/#"}"#, "\u{FEFF}{}",
    ])
    func `bad configurations do no harm`(_ config: String) {
        for component in EntityReader.components.sorted() + ["device", "unknown"] { announce(component, config) }
        for device in replay.devices.values { #expect(device.properties.count <= 40) }
    }

    @Test func `other topics below the prefix are no configurations`() {
        for topic in [
            "homeassistant/status", "homeassistant/sensor/config", "homeassistant/sensor/a/b/c/config",
            "homeassistant/sensor/żółw/config", "homeassistant/sensor//config", "home/sensor/a/config",
        ] { replay.send(topic, #"{"stat_t":"s"}"#) }
        #expect(replay.devices.isEmpty)
    }

    @Test func `a flood of configurations ends at a limit, with one reason`() {
        let source = HomeAssistantSource()
        source.limit = 1000
        var refusals: [String] = []
        var described = 0
        for number in 0..<1500 {
            var news = DeviceNews()
            let payload = Array(#"{"stat_t":"t/\#(number)","unit_of_meas":"W"}"#.utf8)
            payload.withUnsafeBufferPointer {
                let topic = "homeassistant/sensor/s\(number)/config"
                source.take(DeviceMessage(topic: topic, payload: $0, time: DeviceReplay.start), &news)
            }
            refusals += news.refusals
            described += news.updates.count
        }
        #expect(refusals.count == 1)
        #expect(described == 2 * 1000)
    }

    @Test func `a device with too many properties says so`() {
        let components = (0..<500).map { #""c\#($0)":{"p":"update","uniq_id":"u\#($0)","stat_t":"s\#($0)"}"# }
        announce("device", "d", #"{"dev":{"ids":"d"},"o":{},"cmps":{\#(components.joined(separator: ","))}}"#)
        #expect(replay.devices[DeviceID("d")]?.properties.count == 512)
        #expect(replay.devices[DeviceID("d")]?.unsupported.isEmpty == false)
    }

    @Test func `mutated configurations neither trap nor take long`() throws {
        var random = DiscoveryRandom(seed: 11)
        let rows = try ["hadiscovery", "esphome"].flatMap { try discoveryFixture($0).rows }
        let configs = rows.filter { $0.topic.hasSuffix("/config") && !$0.payload.isEmpty }
        let source = HomeAssistantSource()
        for _ in 0..<1500 {
            guard let row = configs.randomElement(using: &random) else { break }
            var bytes = row.payload
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 32...126, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count - 1, place + 3))
                default: bytes.insert(contentsOf: bytes[place...].prefix(12), at: place)
                }
            }
            var news = DeviceNews()
            bytes.withUnsafeBufferPointer {
                source.take(DeviceMessage(topic: row.topic, payload: $0, time: DeviceReplay.start), &news)
            }
        }
    }
}
