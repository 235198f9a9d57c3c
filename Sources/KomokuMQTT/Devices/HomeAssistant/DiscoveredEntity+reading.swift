internal import Komoku
internal import KomokuHub

extension DiscoveredDevice {
    /// Nil where there is none.
    init?(_ json: JSON?) {
        guard let object = json?.object else { return nil }
        for member in object {
            switch DiscoveryAbbreviations.device(member.name) {
            case "identifiers": identifiers = Self.texts(member.value)
            case "connections":
                connections = (member.value.array ?? []).prefix(64).compactMap { pair in
                    let parts = (pair.array ?? []).compactMap(\.string)
                    return parts.count == 2 ? Self.clip(parts.joined(separator: " ")).lowercased() : nil
                }
            case "name": name = member.value.string.flatMap { $0.isEmpty ? nil : Self.clip($0) }
            case "manufacturer": manufacturer = DiscoveryConfig.text(member.value).map(Self.clip)
            case "model": model = DiscoveryConfig.text(member.value).map(Self.clip)
            case "via_device": via = DiscoveryConfig.text(member.value).map(Self.clip)
            case "sw_version": software = DiscoveryConfig.text(member.value).map(Self.clip)
            default: break
            }
        }
        if identifiers.isEmpty, connections.isEmpty { return nil }
    }

    private static func texts(_ json: JSON) -> [String] {
        let items = json.array ?? [json]
        return items.prefix(64).compactMap(DiscoveryConfig.text).filter { !$0.isEmpty }.map(clip)
    }

    private static func clip(_ text: String) -> String { text.clipped(to: DiscoveryConfig.maximumText) }

    /// What it has in common with another description of the same device.
    var aliases: [ByteText] {
        identifiers.map { ByteText("id " + $0) } + connections.map { ByteText("cn " + $0) }
    }

    var id: String { identifiers.first ?? connections.first.map { String($0.drop { $0 != " " }.dropFirst()) } ?? "" }
}

extension DiscoveredAvailability {
    /// Nil where the entity is always there. Templates that cannot be read are told to `fault`.
    init?(_ config: DiscoveryConfig, fault: (String, String) -> Void) {
        mode = config.text("availability_mode").flatMap(Mode.init) ?? .latest
        signals = []
        var given: [DiscoveryConfig] = (config["availability"]?.array ?? []).map { DiscoveryConfig($0.object ?? []) }
        if given.isEmpty, let topic = config.text("availability_topic") {
            var members = [JSON.Member("topic", .string(topic))]
            if let template = config["availability_template"] {
                members.append(JSON.Member("value_template", template))
            }
            given = [DiscoveryConfig(members)]
        }
        for signal in given {
            guard let topic = signal.text("topic"), EntityReader.canSubscribe(topic) else { continue }
            let template = signal.text("value_template")
            if let template, let reason = Self.fault(template) {
                fault(template, reason)
                continue
            }
            let online = signal.text("payload_available") ?? config.text("payload_available") ?? "online"
            let offline = signal.text("payload_not_available") ?? config.text("payload_not_available") ?? "offline"
            signals.append(Signal(topic: ByteText(topic), online: online, offline: offline, template: template))
        }
        if signals.isEmpty { return nil }
    }

    private static func fault(_ template: String) -> String? {
        do throws(JinjaTemplate.Invalid) {
            _ = try JinjaTemplate.parse(template)
            return nil
        } catch {
            return error.description
        }
    }
}
