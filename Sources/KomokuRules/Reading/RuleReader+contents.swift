import Komoku
import KomokuExpression
import KomokuYAML

/// What values in actions mean: a text is a template, `{expression}` in it is filled in; a number or a boolean is itself;
/// `{expr: EXPRESSION}` is the value of an expression. Put to a numeric or a boolean key, a text is an expression.
extension RuleReader {
    /// A value for a key, or for a name of the run.
    ///
    /// - Parameter isText: that a text is one is no surprise, whatever it reads like.
    func content(
        _ setting: Setting, for key: String, _ declaration: Scope.Declaration, isText: Bool = false
    ) -> Content? {
        if let setting = expr(in: setting) { return expression(setting, for: declaration) }
        if let setting = only("text", in: setting) {
            return text(setting, for: key, declaration, isMeant: true)
        }
        guard let scalar = setting.node.scalar, !setting.node.isNull else {
            let name = setting.node.entries?.first?.key.text.flatMap { KeyName("\(key).\($0)") }
            setting.mismatch(
                expecting: "a value, or {expr: …}", remedy: name.map { "write the whole name of the key: \($0): …" })
            return nil
        }
        guard case .string = scalar.value else {
            guard let value = value(setting, of: key, declaration) else { return nil }
            return check(value, of: key, declaration, setting) ? .constant(value.json) : nil
        }
        switch declaration.kind {
        case .number, .boolean: return expression(setting, for: declaration)
        case .text, nil: return text(setting, for: key, declaration, isMeant: isText)
        }
    }

    /// - Parameter isMeant: it is said to be a text.
    private func text(
        _ setting: Setting, for key: String, _ declaration: Scope.Declaration, isMeant: Bool
    ) -> Content? {
        guard let template = template(setting) else { return nil }
        if let kind = declaration.kind, kind != .text {
            setting.error(
                "'\(key)' is \(kind.phrase), and this is text", remedy: "write an expression, without 'text:'")
            return nil
        }
        guard let text = template.constant else { return .text(template) }
        if !isMeant { warnOfExpression(text, setting, remedy: "{expr: \(text.prefix(60))}") }
        return check(text, of: key, declaration, setting) ? .constant(.string(text)) : nil
    }

    private func expression(_ setting: Setting, for declaration: Scope.Declaration) -> Content? {
        expression(setting, expecting: declaration.kind, unit: declaration.unit).map { .expression($0) }
    }

    /// The text under `expr`, where that is all there is.
    func expr(in setting: Setting) -> Setting? { only("expr", in: setting) }

    func only(_ word: String, in setting: Setting) -> Setting? {
        guard let entries = setting.node.entries, entries.count == 1, let node = setting.node[word] else {
            return nil
        }
        return Setting(subject: "'\(word)'", node: node, report: setting.report)
    }

    /// What a message carries: a template, or a mapping or list that becomes JSON.
    func payload(_ setting: Setting) -> Content? {
        if setting.node.scalar == nil { return json(setting) }
        if setting.node.isNull { return .constant(.string("")) }
        guard let text = setting.value(.string) else { return nil }
        if case .string = setting.node.scalar?.value, text.utf8.starts(with: "{\"".utf8) {
            setting.error(
                "braces hold an expression here",
                remedy:
                    "write the JSON as YAML, without quotes around the whole: \(setting.subject.dropFirst().dropLast()): {state: \"ON\"}"
            )
            return nil
        }
        return message(setting)
    }

    /// A text that is sent.
    private func message(_ setting: Setting) -> Content? {
        guard let template = template(setting) else { return nil }
        if let text = template.constant { warnOfExpression(text, setting, remedy: "\"{\(text.prefix(60))}\"") }
        return .text(template)
    }

    /// A text that reads like an expression of keys or of names of the run was probably meant as one.
    private func warnOfExpression(_ text: String, _ setting: Setting, remedy: String) {
        guard let root = try? Expression.parse(text).root, case let names = root.names, !names.isEmpty,
            names.allSatisfy({ scope.isLocal($0.name) || keys.isThere($0.name) })
        else { return }
        setting.warning("this is the text '\(text.prefix(60))'", remedy: "for its value write \(remedy)")
    }

    private func json(_ setting: Setting) -> Content? {
        if let setting = expr(in: setting) { return expression(setting).map { .expression($0) } }
        switch setting.node.content {
        case .refused: return nil
        case .sequence:
            let items = setting.items ?? []
            let contents = items.compactMap { json($0) }
            return contents.count == items.count ? .array(contents) : nil
        case .mapping:
            guard let entries = setting.value(.entries(.string, .item)) else { return nil }
            let members = entries.compactMap { entry in
                json(entry.value).map { Content.Member(name: entry.key, content: $0) }
            }
            return members.count == entries.count ? .object(members) : nil
        case .scalar(let scalar):
            if case .string = scalar.value { return message(setting) }
            guard let json = setting.node.json else {
                setting.mismatch(expecting: "a value that JSON has")
                return nil
            }
            return .constant(json)
        }
    }

    // MARK: Constants

    /// A constant that the key can have.
    func value(_ setting: Setting, of key: String, _ declaration: Scope.Declaration) -> Value? {
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

    /// Whether a device takes a number; reports where it does not.
    private func check(
        _ value: Value, of key: String, _ declaration: Scope.Declaration, _ setting: Setting
    ) -> Bool {
        guard case .number(let number) = value, let range = declaration.range, !range.contains(number) else {
            return true
        }
        let limits = (range.lowerBound.isFinite, range.upperBound.isFinite)
        let (low, high) = (DecimalNumber.text(range.lowerBound), DecimalNumber.text(range.upperBound))
        let words = limits == (true, true) ? "\(low) to \(high)" : limits.0 ? "\(low) or more" : "\(high) or less"
        setting.error("'\(key)' takes \(words), not \(DecimalNumber.text(number))")
        return false
    }

    /// Whether a text is one of the key's values; reports where it is none.
    private func check(_ text: String, of key: String, _ declaration: Scope.Declaration, _ setting: Setting) -> Bool {
        guard let values = declaration.values, !values.contains(where: { $0.utf8.elementsEqual(text.utf8) })
        else { return true }
        setting.error(
            "'\(key)' is never '\(text.prefix(80))'",
            remedy: Suggestion.question(for: text, in: values)
                ?? "it is one of \(values.prefix(20).joined(separator: ", "))\(text.hint)")
        return false
    }
}

extension String {
    /// How what reads like an expression is made one.
    fileprivate var hint: String {
        guard utf8.contains(UInt8(ascii: " ")), (try? Expression.parse(self)) != nil else { return "" }
        return "; an expression is written {expr: …}"
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
