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
