internal import Komoku
internal import KomokuYAML

extension SettingType where Value == PublishRule {
    static var publishRule: Self { .mapping { PublishRule.read($0) } }
}

extension PublishRule {
    /// Reads one entry; nil after a report.
    static func read(_ reader: SettingsReader) -> PublishRule? {
        let keys = reader.required("keys", .oneOrMore(of: .keyPattern))
        let topic = reader.required("topic", .topicTemplate)
        let retain = reader.value("retain", .bool, default: true)
        let qos = reader.value("qos", .quality, default: 1)
        let payload = reader.value("payload", SettingType<PublishRule.Payload>.word, default: .value)
        guard let keys, let topic else { return nil }
        if !topic.text.contains("{"), keys.contains(where: { !$0.isLiteral }) || keys.count > 1 {
            reader.warning(at: "topic", "all these keys are published to one topic", remedy: "use {key} or {path}")
        }
        var rule = PublishRule(keys: keys, topic: topic, position: reader.position)
        rule.isRetained = retain
        rule.qos = qos
        rule.payload = payload
        return rule
    }
}

extension SettingType where Value == CommandRule {
    static var commandRule: Self {
        .mapping { reader in
            let keys = reader.required("keys", .oneOrMore(of: .keyPattern))
            let topic = reader.required("topic", .topicTemplate)
            let retain = reader.value("retain", .bool, default: false)
            let qos = reader.value("qos", .quality, default: 1)
            let payload = reader.value("payload", .commandPayload, default: .template("{value}"))
            guard let keys, let topic else { return nil }
            var rule = CommandRule(keys: keys, topic: topic, position: reader.position)
            rule.isRetained = retain
            rule.qos = qos
            rule.payload = payload
            return rule
        }
    }
}

extension SettingType where Value == CommandRule.Payload {
    static var commandPayload: Self {
        SettingType(expectation: "a text with {value}, or a table of texts by value") { setting in
            guard setting.node.entries != nil else {
                return setting.value(.string).map { .template($0) }
            }
            let entries = setting.value(SettingType<[(key: String, value: String)]>.entries(.string, .string)) ?? []
            let table = Dictionary(entries.map { (Array($0.key.utf8), $0.value) }, uniquingKeysWith: { $1 })
            return .table(table)
        }
    }
}

extension SettingType where Value == TopicTemplate {
    static var topicTemplate: Self {
        .text("a topic such as komoku/{path}") { text throws(Setting.Invalid) in
            do throws(TopicTemplate.Invalid) {
                return try TopicTemplate(validating: text)
            } catch {
                throw Setting.Invalid(error.reason, offset: error.offset, remedy: error.remedy)
            }
        }
    }
}
