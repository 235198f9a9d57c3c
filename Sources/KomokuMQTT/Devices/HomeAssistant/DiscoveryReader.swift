internal import Komoku
internal import KomokuHub

/// Reads one configuration message: of one entity, or of a device with all of its entities.
struct DiscoveryReader {
    struct Result {
        var entities: [DiscoveredEntity] = []
        var refusals: [String] = []
    }

    /// The most entities of one message.
    static let maximumComponents = 512

    private let parts: DiscoveryTopic
    private let topic: String
    private let object: [JSON.Member]
    private let zone: Zone
    let device: DiscoveredDevice?
    /// The name of the program that wrote it.
    let origin: String?

    /// - Parameter zone: of the house's clocks.
    init(parts: DiscoveryTopic, topic: String, object: [JSON.Member], zone: Zone = .utc) {
        self.zone = zone
        self.parts = parts
        self.topic = topic
        self.object = object
        device = DiscoveredDevice(Self.member("device", of: object))
        origin = Self.member("origin", of: object)?["name"]?.string
    }

    private static func member(_ name: String, of object: [JSON.Member]) -> JSON? {
        object.last { DiscoveryAbbreviations.entity($0.name) == name }?.value
    }

    /// The entity moves to another message: what it is stays until that comes.
    static func isMigration(_ object: [JSON.Member]) -> Bool {
        member("migrate_discovery", of: object)?.bool ?? false
    }

    func entities() -> Result {
        var result = Result()
        if parts.component == "device" {
            readComponents(&result)
        } else {
            let config = DiscoveryConfig(object)
            result.entities.append(entity(parts.component, parts.object, config))
        }
        return result
    }

    private func readComponents(_ result: inout Result) {
        guard device != nil else { return result.refusals.append("the device has no identifier") }
        guard let components = Self.member("components", of: object)?.object else {
            return result.refusals.append("the message has no components")
        }
        let own: Set<String> = ["device", "origin", "components"]
        let shared = object.filter { !own.contains(DiscoveryAbbreviations.entity($0.name)) }
        if components.count > Self.maximumComponents {
            result.refusals.append("the device has more than \(Self.maximumComponents) components")
        }
        var seen: Set<ByteText> = []
        for member in components.prefix(Self.maximumComponents) where seen.insert(ByteText(member.name)).inserted {
            read(member.name, member.value, shared, &result)
        }
    }

    private func read(_ name: String, _ json: JSON, _ shared: [JSON.Member], _ result: inout Result) {
        guard let members = json.object, let platform = Self.member("platform", of: members)?.string,
            EntityReader.components.contains(platform), 1...200 ~= name.utf8.count
        else { return result.refusals.append("the component '\(name.prefix(80))' names no known platform") }
        // Only its platform: it is withdrawn.
        if members.count == 1 { return }
        result.entities.append(entity(platform, name, DiscoveryConfig(members, shared: shared)))
    }

    private func entity(_ component: String, _ name: String, _ config: DiscoveryConfig) -> DiscoveredEntity {
        let key = config.text("unique_id").map { "\(component)\u{0}\($0)" } ?? "\(topic)\u{0}\(component)\u{0}\(name)"
        var entity = DiscoveredEntity(
            component: component, name: name, key: ByteText(key), topic: topic, node: parts.node, device: device)
        if component == "device_automation", let type = config.text("type"), !type.isEmpty {
            entity = DiscoveredEntity(
                component: component, name: type.clipped(to: 200), key: ByteText(key), topic: topic, node: parts.node,
                device: device)
        }
        var reader = EntityReader(entity, config, zone: zone)
        return reader.read()
    }

    // MARK: ESPHome

    var isByESPHome: Bool {
        func names(_ text: String?) -> Bool { text?.lowercased().contains("esphome") ?? false }
        if names(origin) || names(device?.software) || names(device?.manufacturer) { return true }
        if let software = device?.software, Self.isCalendarVersion(software) { return true }
        return hasTopicsOfESPHome
    }

    /// `2024.12.2 (Jan 10 2026, …)`
    private static func isCalendarVersion(_ text: String) -> Bool {
        let parts = text.prefix { $0 != " " }.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0].utf8.count == 4 && parts[0].utf8.starts(with: "20".utf8)
            && Int(parts[0]) != nil && Int(parts[1]).map { 1...12 ~= $0 } ?? false && text.contains(" (")
    }

    private var hasTopicsOfESPHome: Bool {
        let config = DiscoveryConfig(object)
        guard let availability = config.text("availability_topic"), availability.hasSuffix("/status") else {
            return false
        }
        let base = availability.dropLast("status".utf8.count) + "\(parts.component)/"
        return ["state_topic", "command_topic", "mode_state_topic"].contains { name in
            config.text(name).map { $0.utf8.starts(with: base.utf8) } ?? false
        }
    }
}
