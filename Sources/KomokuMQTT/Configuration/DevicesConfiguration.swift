package import Komoku
package import KomokuYAML

/// Which families of devices the section `devices` switches on, and where they speak.
package struct DevicesConfiguration: Hashable, Sendable {
    /// Base topics, one for each bridge.
    package var zigbee2mqtt: [String] = []
    /// Topics of the discovery.
    package var tasmota: [String] = []
    /// What the clocks of Tasmota devices show, by the topic of their discovery.
    package var tasmotaZones: [String: Zone] = [:]
    /// The hub's, for templates.
    package var zone = Zone.utc
    package var homeAssistant: [String] = []
    package var hasESPHome = false
    package var hasShelly = false
    package var homie: [String] = []
    /// Base topics of the app OwnTracks.
    package var ownTracks: [String] = []
    /// Filters of topics whose JSON becomes keys as it is.
    package var json: [String] = []

    package init() {}

    /// Where OwnTracks speaks as a rule.
    package static let ownTracksBase = "owntracks"

    package var isEmpty: Bool {
        var nothing = DevicesConfiguration()
        nothing.zone = zone
        return self == nothing
    }

    /// Whether one stands below the other, or is the other.
    static func overlap(_ a: String, _ b: String) -> Bool {
        (a + "/").utf8.starts(with: (b + "/").utf8) || (b + "/").utf8.starts(with: (a + "/").utf8)
    }

    /// One level of topics.
    static func isHomieDomain(_ text: String) -> Bool {
        guard let filter = TopicFilter(text) else { return false }
        return filter.isLiteral && filter.levels.count == 1 && !text.isEmpty
    }

    /// Reads the section; every problem goes to the report.
    ///
    /// - Parameter base: the first levels of the hub's own topics.
    package static func read(_ root: SettingsReader, base: String) -> DevicesConfiguration {
        guard let reader = root.mapping("devices") else { return DevicesConfiguration() }
        var sections = DevicesReader(reader, base: base)
        return sections.read()
    }
}

/// Reads the section `devices`.
private struct DevicesReader {
    private let reader: SettingsReader
    private var zones: [String: Zone] = [:]
    /// What is taken already, by whom.
    private var taken: [(levels: String, owner: String)]

    init(_ reader: SettingsReader, base: String) {
        self.reader = reader
        taken = [(base, "the hub itself")]
    }

    mutating func read() -> DevicesConfiguration {
        // The hub reads it.
        reader.declare("names")
        var devices = DevicesConfiguration()
        devices.zigbee2mqtt = topics(of: "zigbee2mqtt", "base", default: "zigbee2mqtt")
        devices.tasmota = topics(of: "tasmota", "discovery", default: "tasmota/discovery")
        devices.tasmotaZones = zones
        devices.homeAssistant = topics(of: "homeassistant", "prefix", default: "homeassistant")
        devices.hasESPHome = isOn("esphome")
        devices.hasShelly = isOn("shelly")
        devices.homie = homieDomains()
        devices.ownTracks = topics(of: "owntracks", "base", default: DevicesConfiguration.ownTracksBase)
        devices.json = jsonTopics()
        return devices
    }

    /// `{base: zigbee2mqtt}`, a list of such, or nothing for the default.
    private mutating func topics(of family: String, _ key: String, default topic: String) -> [String] {
        guard let setting = reader.setting(family) else { return [] }
        return (setting.items ?? [setting]).compactMap { item in
            if item.node.bool == false { return nil }
            if item.node.bool == true { return claim(topic, for: family, at: item) }
            guard let reader = Self.reader(item, "\(family): {\(key): \(item.example(topic))}") else { return nil }
            defer { reader.finish() }
            let zone = family == "tasmota" ? reader.value("timezone", .zone) : nil
            guard let setting = reader.setting(key) else {
                zones[topic] = zone
                return claim(topic, for: family, at: item)
            }
            guard let given = setting.topic(.topicBase, such: topic) else { return nil }
            zones[given] = zone
            return claim(given, for: family, at: setting)
        }
    }

    /// - Parameter remedy: how the section is written.
    private static func reader(_ setting: Setting, _ remedy: String) -> SettingsReader? {
        if setting.node.scalar != nil, !setting.node.isNull {
            setting.mismatch(expecting: "a mapping", remedy: "write '\(remedy)', or 'true' for what is usual")
            return nil
        }
        return setting.reader()
    }

    /// Two that read the same topics would make two devices of one.
    private mutating func claim(_ topic: String, for owner: String, at setting: Setting) -> String? {
        for other in taken where DevicesConfiguration.overlap(topic, other.levels) {
            setting.error(
                "'\(topic)' of '\(owner)' overlaps '\(other.levels)' of \(other.owner)",
                remedy: "each has topics of its own")
            return nil
        }
        taken.append((topic, "'\(owner)'"))
        return topic
    }

    private func isOn(_ family: String) -> Bool {
        guard let setting = reader.setting(family) else { return false }
        if let flag = setting.node.bool { return flag }
        guard let reader = Self.reader(setting, "\(family): {}") else { return false }
        reader.finish()
        return true
    }

    private mutating func homieDomains() -> [String] {
        guard let setting = reader.setting("homie"), setting.node.bool != false else { return [] }
        if setting.node.bool == true { return claim("homie", for: "homie", at: setting).map { [$0] } ?? [] }
        guard let reader = Self.reader(setting, "homie: {domains: [\(setting.example("homie"))]}") else { return [] }
        defer { reader.finish() }
        guard let list = reader.setting("domains"), !list.node.isNull else {
            return claim("homie", for: "homie", at: setting).map { [$0] } ?? []
        }
        return (list.items ?? [list]).compactMap { item in
            item.topic(.homieDomain, such: "homie").flatMap { claim($0, for: "homie", at: item) }
        }
    }

    private func jsonTopics() -> [String] {
        guard let setting = reader.setting("json"), setting.node.bool != false else { return [] }
        return (setting.items ?? [setting]).compactMap { $0.topic(.topicFilter, such: "sensors/#") }
    }
}

extension Setting {
    /// What stands there, where it could be a topic; else what is usual.
    fileprivate func example(_ usual: String) -> String {
        guard let text = node.text, node.number == nil, text.utf8.count <= 80, let filter = TopicFilter(text),
            filter.isLiteral, !text.utf8.contains(UInt8(ascii: " "))
        else { return usual }
        return text
    }

    /// A text that is a topic: `true` and `5` are not what anybody means by one.
    ///
    /// - Parameter example: a topic of the kind that stands here.
    fileprivate func topic(_ type: SettingType<String>, such example: String) -> String? {
        guard node.bool != nil || node.number != nil else { return value(type) }
        mismatch(
            expecting: type.expectation, remedy: "write the topic, such as \(example); in quotes if that is really it")
        return nil
    }
}

extension SettingType where Value == String {
    /// One level of topics.
    fileprivate static var homieDomain: Self {
        .text("one level of a topic, such as homie") { text throws(Setting.Invalid) in
            guard DevicesConfiguration.isHomieDomain(text) else {
                throw Setting.Invalid("it is more than one level, or has a wildcard")
            }
            return text
        }
    }

    /// `sensors/+/state`, `rtl_433/#`.
    static var topicFilter: Self {
        .text("a filter of topics such as sensors/#") { text throws(Setting.Invalid) in
            if text.utf8.contains(UInt8(ascii: "{")) {
                throw Setting.Invalid("nothing is captured here", remedy: "captures such as {room} are for 'map'")
            }
            guard TopicFilter(text) != nil else {
                throw Setting.Invalid("'+' and '#' stand alone between slashes, '#' at the end")
            }
            return text
        }
    }
}
