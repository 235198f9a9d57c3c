import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

@Suite struct DeviceCommandsTests {
    private func fault(_ name: String, _ facts: DeviceCommands.Facts?) -> String? {
        let commands = DeviceCommands(facts: { _ in facts }, publish: { _ in })
        commands.set(families: ["tasmota"])
        commands.set(["power": .text("cmnd/a/POWER")], of: DeviceID("there"))
        do throws(CommandRefusal) {
            _ = try commands.message(for: .boolean(true), to: PropertyID(DeviceID(name), "state"))
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `a device that nobody speaks for is told why`() {
        let gone = DeviceCommands.Facts(source: "tasmota", isPresent: false)
        #expect(fault("0x1", gone) == "the device '0x1' is gone: 'tasmota' does not list it any more")
        let off = DeviceCommands.Facts(source: "shelly", isPresent: true)
        #expect(
            fault("0x1", off) == "the device '0x1' is of the family 'shelly', which is not switched on under 'devices'")
        let present = DeviceCommands.Facts(source: "tasmota", isPresent: true)
        #expect(fault("there", present) == "the device 'there' does not say how 'state' is set")
        #expect(fault("there", nil) == "the device 'there' does not say how 'state' is set")
    }
}
