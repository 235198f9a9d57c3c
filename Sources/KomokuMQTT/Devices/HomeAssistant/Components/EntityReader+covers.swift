internal import Komoku
internal import KomokuHub

/// Covers and valves.
extension EntityReader {
    mutating func readCover() {
        let (open, closed) = (config.number("position_open") ?? 100, config.number("position_closed") ?? 0)
        var state = DiscoveredProperty(suffix: "state", description: PropertyDescription("", .string))
        if config.text("state_topic") != nil {
            state.inputs = input(from: Origin("state_topic", "value_template"), coverWords).map { [$0] } ?? []
        } else if config.text("position_topic") != nil {
            let origin = Origin("position_topic", "position_template")
            state.inputs = input(from: origin, Self.stateOfPosition(open, closed)).map { [$0] } ?? []
        }
        state.command = command(coverOrder)
        add(state)
        let origin = Origin("position_topic", "position_template")
        addPosition("position", origin, ("set_position_topic", "set_position_template"), open, closed)
        addPosition(
            "tilt", Origin("tilt_status_topic", "tilt_status_template"),
            ("tilt_command_topic", "tilt_command_template"),
            config.number("tilt_max") ?? 100, config.number("tilt_min") ?? 0)
    }

    mutating func readValve() {
        guard config.bool("reports_position") ?? false else {
            var state = DiscoveredProperty(suffix: "state", description: PropertyDescription("", .string))
            let decoder = coverWords
            // Valves may say it in JSON as well.
            let both = DeviceDecoder.custom { input in
                guard let json = JinjaValue(parsing: input.text), case .dict = json else {
                    return decoder.decode(input)
                }
                return decoder.decode(.text(json["state"].text))
            }
            state.inputs = input(from: Origin("state_topic", "value_template"), both).map { [$0] } ?? []
            state.command = command(coverOrder)
            return add(state)
        }
        let (open, closed) = (config.number("position_open") ?? 100, config.number("position_closed") ?? 0)
        addValveState(open, closed)
        addPosition(
            "position", Origin("state_topic", "value_template"), ("command_topic", "command_template"), open, closed)
    }

    /// Its word beside the position, or what the position says.
    private mutating func addValveState(_ open: Double, _ closed: Double) {
        let (words, fromPosition) = (coverWords, Self.stateOfPosition(open, closed))
        let decoder = DeviceDecoder.custom { input in
            if case .dict? = JinjaValue(parsing: input.text) {
                let word = JinjaValue(parsing: input.text)?["state"] ?? .undefined
                return word.isString ? words.decode(.text(word.text)) : fromPosition.decode(input)
            }
            let isNumber = Value.infer(input.text, as: .numeric) != nil
            return isNumber ? fromPosition.decode(input) : words.decode(input)
        }
        var state = DiscoveredProperty(suffix: "state", description: PropertyDescription("", .string))
        state.inputs = input(from: Origin("state_topic", "value_template"), decoder).map { [$0] } ?? []
        add(state)
    }

    private var coverWords: DeviceDecoder {
        let names = ["open", "opening", "closed", "closing", "stopped"]
        // What is configured goes before what is usual: `open` may be the word for opening.
        let configured = names.compactMap { name in config.text("state_\(name)").map { (word: $0, meaning: name) } }
        let usual = names.filter { config.text("state_\($0)") == nil }.map { (word: $0, meaning: $0) }
        return .translated(configured + usual, isClosed: true)
    }

    /// `open` and its like, whatever the cover calls them.
    private var coverOrder: Order {
        func word(_ name: String, _ usual: String) -> String? {
            // Null takes the possibility away.
            config.members["payload_\(name)"]?.isNull == true ? nil : config.text("payload_\(name)") ?? usual
        }
        let (open, close, stop) = (word("open", "OPEN"), word("close", "CLOSE"), word("stop", "STOP"))
        return Order("command_topic", "command_template") { value in
            switch value.string?.lowercased() {
            case "open", "opening": open.map { .string($0) }
            case "close", "closed", "closing": close.map { .string($0) }
            case "stop", "stopped": stop.map { .string($0) }
            default: nil
            }
        }
    }

    private static func stateOfPosition(_ open: Double, _ closed: Double) -> DeviceDecoder {
        .custom { input in
            guard case .value(.number(let number)) = position(input, in: "position") else {
                return position(input, in: "position")
            }
            return .value(.string((number - closed) * (open - closed) > 0 ? "open" : "closed"))
        }
    }

    /// A number, or the member of an object.
    private static func position(_ input: DeviceInput, in member: String) -> DeviceOutcome {
        let words = ["open", "opening", "closed", "closing", "stopped"]
        if words.contains(where: { $0.utf8.elementsEqual(input.text.utf8) }) { return .nothing }
        let isObject = input.text.utf8.first == UInt8(ascii: "{")
        guard isObject, let json = JinjaValue(parsing: input.text) else {
            return DeviceDecoder.number().decode(.text(input.text))
        }
        let found = json[.string(member)]
        return found.double == nil && !found.isString ? .nothing : DeviceDecoder.number().decode(.text(found.text))
    }

    /// The device's range becomes 0 to 100.
    private mutating func addPosition(
        _ name: String, _ origin: Origin, _ order: (topic: String, template: String), _ open: Double, _ closed: Double
    ) {
        guard open != closed else { return leaveOut(name, "its range is empty") }
        let isPercent = open == 100 && closed == 0
        let decoder = DeviceDecoder.custom { input in
            guard case .value(.number(let number)) = Self.position(input, in: "position") else {
                return Self.position(input, in: "position")
            }
            let percent = isPercent ? number : ((number - closed) / (open - closed) * 100).rounded()
            return 0...100 ~= percent
                ? .value(.number(percent)) : .refused("\(DecimalNumber.text(number)) is out of its range")
        }
        var found = DiscoveredProperty(suffix: name, description: gauge(unit: "%", 0, 100))
        found.inputs = input(from: origin, decoder).map { [$0] } ?? []
        if let topic = commandTopic(order.topic) { found.command = position(topic, order.template, open, closed) }
        add(found)
    }

    private mutating func position(
        _ topic: String, _ setting: String, _ open: Double, _ closed: Double
    ) -> DeviceCommand? {
        @Sendable func ranged(_ percent: Double) -> Double {
            open == 100 && closed == 0 ? percent : (closed + percent / 100 * (open - closed)).rounded()
        }
        guard let text = config.text(setting), !text.isEmpty else {
            return command(topic) { $0.number.map { Array(DecimalNumber.text(ranged($0)).utf8) } }
        }
        let names = ["position", "tilt_position", "position_open", "position_closed", "tilt_max", "tilt_min"]
        guard let template = template(text, names: names) else { return nil }
        return command(topic) { value in
            guard let percent = value.number else { return nil }
            let others = [percent, percent, open, closed, open, closed].map { JinjaValue(.number($0)) }
            let text = try? template.text(value: JinjaValue(.number(ranged(percent))), others: others)
            return text.map { Array($0.utf8) }
        }
    }
}
