import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Each family's hour through a real Mosquitto into a hub, as the fixtures say.
@Suite struct BrokerReplayTests {
    @Test(arguments: ["zigbee2mqtt", "tasmota", "hadiscovery", "shelly", "esphome", "homie", "misc"])
    func `a hub knows what a family said through a broker`(family: String) async throws {
        let fixture = try DeviceFixture(family)
        let isFirst = { (row: DeviceFixture.Row) in row.isRetained && row.time < 1 }
        let devices = Self.configuration(family)
        let house = try await DeviceHouse({ devices.makeSources() }, retained: fixture.rows.filter(isFirst))
        try await house.settle()
        var known = Set(fixture.rows.filter(isFirst).map(\.topic))
        // A later replay stands for a reconnect; the broker has what it brings, but for topics that were never heard.
        for row in fixture.rows where !row.isRetained || known.insert(row.topic).inserted {
            known.insert(row.topic)
            await house.advance(to: row.time)
            try house.device.post(row.topic, row.payload, retain: row.isStored)
            try await house.settle()
        }
        await house.advance(to: fixture.expected["end_at"]?.number ?? 3600)
        let differences = DeviceExpectation(expected: fixture.expected, replay: await house.knowledge()).differences()
        await house.stop()
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    private static func configuration(_ family: String) -> DevicesConfiguration {
        var devices = DevicesConfiguration()
        switch family {
        case "zigbee2mqtt": devices.zigbee2mqtt = ["zigbee2mqtt"]
        case "tasmota": devices.tasmota = ["tasmota/discovery"]
        case "hadiscovery": devices.homeAssistant = ["homeassistant"]
        case "shelly": devices.hasShelly = true
        case "esphome": devices.hasESPHome = true
        case "homie": devices.homie = ["homie"]
        default: devices.json = ["#"]
        }
        return devices
    }
}
