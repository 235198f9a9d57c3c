import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

extension RuleReader {
    private static let laterTriggers = [
        "at", "every", "cron", "mqtt", "event", "start", "webhook", "command",
    ]
    private static let laterOptions = ["for", "by", "days", "dates"]

    func trigger(_ settings: SettingsReader) -> Trigger? {
        let before = settings.report.diagnostics.all.count
        refuse(Self.laterTriggers + Self.laterOptions, in: settings)
        settings.declare("change", "becomes", "stale", "recovered", "to", "from", "retained")
        if settings.report.hasErrors(after: before) { return nil }
        guard let (word, setting) = settings.exactlyOne(of: "change", "becomes", "stale", "recovered") else {
            return nil
        }
        let retained = settings.value("retained", .bool, default: false)
        let trigger =
            switch word {
            case "change": change(setting, settings, retained)
            case "becomes": becomes(setting, settings, retained)
            default: freshness(setting, settings, Freshness(rawValue: word), retained)
            }
        return settings.report.hasErrors(after: before) ? nil : trigger
    }

    private func change(_ setting: Setting, _ settings: SettingsReader, _ retained: Bool) -> Trigger? {
        guard let pattern = setting.value(.keyPattern) else { return nil }
        guard let declaration = environment.declaration(matching: pattern) else {
            unknownKey(pattern.text, setting)
            return nil
        }
        return .change(
            pattern, to: values("to", settings, pattern, declaration),
            from: values("from", settings, pattern, declaration), firesOnRetained: retained)
    }

    private func becomes(_ setting: Setting, _ settings: SettingsReader, _ retained: Bool) -> Trigger? {
        for word in ["to", "from"] where settings.has(word) {
            settings.error(at: word, "'\(word)' belongs to 'change'", remedy: "write it as a part of the expression")
        }
        let compiled = expression(setting, in: environment.expressions(), expecting: .boolean)
        guard let compiled else { return nil }
        if compiled.keys.isEmpty { setting.error("the expression reads no key, so it never becomes true") }
        return .becomes(compiled, firesOnRetained: retained)
    }

    private func freshness(
        _ setting: Setting, _ settings: SettingsReader, _ freshness: Freshness?, _ retained: Bool
    ) -> Trigger? {
        for word in ["to", "from"] where settings.has(word) {
            settings.error(at: word, "'\(word)' belongs to 'change'", remedy: "the value plays no part in this trigger")
        }
        guard let freshness, let pattern = setting.value(.keyPattern) else { return nil }
        guard environment.declaration(matching: pattern) != nil else {
            unknownKey(pattern.text, setting)
            return nil
        }
        return .freshness(pattern, freshness, firesOnRetained: retained)
    }

    func unknownKey(_ text: String, _ setting: Setting) {
        setting.error(
            "there is no key '\(text)'",
            remedy: Suggestion.question(for: text, in: environment.candidates().map(\.text)))
    }

    private func values(
        _ word: String, _ settings: SettingsReader, _ pattern: KeyPattern, _ declaration: RuleEnvironment.Declaration
    ) -> [Value]? {
        guard settings.has(word), let setting = settings.setting(word) else { return nil }
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'\(word)' is an empty list, so nothing fits") }
        return items.compactMap { value($0, of: pattern.text, declaration) }
    }

    /// A constant that the key can have.
    func value(_ setting: Setting, of key: String, _ declaration: RuleEnvironment.Declaration) -> Value? {
        switch declaration.kind {
        case .number: return setting.value(.number).map { .number($0) }
        case .boolean: return setting.value(.bool).map { .boolean($0) }
        case .text:
            guard let text = setting.value(.string) else { return nil }
            return check(text, of: key, declaration, setting) ? .string(text) : nil
        case nil:
            if let number = setting.node.number, number.isFinite { return .number(number) }
            if let boolean = setting.node.bool { return .boolean(boolean) }
            return setting.value(.string).map { .string($0) }
        }
    }

    /// Whether a text is one of the key's values; reports where it is none.
    func check(_ text: String, of key: String, _ declaration: RuleEnvironment.Declaration, _ setting: Setting) -> Bool {
        guard let values = declaration.values, !values.contains(where: { $0.utf8.elementsEqual(text.utf8) })
        else { return true }
        setting.error(
            "'\(key)' is never '\(text.prefix(80))'",
            remedy: Suggestion.question(for: text, in: values)
                ?? "it is one of \(values.prefix(20).joined(separator: ", "))")
        return false
    }

    /// What a run knows of the change that started it.
    func locals(of triggers: [Trigger]) -> [String: RuleEnvironment.Declaration] {
        let declarations = triggers.map { trigger -> RuleEnvironment.Declaration in
            switch trigger {
            case .change(let pattern, _, _, _), .freshness(let pattern, _, _):
                return environment.declaration(matching: pattern) ?? .dynamic
            case .becomes: return .dynamic
            }
        }
        var value = declarations.first ?? .dynamic
        if declarations.contains(where: { $0.kind != value.kind }) { value = .dynamic }
        if declarations.count > 1 { value.values = nil }
        value.mayBeUnknown = false
        return [
            "value": value, "previous": RuleEnvironment.Declaration(value.kind, values: value.values),
            "key": RuleEnvironment.Declaration(.text, mayBeUnknown: false),
        ]
    }
}
