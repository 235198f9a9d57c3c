internal import Komoku
internal import KomokuHub

/// Makes the properties of one entity of its settings; the components are in extensions.
struct EntityReader {
    let config: DiscoveryConfig
    private(set) var entity: DiscoveredEntity
    /// Of the house's clocks, for templates.
    private let zone: Zone

    init(_ entity: DiscoveredEntity, _ config: DiscoveryConfig, zone: Zone) {
        self.config = config
        self.entity = entity
        self.zone = zone
    }

    /// The entity with all that its settings say.
    mutating func read() -> DiscoveredEntity {
        entity.label = config.text("name")?.clipped(to: DiscoveryConfig.maximumText)
        var faults: [(String, String)] = []
        entity.availability = DiscoveredAvailability(config) { faults.append(($0, $1)) }
        for (template, reason) in faults { leaveOut("the availability template \(template)", reason) }
        readComponent()
        return entity
    }

    mutating func leaveOut(_ what: String, _ reason: String) {
        guard entity.unsupported.count < 32 else { return }
        entity.unsupported.append(
            .init(what: "\(entity.component) \(entity.name): \(what)".clipped(to: 300), reason: reason))
    }

    // MARK: Properties

    /// Where a value stands: the settings that name its topic and its template.
    struct Origin {
        var topic: String
        var templates: [String]
        /// The leaf of a JSON payload where there is no template.
        var path: String?

        init(_ topic: String, _ templates: String..., path: String? = nil) {
            self.topic = topic
            self.templates = templates
            self.path = path
        }
    }

    /// How a value is told: the settings that name the topic and the template, and the word for it.
    struct Order {
        var topic: String
        var template: String?
        /// The name of the value in the template, besides `value`.
        var name: String?
        /// Nil where the device has no word for it.
        var word: @Sendable (Value) -> JinjaValue?

        init(
            _ topic: String, _ template: String? = nil, name: String? = nil,
            word: @escaping @Sendable (Value) -> JinjaValue? = { JinjaValue($0) }
        ) {
            self.topic = topic
            self.template = template
            self.name = name
            self.word = word
        }
    }

    /// Adds a property that can be read or told; nothing where the settings name a topic for neither.
    mutating func add(
        _ suffix: String, _ description: PropertyDescription, from origin: Origin?, _ decoder: DeviceDecoder,
        _ order: Order? = nil
    ) {
        var property = DiscoveredProperty(suffix: suffix, description: description)
        if let origin, let input = input(from: origin, decoder) { property.inputs = [input] }
        if let order { property.command = command(order) }
        add(property)
    }

    /// Components whose word says what their properties are about.
    private static let told: Set<String> = [
        "light", "switch", "fan", "siren", "cover", "valve", "lock", "humidifier", "device_tracker",
    ]

    mutating func add(_ property: DiscoveredProperty) {
        var property = property
        guard !property.inputs.isEmpty || property.command != nil else { return }
        property.description.isWritable = property.command != nil
        property.description.hasState = !property.inputs.isEmpty
        property.description.unit = property.description.unit?.clipped(to: 64)
        property.description.category = config.text("entity_category").flatMap(PropertyDescription.Category.init)
        if let label = entity.label { property.description.label = label }
        property.description.deviceClass =
            config.text("device_class")?.lowercased().clipped(to: 64)
            ?? (Self.told.contains(entity.component) ? entity.component : nil)
        entity.properties.append(property)
    }

    /// Changes how the properties from one index on are told.
    mutating func commands(from index: Int, _ change: (inout DeviceCommand) -> Void) {
        for index in index..<entity.properties.count {
            guard var command = entity.properties[index].command else { continue }
            change(&command)
            entity.properties[index].command = command
        }
    }

    mutating func input(from origin: Origin, _ decoder: DeviceDecoder) -> DiscoveredInput? {
        guard let topic = config.text(origin.topic) else { return nil }
        guard Self.canSubscribe(topic) else {
            leaveOut("the topic \(topic)", "nobody can subscribe to it narrowly")
            return nil
        }
        let text = origin.templates.compactMap { config.text($0) }.first { !$0.isEmpty }
        guard let text else {
            guard let path = origin.path else {
                return DiscoveredInput(topic: topic, source: .payload, decoder: resetting(decoder))
            }
            return DiscoveredInput(topic: topic, source: .path(path), decoder: decoder.python)
        }
        guard let template = template(text) else { return nil }
        return DiscoveredInput(topic: topic, template, resetting(decoder))
    }

    /// As Home Assistant has it, `None` says that a state is not known any more; not where any text is a value.
    private func resetting(_ decoder: DeviceDecoder) -> DeviceDecoder {
        ["text", "update", "event", "device_automation"].contains(entity.component) ? decoder : .nullable(decoder)
    }

    mutating func template(_ text: String, names: [String] = []) -> JinjaTemplate? {
        do throws(JinjaTemplate.Invalid) {
            return try JinjaTemplate.parse(text, names: names, zone: zone)
        } catch {
            leaveOut("the template \(text)", error.description)
            return nil
        }
    }

    mutating func command(_ order: Order) -> DeviceCommand? {
        guard let topic = commandTopic(order.topic) else { return nil }
        let word = order.word
        guard let text = order.template.flatMap({ config.text($0) }), !text.isEmpty else {
            return command(topic) { word($0).map { Array($0.text.utf8) } }
        }
        guard let template = template(text, names: order.name.map { [$0] } ?? []) else { return nil }
        return command(topic) { value in
            guard let word = word(value) else { return nil }
            return (try? template.text(value: word, others: [word])).map { Array($0.utf8) }
        }
    }

    /// The topic that a setting names, where commands can go.
    mutating func commandTopic(_ setting: String) -> String? {
        guard let topic = config.text(setting) else { return nil }
        if Self.canSubscribe(topic), !topic.utf8.contains(UInt8(ascii: "+")) { return topic }
        leaveOut("the topic \(topic)", "nothing can be published to it")
        return nil
    }

    func command(_ topic: String, _ payload: @escaping @Sendable (Value) -> [UInt8]?) -> DeviceCommand {
        var command = DeviceCommand(topic: topic, payload: payload)
        command.isRetained = config.bool("retain") ?? false
        return command
    }

    /// Whether a topic is one, with `+` for whole levels; `#` would bring everything.
    static func canSubscribe(_ topic: String) -> Bool {
        guard 1...DiscoveryConfig.maximumTopic ~= topic.utf8.count, !topic.utf8.contains(0) else { return false }
        let levels = topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let plus = UInt8(ascii: "+")
        return !topic.utf8.contains(UInt8(ascii: "#"))
            && levels.allSatisfy { !$0.contains(plus) || $0.count == 1 }
            && (levels.count == 1 ? levels[0].first != plus : levels.contains { $0.first != plus })
    }
}

extension DiscoveredInput {
    /// The cheapest way to what a template says.
    init(topic: String, _ template: JinjaTemplate, _ decoder: DeviceDecoder) {
        let isNumber = decoder.isNumber
        if template.isPayload {
            self.init(topic: topic, source: .payload, decoder: decoder)
        } else if isNumber, let path = template.plainNumberPath {
            self.init(topic: topic, source: .path(path), decoder: decoder)
        } else if let path = template.plainPath {
            self.init(topic: topic, source: .path(path), decoder: decoder.python)
        } else {
            self.init(topic: topic, source: .template(template), decoder: decoder)
        }
    }
}

extension DeviceDecoder {
    /// The same for a leaf of JSON: a template would print it as Python does. A number needs no printing.
    var python: DeviceDecoder {
        if case .nullable(let inner) = self { return .nullable(inner.python) }
        if isNumber { return self }
        return .custom { input in
            switch input {
            case .text: decode(input)
            case .number(let number): decode(.text(DecimalNumber.text(number)))
            case .bool(let bool): decode(.text(bool ? "True" : "False"))
            case .composite(let text): decode(.text(JinjaValue(parsing: text)?.text ?? text))
            }
        }
    }

    var isNumber: Bool {
        switch self {
        case .number: true
        case .nullable(let inner): inner.isNumber
        default: false
        }
    }

    /// The same, where a word of the configuration says that there is no value any more.
    func resetting(by word: String?) -> DeviceDecoder {
        guard let word else { return self }
        return .custom { input in
            input.text.utf8.elementsEqual(word.utf8) ? .unknown : decode(input)
        }
    }

    /// Words for true and false; JSON's own are taken as they are where they mean nothing else.
    static func words(on: [String], off: [String], neither: [String] = []) -> DeviceDecoder {
        .custom { input in
            let text = input.text
            func isOne(of words: [String]) -> Bool { words.contains { $0.utf8.elementsEqual(text.utf8) } }
            if isOne(of: on) { return .value(.boolean(true)) }
            if isOne(of: off) { return .value(.boolean(false)) }
            if Value.infer(text) == nil || isOne(of: neither) { return .nothing }
            if isOne(of: ["True", "true"]) { return .value(.boolean(true)) }
            if isOne(of: ["False", "false"]) { return .value(.boolean(false)) }
            return .refused("'\(text.prefix(40))' is not one of its words")
        }
    }

    /// Words that mean others; the rest is taken as it is, or refused where `isClosed`.
    static func translated(_ words: [(word: String, meaning: String)], isClosed: Bool) -> DeviceDecoder {
        .custom { input in
            let text = input.text
            if let found = words.first(where: { $0.word.utf8.elementsEqual(text.utf8) }) {
                return .value(.string(found.meaning))
            }
            if Value.infer(text) == nil { return .nothing }
            return isClosed ? .refused("'\(text.prefix(40))' is not one of its words") : .value(.string(text))
        }
    }
}
