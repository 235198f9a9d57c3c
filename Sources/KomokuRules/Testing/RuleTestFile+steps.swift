import Komoku
import KomokuYAML

extension RuleTest.Step {
    private static let words = Set(Vocabulary.step.words)

    init?(reading settings: SettingsReader) {
        guard let (word, setting) = settings.only(of: Self.words) else {
            settings.refuse("step", Self.words, .step, several: "make each a step of its own")
            return nil
        }
        settings.refuseStrangers(to: .step, known: [word])
        guard let action = Self.action(word, setting) else { return nil }
        position = settings.position
        self.action = action
    }

    private static func action(_ word: String, _ setting: Setting) -> RuleTest.Action? {
        switch word {
        case "put": return .put(RuleTest.assignments(setting))
        case "mqtt":
            if setting.node.entries == nil {
                setting.mismatch(expecting: "a mapping", remedy: "write mqtt: {topic: a/b, payload: x}")
                return nil
            }
            return setting.value(SettingType.mapping(message))
        case "emit":
            if let name = name(setting) { return .emit(name: name, payload: .null) }
            return setting.value(SettingType.mapping(emitted))
        case "webhook":
            if let name = name(setting) { return .webhook(name: name, payload: "") }
            return setting.value(SettingType.mapping(webhook))
        case "command":
            if let text = name(setting) { return .command(text: text, sender: "test") }
            return setting.value(SettingType.mapping(command))
        case "acknowledge": return setting.value(.nonEmptyString).map { .acknowledge($0) }
        case "at": return setting.value(.nonEmptyString).map { .at($0) }
        case "advance": return setting.value(.span).map { .advance($0) }
        case "clock": return clock(setting)
        case "restart": return restart(setting)
        case "kill_during":
            return setting.value(SettingType.mapping { RuleTest.Step(reading: $0) }).map { .killDuring($0.action) }
        case "reload":
            guard let isOwn = setting.node.bool else { return setting.value(.nonEmptyString).map { .reload($0) } }
            if !isOwn { setting.error("'reload' is true, or another file") }
            return .reload(nil)
        case "answers": return setting.value(SettingType.mapping(answers))
        case "expect":
            return setting.value(SettingType.mapping { RuleTest.Expectation(reading: $0) }).map { .expect($0) }
        default:
            guard let isMeant = setting.value(.bool) else { return nil }
            if !isMeant { setting.error("'expect_nothing' is true or left out") }
            return .expectNothing
        }
    }

    /// What stands there as a text by itself.
    private static func name(_ setting: Setting) -> String? {
        guard let text = setting.node.text, !setting.node.isNull, !text.isEmpty else { return nil }
        return text
    }

    private static func message(_ settings: SettingsReader) -> RuleTest.Action? {
        let topic = settings.required("topic", .nonEmptyString)
        let payload = settings.setting("payload").map(text) ?? ""
        let retain = settings.value("retain", .bool, default: false)
        settings.finish()
        return topic.map { .mqtt(topic: $0, payload: payload, retain: retain) }
    }

    /// A text as it is, anything else as JSON.
    private static func text(_ setting: Setting) -> String {
        if case .string(let text)? = setting.node.scalar?.value { return text }
        return setting.node.isNull ? "" : setting.node.json?.text ?? ""
    }

    private static func emitted(_ settings: SettingsReader) -> RuleTest.Action? {
        let name = settings.required("name", .nonEmptyString)
        let payload = settings.setting("payload")?.node.json ?? .null
        settings.finish()
        return name.map { .emit(name: $0, payload: payload) }
    }

    private static func webhook(_ settings: SettingsReader) -> RuleTest.Action? {
        let name = settings.required("name", .nonEmptyString)
        let payload = settings.setting("payload").map(text) ?? ""
        settings.finish()
        return name.map { .webhook(name: $0, payload: payload) }
    }

    private static func command(_ settings: SettingsReader) -> RuleTest.Action? {
        let text = settings.required("text", .nonEmptyString)
        let sender = settings.value("sender", .nonEmptyString, default: "test")
        settings.finish()
        return text.map { .command(text: $0, sender: sender) }
    }

    /// `-1h` sets it back.
    private static func clock(_ setting: Setting) -> RuleTest.Action? {
        guard let text = setting.value(.nonEmptyString) else { return nil }
        let isBack = text.utf8.first == UInt8(ascii: "-")
        guard let duration = try? Duration(parsing: isBack ? String(text.dropFirst()) : text) else {
            setting.error("'\(text.prefix(40))' is no time to set the clock by", remedy: "write 1h, or -1h")
            return nil
        }
        return .clock(isBack ? Duration(microseconds: -duration.microseconds) : duration)
    }

    private static func restart(_ setting: Setting) -> RuleTest.Action? {
        switch setting.node.scalar?.value {
        case .string("clean")?, .bool(true)?: return .restart(kills: false, down: .zero)
        case .string("kill")?: return .restart(kills: true, down: .zero)
        default:
            if setting.node.entries == nil {
                setting.mismatch(expecting: "clean, kill, or {kill: true, down: 2m}")
                return nil
            }
            return setting.value(
                SettingType.mapping { settings in
                    let kills = settings.value("kill", .bool, default: false)
                    let down = settings.value("down", .span, default: .zero)
                    settings.refuseStrangers(to: Vocabulary(["kill", "down"], [(["for", "after"], "down")]))
                    return .restart(kills: kills, down: down)
                })
        }
    }

    private static func answers(_ settings: SettingsReader) -> RuleTest.Action? {
        func answer(_ word: String, _ default: Int) -> RuleTest.Answer? {
            settings.setting(word)?.value(
                SettingType.mapping { settings in
                    let isSilent = settings.value("never", .bool, default: false)
                    let status = settings.value("status", .integer(in: 0...999), default: `default`)
                    let text = settings.setting("text").map(text) ?? ""
                    settings.finish()
                    return RuleTest.Answer(status: status, text: text, isSilent: isSilent)
                })
        }
        let (http, program) = (answer("http", 200), answer("program", 0))
        settings.finish()
        return .answers(http: http, program: program)
    }
}

extension RuleTest.Expectation {
    fileprivate init?(reading settings: SettingsReader) {
        settings.declare("keys", "publishes", "http", "programs", "notifications", "logs", "runs")
        settings.refuseStrangers(to: .expectation)
        keys = settings.setting("keys").map(RuleTest.assignments) ?? []
        publishes = Self.fields("publishes", settings, ["topic", "payload", "qos", "retain"], short: "topic")
        http = Self.fields("http", settings, ["url", "method", "body"], short: "url")
        programs = Self.fields("programs", settings, ["words", "input"], short: "words")
        notifications = Self.fields("notifications", settings, ["to", "message", "title"], short: "message")
        logs = Self.fields("logs", settings, ["text", "level", "rule"], short: "text")
        runs = Self.fields("runs", settings, ["rule", "outcome", "reason", "step"], short: "rule")
        settings.finish()
    }

    /// - Parameter short: the member that an item is, where it is no mapping.
    private static func fields(
        _ word: String, _ settings: SettingsReader, _ known: [String], short: String
    ) -> [RuleTest.Fields]? {
        guard let setting = settings.setting(word) else { return nil }
        guard let items = setting.items else {
            setting.mismatch(expecting: "a list", remedy: "write \(word): [{\(short): …}]")
            return []
        }
        return items.compactMap { item in
            guard let entries = item.node.entries else {
                return item.node.json.map {
                    RuleTest.Fields(position: item.position, members: [JSON.Member(short, $0)])
                }
            }
            for entry in entries {
                guard let name = entry.key.text, !known.contains(name) else { continue }
                let setting = Setting(subject: "'\(name)'", node: entry.key, report: item.report)
                setting.error("unknown key '\(name)'", remedy: Suggestion.question(for: name, in: known))
            }
            guard case .object(let members)? = item.node.json else { return nil }
            return RuleTest.Fields(position: item.position, members: members)
        }
    }
}
