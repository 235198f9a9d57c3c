import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

/// Publishers that are known by their topics: trees of topics, and remotes.
struct GenericJSONShapesTests {
    private let replay = DeviceReplay([GenericJSONSource(topics: ["#"])])

    // MARK: Trees

    @Test func `a tree of topics is one device that its first levels name`() {
        replay.send("evcc/status", "online", retained: true)
        replay.send("evcc/loadpoints", "2")
        replay.send("evcc/loadpoints/1/chargePower", "7200")
        replay.send("evcc/loadpoints/1/mode", "pv")
        replay.send("evcc/loadpoints/1/mode/set", "now")
        replay.send("evcc/site/battery", #"[{"power":-500,"soc":40}]"#)
        replay.send("evcc/site/battery", #"[{"power":-400,"soc":41,"title":"B"}]"#)
        for (topic, payload) in [("fna", "\"garage\""), ("amp", "16"), ("alw", "true"), ("nrg", "[1,null]")] {
            replay.send("go-eCharger/012345/\(topic)", payload)
        }
        replay.send("go-eCharger/012345/nrg", "[2,3]")
        replay.send("go-eCharger/012345/amp/set", "6")
        replay.send("go-eCharger/012345/amp/result", "true")
        #expect(Set(replay.devices.keys.map(\.text)) == ["evcc", "go-eCharger/012345"])
        let expected: [(String, String, Value)] = [
            ("evcc", "online", .boolean(true)), ("evcc", "loadpoints", .number(2)),
            ("evcc", "loadpoints.1.chargePower", .number(7200)), ("evcc", "loadpoints.1.mode", "pv"),
            ("evcc", "site.battery.1.power", .number(-400)), ("evcc", "site.battery.1.title", "B"),
            ("go-eCharger/012345", "fna", "garage"), ("go-eCharger/012345", "amp", .number(16)),
            ("go-eCharger/012345", "alw", .boolean(true)), ("go-eCharger/012345", "nrg.1", .number(2)),
            ("go-eCharger/012345", "nrg.2", .number(3)),
        ]
        for (device, property, value) in expected { #expect(replay.value(device, property) == value, "\(property)") }
        #expect(replay.devices.values.allSatisfy { $0.properties.count < 9 })
        #expect(replay.letters.isEmpty)
    }

    @Test func `a tree is known again after a restart`() {
        replay.send("evcc/site/battery", #"[{"power":-500}]"#)
        replay.send("evcc/site/pvPower", "5")
        let again = restarted(replay.remembered)
        #expect(again.devices == replay.devices)
        again.send("evcc/site/battery", #"[{"power":-5}]"#)
        again.send("evcc/site/pvPower", "6")
        #expect(again.value("evcc", "site.battery.1.power") == .number(-5))
        #expect(again.value("evcc", "site.pvPower") == .number(6))
    }

    @Test func `devices that were topics of a tree are gone after an update`() {
        let memory = #"{"id":"evcc/site/pvPower","name":"evcc/site/pvPower","document":false,"properties":[]}"#
        let again = restarted(["$json/evcc/site/pvPower": Array(memory.utf8)])
        #expect(again.removed.contains(DeviceID("evcc/site/pvPower")))
        #expect(again.devices.isEmpty)
        again.send("evcc/site/pvPower", "5")
        #expect(again.value("evcc", "site.pvPower") == .number(5))
    }

    @Test func `a burst of topics of one tree is one description`() {
        let reader = MessageReader(
            mappings: MappingSet(mappings: [], base: "komoku"),
            devices: DeviceSet([GenericJSONSource(topics: ["#"])]))
        for number in 0..<300 {
            Array("evcc/x/\(number)".utf8).withUnsafeBytes { topic in
                Array("1".utf8).withUnsafeBufferPointer { reader.read(topic, $0, isRetained: true) }
            }
        }
        let intake = reader.takeIntake()
        #expect(intake.updates.count == 2)
        #expect(intake.observations.count == 300)
        guard case .described(let device)? = intake.updates.first else {
            Issue.record("the description is missing")
            return
        }
        #expect(device.properties.count == 300)
    }

    @Test func `a tree is bounded`() {
        for number in 0..<2000 { replay.send("evcc/x/\(number)", "1") }
        #expect(replay.devices[DeviceID("evcc")]?.properties.count == InferredDevice.maximumBranches)
    }

    private func restarted(_ remembered: [String: [UInt8]]) -> DeviceReplay {
        let again = DeviceReplay([GenericJSONSource(topics: ["#"])])
        again.reader.restore(remembered.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        again.send("nothing/set", "")
        return again
    }

    // MARK: Remotes

    private func press(_ payload: String, host: String = "h", at seconds: Double, retained: Bool = false) {
        replay.send("rtl_433/\(host)/events", Array(payload.utf8), retained: retained, at: seconds)
    }

    private func events(_ device: String, _ property: String) -> [Value] {
        replay.events[PropertyID(DeviceID(device), property)] ?? []
    }

    @Test func `the same button twice is two presses, its repetitions are one`() {
        let payload = #"{"time":"12:00:00","model":"Remote","id":24,"button":3,"battery_ok":1}"#
        for at in [1, 1.2, 1.4, 5, 5.2] { press(payload, at: at) }
        #expect(events("Remote/24", "button") == ["3", "3"])
        #expect(replay.value("Remote/24", "battery_ok") == .boolean(true))
        #expect(replay.property(PropertyID(DeviceID("Remote/24"), "button"))?.isEvent == true)
    }

    @Test func `two receivers of one press tell one, whatever the levels`() {
        press(#"{"time":"12:00:00","model":"R","code":"a1","rssi":-5}"#, host: "a", at: 1)
        press(#"{"time":"12:00:01","model":"R","code":"a1","rssi":-9}"#, host: "b", at: 1.1)
        press(#"{"time":"12:00:01","model":"R","code":"a2","rssi":-9}"#, host: "b", at: 1.2)
        #expect(events("R", "code") == ["a1", "a2"])
        #expect(replay.value("R", "rssi") == .number(-9))
    }

    @Test func `a decoder of its owner's tells presses too, and fields with no value none`() {
        press(#"{"model":"Flex","count":2,"codes":["{24}d1a2f8"],"rows":[{"len":24,"data":"d1a2f8"}]}"#, at: 1)
        press(#"{"model":"Flex","count":2,"codes":["{24}d1a2f8"],"rows":[{"len":24,"data":"d1a2f8"}]}"#, at: 9)
        press(#"{"model":"Flex","codes":[],"button":null,"code":"","key":{"a":1}}"#, at: 19)
        #expect(events("Flex", "codes.1") == ["{24}d1a2f8", "{24}d1a2f8"])
        #expect(events("Flex", "rows.1.data") == ["d1a2f8", "d1a2f8"])
        #expect(replay.value("Flex", "rows.1.len") == .number(24))
        let names = replay.devices[DeviceID("Flex")]?.properties.map(\.name) ?? []
        #expect(!names.contains("button") && !names.contains("code"))
        #expect(replay.letters.isEmpty)
    }

    @Test func `a replayed press is none, and a restart changes nothing`() {
        press(#"{"model":"R","id":1,"cmd":5}"#, at: 1, retained: true)
        #expect(events("R/1", "cmd") == [])
        press(#"{"model":"R","id":1,"cmd":5}"#, at: 10)
        let again = restarted(replay.remembered)
        again.send("rtl_433/h/events", Array(#"{"model":"R","id":1,"cmd":5}"#.utf8), at: 20)
        #expect(again.events[PropertyID(DeviceID("R/1"), "cmd")] == ["5"])
    }

    @Test func `a code that was taken for a number becomes an event`() {
        let memory = #"{"id":"R/1","name":"R/1","properties":[{"name":"cmd","type":"numeric"}]}"#
        let again = restarted(["$json/R/1": Array(memory.utf8)])
        for at in [1.0, 9] { again.send("rtl_433/h/events", Array(#"{"model":"R","id":1,"cmd":5}"#.utf8), at: at) }
        #expect(again.events[PropertyID(DeviceID("R/1"), "cmd")] == ["5", "5"])
    }
}
