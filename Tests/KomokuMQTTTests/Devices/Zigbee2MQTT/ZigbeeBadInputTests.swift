import Foundation
import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct ZigbeeBadInputTests {
    @Test func aListThatDoesNotComeIsSaidOnceWithWhatToDo() {
        let replay = DeviceReplay([Zigbee2MQTTSource(base: "z")])
        replay.wait(until: 1, isSettled: true)
        #expect(replay.letters.isEmpty, "there may be no bridge at all")
        replay.send("z/bridge/state", #"{"state":"online"}"#, retained: true)
        for second in [2.0, 5, 13, 30] { replay.wait(until: second, isSettled: true) }
        #expect(replay.letters.count == 1)
        #expect(replay.letters.first?.hasPrefix("z/bridge/devices: ") == true)
        #expect(replay.letters.first?.contains("mqtt.max_message") == true)
        #expect(replay.reader.devices.takeComplaints().map(\.topic) == ["z/bridge/devices"])
        replay.send("z/bridge/devices", ZigbeeNetwork.list(ZigbeeNetwork.Device(address: "0x01", name: "lamp")))
        #expect(replay.devices.count == 2)
    }

    @Test func aListThatComesIsNotMissing() {
        let replay = ZigbeeNetwork.start(ZigbeeNetwork.Device(address: "0x01", name: "lamp"))
        for second in [2.0, 30] { replay.wait(until: second, isSettled: true) }
        #expect(replay.letters.isEmpty && replay.reader.devices.takeComplaints().isEmpty)
    }

    @Test(arguments: [false, true]) func aListThatOutgrowsTheLimitIsSaid(_ comes: Bool) {
        let replay = ZigbeeNetwork.start(ZigbeeNetwork.Device(address: "0x01", name: "lamp"))
        for address in ["0x01", "0x02"] {
            replay.send("z/bridge/event", #"{"type":"device_joined","data":{"ieee_address":"\#(address)"}}"#)
        }
        let both = ["0x01", "0x02"].map { ZigbeeNetwork.Device(address: $0, name: $0) }
        if comes { replay.send("z/bridge/devices", ZigbeeNetwork.list(both)) }
        for second in [2.0, 30] { replay.wait(until: second, isSettled: true) }
        #expect(replay.letters.count == (comes ? 0 : 1))
    }

    @Test func aListThatIsTooLongIsSaid() {
        let replay = DeviceReplay([Zigbee2MQTTSource(base: "z")])
        let list = Array("[".utf8) + Array(repeating: UInt8(ascii: " "), count: 16 << 20) + Array("]".utf8)
        replay.send("z/bridge/devices", list, retained: true)
        #expect(replay.letters.first?.contains("16 MiB") == true)
        #expect(replay.reader.devices.takeComplaints().map(\.topic) == ["z/bridge/devices"])
    }

    private let lamp = ZigbeeNetwork.Device(address: "0x01", name: "lamp")

    @Test(arguments: [
        "{", "[", "null", "5", "{}", #"["x"]"#, "[1,2]", "[{}]", #"[{"ieee_address":5}]"#, #"[{"ieee_address":""}]"#,
        #"[{"ieee_address":"0x02","friendly_name":NaN}]"#, "\u{0}", #"[{"ieee_address":"0x01"]"#,
    ])
    func aListThatCannotBeReadLeavesTheLastOne(list: String) {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send("z/bridge/devices", list)
        #expect(replay.letters.count >= 1)
        #expect(replay.removed.isEmpty)
        replay.send("z/lamp", #"{"temperature":4}"#)
        #expect(replay.value("0x01", "temperature") == .number(4))
    }

    @Test func halfAListLeavesTheLastOne() {
        let replay = ZigbeeNetwork.start(lamp)
        let list = ZigbeeNetwork.list(lamp, .init(address: "0x02", name: "plug"))
        for count in stride(from: 1, to: list.utf8.count - 1, by: 17) {
            replay.send("z/bridge/devices", Array(list.utf8.prefix(count)))
        }
        #expect(replay.removed.isEmpty)
        #expect(replay.devices.count == 2)
        replay.send("z/bridge/devices", list)
        #expect(replay.devices.count == 3)
    }

    @Test(arguments: [
        "5", #""x""#, "[[]]", "[null]", #"[{"type":5}]"#, #"[{"type":"numeric"}]"#,
        #"[{"type":"magic","property":"a"}]"#,
        #"[{"type":"binary","property":"a","value_on":{},"value_off":[]}]"#, #"[{"type":"composite","property":"a"}]"#,
        #"[{"type":"numeric","property":"a","access":0}]"#,
    ])
    func whatCannotBeUsedIsListed(exposes: String) {
        var odd = lamp
        odd.exposes = exposes
        let replay = ZigbeeNetwork.start(odd)
        let device = replay.devices[DeviceID("0x01")]
        #expect(device?.unsupported.count == 1)
        #expect(device?.properties.map(\.name) == ["online", "linkquality"])
    }

    @Test(arguments: [
        (#"{"temperature":"21.5"}"#, 21.5), (#"{"temperature":" 3 "}"#, 3), (#"{"temperature":null}"#, 1),
        (#"{"temperature":"unavailable"}"#, 1), (#"{"temperature":""}"#, 1), (#"{"temperature":NaN}"#, 1),
        (#"{"temperature":"hot"}"#, 1), (#"{"temperature":true}"#, 1), (#"{"temperature":{"a":1}}"#, 1),
        (#"{"temperature":1e999}"#, 1), ("[]", 1), ("", 1), ("online", 1),
    ])
    func whatIsNoValueLeavesTheLastOne(state: String, temperature: Double) {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send("z/lamp", #"{"temperature":1}"#)
        replay.send("z/lamp", state)
        #expect(replay.value("0x01", "temperature") == .number(temperature))
    }

    @Test func aDeviceHasBoundedProperties() {
        var wide = lamp
        let features = (0..<2000).map { #"{"type":"numeric","property":"p\#($0)","access":1}"# }
        wide.exposes = "[\(features.joined(separator: ","))]"
        var deep = ZigbeeNetwork.Device(address: "0x02", name: "deep")
        deep.exposes =
            "[\(String(repeating: #"{"type":"composite","property":"a","features":["#, count: 15))\(String(repeating: "]}", count: 15))]"
        let replay = ZigbeeNetwork.start(wide, deep)
        #expect((replay.devices[DeviceID("0x01")]?.properties.count ?? 0) <= 512)
        #expect(replay.devices[DeviceID("0x02")] != nil)
    }

    @Test func mutatedListsDoNoHarm() {
        let list = Array(ZigbeeNetwork.list(lamp, .init(address: "0x02", name: "plug")).utf8)
        let words = ["{", "}", "[", "]", "\"", "\\", ",", ":", "null", "1e9", "\u{0}", "é"].map { Array($0.utf8) }
        var random = SplitMix(seed: 7)
        let replay = ZigbeeNetwork.start(lamp)
        for _ in 0..<600 {
            var mutated = list
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<mutated.count, using: &random)
                let end = min(mutated.count, place + Int.random(in: 0...6, using: &random))
                mutated.replaceSubrange(place..<end, with: words.randomElement(using: &random) ?? [])
            }
            replay.send("z/bridge/devices", mutated)
            replay.send("z/bridge/groups", mutated)
            replay.send("z/bridge/info", Array(mutated.prefix(300)))
            replay.send("z/lamp", mutated)
        }
        replay.send("z/bridge/devices", list)
        replay.send("z/lamp", #"{"temperature":4}"#)
        #expect(replay.value("0x01", "temperature") == .number(4))
    }

    /// Prints, and asserts only what does not depend on the machine.
    @Test func aLargeNetworkIsReadOnce() {
        let features = (0..<14).map {
            #"{"type":"numeric","label":"Value \#($0)","name":"value_\#($0)","property":"value_\#($0)","access":7,"value_min":0,"#
                + #""value_max":100,"unit":"W","description":"Something that is measured, said in a sentence of some length"}"#
        }
        let devices = (0..<200).map { number in
            ZigbeeNetwork.Device(
                address: "0x\(number)", name: "room \(number)/lamp",
                exposes: "[\(features.joined(separator: ",").replacing("14", with: "\(number)"))]",
                others: #""date_code":"\#(String(repeating: "x", count: 500))","#)
        }
        let list = Array(ZigbeeNetwork.list(devices).utf8)
        let source = Zigbee2MQTTSource(base: "z")
        var counts: [Int] = []
        for round in ["new", "same"] {
            var news = DeviceNews()
            let time = ContinuousClock().measure {
                list.withUnsafeBufferPointer { bytes in
                    let message = DeviceMessage(topic: "z/bridge/devices", payload: bytes, time: DeviceReplay.start)
                    source.take(message, &news)
                }
            }
            counts.append(news.updates.count)
            print("zigbee2mqtt: \(list.count) bytes, 200 devices, \(round): \(time)")
        }
        print(
            "zigbee2mqtt: a feature takes \(MemoryLayout<ZigbeeFeature>.stride) bytes,",
            "a description \(MemoryLayout<PropertyDescription>.stride)")
        #expect(counts == [202, 0])
    }
}
