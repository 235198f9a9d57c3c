internal import Komoku
internal import KomokuHub

/// Sirens, vacuums, mowers and alarm panels.
extension EntityReader {
    mutating func readSiren() {
        let (on, off) = (config.words("payload_on", default: "ON"), config.words("payload_off", default: "OFF"))
        let words = DeviceDecoder.words(
            on: config["state_on"] == nil ? on : config.words("state_on", default: "ON"),
            off: config["state_off"] == nil ? off : config.words("state_off", default: "OFF"))
        let decoder = DeviceDecoder.custom { input in
            guard let json = JinjaValue(parsing: input.text), case .dict = json else { return words.decode(input) }
            return words.decode(.text(json["state"].text))
        }
        var found = DiscoveredProperty(suffix: "", description: PropertyDescription("", .boolean))
        let origin = Origin("state_topic", "state_value_template", "value_template")
        found.inputs = input(from: origin, decoder).map { [$0] } ?? []
        let order = onOffOrder(
            "command_topic", "command_template", on: ("payload_on", "ON"), off: ("payload_off", "OFF"))
        if config.text("command_template") != nil || config.text("command_off_template") != nil {
            found.command = sirenCommand(order)
        } else if let topic = commandTopic("command_topic") {
            found.command = command(topic) { value in
                order.word(value).map { JSON.object([JSON.Member("state", .string($0.text))]).bytes }
            }
        }
        add(found)
    }

    /// One template for on and perhaps another for off; tone, duration and volume are not given.
    private mutating func sirenCommand(_ order: Order) -> DeviceCommand? {
        guard let topic = commandTopic(order.topic) else { return nil }
        let texts = ["command_template", "command_off_template"].map { config.text($0) }
        let templates = texts.map { $0.flatMap { template($0, names: ["state"]) } }
        if zip(texts, templates).contains(where: { $0 != nil && $1 == nil }) { return nil }
        let (on, off) = (templates[0], templates[1] ?? templates[0])
        return command(topic) { value in
            guard let word = order.word(value) else { return nil }
            guard let template = value.boolean == true ? on : off else {
                return JSON.object([JSON.Member("state", .string(word.text))]).bytes
            }
            return (try? template.text(value: word, others: [word])).map { Array($0.utf8) }
        }
    }

    mutating func readVacuum() {
        add("state", PropertyDescription("", .string), from: Origin("state_topic", path: "state"), .text(), vacuumOrder)
        add(
            "battery_level", gauge(unit: "%", 0, 100), from: Origin("state_topic", path: "battery_level"), .number())
        var speed = PropertyDescription("", .string)
        speed.values = config.texts("fan_speed_list")
        add("fan_speed", speed, from: Origin("state_topic", path: "fan_speed"), .text(), Order("set_fan_speed_topic"))
        add("send", PropertyDescription("", .string), from: nil, .text(), Order("send_command_topic"))
    }

    private var vacuumOrder: Order {
        let names = ["start", "stop", "pause", "return_to_base", "clean_spot", "locate"]
        let words = names.map { ($0, config.text("payload_\($0)") ?? $0) }
        return Order("command_topic") { value in
            words.first { $0.0 == value.string }.map { .string($0.1) }
        }
    }

    mutating func readLawnMower() {
        add(
            "activity", PropertyDescription("", .string),
            from: Origin("activity_state_topic", "activity_value_template"),
            .text())
        for name in ["start_mowing", "pause", "dock"] {
            add(
                name, PropertyDescription("", .string), from: nil, .text(),
                Order("\(name)_command_topic", "\(name)_command_template") { _ in .string(name) })
        }
    }

    mutating func readAlarm() {
        let modes = ["arm_home", "arm_away", "arm_night", "arm_vacation", "arm_custom_bypass", "disarm", "trigger"]
        let words = modes.map { ($0, config.text("payload_\($0)") ?? $0.uppercased()) }
        // Its states can be put as well as what leads to them.
        let order = Order("command_topic") { value in
            let text = value.string?.lowercased() ?? ""
            let name = text.hasPrefix("armed_") ? "arm_" + text.dropFirst(6) : text
            let same = ["disarmed": "disarm", "triggered": "trigger"][name] ?? name
            return words.first { $0.0 == same }.map { .string($0.1) }
        }
        var found = DiscoveredProperty(suffix: "", description: PropertyDescription("", .string))
        found.inputs = input(from: Origin("state_topic", "value_template"), .text()).map { [$0] } ?? []
        if let text = config.text("command_template"), !text.isEmpty {
            if let topic = commandTopic("command_topic"), let template = template(text, names: ["action", "code"]) {
                found.command = command(topic) { value in
                    guard let word = order.word(value) else { return nil }
                    return (try? template.text(value: word, others: [word, .none])).map { Array($0.utf8) }
                }
            }
        } else {
            found.command = command(order)
        }
        add(found)
    }
}
