import Foundation
import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

@Suite struct Zigbee2MQTTSourceTests {
    /// Beside the folder of this file.
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().path()
    private let lamp = ZigbeeNetwork.Device(address: "0x01", name: "lamp")
    private let plug = ZigbeeNetwork.Device(address: "0x02", name: "plug")

    @Test func anHourOfAHouseIsKnown() throws {
        let fixture = try DeviceFixture("zigbee2mqtt", folder: folder)
        let replay = DeviceReplay([Zigbee2MQTTSource(base: "zigbee2mqtt")])
        fixture.replay(into: replay)
        let differences = DeviceExpectation(expected: fixture.expected, replay: replay).differences(strict: true)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        #expect(replay.letters.isEmpty, "\(replay.letters)")
    }

    @Test func aRestartKnowsDevicesBeforeTheBrokerSpeaks() throws {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send("z/bridge/groups", #"[{"id":3,"friendly_name":"all","members":[{"ieee_address":"0x01"}]}]"#)
        let source = Zigbee2MQTTSource(base: "z")
        var described: [DeviceID] = []
        for (topic, payload) in replay.remembered.sorted(by: { $0.key < $1.key }) {
            payload.withUnsafeBufferPointer { bytes in
                var news = DeviceNews()
                source.take(DeviceMessage(topic: topic, payload: bytes, isRestored: true, time: replay.now), &news)
                for case .described(let device) in news.updates { described.append(device.id) }
            }
        }
        #expect(Set(described) == [DeviceID("z:bridge"), DeviceID("0x01"), DeviceID("z:group:3")])
        var topic = DeviceTopic(topic: "z/lamp")
        source.plan(&topic)
        #expect(!topic.isEmpty)
    }

    // MARK: Names

    @Test func aRenamedDeviceStaysTheSameOne() {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send("z/lamp", #"{"state":"ON"}"#)
        var renamed = lamp
        renamed.name = "kitchen/lamp/left"
        replay.send("z/lamp", "")
        replay.send("z/bridge/devices", ZigbeeNetwork.list(renamed))
        replay.send("z/kitchen/lamp/left", #"{"state":"OFF"}"#)
        replay.send("z/lamp", #"{"state":"ON"}"#)
        #expect(replay.devices.count == 2)
        #expect(replay.devices[DeviceID("0x01")]?.name == "kitchen/lamp/left")
        #expect(replay.value("0x01", "state") == .boolean(false))
        #expect(replay.command("0x01", "state", .boolean(true))?.topic == "z/kitchen/lamp/left/set")
    }

    @Test func twoDevicesSwapTheirNames() {
        let replay = ZigbeeNetwork.start(lamp, plug)
        replay.send("z/lamp/availability", #"{"state":"online"}"#)
        var (first, second) = (lamp, plug)
        (first.name, second.name) = (second.name, first.name)
        replay.send("z/bridge/devices", ZigbeeNetwork.list(first, second))
        replay.send("z/lamp", #"{"temperature":2}"#)
        replay.send("z/plug", #"{"temperature":1}"#)
        #expect(replay.value("0x01", "temperature") == .number(1))
        #expect(replay.value("0x02", "temperature") == .number(2))
        #expect(replay.command("0x02", "state", .boolean(true))?.topic == "z/lamp/set")
    }

    @Test func theLongestNameCounts() {
        var inner = plug
        inner.name = "lamp/state"
        let replay = ZigbeeNetwork.start(lamp, inner)
        replay.send("z/bridge/info", #"{"config":{"advanced":{"output":"attribute"}}}"#)
        replay.send("z/lamp/state", #"{"temperature":5}"#)
        replay.send("z/lamp/temperature", "6")
        #expect(replay.value("0x02", "temperature") == .number(5))
        #expect(replay.value("0x01", "temperature") == .number(6))
    }

    @Test(arguments: ["a+b", "a#b"]) func aNameThatMakesNoTopicCannotBeTold(name: String) {
        var odd = lamp
        odd.name = name
        let replay = ZigbeeNetwork.start(odd)
        #expect(replay.property(PropertyID(DeviceID("0x01"), "state"))?.isWritable == false)
        #expect(replay.devices[DeviceID("0x01")]?.unsupported.isEmpty == false)
        #expect(replay.command("0x01", "state", .boolean(true)) == nil)
    }

    @Test(arguments: ["🛋️ sofa", "Küche / Fenster", String(repeating: "long", count: 75), "日本"])
    func anyOtherNameIsATopic(name: String) {
        var odd = lamp
        odd.name = name
        let replay = ZigbeeNetwork.start(odd)
        replay.send("z/\(name)", #"{"state":"ON"}"#)
        #expect(replay.value("0x01", "state") == .boolean(true))
        #expect((replay.devices[DeviceID("0x01")]?.name.utf8.count ?? 999) <= 255)
        #expect(replay.command("0x01", "state", .boolean(true))?.topic == "z/\(name)/set")
    }

    @Test(arguments: [
        "z/lamp/set", "z/lamp/get", "z/lamp/set/state", "z/lamp/left/set", "z/lamp/left", "z/lamp/action",
    ])
    func otherTopicsBelowANameAreNoStates(topic: String) {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send(topic, #"{"state":"ON","temperature":3}"#)
        #expect(replay.value("0x01", "state") == nil)
        #expect(replay.letters.isEmpty)
    }

    // MARK: Order

    @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1], [3, 0, 2, 1]])
    func retainedMessagesComeInAnyOrder(order: [Int]) {
        let messages = [
            ("z/bridge/devices", ZigbeeNetwork.list(lamp, plug)), ("z/bridge/state", "online"),
            ("z/lamp/availability", "online"), ("z/plug/availability", #"{"state":"offline"}"#),
        ]
        let replay = DeviceReplay([Zigbee2MQTTSource(base: "z")])
        replay.send("z/lamp", #"{"temperature":20}"#)
        for index in order { replay.send(messages[index].0, messages[index].1, retained: true) }
        #expect(replay.value("0x01", "online") == .boolean(true))
        #expect(replay.value("0x02", "online") == .boolean(false))
        #expect(replay.value("0x01", "temperature") == .number(20))
        #expect(replay.value("z:bridge", "online") == .boolean(true))
    }

    @Test(arguments: [("online", "offline"), (#"{"state":"online"}"#, #"{"state":"offline"}"#)])
    func aDeviceIsThereIfItsBridgeIs(online: String, offline: String) {
        let replay = ZigbeeNetwork.start(lamp, plug)
        replay.send("z/lamp/availability", online)
        replay.send("z/plug/availability", offline)
        replay.send("z/bridge/state", offline)
        #expect(replay.value("0x01", "online") == .boolean(false))
        replay.send("z/lamp/availability", online)
        #expect(replay.value("0x01", "online") == .boolean(false))
        replay.send("z/bridge/state", online)
        #expect(replay.value("0x01", "online") == .boolean(true))
        #expect(replay.value("0x02", "online") == .boolean(false))
    }

    @Test func withoutAvailabilityAMessageIsTheSignOfLife() {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send("z/bridge/info", #"{"version":"2.1.0","config":{"availability":{"enabled":false}}}"#)
        #expect(replay.property(PropertyID(DeviceID("0x01"), "online"))?.maxTime == .seconds(25 * 3600))
        replay.send("z/lamp", #"{"linkquality":80,"temperature":1}"#)
        #expect(replay.value("0x01", "online") == .boolean(true))
        replay.send("fixture", [], at: 26 * 3600)
        #expect(replay.value("0x01", "online") == .boolean(false))
    }

    @Test func anOlderMessageChangesNothingAndARepeatedPressIsOne() {
        let replay = ZigbeeNetwork.start(
            .init(
                address: "0x03", name: "button",
                exposes: #"[{"type":"enum","name":"action","property":"action","access":1,"values":["single"]}]"#))
        let press = #"{"action":"single","last_seen":"2026-03-14T07:00:05Z","linkquality":9}"#
        replay.send("z/button", press)
        replay.send("z/button", press)
        replay.send("z/button", #"{"action":"single","last_seen":"2026-03-14T07:00:01Z","linkquality":1}"#)
        replay.send("z/button", #"{"action":"","last_seen":"2026-03-14T08:00:06+01:00"}"#)
        replay.send("z/button", #"{"action":null,"last_seen":"2026-03-14T07:00:07Z"}"#)
        replay.send("z/button", #"{"action":"2_double","last_seen":1773471608000}"#)
        replay.send("z/button", #"{"action":"single","last_seen":"2026-03-14T07:00:09Z"}"#, retained: true)
        let id = PropertyID(DeviceID("0x03"), "action")
        #expect(replay.events[id] == [.string("single"), .string("2_double")])
        #expect(replay.value("0x03", "linkquality") == .number(9))
    }

    // MARK: Coming and going

    @Test func aDeviceThatLeavesIsGoneAndItsGhostIsNot() {
        let replay = ZigbeeNetwork.start(lamp, plug)
        replay.send("z/bridge/event", #"{"type":"device_leave","data":{"ieee_address":"0x01"}}"#)
        #expect(replay.removed == [DeviceID("0x01")])
        replay.send("z/lamp/availability", "online")
        #expect(replay.value("0x01", "online") == nil)
        replay.send("z/bridge/devices", ZigbeeNetwork.list(lamp, plug))
        #expect(replay.removed.isEmpty)
        replay.send("z/bridge/devices", ZigbeeNetwork.list(plug))
        #expect(replay.removed == [DeviceID("0x01")])
    }

    @Test func anEmptyListCountsOnlyWhileTheBridgeIsOnline() {
        let replay = ZigbeeNetwork.start(lamp)
        replay.send("z/bridge/state", "offline")
        replay.send("z/bridge/devices", "[]")
        #expect(replay.removed.isEmpty)
        replay.send("z/bridge/state", "online")
        #expect(replay.removed == [DeviceID("0x01")])
    }

    @Test func aDisabledDeviceIsNotThereAndWhatItSaysCounts() {
        var disabled = lamp
        disabled.others = #""disabled":true,"#
        let replay = ZigbeeNetwork.start(disabled)
        #expect(replay.value("0x01", "online") == .boolean(false))
        replay.send("z/lamp", #"{"temperature":3,"linkquality":9}"#)
        #expect(replay.value("0x01", "temperature") == .number(3))
        #expect(replay.value("0x01", "online") == .boolean(false))
        replay.send("z/bridge/devices", ZigbeeNetwork.list(lamp))
        replay.send("z/lamp", #"{"temperature":4}"#)
        #expect(replay.value("0x01", "temperature") == .number(4))
    }

    @Test func onlyWhatChangedIsDescribed() {
        let source = Zigbee2MQTTSource(base: "z")
        var devices = (1...50).map { ZigbeeNetwork.Device(address: "0x\($0)", name: "device \($0)") }
        #expect(take(ZigbeeNetwork.list(devices), source) == 51)
        #expect(take(ZigbeeNetwork.list(devices), source) == 0)
        devices[7].others = #""interviewing":false,"#
        #expect(take(ZigbeeNetwork.list(devices), source) == 0)
        devices[7].name = "lamp"
        #expect(take(ZigbeeNetwork.list(devices), source) == 1)
    }

    /// How many devices were described.
    private func take(_ list: String, _ source: Zigbee2MQTTSource) -> Int {
        Array(list.utf8).withUnsafeBufferPointer { bytes in
            var news = DeviceNews()
            source.take(DeviceMessage(topic: "z/bridge/devices", payload: bytes, time: DeviceReplay.start), &news)
            return news.updates.count { if case .described = $0 { true } else { false } }
        }
    }

    // MARK: Attribute output

    @Test func attributesHaveTopicsOfTheirOwnWhereAsked() {
        let color =
            #"[{"type":"light","features":[{"type":"composite","name":"color_xy","property":"color","#
            + #""access":7,"features":[{"type":"numeric","name":"x","property":"x","access":7},"#
            + #"{"type":"numeric","name":"y","property":"y","access":7}]}]},"#
            + #"{"type":"binary","name":"contact","property":"contact","value_on":false,"value_off":true,"access":1},"#
            + #"{"type":"enum","name":"action","property":"action","access":1,"values":["single"]}]"#
        let replay = ZigbeeNetwork.start(.init(address: "0x05", name: "room/lamp", exposes: color))
        replay.send("z/room/lamp/contact", "true")
        #expect(replay.value("0x05", "contact") == nil)
        replay.send("z/bridge/info", #"{"config":{"advanced":{"output":"attribute"}}}"#)
        for (name, word) in [("contact", "true"), ("color-x", "0.25"), ("action", "single"), ("color-y", "")] {
            replay.send("z/room/lamp/\(name)", word)
        }
        #expect(replay.value("0x05", "contact") == .boolean(true))
        #expect(replay.value("0x05", "color.x") == .number(0.25))
        #expect(replay.events[PropertyID(DeviceID("0x05"), "action")]?.count == 1)
        replay.send("z/bridge/info", #"{"config":{"advanced":{"output":"attribute_and_json"}}}"#)
        replay.send("z/room/lamp/action", "single")
        #expect(replay.events[PropertyID(DeviceID("0x05"), "action")]?.count == 1)
        #expect(replay.command("0x05", "color.y", .number(0.3))?.payload == #"{"color":{"x":0.25,"y":0.3}}"#)
    }

    // MARK: The bridge

    @Test func theBridgeIsADevice() {
        let replay = ZigbeeNetwork.start()
        replay.send("z/bridge/info", #"{"version":"2.6.1","permit_join":true,"restart_required":false}"#)
        #expect(replay.value("z:bridge", "version") == .string("2.6.1"))
        #expect(replay.value("z:bridge", "permit_join") == .boolean(true))
        let command = replay.command("z:bridge", "permit_join", .boolean(true))
        #expect(command?.topic == "z/bridge/request/permit_join")
        #expect(command?.payload == #"{"time":254}"#)
    }

    @Test func aGroupHasWhatItsMembersShare() {
        var gang = plug
        gang.exposes =
            #"[{"type":"switch","endpoint":"l1","features":[{"type":"binary","name":"state","endpoint":"l1","#
            + #""property":"state_l1","access":7,"value_on":"ON","value_off":"OFF"}]}]"#
        let replay = ZigbeeNetwork.start(lamp, gang)
        let members = #""members":[{"ieee_address":"0x01","endpoint":1},{"ieee_address":"0x02","endpoint":1}]"#
        replay.send("z/bridge/groups", #"[{"id":9,"friendly_name":"all/lights",\#(members)}]"#)
        replay.send("z/all/lights", #"{"state":"ON"}"#)
        #expect(replay.devices[DeviceID("z:group:9")]?.properties.map(\.name) == ["state"])
        #expect(replay.value("z:group:9", "state") == .boolean(true))
        replay.send("z/all/lights/availability", #"{"state":"online"}"#)
        #expect(replay.value("z:group:9", "online") == .boolean(true))
        replay.send("z/bridge/groups", "[]")
        #expect(replay.removed == [DeviceID("z:group:9")])
    }
}
