import Komoku
import KomokuExpression
import KomokuYAML

/// What values in actions mean: a text is a template, `{expression}` in it is filled in; a number or a boolean is itself;
/// `{expr: EXPRESSION}` is the value of an expression. Put to a numeric or a boolean key, a text is an expression.
extension RuleReader {
    private static let laterActions = [
        "toggle", "increment", "http", "run", "notify", "wait", "wait_until", "choose", "if", "repeat", "set", "call",
        "stop",
    ]

    func actions(_ setting: Setting, step: Int, locals: [String: RuleEnvironment.Declaration]) -> [Action] {
        let types = environment.expressions(locals: locals)
        let works = setting.value(
            SettingType.mapping { settings -> [Action.Work]? in
                let before = settings.report.diagnostics.all.count
                refuse(Self.laterActions, in: settings)
                settings.declare("put", "publish", "log")
                guard !settings.report.hasErrors(after: before),
                    let (word, setting) = settings.exactlyOne(of: "put", "publish", "log")
                else { return nil }
                switch word {
                case "put": return puts(setting, types)
                case "publish": return setting.value(SettingType.mapping { self.publish($0, types) }).map { [$0] }
                default: return template(setting, in: types).map { [.log($0)] }
                }
            })
        return (works ?? []).map { Action(step: step, work: $0) }
    }

    private func puts(_ setting: Setting, _ types: TypeEnvironment) -> [Action.Work]? {
        guard let entries = setting.value(.entries(.item, .item)) else { return nil }
        if entries.isEmpty { setting.error("'put' names no key", remedy: "write put: {hall.light: true}") }
        return entries.compactMap { entry in
            guard let key = entry.key.value(.keyName), let declaration = environment.key(key) else { return nil }
            warnAboutNewKey(key, entry.key)
            return content(entry.value, for: key, declaration, types).map { .put(key, $0) }
        }
    }

    /// A key that only this rule makes may be a slip of the pen.
    private func warnAboutNewKey(_ key: KeyName, _ setting: Setting) {
        guard known.key(key) == nil,
            let question = Suggestion.question(for: key.text, in: known.candidates().map(\.text))
        else { return }
        setting.warning("'\(key)' is a new key", remedy: "\(question) If not, give it a type under 'keys'")
    }

    private func content(
        _ setting: Setting, for key: KeyName, _ declaration: RuleEnvironment.Declaration, _ types: TypeEnvironment
    ) -> Content? {
        if let setting = expr(in: setting) { return expression(setting, for: declaration, types) }
        guard let scalar = setting.node.scalar, !setting.node.isNull else {
            setting.mismatch(expecting: "a value, or {expr: …}")
            return nil
        }
        guard case .string = scalar.value else { return constant(setting, key, declaration) }
        switch declaration.kind {
        case .number, .boolean: return expression(setting, for: declaration, types)
        case .text, nil:
            guard let template = template(setting, in: types) else { return nil }
            guard let text = template.constant else { return .text(template) }
            return check(text, of: key.text, declaration, setting) ? .constant(.string(text)) : nil
        }
    }

    private func constant(_ setting: Setting, _ key: KeyName, _ declaration: RuleEnvironment.Declaration) -> Content? {
        value(setting, of: key.text, declaration).map { .constant($0.json) }
    }

    private func expression(
        _ setting: Setting, for declaration: RuleEnvironment.Declaration, _ types: TypeEnvironment
    ) -> Content? {
        expression(setting, in: types, expecting: declaration.kind).map { .expression($0) }
    }

    /// The text under `expr`, where that is all there is.
    private func expr(in setting: Setting) -> Setting? {
        guard let entries = setting.node.entries, entries.count == 1, let node = setting.node["expr"] else {
            return nil
        }
        return Setting(subject: "'expr'", node: node, report: setting.report)
    }

    private func publish(_ settings: SettingsReader, _ types: TypeEnvironment) -> Action.Work? {
        let topic = settings.required("topic", .item).flatMap { setting -> CompiledTemplate? in
            guard let template = template(setting, in: types) else { return nil }
            if let text = template.constant, let fault = Topic.fault(in: text) {
                setting.error("'\(text.prefix(80))' is not a topic to publish to: \(fault)")
            }
            return template
        }
        let payload = settings.required("payload", .item).flatMap { self.payload($0, types) }
        let qos = settings.value("qos", .integer(in: 0...2), default: 0)
        let retain = settings.value("retain", .bool, default: false)
        guard let topic, let payload else { return nil }
        return .publish(topic: topic, payload: payload, qos: qos, retain: retain)
    }

    private func payload(_ setting: Setting, _ types: TypeEnvironment) -> Content? {
        if setting.node.scalar == nil { return json(setting, types) }
        if setting.node.isNull { return .constant(.string("")) }
        guard let text = setting.value(.string) else { return nil }
        if case .string = setting.node.scalar?.value, text.utf8.starts(with: "{\"".utf8) {
            setting.error(
                "braces hold an expression here",
                remedy: "write the JSON as YAML, without quotes around the whole: payload: {state: \"ON\"}")
            return nil
        }
        return template(setting, in: types).map { .text($0) }
    }

    /// A mapping or a list becomes JSON.
    private func json(_ setting: Setting, _ types: TypeEnvironment) -> Content? {
        if let setting = expr(in: setting) { return expression(setting, in: types).map { .expression($0) } }
        switch setting.node.content {
        case .refused: return nil
        case .sequence:
            let items = setting.items ?? []
            let contents = items.compactMap { json($0, types) }
            return contents.count == items.count ? .array(contents) : nil
        case .mapping:
            guard let entries = setting.value(.entries(.string, .item)) else { return nil }
            let members = entries.compactMap { entry in
                json(entry.value, types).map { Content.Member(name: entry.key, content: $0) }
            }
            return members.count == entries.count ? .object(members) : nil
        case .scalar(let scalar):
            if case .string = scalar.value { return template(setting, in: types).map { .text($0) } }
            guard let json = setting.node.json else {
                setting.mismatch(expecting: "a value that JSON has")
                return nil
            }
            return .constant(json)
        }
    }
}

extension CompiledTemplate {
    /// The text, where there is no expression in it.
    var constant: String? {
        var text = ""
        for part in parts {
            guard case .text(let some) = part else { return nil }
            text += some
        }
        return text
    }
}

/// What MQTT allows as the topic of a message.
enum Topic {
    /// Why a text is no topic to publish to; nil where it is one.
    static func fault(in text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > 65_535 { return "it is longer than 65535 bytes" }
        if text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) {
            return "'+' and '#' are for subscribing"
        }
        return text.utf8.contains(0) ? "it holds a zero byte" : nil
    }
}
