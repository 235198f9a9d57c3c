import Foundation
import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct GenericJSONSourceTests {
    /// Beside the folder of this file.
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().path()
    private let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])

    @Test func anHourOfAHouseWithoutDiscoveryIsKnown() throws {
        let fixture = try DeviceFixture("misc", folder: folder)
        fixture.replay(into: replay)
        let differences = DeviceExpectation(expected: fixture.expected, replay: replay).differences(strict: true)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        #expect(replay.letters.isEmpty, "\(replay.letters)")
    }

    // MARK: Inference

    @Test(arguments: [
        ("21.5", Value.number(21.5)), (" 3 ", .number(3)), ("-1.5e2", .number(-150)), ("007", .string("007")),
        ("21,5", .string("21,5")), ("0x1F", .string("0x1F")), ("21 °C", .string("21 °C")), ("on", .boolean(true)),
        ("OFF", .boolean(false)), ("True", .boolean(true)), ("open", .boolean(true)), ("Closed", .boolean(false)),
        ("yes", .boolean(true)), ("no", .boolean(false)), (" pressed\n", .string("pressed")), ("1", .number(1)),
    ])
    func thePayloadFixesTheType(payload: String, value: Value) {
        replay.send("a/b", payload)
        #expect(replay.value("a/b", "value") == value)
    }

    @Test(arguments: ["", " ", "null", "NaN", "unavailable", "unknown", "None", "Infinity"])
    func whatIsNoValueMakesNoDevice(payload: String) {
        replay.send("a/b", payload)
        #expect(replay.devices.isEmpty)
    }

    @Test func aWordForANumberIsRefused() {
        for payload in ["5", "error", "", "unavailable", "true", "6"] { replay.send("a/b", payload) }
        #expect(replay.value("a/b", "value") == .number(6))
        #expect(replay.letters.count == 2)
    }

    @Test func aTextThatBeganWithAWordStaysText() {
        for payload in ["pressed", "5", "on"] { replay.send("a/b", payload) }
        #expect(replay.value("a/b", "value") == .string("on"))
    }

    @Test(arguments: ["a/set", "a/cmnd", "a/command", "a/get", "$SYS/broker/uptime"])
    func commandsAreNoValues(topic: String) {
        replay.send(topic, "5")
        #expect(replay.devices.isEmpty)
    }

    @Test func onlyTopicsThatWereAskedForAreRead() {
        let replay = DeviceReplay([GenericJSONSource(topics: ["sensors/+/state", "garden/#"])])
        for topic in ["sensors/a/state", "sensors/b/c/state", "garden", "garden/x/y", "house"] {
            replay.send(topic, "1")
        }
        #expect(Set(replay.devices.keys.map(\.text)) == ["sensors/a/state", "garden", "garden/x/y"])
    }

    // MARK: Documents

    @Test func leavesAreLearnedAsTheyCome() {
        replay.send("s", #"{"a":1,"b":{"c":"on"},"list":[1,{"d":2}],"n":null,"later":"unavailable"}"#)
        replay.send("s", #"{"e":"text","a":"hot","later":5,"n":7}"#)
        replay.send("s", #"{"later":6,"f":true}"#)
        #expect(replay.value("s", "a") == .number(1))
        #expect(replay.value("s", "b.c") == .boolean(true))
        #expect(replay.value("s", "list.2.d") == .number(2))
        #expect(replay.value("s", "e") == .string("text"))
        #expect(replay.value("s", "n") == .number(7))
        #expect(replay.value("s", "later") == .number(6))
        #expect(replay.value("s", "f") == .boolean(true))
        #expect(replay.letters.count == 1)
    }

    @Test func typesOutliveARestart() {
        replay.send("s", #"{"a":1,"b":"x"}"#)
        replay.send("t", "5")
        replay.send("frigate/front/detect/state", "ON")
        replay.send("home/gw/433toMQTT", #"{"value":5}"#)
        let again = DeviceReplay([GenericJSONSource(topics: ["#"])])
        again.reader.restore(replay.remembered.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        again.send("nothing/set", "")
        #expect(again.devices == replay.devices)
        again.send("s", #"{"a":"broken","b":5}"#)
        again.send("t", "broken")
        #expect(again.value("s", "a") == nil)
        #expect(again.value("s", "b") == .string("5"))
        #expect(again.value("t", "value") == nil)
        #expect(again.command("frigate", "front.detect", .boolean(false))?.payload == "OFF")
    }

    @Test func aMemoryThatComesFromABrokerIsNone() {
        let replay = DeviceReplay([GenericJSONSource(topics: ["$json/#"])])
        replay.send("$json/x", #"{"id":"x","name":"x","properties":[]}"#)
        #expect(replay.devices.isEmpty)
    }

    // MARK: Shapes

    @Test func aTransmissionCountsOnce() {
        let payload = Array(#"{"time":"@0.1s","model":"M","id":7,"temperature_F":70,"rain_mm":2,"battery_ok":0}"#.utf8)
        for (host, at) in [("a", 1.0), ("b", 1.5), ("a", 2.9), ("a", 10)] {
            replay.send("rtl_433/\(host)/events", payload, at: at)
        }
        #expect(replay.property(PropertyID(DeviceID("M/7"), "temperature_F"))?.unit == "°F")
        #expect(replay.property(PropertyID(DeviceID("M/7"), "rain_mm"))?.unit == "mm")
        #expect(replay.value("M/7", "battery_ok") == .boolean(false))
        #expect(replay.last[PropertyID(DeviceID("M/7"), "rain_mm")]?.time == DeviceReplay.start + .seconds(10))
    }

    @Test func aBeaconMaySayAnything() {
        for payload in [#"{"id":"AA","rssi":-60}"#, #"{"id":"AA","tempc":20.5,"name":"Attic","brand":"B"}"#, "5", "{"] {
            replay.send("home/gw/BTtoMQTT/AA", payload)
        }
        let device = replay.devices[DeviceID("AA")]
        #expect(device?.name == "Attic")
        #expect(device?.manufacturer == "B")
        #expect(replay.value("AA", "rssi") == .number(-60))
        #expect(replay.value("AA", "tempc") == .number(20.5))
        #expect(replay.letters.count == 2)
    }

    // MARK: Bounds

    @Test func devicesAndLeavesAreBounded() {
        for number in 0..<(GenericJSONSource.maximumDevices + 20) { replay.send("d/\(number)", "1") }
        #expect(replay.devices.count == GenericJSONSource.maximumDevices)
        let other = DeviceReplay([GenericJSONSource(topics: ["#"])])
        for round in 0..<4 {
            let leaves = (0..<200).map { #""k\#(round)_\#($0)":1"# }.joined(separator: ",")
            other.send("wide", "{\(leaves)}")
        }
        #expect(other.devices[DeviceID("wide")]?.properties.count == InferredDevice.maximumProperties)
    }

    @Test func binaryPayloadsAreNoValues() {
        for payload: [UInt8] in [[0xFF, 0xD8, 0xFF, 0xE0], [0x41, 0, 0x42], [0xC3]] {
            replay.send("cam/picture", payload)
        }
        #expect(replay.devices.isEmpty)
    }

    @Test func mutatedMessagesDoNoHarm() {
        let seeds = [
            #"{"a":1,"b":{"c":[1,"x",true,null]},"d":"on"}"#, #"{"time":"t","model":"M","id":1,"temperature_C":5}"#,
            "21.5",
        ]
        let topics = ["s/x", "rtl_433/h/events", "home/g/BTtoMQTT/AA", "home/g/SYStoMQTT", "frigate/c/person"]
        let words = ["{", "}", "[", "]", "\"", "\\", ",", ":", ".", "null", "1e9", "é"].map { Array($0.utf8) }
        var random = SplitMix(seed: 11)
        for round in 0..<3000 {
            var payload = Array(seeds[round % seeds.count].utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let place = Int.random(in: 0...payload.count, using: &random)
                let end = min(payload.count, place + Int.random(in: 0...4, using: &random))
                payload.replaceSubrange(place..<end, with: words.randomElement(using: &random) ?? [])
            }
            replay.send(topics[round % topics.count], payload)
        }
        #expect(replay.devices.values.allSatisfy { $0.properties.count <= InferredDevice.maximumProperties })
    }
}
