import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

@Suite struct ShellySourceTests {
    private let replay = DeviceReplay([ShellySource()])

    @Test func everythingThatTheFixtureExpectsIsKnown() throws {
        let fixture = try DeviceFixture("shelly")
        fixture.replay(into: replay)
        let differences = DeviceExpectation(expected: fixture.expected, replay: replay).differences(strict: true)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        #expect(replay.letters.isEmpty, "\(replay.letters.joined(separator: "\n"))")
    }

    @Test func devicesAreKnownAfterARestart() throws {
        try DeviceFixture("shelly").replay(into: replay)
        let second = restarted(replay)
        #expect(second.devices == replay.devices)
        #expect(second.last.isEmpty)
        #expect(second.command("shelly1pm-A4CF12F45C2A", "relay.0", .boolean(false))?.payload == "off")
        second.send("shellyplus1pm-7c87ce65ab10/status/switch:0", #"{"id":0,"apower":7}"#)
        #expect(second.value("shellyplus1pm-7c87ce65ab10", "switch:0.apower") == .number(7))
        #expect(second.remembered.isEmpty)
    }

    @Test func aPressThatIsRepeatedAfterARestartIsNoPress() {
        let press = #"{"event":"L","event_cnt":4}"#
        replay.send("shellies/ix3/input_event/0", press)
        let second = restarted(replay)
        second.send("shellies/ix3/input_event/0", press)
        #expect(second.events.isEmpty)
        second.send("shellies/ix3/input_event/0", #"{"event":"L","event_cnt":5}"#)
        #expect(second.events[PropertyID(DeviceID("ix3"), "input_event.0")] == [.string("L")])
    }

    private func restarted(_ first: DeviceReplay) -> DeviceReplay {
        let source = ShellySource()
        let second = DeviceReplay([source])
        for (topic, payload) in first.remembered.sorted(by: { $0.key < $1.key }) {
            payload.withUnsafeBufferPointer { payload in
                let message = DeviceMessage(topic: topic, payload: payload, isRestored: true, time: second.now)
                second.reader.devices.take(message, by: [source], into: &second.reader.intake)
            }
        }
        second.send("nothing/at/all", "")
        return second
    }

    // MARK: The first generation

    @Test(
        arguments: [
            ("relay/0", "overpower", "relay.0", "false"), ("relay/0", "on", "relay.0", "true"),
            ("relay/0", "toggle", "relay.0", nil), ("roller/0/pos", "-1", "roller.0.pos", nil),
            ("roller/0/pos", "101", "roller.0.pos", nil), ("ext_temperature/1", "999", "ext_temperature.1", nil),
            ("ext_temperature/1", "21.5", "ext_temperature.1", "21.5"), ("sensor/gas", "heavy", "sensor.gas", "heavy"),
            ("sensor/flood", "true", "sensor.flood", "true"), ("sensor/motion", "1", "sensor.motion", "true"),
            ("sensor/temperature", "nan", "sensor.temperature", nil), ("relay/0/power", "12 W", "relay.0.power", nil),
            ("emeter/2/reactive_power", "-3.5", "emeter.2.reactive_power", "-3.5"),
        ] as [(String, String, String, String?)])
    func aPlainTopicHasAValue(_ rest: String, _ payload: String, _ property: String, _ value: String?) {
        replay.send("shellies/a/\(rest)", payload)
        #expect(replay.value("a", property)?.description == value)
        #expect(replay.property(PropertyID(DeviceID("a"), property)) != nil)
    }

    @Test(arguments: [
        "shellies/command", "shellies/a/command", "shellies/a/relay/0/command", "shellies/a/roller/0/command/pos",
        "shellies/a/light/0/set", "shellies/a/info", "shellies/a/settings", "shellies/a/temperature_f",
        "shellies/a/relay/x", "shellies/a/relay/0/1", "shellies//relay/0", "shellies/a", "shellies/a/relay/1234",
        "zigbee2mqtt/lamp/online", "lamp/online", "komoku-shelly/rpc", "lamp/status/switch:0", "lamp/events/rpc",
    ])
    func aTopicThatIsNoPropertyMakesNoDevice(_ topic: String) {
        for payload in ["on", "true", "{\"a\":1}", "{}", ""] { replay.send(topic, payload) }
        #expect(replay.devices.isEmpty)
    }

    @Test func aLightIsMadeOfItsStatus() {
        replay.send(
            "shellies/bulb/color/0/status",
            #"{"ison":true,"mode":"color","red":255,"gain":40,"white":null,"temp":3000,"source":"http"}"#)
        #expect(replay.value("bulb", "color.0.red") == .number(255))
        #expect(replay.value("bulb", "color.0.gain") == .number(40))
        #expect(replay.value("bulb", "color.0.mode") == .string("color"))
        #expect(replay.property(PropertyID(DeviceID("bulb"), "color.0.white")) == nil)
        #expect(replay.command("bulb", "color.0.red", .number(12))?.payload == #"{"red":12}"#)
        replay.send("shellies/bulb/color/0/status", #"{"red":1,"white":9}"#)
        #expect(replay.value("bulb", "color.0.white") == .number(9))
    }

    @Test func aModelThatIsAnnouncedEarlyIsKept() {
        replay.send("shellies/announce", #"{"id":"shelly1-AA","model":"SHSW-1"}"#)
        #expect(replay.devices.isEmpty)
        replay.send("shellies/shelly1-AA/relay/0", "on")
        #expect(replay.devices[DeviceID("shelly1-AA")]?.model == "SHSW-1")
    }

    @Test func aDeviceWhoseAvailabilityIsDeletedIsGone() {
        replay.send("shellies/a/relay/0", "on")
        replay.send("shellies/a/online", "")
        #expect(replay.removed == [DeviceID("a")])
        #expect(replay.remembered.isEmpty)
    }

    // MARK: Later generations

    @Test func aTopicOfItsOwnIsKnownByANotification() {
        replay.send("attic/heater/online", "true", retained: true)
        replay.send("attic/heater/status/switch:0", #"{"id":0,"output":true}"#)
        #expect(replay.devices.isEmpty)
        replay.send(
            "attic/heater/events/rpc",
            #"{"src":"shellypro1-aa","dst":"attic/heater/events","method":"NotifyStatus","params":{"ts":1.5,"switch:0":{"apower":9}}}"#
        )
        #expect(replay.value("attic/heater", "online") == .boolean(true))
        #expect(replay.value("attic/heater", "switch:0.output") == .boolean(true))
        #expect(replay.value("attic/heater", "switch:0.apower") == .number(9))
        #expect(replay.asked.contains { $0.hasPrefix("attic/heater/rpc ") && $0.contains("Shelly.GetStatus") })
        #expect(replay.reader.devices.filters.contains("attic/heater/status/+"))
    }

    @Test func theAnswerToAQuestionIsRead() {
        replay.send("shellyplus1-aa/online", "true", retained: true)
        replay.send(
            "komoku-shelly/rpc",
            #"{"id":1,"src":"shellyplus1-aa","dst":"komoku-shelly","result":{"switch:0":{"id":0,"output":false,"apower":null},"sys":{"uptime":5}}}"#
        )
        #expect(replay.value("shellyplus1-aa", "switch:0.output") == .boolean(false))
        #expect(replay.devices[DeviceID("shellyplus1-aa")]?.properties.map(\.name) == ["online", "switch:0.output"])
    }

    @Test func aPressOfTheSameTimeCountsOnceAndOthersEach() {
        func press(_ event: String, _ time: String) -> String {
            #"{"src":"shellyi4-a","method":"NotifyEvent","params":{\#(time)"events":[{"component":"input:2","event":"\#(event)"}]}}"#
        }
        let topic = "shellyi4-a/events/rpc"
        for time in ["\"ts\":5,", "\"ts\":5,", "\"ts\":6,", "", ""] { replay.send(topic, press("single_push", time)) }
        replay.send(topic, press("config_changed", ""))
        replay.send(topic, press("double_push", "\"ts\":9,"), retained: true)
        #expect(replay.events[PropertyID(DeviceID("shellyi4-a"), "input:2")]?.count == 4)
    }

    @Test func anOldNotificationChangesNothing() {
        let topic = "shellyplus1-a/events/rpc"
        func status(_ time: Double, _ power: Int) -> String {
            #"{"src":"shellyplus1-a","method":"NotifyStatus","params":{"ts":\#(time),"switch:0":{"apower":\#(power)}}}"#
        }
        replay.send(topic, status(100, 1))
        replay.send(topic, status(200, 2))
        replay.send(topic, status(150, 3))
        #expect(replay.value("shellyplus1-a", "switch:0.apower") == .number(2))
    }

    @Test(arguments: [
        ("switch:1", "output", "true", Value.boolean(false), "rpc", "Switch.Set", #"{"id":1,"on":false}"#),
        ("light:0", "brightness", "4", .number(50), "rpc", "Light.Set", #"{"id":0,"brightness":50}"#),
        ("rgb:0", "rgb", "[1,2,3]", .string("[9,8,7]"), "rpc", "RGB.Set", #"{"id":0,"rgb":[9,8,7]}"#),
        ("rgb:0", "rgb", "[1,2,3]", .string("255, 128,0"), "rpc", "RGB.Set", #"{"id":0,"rgb":[255,128,0]}"#),
        ("text:201", "value", "\"a\"", .string("[9]"), "rpc", "Text.Set", #"{"id":201,"value":"[9]"}"#),
        (
            "thermostat:0", "target_C", "21.5", .number(20), "rpc", "Thermostat.SetConfig",
            #"{"id":0,"config":{"id":0,"target_C":20}}"#
        ),
        (
            "thermostat:0", "enable", "true", .boolean(false), "rpc", "Thermostat.SetConfig",
            #"{"id":0,"config":{"id":0,"enable":false}}"#
        ),
        (
            "blutrv:200", "target_C", "21.5", .number(20), "rpc", "BluTRV.Call",
            #"{"id":200,"method":"Trv.SetTarget","params":{"id":0,"target_C":20}}"#
        ),
        ("number:201", "value", "4", .number(5), "rpc", "Number.Set", #"{"id":201,"value":5}"#),
        ("boolean:200", "value", "true", .boolean(true), "rpc", "Boolean.Set", #"{"id":200,"value":true}"#),
        ("text:200", "value", "\"a\"", .string("b"), "rpc", "Text.Set", #"{"id":200,"value":"b"}"#),
        ("enum:200", "value", "\"a\"", .string("b"), "rpc", "Enum.Set", #"{"id":200,"value":"b"}"#),
        ("cover:0", "current_pos", "4", .number(50), "rpc", "Cover.GoToPosition", #"{"id":0,"pos":50}"#),
    ])
    func aComponentIsSetByACall(
        _ component: String, _ path: String, _ seen: String, _ value: Value, _ topic: String, _ method: String,
        _ parameters: String
    ) throws {
        replay.send("shellyx/status/\(component)", #"{"id":0,"\#(path)":\#(seen)}"#)
        let sent = try #require(replay.command("shellyx", "\(component).\(path)", value))
        let call = try JSON(parsing: sent.payload)
        #expect(sent.topic == "shellyx/\(topic)")
        #expect(call["method"]?.string == method)
        #expect(call["params"]?.text == parameters)
        #expect(replay.value("shellyx", "\(component).\(path)") != nil)
    }

    @Test(arguments: [("open", "open"), ("closed", "close"), ("stopped", "stop"), ("stop", "stop")])
    func aCoverIsMovedByAWord(_ state: String, _ word: String) {
        replay.send("shellyx/status/cover:0", #"{"state":"open","current_pos":null}"#)
        #expect(replay.command("shellyx", "cover:0.state", .string(state))?.payload == word)
        #expect(replay.command("shellyx", "cover:0.state", .string("sideways")) == nil)
    }

    @Test func aSensorOfAnyTypeHasTheTypeOfItsFirstValue() {
        replay.send("shellyx/status/bthomesensor:203", #"{"id":203,"value":21.5,"last_updated_ts":5}"#)
        replay.send("shellyx/status/bthomesensor:204", #"{"id":204,"value":true}"#)
        #expect(replay.value("shellyx", "bthomesensor:203.value") == .number(21.5))
        #expect(replay.value("shellyx", "bthomesensor:204.value") == .boolean(true))
    }

    @Test func everythingKnownIsAskedOnceConnected() {
        replay.send("shellyplus1-aa/status/switch:0", #"{"output":true}"#)
        replay.reader.devices.connected(&replay.reader.intake, at: replay.now)
        replay.send("nothing/at/all", "")
        #expect(replay.asked.contains("shellies/command announce"))
        #expect(replay.asked.contains { $0.hasPrefix("shellyplus1-aa/rpc") })
    }

    // MARK: Limits

    @Test func aFloodOfDevicesAndPropertiesIsBounded() {
        for start in stride(from: 0, to: 600, by: 200) {
            let status = (start..<start + 200).map { #""number:\#($0)":{"value":1}"# }.joined(separator: ",")
            replay.send(
                "shellyx/events/rpc", #"{"src":"shellyx","method":"NotifyFullStatus","params":{\#(status)}}"#)
        }
        #expect(replay.devices[DeviceID("shellyx")]?.properties.count == ShellyDevice.maximumProperties + 1)
        for number in 0..<(ShellySource.maximumDevices + 10) { replay.send("shellies/d\(number)/online", "true") }
        #expect(replay.devices.count == ShellySource.maximumDevices)
        #expect(replay.letters.contains { $0.contains("more than") })
    }

    @Test func noBytesDoHarm() throws {
        let rows = try DeviceFixture("shelly").rows.prefix(400)
        var random = SeededBytes(seed: 7)
        for _ in 0..<10 {
            for row in rows {
                replay.send(row.topic, random.damaged(row.payload), retained: random.next() % 4 == 0)
            }
        }
        #expect(replay.devices.values.allSatisfy { $0.properties.count <= ShellyDevice.maximumProperties + 1 })
    }
}

/// Damages payloads, the same way for each seed.
private struct SeededBytes {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33)
    }

    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + next() % 3) where !bytes.isEmpty {
            let place = next() % bytes.count
            switch next() % 4 {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 1: bytes.remove(at: place)
            case 2: bytes.removeLast(bytes.count - place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
            }
        }
        return bytes
    }
}
