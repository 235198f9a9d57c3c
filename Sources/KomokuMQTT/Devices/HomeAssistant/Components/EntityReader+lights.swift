internal import Komoku
internal import KomokuHub

/// Lights, in their three schemas.
extension EntityReader {
    mutating func readLight() {
        switch config.text("schema") ?? "default" {
        case "json": readJSONLight()
        case "template": readTemplateLight()
        default: readBasicLight()
        }
    }

    private var brightness: PropertyDescription { gauge(unit: nil, 0, config.number("brightness_scale") ?? 255) }

    private var colorTemperature: PropertyDescription {
        if config.bool("color_temp_kelvin") ?? false {
            return gauge(unit: "K", config.number("min_kelvin"), config.number("max_kelvin"))
        }
        return gauge(unit: "mired", config.number("min_mireds"), config.number("max_mireds"))
    }

    private var effect: PropertyDescription {
        var property = PropertyDescription("", .string)
        property.values = config.texts("effect_list")
        return property
    }

    func gauge(unit: String?, _ minimum: Double?, _ maximum: Double?, step: Double? = nil) -> PropertyDescription {
        var property = PropertyDescription("", .numeric, unit: unit)
        property.minimum = minimum
        property.maximum = maximum
        property.step = step
        return property
    }

    // MARK: A topic for each

    private mutating func readBasicLight() {
        let order = onOffOrder("command_topic", on: ("payload_on", "ON"), off: ("payload_off", "OFF"))
        var state = DiscoveredProperty(suffix: "state", description: PropertyDescription("", .boolean))
        let origin = Origin("state_topic", "state_value_template", "value_template")
        state.inputs = input(from: origin, onOff("payload_on", "payload_off")).map { [$0] } ?? []
        let plain = command(order)
        if let plain { state.command = litByBrightness(plain) }
        add(state)
        let count = entity.properties.count
        add(
            "brightness", brightness, from: Origin("brightness_state_topic", "brightness_value_template"), .number(),
            Order("brightness_command_topic", "brightness_command_template"))
        add(
            "color_temp", colorTemperature, from: Origin("color_temp_state_topic", "color_temp_value_template"),
            .number(),
            Order("color_temp_command_topic", "color_temp_command_template"))
        for color in ["rgb", "rgbw", "rgbww", "hs", "xy"] { readBasicColor(color) }
        add(
            "effect", effect, from: Origin("effect_state_topic", "effect_value_template"), .text(),
            Order("effect_command_topic", "effect_command_template"))
        add(
            "color_mode", PropertyDescription("", .string),
            from: Origin("color_mode_state_topic", "color_mode_value_template"), .text())
        let white = gauge(unit: nil, 0, config.number("white_scale") ?? 255)
        add("white", white, from: nil, .number(), Order("white_command_topic"))
        if let plain { lightBeside(plain, from: count) }
    }

    /// With `on_command_type: first` the word for on goes before whatever else a light is told, with `last` behind it; not with a
    /// brightness of 0.
    private mutating func lightBeside(_ plain: DeviceCommand, from index: Int) {
        guard let type = config.text("on_command_type"), ["first", "last"].contains(type) else { return }
        let light: @Sendable (Value) -> DeviceCommandMessage? = { value in
            guard value.number != 0, let payload = plain.payload(.boolean(true)) else { return nil }
            return DeviceCommandMessage(
                topic: plain.topic, payload: payload, qos: plain.qos, isRetained: plain.isRetained)
        }
        commands(from: index) { command in
            if type == "first" { command.before = light } else { command.after = light }
        }
    }

    /// With `on_command_type: brightness` a light is lit by its full brightness, and no word for on is sent.
    private mutating func litByBrightness(_ plain: DeviceCommand) -> DeviceCommand {
        let order = Order("brightness_command_topic", "brightness_command_template")
        guard config.text("on_command_type") == "brightness", let lit = command(order) else { return plain }
        var result = plain
        let full = Value.number(config.number("brightness_scale") ?? 255)
        result.payload = { $0.boolean == true ? lit.payload(full) : plain.payload($0) }
        result.otherTopic = { $0.boolean == true ? lit.topic : nil }
        return result
    }

    /// `255,120,0`
    private mutating func readBasicColor(_ name: String) {
        let origin = Origin("\(name)_state_topic", "\(name)_value_template")
        let property = PropertyDescription("", .string)
        let parts =
            [
                "rgb": "red green blue", "rgbw": "red green blue white", "hs": "hue sat", "xy": "x y",
                "rgbww": "red green blue cold_white warm_white",
            ][name] ?? ""
        let names = parts.split(separator: " ").map(String.init)
        guard let text = config.text("\(name)_command_template"), !text.isEmpty else {
            return add(name, property, from: origin, .text(), Order("\(name)_command_topic"))
        }
        var found = DiscoveredProperty(suffix: name, description: property)
        found.inputs = input(from: origin, .text()).map { [$0] } ?? []
        if let topic = commandTopic("\(name)_command_topic"), let template = template(text, names: names) {
            found.command = command(topic) { value in
                guard let numbers = Self.numbers(value, count: names.count) else { return nil }
                let parts = numbers.map { JinjaValue(.number($0)) }
                return (try? template.text(value: JinjaValue(value), others: parts)).map { Array($0.utf8) }
            }
        }
        add(found)
    }

    /// The numbers of `255,120,0`; nil where they are not so many.
    static func numbers(_ value: Value, count: Int) -> [Double]? {
        let parts = (value.string ?? "").split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { DecimalNumber.parse(Array(JinjaFunction.trimmed(String($0), .both).utf8)) }
        return numbers.count == count && parts.count == count ? numbers : nil
    }

    // MARK: JSON

    private mutating func readJSONLight() {
        let modes = Set(config.texts("supported_color_modes") ?? [])
        let isDimmable = config.bool("brightness") ?? false || !modes.subtracting(["onoff"]).isEmpty
        addJSON("state", PropertyDescription("", .boolean), .words(on: ["ON"], off: ["OFF"])) { value in
            value.boolean.map { [JSON.Member("state", .string($0 ? "ON" : "OFF"))] }
        }
        let on = JSON.Member("state", "ON")
        if isDimmable {
            addJSON("brightness", brightness, .number()) { [on, JSON.Member("brightness", $0.json)] }
        }
        if modes.contains("color_temp") || config.bool("color_temp") ?? false {
            addJSON("color_temp", colorTemperature, .number()) { [on, JSON.Member("color_temp", $0.json)] }
        }
        for (name, members, isOld) in [
            ("rgb", ["r", "g", "b"], config.bool("rgb")), ("hs", ["h", "s"], config.bool("hs")),
            ("xy", ["x", "y"], config.bool("xy")), ("rgbw", ["r", "g", "b", "w"], nil),
            ("rgbww", ["r", "g", "b", "c", "w"], nil),
        ] where modes.contains(name) || isOld ?? false { addJSONColor(name, members) }
        if config.bool("effect") ?? false || config["effect_list"] != nil {
            addJSON("effect", effect, .text()) { [on, JSON.Member("effect", $0.json)] }
        }
        if modes.count > 1 { addJSON("color_mode", PropertyDescription("", .string), .text(), nil) }
    }

    private mutating func addJSON(
        _ name: String, path: String? = nil, _ property: PropertyDescription, _ decoder: DeviceDecoder,
        _ members: (@Sendable (Value) -> [JSON.Member]?)?
    ) {
        var found = DiscoveredProperty(suffix: name, description: property)
        found.inputs = input(from: Origin("state_topic", path: path ?? name), decoder).map { [$0] } ?? []
        if let members, let topic = commandTopic("command_topic") {
            found.command = command(topic) { members($0).map { JSON.object($0).bytes } }
        }
        add(found)
    }

    /// `{"color": {"r": 255, …}}` as `255,120,0`.
    private mutating func addJSONColor(_ name: String, _ members: [String]) {
        let decoder = DeviceDecoder.custom { input in
            guard case .composite(let text) = input, let color = JinjaValue(parsing: text) else { return .nothing }
            let parts = members.compactMap { color[.string($0)].double }
            guard parts.count == members.count else { return .nothing }
            return .value(.string(parts.map(DecimalNumber.text).joined(separator: ",")))
        }
        var found = DiscoveredProperty(suffix: name, description: PropertyDescription("", .string))
        if let input = input(from: Origin("state_topic", path: "color"), .text()) {
            found.inputs = [DiscoveredInput(topic: input.topic, source: .path("color"), decoder: decoder)]
        }
        if let topic = commandTopic("command_topic") {
            found.command = command(topic) { value in
                guard let numbers = Self.numbers(value, count: members.count) else { return nil }
                let color = JSON.object(zip(members, numbers).map { JSON.Member($0, .number($1)) })
                return JSON.object([JSON.Member("state", "ON"), JSON.Member("color", color)]).bytes
            }
        }
        add(found)
    }

    // MARK: Templates

    private static let names = [
        "state", "brightness", "color_temp", "color_temp_kelvin", "red", "green", "blue", "hue", "sat", "effect",
        "flash",
        "transition",
    ]

    private mutating func readTemplateLight() {
        let on = config.text("command_on_template").flatMap { template($0, names: Self.names) }
        let off = config.text("command_off_template").flatMap { template($0, names: Self.names) }
        addTemplate(
            "state", PropertyDescription("", .boolean), "state_template",
            .words(on: ["on", "ON"], off: ["off", "OFF"])
        ) { value in
            guard let isOn = value.boolean else { return nil }
            return Self.render(isOn ? on : off, ["state": .string(isOn ? "on" : "off")])
        }
        addTemplate("brightness", gauge(unit: nil, 0, 255), "brightness_template", .number()) {
            Self.render(on, ["state": "on", "brightness": JinjaValue($0)])
        }
        addTemplate("color_temp", colorTemperature, "color_temp_template", .number()) {
            Self.render(on, ["state": "on", "color_temp": JinjaValue($0)])
        }
        addTemplate("effect", effect, "effect_template", .text()) {
            Self.render(on, ["state": "on", "effect": JinjaValue($0)])
        }
        addTemplateColor(on)
    }

    private static func render(_ template: JinjaTemplate?, _ given: [String: JinjaValue]) -> [UInt8]? {
        let others = names.map { given[$0] ?? .undefined }
        return (try? template?.text(value: .undefined, others: others)).map { Array($0.utf8) }
    }

    private mutating func addTemplate(
        _ name: String, _ property: PropertyDescription, _ setting: String, _ decoder: DeviceDecoder,
        _ payload: @escaping @Sendable (Value) -> [UInt8]?
    ) {
        guard config.text(setting) != nil || name == "state" else { return }
        var found = DiscoveredProperty(suffix: name, description: property)
        if config.text(setting) != nil {
            found.inputs = input(from: Origin("state_topic", setting), decoder).map { [$0] } ?? []
        }
        if let topic = commandTopic("command_topic") { found.command = command(topic, payload) }
        add(found)
    }

    /// Three templates, one colour.
    private mutating func addTemplateColor(_ on: JinjaTemplate?) {
        let parts = ["red", "green", "blue"].compactMap { config.text("\($0)_template") }
        guard parts.count == 3, let topic = config.text("state_topic"), EntityReader.canSubscribe(topic) else { return }
        guard let template = template(parts.joined(separator: ";")) else { return }
        let decoder = DeviceDecoder.custom { input in
            let texts = input.text.split(separator: ";", omittingEmptySubsequences: false)
            let numbers = texts.compactMap { DecimalNumber.parse(Array(JinjaFunction.trimmed(String($0), .both).utf8)) }
            return numbers.count == 3
                ? .value(.string(numbers.map(DecimalNumber.text).joined(separator: ","))) : .nothing
        }
        var found = DiscoveredProperty(suffix: "rgb", description: PropertyDescription("", .string))
        found.inputs = [DiscoveredInput(topic: topic, source: .template(template), decoder: decoder)]
        if let topic = commandTopic("command_topic") {
            found.command = command(topic) { value in
                guard let numbers = Self.numbers(value, count: 3)?.map({ JinjaValue(.number($0)) }) else { return nil }
                return Self.render(on, ["state": "on", "red": numbers[0], "green": numbers[1], "blue": numbers[2]])
            }
        }
        add(found)
    }
}

extension JinjaValue: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self = .string(value) }
}
