internal import Komoku
internal import KomokuHub

extension EntityReader {
    static let components: Set<String> = [
        "alarm_control_panel", "binary_sensor", "button", "camera", "climate", "cover", "device_automation",
        "device_tracker", "event", "fan", "humidifier", "image", "lawn_mower", "light", "lock", "notify", "number",
        "scene", "select", "sensor", "siren", "switch", "tag", "text", "update", "vacuum", "valve", "water_heater",
    ]

    mutating func readComponent() {
        switch entity.component {
        case "sensor": readSensor()
        case "binary_sensor": readBinarySensor()
        case "switch": readSwitch()
        case "light": readLight()
        case "cover": readCover()
        case "valve": readValve()
        case "lock": readLock()
        case "climate", "water_heater": readClimate()
        case "fan": readFan()
        case "humidifier": readHumidifier()
        case "number": readNumber()
        case "select": readSelect()
        case "text": readText()
        case "button": readButton(word: config.text("payload_press") ?? "PRESS")
        case "scene": readButton(word: config.text("payload_on") ?? "ON")
        case "event": readEvent()
        case "update": readUpdate()
        case "device_tracker": readDeviceTracker()
        case "device_automation": readTrigger()
        case "siren": readSiren()
        case "vacuum": readVacuum()
        case "lawn_mower": readLawnMower()
        case "alarm_control_panel": readAlarm()
        default: readNothing()
        }
        if entity.properties.isEmpty, entity.unsupported.isEmpty {
            leaveOut("all of it", "it names no topic that a value could come from or go to")
        }
    }

    private mutating func readNothing() {
        let reasons = [
            "camera": "pictures are not values", "image": "pictures are not values",
            "tag": "a scanned tag is not a value of the device",
            "notify": "a text to a person is not a value of the device",
        ]
        leaveOut("all of it", reasons[entity.component] ?? "this component is not known")
    }

    // MARK: What is only read

    private mutating func readSensor() {
        let deviceClass = config.text("device_class")
        let isText = ["date", "enum", "timestamp"].contains(deviceClass)
        let isNumeric =
            !isText && (config["unit_of_measurement"] != nil || config["state_class"] != nil || deviceClass != nil)
        let unit = isNumeric ? config.text("unit_of_measurement") : nil
        var property = PropertyDescription("", isNumeric ? .numeric : .string, unit: unit?.isEmpty == true ? nil : unit)
        property.expectEvery = expiry
        if deviceClass == "enum" { property.values = config.texts("options") }
        let decoder = isNumeric ? DeviceDecoder.number() : .text(values: property.values)
        add("", property, from: Origin("state_topic", "value_template"), decoder)
    }

    private mutating func readBinarySensor() {
        let delay = config.number("off_delay").flatMap { $0 > 0 ? Duration(seconds: $0) : nil }
        var property = PropertyDescription("", delay == nil ? .boolean : .uptime)
        property.maxTime = delay
        property.expectEvery = expiry
        add("", property, from: Origin("state_topic", "value_template"), onOff("payload_on", "payload_off"))
    }

    private var expiry: Duration? {
        config.number("expire_after").flatMap { $0 > 0 ? Duration(seconds: $0) : nil }
    }

    private mutating func readDeviceTracker() {
        let home = config.words("payload_home", default: "home")
        let reset = config.text("payload_reset") ?? "None"
        let decoder = DeviceDecoder.custom { input in
            let text = input.text
            if text.utf8.elementsEqual(reset.utf8) { return .unknown }
            if text.isEmpty { return .nothing }
            // Any other word is away, or a zone away from home.
            return .value(.boolean(home.contains { $0.utf8.elementsEqual(text.utf8) }))
        }
        add("", PropertyDescription("", .boolean), from: Origin("state_topic", "value_template"), decoder)
        if entity.properties.isEmpty { leaveOut("all of it", "positions in attributes are not read") }
    }

    private mutating func readEvent() {
        var property = PropertyDescription("", .string)
        property.isEvent = true
        property.values = config.texts("event_types")
        let decoder = DeviceDecoder.text(values: property.values)
        guard config.text("value_template") != nil else {
            return add("", property, from: Origin("state_topic", path: "event_type"), decoder)
        }
        let inner = DeviceDecoder.custom { input in
            guard let type = JinjaValue(parsing: input.text)?[.string("event_type")], type.isString else {
                return Value.infer(input.text) == nil ? .nothing : .refused("it names no event_type")
            }
            return decoder.decode(.text(type.text))
        }
        // Behind a template the text is an object: a plain path would have it as Python prints it.
        guard var input = input(from: Origin("state_topic", "value_template"), inner) else { return }
        if case .path(let path) = input.source {
            input = DiscoveredInput(topic: input.topic, source: .path(path), decoder: inner)
        }
        add(DiscoveredProperty(suffix: "", description: property, inputs: [input]))
    }

    private mutating func readTrigger() {
        guard config.text("automation_type") == "trigger", let type = config.text("type"),
            let topic = config.text("topic"),
            EntityReader.canSubscribe(topic)
        else { return leaveOut("all of it", "it is no trigger with a type and a topic") }
        let word = (config.text("subtype") ?? type).clipped(to: DiscoveryConfig.maximumText)
        let payload = config.text("payload")
        let decoder = DeviceDecoder.custom { input in
            let isIt = payload.map { $0.utf8.elementsEqual(input.text.utf8) } ?? !input.text.isEmpty
            return isIt ? .value(.string(word)) : .nothing
        }
        guard var input = input(from: Origin("topic", "value_template"), decoder) else { return }
        input.sameness = "\(topic)\u{0}\(payload ?? "")\u{0}\(word)"
        var property = PropertyDescription("", .string)
        property.isEvent = true
        property.values = [word]
        add(DiscoveredProperty(suffix: "", description: property, inputs: [input]))
    }

    private mutating func readUpdate() {
        let installed = DeviceDecoder.version("installed_version", isPlain: true)
        add(
            "installed_version", PropertyDescription("", .string), from: Origin("state_topic", "value_template"),
            installed
        )
        var latest = DiscoveredProperty(suffix: "latest_version", description: PropertyDescription("", .string))
        if config.text("latest_version_topic") != nil {
            let origin = Origin("latest_version_topic", "latest_version_template")
            latest.inputs += input(from: origin, .text()).map { [$0] } ?? []
        }
        let other = DeviceDecoder.version("latest_version", isPlain: false)
        latest.inputs += input(from: Origin("state_topic", "value_template"), other).map { [$0] } ?? []
        add(latest)
        guard let word = config.text("payload_install") else { return }
        add(
            "install", PropertyDescription("", .string), from: nil, .text(),
            Order("command_topic") { _ in .string(word) }
        )
    }

    // MARK: What is told too

    func onOff(_ on: String, _ off: String) -> DeviceDecoder {
        .words(on: config.words(on, default: "ON"), off: config.words(off, default: "OFF"))
    }

    /// The words that are sent for true and false.
    func onOffOrder(_ topic: String, _ template: String? = nil, on: (String, String), off: (String, String)) -> Order {
        let (yes, no) = (config.text(on.0) ?? on.1, config.text(off.0) ?? off.1)
        return Order(topic, template) { $0.boolean.map { .string($0 ? yes : no) } }
    }

    private mutating func readSwitch() {
        let (on, off) = (config.words("payload_on", default: "ON"), config.words("payload_off", default: "OFF"))
        let decoder = DeviceDecoder.words(
            on: config["state_on"] == nil ? on : config.words("state_on", default: "ON"),
            off: config["state_off"] == nil ? off : config.words("state_off", default: "OFF"))
        let order = onOffOrder(
            "command_topic", "command_template", on: ("payload_on", "ON"), off: ("payload_off", "OFF"))
        add("", PropertyDescription("", .boolean), from: Origin("state_topic", "value_template"), decoder, order)
    }

    private mutating func readLock() {
        let decoder = DeviceDecoder.words(
            on: config.words("state_locked", default: "LOCKED"),
            off: config.words("state_unlocked", default: "UNLOCKED"),
            neither: [("locking", "LOCKING"), ("unlocking", "UNLOCKING"), ("jammed", "JAMMED")]
                .flatMap { config.words("state_\($0.0)", default: $0.1) })
        let order = onOffOrder(
            "command_topic", "command_template", on: ("payload_lock", "LOCK"), off: ("payload_unlock", "UNLOCK"))
        add("", PropertyDescription("", .boolean), from: Origin("state_topic", "value_template"), decoder, order)
    }

    private mutating func readNumber() {
        var property = PropertyDescription("", .numeric, unit: config.text("unit_of_measurement"))
        property.minimum = config.number("min") ?? 1
        property.maximum = config.number("max") ?? 100
        property.step = config.number("step") ?? 1
        let (low, high) = (property.minimum ?? 1, property.maximum ?? 100)
        let decoder = DeviceDecoder.number(range: low <= high ? low...high : nil)
            .resetting(by: config.text("payload_reset"))
        let order = Order("command_topic", "command_template")
        add("", property, from: Origin("state_topic", "value_template"), decoder, order)
    }

    private mutating func readSelect() {
        var property = PropertyDescription("", .string)
        property.values = config.texts("options")
        let origin = Origin("state_topic", "value_template")
        add("", property, from: origin, .text(values: property.values), Order("command_topic", "command_template"))
    }

    private mutating func readText() {
        let origin = Origin("state_topic", "value_template")
        add("", PropertyDescription("", .string), from: origin, .text(), Order("command_topic", "command_template"))
    }

    private mutating func readButton(word: String) {
        let order = Order("command_topic", "command_template") { _ in .string(word) }
        add("", PropertyDescription("", .string), from: nil, .text(), order)
    }
}

extension DeviceDecoder {
    /// A version: the whole text, or the member of an object.
    static func version(_ name: String, isPlain: Bool) -> DeviceDecoder {
        .custom { input in
            if case .dict? = JinjaValue(parsing: input.text) {
                let member = JinjaValue(parsing: input.text)?[.string(name)] ?? .undefined
                return DeviceDecoder.text().decode(.text(member.text))
            }
            return isPlain ? DeviceDecoder.text().decode(.text(input.text)) : .nothing
        }
    }
}
