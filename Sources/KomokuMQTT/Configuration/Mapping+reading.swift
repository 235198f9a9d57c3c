internal import Komoku
internal import KomokuYAML

extension Mapping {
    /// Reads one entry of `map`; nil after a report.
    ///
    /// - Parameter zone: the hub's.
    static func read(_ reader: SettingsReader, qos: Int32, zone: Zone) -> Mapping? {
        let topic = reader.required("topic", .topicPattern)
        let qos = reader.value("qos", .quality) ?? qos
        let captures = topic?.captures ?? []
        guard let (word, setting) = reader.exactlyOne(of: "key", "json") else { return nil }
        // Both words are read also after an error, so that each says what is wrong with it.
        let time = reader.setting("time").flatMap { TimeReader.read($0, isJSON: word == "json", zone: zone) }
        let content: Content? =
            if word == "key" {
                Field.read(reader, captures: topic.map(\.captures)).map { .payload($0) }
            } else {
                json(setting, captures: captures, isKnown: topic != nil, zone: zone)
            }
        guard let topic, let content else { return nil }
        return Mapping(topic: topic, content: content, time: time, qos: qos, position: reader.position)
    }

    private static func json(_ setting: Setting, captures: [String], isKnown: Bool, zone: Zone) -> Content? {
        guard let reader = setting.reader() else { return nil }
        var fields: [(path: String, field: Field)] = []
        var others: Field?
        for entry in reader.entries {
            guard let path = entry.key.value(.fieldPath) else { continue }
            let isOthers = path == "*"
            let known = isOthers ? captures + ["path"] : captures
            if isOthers, captures.contains("path") {
                entry.key.error("'{path}' is what '*' stands for", remedy: "rename '{path}' in the topic")
            }
            guard let field = Field.read(entry.value, captures: isKnown ? known : nil, zone: zone) else { continue }
            if isOthers { others = field } else { fields.append((path, field)) }
        }
        if let others, !others.key.parts.contains(.capture(captures.count)) {
            reader.error(at: "*", "'*' feeds many fields into one key", remedy: "use {path} in the key")
        }
        if fields.isEmpty, others == nil, reader.entries.isEmpty { setting.error("'json' names no field") }
        return .json(fields: fields, others: others)
    }
}

extension Mapping.Field {
    /// A key's name, or a mapping with `key` and more.
    static func read(_ setting: Setting, captures: [String]?, zone: Zone) -> Mapping.Field? {
        guard setting.node.scalar == nil || setting.node.isNull else {
            return template(setting, captures).map {
                Mapping.Field(key: $0, decoder: FieldDecoder(), options: [], position: setting.position)
            }
        }
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        guard reader.has("key") else {
            _ = reader.required("key", .string)
            return nil
        }
        let time = Time.read(reader, isJSON: true, zone: zone)
        var field = read(reader, captures: captures)
        field?.time = time
        return field
    }

    /// - Parameter captures: what the topic captures; nil where the topic is wrong, so that nobody knows.
    static func read(_ reader: SettingsReader, captures: [String]?) -> Mapping.Field? {
        let key = reader.setting("key").flatMap { template($0, captures) }
        let position = reader.position(of: "key")
        let (decoder, options) = DecoderReader(reader).read()
        guard let key else { return nil }
        let isEvent = options.contains { $0.name == "event" && $0.value == .bool(true) }
        return Mapping.Field(key: key, decoder: decoder, options: options, isEvent: isEvent, position: position)
    }

    private static func template(_ setting: Setting, _ captures: [String]?) -> KeyTemplate? {
        guard let text = setting.value(.string), let captures else { return nil }
        do throws(KeyTemplate.Invalid) {
            let template = try KeyTemplate(validating: text, captures: captures)
            if let pattern = template.pattern { setting.mentions?.note(pattern, in: setting.node) }
            return template
        } catch {
            setting.error(error.reason, atOffset: error.offset, remedy: error.remedy)
            return nil
        }
    }
}

extension SettingType where Value == TopicPattern {
    static var topicPattern: Self {
        .text("a topic such as sensors/{room}/+") { text throws(Setting.Invalid) in
            do throws(TopicPattern.Invalid) {
                return try TopicPattern(validating: text)
            } catch {
                throw Setting.Invalid(error.reason, offset: error.offset, remedy: error.remedy)
            }
        }
    }
}

extension SettingType where Value == String {
    /// `ENERGY.Power`, `Sensors.1.Value`, or `*` for all that have no entry.
    static var fieldPath: Self {
        .text("the path of a field, such as ENERGY.Power, or '*'") { text throws(Setting.Invalid) in
            if text.isEmpty { throw Setting.Invalid("it is empty") }
            if text.utf8.count > 1024 { throw Setting.Invalid("it is longer than 1024 bytes") }
            return text
        }
    }
}
