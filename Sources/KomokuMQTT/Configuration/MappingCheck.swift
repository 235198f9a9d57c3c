internal import Komoku
internal import KomokuYAML

/// Finds what is wrong between entries: one key with two types, one put twice, topics that mean something else, loops.
struct MappingCheck {
    let report: SettingsReport

    func run(_ configuration: MQTTConfiguration, declaredKeys: [KeyName]) {
        checkTypes(configuration.mappings)
        MappingOverlaps(report: report).check(configuration.mappings)
        let base = configuration.broker?.base ?? "komoku"
        checkReserved(configuration, declaredKeys, base: base)
        checkLoops(configuration, base: base)
    }

    private func checkTypes(_ mappings: [Mapping]) {
        var first: [KeyName: (type: KeyType, position: SourcePosition)] = [:]
        for field in mappings.flatMap(\.fields) {
            guard let name = field.key.name, let type = field.type else { continue }
            if let other = first[name], other.type != type {
                report.error(
                    at: field.position,
                    "the key '\(name)' is \(type.rawValue) here and \(other.type.rawValue) at \(other.position)")
            } else if first[name] == nil {
                first[name] = (type, field.position)
            }
        }
    }

    private func checkReserved(_ configuration: MQTTConfiguration, _ declaredKeys: [KeyName], base: String) {
        let mapped = configuration.mappings.flatMap(\.fields).compactMap(\.key.name)
        let keys = Set(mapped + declaredKeys).sorted()
        for rule in configuration.publish {
            for key in keys where rule.keys.contains(where: { $0.matches(key) }) {
                let topic = rule.topic.topic(for: key)
                guard Republisher.isReserved(topic, base: base) else { continue }
                report.warning(
                    at: rule.position,
                    "the key '\(key)' is not published: '\(topic)' means something else", remedy: "rename the key")
            }
        }
    }

    /// What the hub publishes and then takes for news of a device.
    private func checkLoops(_ configuration: MQTTConfiguration, base: String) {
        let baseLevels = base.utf8.split(separator: UInt8(ascii: "/")).count
        for rule in configuration.publish {
            let isOurs = rule.topic.text.utf8.starts(with: (base + "/").utf8)
            for mapping in configuration.mappings where mapping.topic.filter.overlaps(rule.topic.filter) {
                // Below the base only a mapping that names it applies.
                if isOurs, mapping.topic.literalStart < baseLevels { continue }
                report.warning(
                    at: rule.position,
                    "what is published here may come back through the mapping of '\(mapping.topic)' at \(mapping.position)"
                )
            }
        }
    }
}
