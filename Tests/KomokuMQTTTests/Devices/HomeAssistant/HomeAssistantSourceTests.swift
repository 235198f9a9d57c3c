import Foundation
import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

/// This folder is one deeper than others.
func discoveryFixture(_ family: String) throws -> DeviceFixture {
    try DeviceFixture(family, folder: URL(filePath: #filePath).deletingLastPathComponent().path())
}

struct HomeAssistantSourceTests {
    @Test(arguments: ["hadiscovery", "esphome"])
    func `an hour of discovery ends with every expected row`(_ family: String) throws {
        let fixture = try discoveryFixture(family)
        let replay = DeviceReplay([HomeAssistantSource()])
        fixture.replay(into: replay)
        let expectation = DeviceExpectation(expected: fixture.expected, replay: replay)
        #expect(expectation.differences(strict: true) == [])
        #expect(replay.letters == [])
        let empty = DeviceExpectation(expected: fixture.expected, replay: DeviceReplay([]))
        #expect(!empty.differences().isEmpty)
    }

    @Test func `a property says what it is about`() {
        let replay = DeviceReplay([HomeAssistantSource()])
        let device = #""device":{"identifiers":["d"],"name":"Front"}"#
        for (topic, config) in [
            ("binary_sensor/d/reed", #"{"state_topic":"d/reed","device_class":"door",\#(device)}"#),
            ("light/d/lamp", #"{"command_topic":"d/lamp/set","state_topic":"d/lamp",\#(device)}"#),
            ("binary_sensor/d/plain", #"{"state_topic":"d/plain",\#(device)}"#),
        ] { replay.send("homeassistant/\(topic)/config", config, retained: true) }
        let properties = replay.devices.values.flatMap(\.properties).filter { $0.type == .boolean }
        let classes = Dictionary(properties.map { ($0.name, $0.deviceClass ?? "-") }) { $1 }
        #expect(classes.values.sorted() == ["-", "door", "light"], "\(classes)")
    }

    @Test(arguments: ["hadiscovery", "esphome"], 1...4)
    func `retained messages may come in any order`(_ family: String, _ seed: UInt64) throws {
        let fixture = try discoveryFixture(family)
        var random = DiscoveryRandom(seed: seed)
        let replay = DeviceReplay([HomeAssistantSource()])
        let replayed = fixture.rows.filter { $0.time < 1 }.shuffled(using: &random)
        for row in replayed + fixture.rows.filter({ $0.time >= 1 }) {
            replay.send(row.topic, row.payload, retained: row.isRetained, at: max(1, row.time))
        }
        replay.send("fixture/end", [], at: 3600)
        #expect(DeviceExpectation(expected: fixture.expected, replay: replay).differences(strict: true) == [])
    }
}
