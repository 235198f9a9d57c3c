internal import Komoku
internal import KomokuYAML

/// The section `publish`: a list of rules, in which Home Assistant's discovery may stand, or a mapping with both.
struct PublishSection {
    var rules: [PublishRule] = []
    var announcements: [AnnouncementRule] = []

    private enum Entry {
        case rule(PublishRule)
        case announcement(AnnouncementRule)
    }

    static func read(_ root: SettingsReader) -> PublishSection {
        guard let setting = root.setting("publish") else { return PublishSection() }
        guard setting.node.entries != nil, let reader = setting.reader() else {
            return PublishSection(setting.value(.list(of: entry)) ?? [])
        }
        defer { reader.finish() }
        var section = PublishSection(reader.list("rules", of: .publishRule).map { .rule($0) })
        if let rule = announcement(reader) { section.announcements.append(rule) }
        return section
    }

    private init(_ entries: [Entry] = []) {
        for entry in entries {
            switch entry {
            case .rule(let rule): rules.append(rule)
            case .announcement(let rule): announcements.append(rule)
            }
        }
    }

    private static var entry: SettingType<Entry> {
        .mapping { reader in
            if reader.has("homeassistant") { return announcement(reader).map { .announcement($0) } }
            return PublishRule.read(reader).map { .rule($0) }
        }
    }

    private static func announcement(_ reader: SettingsReader) -> AnnouncementRule? {
        guard let setting = reader.setting("homeassistant"), setting.node.bool != false else { return nil }
        if setting.node.bool == true { return AnnouncementRule(position: setting.position) }
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        var rule = AnnouncementRule(position: setting.position)
        rule.prefix = reader.value("prefix", .topicBase, default: rule.prefix)
        rule.keys = reader.value("keys", .oneOrMore(of: .keyPattern), default: rule.keys)
        return rule
    }
}
