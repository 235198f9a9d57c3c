import Komoku
import KomokuExpression
import KomokuYAML

/// Where a rule names a key that somebody asks for.
extension RuleReader {
    /// Notes each name of the key in an expression.
    ///
    /// - Parameters:
    ///   - text: the expression as it was written.
    ///   - start: bytes of the setting's text before it.
    func noteNames(in root: Syntax, _ text: String, _ setting: Setting, from start: Int = 0) {
        guard let mentions = setting.mentions else { return }
        let scope = scope.opened(for: [root], keys)
        for (name, isQuoted, span) in root.names where isQuoted || !scope.isLocal(name) {
            guard isQuoted || !Function.isWord(name.text) else { continue }
            let key = isQuoted ? name : KeyName(KeyPlace.text(name.text, item: scope.item)) ?? name
            guard key == mentions.key else { continue }
            guard key == name, let place = text.place(of: name.text, in: span) else {
                mentions.add(.computed, in: setting.node, at: start + span.lowerBound, length: span.count)
                continue
            }
            mentions.add(
                isQuoted ? .quoted : .expression, in: setting.node, at: start + place, length: name.text.utf8.count)
        }
        for (text, span) in root.patterns {
            guard let pattern = try? KeyPattern(validating: KeyPlace.text(text, item: scope.item)),
                pattern.matches(mentions.key)
            else { continue }
            let form = pattern.isLiteral ? KeyMentions.Form.computed : .pattern
            mentions.add(form, in: setting.node, at: start + span.lowerBound, length: span.count)
        }
        for (key, span) in root.computedNames {
            note(key, mentions, in: setting.node, at: start + span.lowerBound, length: span.count)
        }
    }

    /// The same for a text with expressions in braces.
    func noteNames(in template: Template, _ setting: Setting) {
        guard setting.mentions != nil else { return }
        for case .expression(let text, let offset) in template.parts {
            if let expression = try? Expression.parse(text) {
                noteNames(in: expression.root, text, setting, from: offset)
            }
        }
    }

    /// Notes a key that an action is about.
    func note(_ target: KeyTarget, _ setting: Setting) {
        switch target {
        case .key(let key): note(KeyPattern(key), setting)
        case .computed(let key): setting.mentions.map { note(key, $0, in: setting.node) }
        }
    }

    /// Notes a key or a pattern that a setting is; `self` by itself is what `each` names.
    func note(_ pattern: KeyPattern, _ setting: Setting) {
        let isItem = ["self", "{self}"].contains { setting.node.text?.utf8.elementsEqual($0.utf8) ?? false }
        if scope.item == nil || !isItem { setting.mentions?.note(pattern, in: setting.node) }
    }

    private func note(
        _ key: ComputedKey, _ mentions: KeyMentions, in node: YAMLNode, at offset: Int = 0, length: Int? = nil
    ) {
        // What has only locals and dots in it may be any key: that says nothing.
        let isNamed = key.parts.contains { if case .text(let text) = $0 { text.contains { $0 != "." } } else { false } }
        guard isNamed, key.pattern?.matches(mentions.key) ?? false else { return }
        mentions.add(.computed, in: node, at: offset, length: length)
    }
}

extension RuleReading {
    /// Notes the items of `each` that are the key: what a rule is made for is a key where it stands by itself, `change: self`, and
    /// a part of one in `self.light`.
    func noteItems(of each: Setting, in rule: YAMLNode) {
        guard let mentions = each.mentions else { return }
        for item in each.items ?? [] where item.node.text?.utf8.elementsEqual(mentions.key.text.utf8) ?? false {
            mentions.add(rule.usesSelfAsPart ? .computed : .key, in: item.node)
        }
    }
}

extension YAMLNode {
    fileprivate var usesSelfAsPart: Bool {
        switch content {
        case .refused: false
        case .scalar(let scalar): scalar.text.contains("self.") || scalar.text.contains("{self}.")
        case .sequence(let items): items.contains(where: \.usesSelfAsPart)
        case .mapping(let entries): entries.contains { $0.key.usesSelfAsPart || $0.value.usesSelfAsPart }
        }
    }
}

extension Syntax {
    /// Every key with locals in its name, with its place.
    fileprivate var computedNames: [(key: ComputedKey, span: Range<Int>)] {
        if case .computedName(let key) = form { return [(key, span)] }
        return children.flatMap(\.computedNames)
    }
}

extension String {
    /// Where a name stands in a part of the text that holds nothing else but parentheses and backquotes.
    fileprivate func place(of name: String, in span: Range<Int>) -> Int? {
        let (bytes, name) = (Array(utf8), Array(name.utf8))
        guard span.upperBound <= bytes.count, span.count >= name.count else { return nil }
        return (span.lowerBound...span.upperBound - name.count).first { bytes[$0...].starts(with: name) }
    }
}
