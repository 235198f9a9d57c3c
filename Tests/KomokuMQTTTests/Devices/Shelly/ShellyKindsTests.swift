import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

/// Valves, motion sensors, colours, and prefixes of any depth.
struct ShellyKindsTests {
    private let replay = DeviceReplay([ShellySource()])

    // MARK: Documents of the first generation

    private static let info = #"""
        {"wifi_sta":{"rssi":-60},"thermostats":[{"pos":40.0,"target_t":{"enabled":true,"value":21.0,"units":"C"},
        "tmp":{"value":20.5,"units":"C","is_valid":true},"schedule":false,"boost_minutes":0,"window_open":false}],
        "calibrated":true,"charger":false,"bat":{"value":88,"voltage":2.9}}
        """#

    @Test func `a valve says everything under info, and is told under thermostat`() {
        replay.send("shellies/announce", #"{"id":"shellytrv-AA","model":"SHTRV-01"}"#)
        replay.send("shellies/shellytrv-AA/info", Self.info)
        let expected: [(String, Value, String?)] = [
            ("thermostat.0.target_t", .number(21), "°C"), ("thermostat.0.tmp", .number(20.5), "°C"),
            ("thermostat.0.pos", .number(40), "%"), ("thermostat.0.schedule", .boolean(false), nil),
            ("thermostat.0.window_open", .boolean(false), nil), ("battery", .number(88), "%"),
            ("calibrated", .boolean(true), nil),
        ]
        for (name, value, unit) in expected {
            #expect(replay.value("shellytrv-AA", name) == value, "\(name)")
            #expect(replay.property(PropertyID(DeviceID("shellytrv-AA"), name))?.unit == unit)
        }
        #expect(replay.devices[DeviceID("shellytrv-AA")]?.model == "SHTRV-01")
        let target = replay.command("shellytrv-AA", "thermostat.0.target_t", .number(22.5))
        #expect(target?.topic == "shellies/shellytrv-AA/thermostat/0/command/target_t")
        #expect(target?.payload == "22.5")
        #expect(replay.command("shellytrv-AA", "thermostat.0.schedule", .boolean(true))?.payload == "1")
        #expect(replay.letters.isEmpty)
    }

    @Test func `a valve's reading that it does not trust is none, and Fahrenheit is said`() {
        replay.send("shellies/v/info", #"{"thermostats":[{"tmp":{"value":68,"units":"F","is_valid":true}}]}"#)
        replay.send("shellies/v/info", #"{"thermostats":[{"tmp":{"value":0,"units":"F","is_valid":false}}]}"#)
        #expect(replay.value("v", "thermostat.0.tmp") == .number(68))
        #expect(replay.property(PropertyID(DeviceID("v"), "thermostat.0.tmp"))?.unit == "°F")
        #expect(restarted().devices == replay.devices)
    }

    @Test func `a motion sensor says everything under status`() {
        let topic = "shellies/shellymotionsensor-AA/status"
        replay.send(topic, #"{"motion":true,"vibration":false,"lux":321,"bat":88,"active":true,"timestamp":1}"#)
        replay.send(topic, #"{"motion":false,"vibration":false,"lux":4,"bat":-1,"tmp":{"value":21.5,"units":"C"}}"#)
        let id = "shellymotionsensor-AA"
        #expect(replay.value(id, "motion") == .boolean(false))
        #expect(replay.value(id, "vibration") == .boolean(false))
        #expect(replay.value(id, "lux") == .number(4))
        #expect(replay.value(id, "battery") == .number(88))
        #expect(replay.value(id, "tmp") == .number(21.5))
        #expect(replay.devices[DeviceID(id)]?.sleeps == false)
        let again = restarted()
        #expect(again.devices == replay.devices)
        again.send(topic, #"{"motion":true}"#)
        #expect(again.value(id, "motion") == .boolean(true))
    }

    @Test(arguments: [
        ("info", #"{"relays":[{"ison":true}],"bat":{"value":5}}"#), ("info", #"{"thermostats":5}"#),
        ("info", #"{"thermostats":[]}"#), ("status", #"{"bat":5}"#), ("status", "[]"), ("status", #"{"motion":1e999}"#),
        ("info", #"{"thermostats":[{"pos":null,"tmp":{"value":"x"}}]}"#),
    ])
    func `other documents make no device`(_ rest: String, _ payload: String) {
        replay.send("shellies/a/\(rest)", payload)
        #expect(replay.devices.isEmpty)
    }

    private func restarted() -> DeviceReplay {
        let again = DeviceReplay([ShellySource()])
        again.reader.restore(replay.remembered.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        again.send("nothing/at/all", "")
        return again
    }

    // MARK: Components

    @Test func `a gateway's valve has its values`() {
        replay.send(
            "shellyx/status/blutrv:200",
            #"{"id":200,"target_C":21.5,"current_C":20.6,"pos":40,"rssi":-60,"battery":99,"errors":[]}"#)
        let expected: [(String, Double, String, Bool)] = [
            ("target_C", 21.5, "°C", true), ("current_C", 20.6, "°C", false), ("pos", 40, "%", false),
            ("rssi", -60, "dBm", false), ("battery", 99, "%", false),
        ]
        for (name, value, unit, isWritable) in expected {
            let property = replay.property(PropertyID(DeviceID("shellyx"), "blutrv:200.\(name)"))
            #expect(replay.value("shellyx", "blutrv:200.\(name)") == .number(value))
            #expect(property?.unit == unit && property?.isWritable == isWritable, "\(name)")
        }
    }

    @Test(arguments: [
        "red", "[1,2]", "[1,2,3,4]", "[1,2,256]", "[-1,2,3]", "[1.5,2,3]", "[\"1\",2,3]", "", "1,2", "{}",
    ])
    func `a colour that is none is not sent`(_ colour: String) {
        replay.send("shellyx/status/rgb:0", #"{"rgb":[1,2,3]}"#)
        #expect(replay.command("shellyx", "rgb:0.rgb", .string("[1,2,3]")) != nil)
        #expect(replay.command("shellyx", "rgb:0.rgb", .string(colour)) == nil)
    }

    // MARK: Prefixes

    @Test(arguments: ["house", "house/attic", "house/attic/heater", "a/b/c/d/e/f/g/h", "shellies/attic/heater"])
    func `a prefix of any depth is known by a notification, and again after a restart`(_ prefix: String) {
        let status = #"{"src":"shellyx","method":"NotifyStatus","params":{"ts":1,"switch:0":{"output":true}}}"#
        replay.send("\(prefix)/online", "true", retained: true)
        replay.send("\(prefix)/events/rpc", status)
        let id = replay.devices.keys.first?.text ?? ""
        #expect(prefix.hasSuffix(id) && !id.isEmpty)
        #expect(replay.value(id, "switch:0.output") == .boolean(true))
        #expect(replay.command(id, "switch:0.output", .boolean(false))?.topic == "\(prefix)/rpc")
        let filters = ShellySource().filters.compactMap { TopicFilter($0) }
        for topic in ["\(prefix)/online", "\(prefix)/events/rpc"] {
            let literal = TopicFilter(levels: topic.split(separator: "/").map { .literal(Array($0.utf8)) })
            #expect(filters.contains { $0.overlaps(literal) })
        }
        let again = restarted()
        #expect(again.devices == replay.devices)
        again.send("\(prefix)/status/switch:0", #"{"output":false}"#)
        #expect(again.value(id, "switch:0.output") == .boolean(false))
    }
}
