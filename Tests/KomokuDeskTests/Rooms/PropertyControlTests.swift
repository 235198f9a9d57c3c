import Komoku
import KomokuHub
import KomokuWire
import Testing

@testable import KomokuDesk

/// What a page shows for a property.
@Suite struct PropertyControlTests {
    private struct Case: Sendable {
        var property: PropertyDescription
        let control: PropertyControl

        init(
            _ name: String, _ type: KeyType, _ control: PropertyControl,
            _ change: (inout PropertyDescription) -> Void = { _ in }
        ) {
            property = PropertyDescription(name, type)
            property.isWritable = true
            change(&property)
            self.control = control
        }
    }

    private static func zigbee(_ family: String, _ endpoint: String? = nil) -> (inout PropertyDescription) -> Void {
        { ($0.family, $0.group) = (family, endpoint.map { "\(family)_\($0)" } ?? family) }
    }

    private static let cases: [Case] = [
        Case("state", .boolean, .light, zigbee("light")), Case("state_left", .boolean, .light, zigbee("light", "left")),
        Case("state", .boolean, .switch, zigbee("switch")), Case("state", .boolean, .lock, zigbee("lock")),
        Case("child_lock", .boolean, .switch, zigbee("lock")), Case("state", .boolean, .fan, zigbee("fan")),
        Case("POWER1", .boolean, .switch), Case("led", .boolean, .switch),
        Case("identify", .boolean, .button) { $0.hasState = false },
        Case("brightness", .numeric, .brightness, zigbee("light")),
        Case("brightness_l1", .numeric, .brightness, zigbee("light", "l1")), Case("Dimmer2", .numeric, .brightness),
        Case("color_temp", .numeric, .colourTemperature, zigbee("light")), Case("CT", .numeric, .colourTemperature),
        Case("color_temp_startup", .numeric, .number, zigbee("light")),
        Case("color.x", .numeric, .colour, zigbee("light")), Case("color.hue", .numeric, .colour, zigbee("light")),
        Case("HSBColor", .string, .colour), Case("position", .numeric, .position, zigbee("cover")),
        Case("tilt", .numeric, .tilt, zigbee("cover")), Case("Shutter1.Position", .numeric, .position),
        Case("Shutter1.Command", .string, .cover) { $0.values = ["Open", "Close", "Stop"] },
        Case("state", .string, .cover) { $0.values = ["OPEN", "CLOSE", "STOP"] },
        Case("occupied_heating_setpoint", .numeric, .setpoint, zigbee("climate")),
        Case("local_temperature_calibration", .numeric, .number, zigbee("climate")),
        Case("system_mode", .string, .climate) { ($0.family, $0.values) = ("climate", ["off", "heat"]) },
        Case("ceiling_lamp", .boolean, .light) { $0.family = "light" },
        Case("power_on_behavior", .string, .select) { $0.values = ["on", "off"] },
        Case("motion_timeout", .numeric, .number), Case("name", .string, .text),
        Case("restart", .string, .button) { ($0.hasState, $0.values) = (false, ["press"]) },
        Case("effect", .string, .select) { ($0.hasState, $0.values) = (false, ["blink", "breathe"]) },
        Case("action", .string, .event) { ($0.isEvent, $0.isWritable) = (true, false) },
        Case("battery", .numeric, .battery) { ($0.unit, $0.isWritable) = ("%", false) },
        Case("humidity", .numeric, .sensor) { ($0.unit, $0.isWritable) = ("%", false) },
        Case("contact", .boolean, .binarySensor) { $0.isWritable = false },
        Case("online", .uptime, .binarySensor) { $0.isWritable = false },
    ]

    @Test(arguments: cases.indices) func aPropertyHasTheControlOfWhatItIs(index: Int) {
        let item = Self.cases[index]
        #expect(PropertyControl(item.property, type: item.property.type) == item.control, "\(item.property.name)")
    }

    @Test func whatNobodyGroupedIsOneLampWhereThereIsOneSwitch() {
        func property(_ name: String, _ control: PropertyControl) -> DeviceProperty {
            var property = DeviceProperty()
            (property.name, property.control, property.isWritable) = (name, control, true)
            return property
        }
        let lamp = Device.grouped([property("POWER", .switch), property("Dimmer", .brightness), property("x", .number)])
        #expect(lamp.map(\.group) == ["light", "light", nil] && lamp[0].control == .light)
        let two = Device.grouped([
            property("POWER1", .switch), property("POWER2", .switch), property("Dimmer", .brightness),
        ])
        #expect(two.map(\.group) == [nil, nil, "light"] && two[0].control == .switch)
        let plug = Device.grouped([property("POWER", .switch)])
        #expect(plug[0].group == nil && plug[0].control == .switch)
    }
}
