internal import Komoku
internal import KomokuHub

/// Climates, water heaters, fans and humidifiers.
extension EntityReader {
    mutating func readClimate() {
        let unit = config.text("temperature_unit") == "F" ? "°F" : "°C"
        let target = gauge(
            unit: unit, config.number("min_temp"), config.number("max_temp"), step: config.number("temp_step"))
        addChoice("mode", values: "modes", state: "mode_state", template: "mode_state_template")
        for name in ["temperature", "temperature_low", "temperature_high"] {
            add(
                name, target, from: Origin("\(name)_state_topic", "\(name)_state_template", "value_template"),
                .number(),
                Order("\(name)_command_topic", "\(name)_command_template"))
        }
        addMeasured("current_temperature", unit: unit)
        addMeasured("current_humidity", unit: "%")
        addHumidity()
        addAction()
        for name in ["fan_mode", "swing_mode", "swing_horizontal_mode"] {
            addChoice(name, values: "\(name)s", state: "\(name)_state", template: "\(name)_state_template")
        }
        addChoice(
            "preset_mode", values: "preset_modes", state: "preset_mode_state", template: "preset_mode_value_template")
        let power = onOffOrder(
            "power_command_topic", "power_command_template", on: ("payload_on", "ON"), off: ("payload_off", "OFF"))
        add(
            "power", PropertyDescription("", .boolean), from: Origin("power_state_topic", "power_state_template"),
            onOff("payload_on", "payload_off"), power)
    }

    private mutating func addAction() {
        let origin = Origin("action_topic", "action_template", "value_template")
        add("action", PropertyDescription("", .string), from: origin, .text())
    }

    private mutating func addMeasured(_ name: String, unit: String) {
        let origin = Origin("\(name)_topic", "\(name)_template", "value_template")
        add(name, PropertyDescription("", .numeric, unit: unit), from: origin, .number())
    }

    private mutating func addHumidity() {
        add(
            "target_humidity", gauge(unit: "%", config.number("min_humidity"), config.number("max_humidity")),
            from: Origin("target_humidity_state_topic", "target_humidity_state_template", "value_template"),
            targetHumidity,
            Order("target_humidity_command_topic", "target_humidity_command_template"))
    }

    /// Home Assistant ignores a humidifier's target outside of its range, and takes a climate's.
    private var targetHumidity: DeviceDecoder {
        let (low, high) = (config.number("min_humidity") ?? 0, config.number("max_humidity") ?? 100)
        let isBound = entity.component == "humidifier" && low <= high
        return DeviceDecoder.number(range: isBound ? low...high : nil).resetting(
            by: config.text("payload_reset_humidity"))
    }

    /// A word out of a list.
    private mutating func addChoice(_ name: String, values: String, state: String, template: String) {
        var property = PropertyDescription("", .string)
        property.values = config.texts(values)
        let origin = Origin("\(state)_topic", template, "value_template")
        let order = Order("\(name)_command_topic", "\(name)_command_template")
        let reset = config.text("payload_reset_\(name)")
        add(name, property, from: origin, .text(values: property.values).resetting(by: reset), order)
    }

    mutating func readFan() {
        addPower()
        addPercentage()
        addChoice(
            "preset_mode", values: "preset_modes", state: "preset_mode_state", template: "preset_mode_value_template")
        let on = ("payload_oscillation_on", "oscillate_on")
        let off = ("payload_oscillation_off", "oscillate_off")
        add(
            "oscillation", PropertyDescription("", .boolean),
            from: Origin("oscillation_state_topic", "oscillation_value_template"),
            .words(on: config.words(on.0, default: on.1), off: config.words(off.0, default: off.1)),
            onOffOrder("oscillation_command_topic", "oscillation_command_template", on: on, off: off))
        add(
            "direction", PropertyDescription("", .string),
            from: Origin("direction_state_topic", "direction_value_template"),
            .text(), Order("direction_command_topic", "direction_command_template"))
    }

    /// `state` of what can be switched.
    private mutating func addPower() {
        let order = onOffOrder(
            "command_topic", "command_template", on: ("payload_on", "ON"), off: ("payload_off", "OFF"))
        let origin = Origin("state_topic", "state_value_template", "value_template")
        add("state", PropertyDescription("", .boolean), from: origin, onOff("payload_on", "payload_off"), order)
    }

    /// The device's steps become percents, as Home Assistant counts them: step 2 of 3 is 66 %, 34 to 66 % are step 2.
    private mutating func addPercentage() {
        let (low, high) = (config.number("speed_range_min") ?? 1, config.number("speed_range_max") ?? 100)
        let steps = high - low + 1
        guard steps >= 1 else { return leaveOut("percentage", "its range of speeds is empty") }
        let reset = config.text("payload_reset_percentage") ?? "None"
        let decoder = DeviceDecoder.custom { input in
            if input.text.utf8.elementsEqual(reset.utf8) { return .unknown }
            guard case .value(.number(let speed)) = DeviceDecoder.number().decode(.text(input.text)) else {
                return DeviceDecoder.number().decode(.text(input.text))
            }
            let percent = ((speed - low + 1) * 100 / steps).rounded(.down)
            return speed == 0 || 0...100 ~= percent
                ? .value(.number(max(0, min(percent, 100))))
                : .refused("\(DecimalNumber.text(speed)) is no speed of it")
        }
        let order = Order("percentage_command_topic", "percentage_command_template") { value in
            value.number.map { .init(.number($0 == 0 ? 0 : (low - 1 + $0 * steps / 100).rounded(.up))) }
        }
        let origin = Origin("percentage_state_topic", "percentage_value_template")
        add("percentage", gauge(unit: "%", 0, 100), from: origin, decoder, order)
    }

    mutating func readHumidifier() {
        addPower()
        addHumidity()
        addMeasured("current_humidity", unit: "%")
        addChoice("mode", values: "modes", state: "mode_state", template: "mode_state_template")
        addAction()
    }
}
