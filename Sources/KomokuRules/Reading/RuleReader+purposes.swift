import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// Triggers that are for a purpose.
extension RuleReader {
    func purpose(
        _ word: String, _ setting: Setting, _ settings: SettingsReader, _ hold: HoldLength?, _ retained: Bool
    ) -> Triggers? {
        guard let purpose = Purpose[word], let target = purposeTarget(setting) else { return nil }
        if purpose.needsHold, hold == nil {
            setting.error("'\(word)' needs 'for'", remedy: "write {\(word): \(target.text), for: 10m}")
        }
        var form = PurposeTrigger(purpose: purpose, target: target)
        form.below = settings.hasOneEntry ? nil : settings.given("below", .number)
        if !settings.hasOneEntry, let action = settings.setting("action") {
            let texts = action.value(.oneOrMore(of: .string)) ?? []
            if action.items?.isEmpty ?? false { action.error("'action' is an empty list, so nothing fits") }
            form.actions = texts.map { .string($0) }
        }
        var trigger = Trigger(
            .purpose(form), hold: hold, firesOnRetained: retained, position: setting.position)
        let found = keys.matches(of: form, trigger)
        trigger.known = found.map(\.key)
        check(form, found, setting)
        return Triggers(trigger, scope: Scope(of: found.map { keys.declaration($0.key) ?? .dynamic }))
    }

    private func purposeTarget(_ setting: Setting) -> PurposeTarget? {
        if refusesSelf(setting) { return nil }
        let item = scope.item
        let target = setting.value(
            .text("a device, a key or a pattern such as '*.door' or '*door*'") { text throws(Setting.Invalid) in
                do throws(PurposeTarget.Invalid) {
                    return try PurposeTarget(validating: KeyPlace.text(text, item: item))
                } catch {
                    throw Setting.Invalid(error.reason)
                }
            })
        guard let target else { return nil }
        // A device stands for its keys, as a pattern does.
        note(target.name.flatMap { keys.isThere($0) ? KeyPattern($0) : nil } ?? target.pattern, setting)
        return target
    }

    /// What no key of the house tells of may still come; a key that is named and can never tell of it does not.
    private func check(_ form: PurposeTrigger, _ found: [KnownKeys.PurposeMatch], _ setting: Setting) {
        let purpose = form.purpose
        let actions = form.actions ?? []
        for action in actions {
            let known = found.map { keys.declaration($0.key)?.values }
            guard !known.isEmpty, known.allSatisfy({ $0 != nil }) else { continue }
            let texts = known.flatMap { $0 ?? [] }
            if let text = action.string, !texts.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
                let list = texts.prefix(12).joined(separator: ", ")
                setting.warning(
                    "none of the buttons says '\(text)'",
                    remedy: Suggestion.question(for: text, in: texts) ?? "they say \(list)")
            }
        }
        guard found.isEmpty else { return }
        if let name = form.target.name, let declaration = keys.declaration(name), keys.isThere(name),
            let kind = declaration.kind
        {
            let isEvent = declaration.isEvent ?? false
            setting.warning(
                "'\(name)' is \(isEvent ? "an event" : kind.phrase) and does not tell of \(purpose.subject.name), so this never fires",
                remedy: isEvent ? "write event: \(name)" : "write change: \(name), or becomes: \"…\"")
            return
        }
        guard !keys.environment.mayDiscover || keys.environment.knowsHouse else { return }
        setting.warning(
            "no key of '\(form.target.text)' tells of \(purpose.subject.name) yet",
            remedy: form.target.name.flatMap { keys.question(forPart: $0.text) })
    }
}

extension KnownKeys {
    typealias PurposeMatch = (key: KeyName, trigger: Trigger)

    /// The keys for which a trigger fires, as far as they are known.
    func matches(of form: PurposeTrigger, _ trigger: Trigger) -> [PurposeMatch] {
        matching(form.target.pattern).compactMap { key in
            form.trigger(for: key, like: trigger, entry).map { (key, $0) }
        }
    }

    /// What the house knows of a key, else what is written of it.
    private func entry(_ key: KeyName) -> KeyCatalogue.Entry? {
        if let entry = environment.entry(key) { return entry }
        guard let declaration = declaration(key), let kind = declaration.kind else { return nil }
        var entry = KeyCatalogue.Entry(kind == .number ? .numeric : kind == .boolean ? .boolean : .string)
        (entry.unit, entry.values) = (declaration.unit, declaration.values)
        entry.isEvent = declaration.isEvent ?? false
        return entry
    }

    /// The first part of names that a misspelt one may mean.
    func question(forPart text: String) -> String? {
        let parts = Set(candidates().map { String($0.prefix { $0 != "." }) }).sorted()
        return parts.contains(text) ? nil : Suggestion.question(for: text, in: parts)
    }
}

extension Scope {
    /// What a run knows of a change of one of some keys.
    fileprivate init(of declarations: [Declaration]) {
        let kinds = Set(declarations.map(\.kind))
        var declaration = Declaration.dynamic
        if let kind = kinds.first, kinds.count == 1 { declaration = Declaration(kind) }
        self.init(of: declaration, KeyPattern.all)
    }
}

extension RuleSet {
    /// A line for each trigger that is for a purpose: for which keys it fires.
    package var purposes: [String] {
        (rules + disabled).flatMap { rule in
            rule.triggers.compactMap { trigger in
                guard case .purpose = trigger.form else { return nil }
                let more = trigger.known.count - 8
                let keys = trigger.known.prefix(8).map(\.text).joined(separator: ", ")
                let list = trigger.known.isEmpty ? "no key yet" : keys + (more > 0 ? " and \(more) more" : "")
                return "'\(rule.name)' \(trigger.description): \(list)"
            }
        }
    }
}
