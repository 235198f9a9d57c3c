import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

extension RuleReader {
    /// What one entry of `when` makes: several times of day are a trigger each.
    struct Triggers {
        var triggers: [Trigger]
        /// What a run that they start knows.
        var scope: Scope
    }

    /// The options of each trigger, and why another one is of no use there.
    private static let owners: [(option: String, words: [String])] = [
        ("to", ["change"]), ("from", ["change"]), ("not_to", ["change"]), ("not_from", ["change"]), ("by", ["change"]),
        ("for", ["change", "becomes", "stale"] + Purpose.words.filter { $0 != "pressed" }),
        ("retained", ["change", "becomes", "mqtt", "event", "stale", "recovered"] + Purpose.words), ("days", ["at"]),
        ("dates", ["at"]), ("clock_change", ["at", "cron"]), ("except", ["at", "cron"]),
        ("only", ["at", "cron"]), ("offset", ["calendar"]), ("payload", ["mqtt"]), ("is", ["event"]),
        ("action", ["pressed"]), ("below", ["battery_low"]),
    ]

    var triggerType: SettingType<Triggers> {
        SettingType(expectation: "a trigger") { setting in
            if setting.node.entries != nil { return setting.value(SettingType.mapping { self.trigger($0) }) }
            let key = setting.node.text.flatMap { KeyName($0) }.flatMap {
                self.keys.declaration($0) == nil ? nil : $0.text
            }
            setting.mismatch(expecting: "a trigger", remedy: "write when: {change: \(key ?? "hall.motion")}")
            return nil
        }
    }

    /// - Parameter vocabulary: what may stand there.
    func trigger(_ settings: SettingsReader, _ vocabulary: Vocabulary = .trigger) -> Triggers? {
        let before = report.diagnostics.all.count
        // What happens to an event of a calendar is an option there, and a trigger elsewhere.
        let words = settings.has("calendar") ? Self.words.subtracting(["event"]) : Self.words
        guard let (word, setting) = settings.only(of: words) else {
            settings.refuse("trigger", Self.words, vocabulary, several: "several triggers are a list: when: [{…}, {…}]")
            return nil
        }
        if !settings.hasOneEntry {
            var options: [String] = []
            for owner in Self.owners {
                if owner.words.contains(word) {
                    options.append(owner.option)
                    settings.declare(owner.option)
                } else {
                    misplaced(owner, word, settings)
                }
            }
            settings.declare("id")
            if word == "calendar" { settings.declare("event") }
            settings.refuseStrangers(to: vocabulary, known: options + ["id"])
        }
        var triggers = triggers(word, setting, settings)
        if let id = settings.hasOneEntry ? nil : settings.given("id", .triggerID) { triggers?.name(id) }
        if settings.node.holdsSubstitution {
            for index in triggers?.triggers.indices ?? 0..<0 { triggers?.triggers[index].isHidden = true }
        }
        return report.hasErrors(after: before) ? nil : triggers
    }

    private static let words = Set(
        [
            "change", "becomes", "at", "every", "cron", "mqtt", "event", "stale", "recovered", "start", "webhook",
            "command", "emit", "calendar",
        ] + Purpose.words)

    private func misplaced(_ owner: (option: String, words: [String]), _ word: String, _ settings: SettingsReader) {
        guard settings.has(owner.option) else { return }
        settings.declare(owner.option)
        var owners = owner.words.filter { owner.words.count == 1 || Purpose[$0] == nil }.map { "'\($0)'" }
        if owners.count < owner.words.count { owners.append("triggers for a purpose") }
        let list = owners.dropLast().joined(separator: ", ") + (owners.count > 1 ? " and " : "") + (owners.last ?? "")
        settings.error(
            at: owner.option, "'\(owner.option)' belongs to \(list)", remedy: Self.remedy(owner.option, word))
    }

    private static func remedy(_ option: String, _ word: String) -> String? {
        switch (option, word) {
        case ("to", "becomes"), ("from", "becomes"), ("not_to", "becomes"), ("not_from", "becomes"):
            "write it as a part of the expression"
        case ("to", "event"): "write 'is'"
        case ("below", _): "write becomes: \"KEY < 20\""
        case ("to", "stale"), ("from", "stale"), ("to", "recovered"), ("from", "recovered"):
            "the value plays no part in this trigger"
        case ("days", "cron"), ("dates", "cron"): "days are fields of cron's own"
        case ("offset", "at"): "write at: \"sunset - 30m\""
        default: nil
        }
    }

    private func triggers(_ word: String, _ setting: Setting, _ settings: SettingsReader) -> Triggers? {
        let isPlain = settings.hasOneEntry
        let retained = isPlain ? false : settings.given("retained", .bool) ?? false
        let hold = isPlain ? nil : hold(settings)
        switch word {
        case "change": return each(setting) { change($0, settings, hold, retained) }
        case "becomes": return becomes(setting, hold, retained)
        case "at": return at(setting, settings)
        case "calendar": return calendar(setting, settings)
        case "every", "cron": return repeated(word, setting, settings)
        case "mqtt": return mqtt(setting, settings, retained)
        case "event": return each(setting) { event($0, settings, retained) }
        case "start":
            guard let starts = setting.value(.bool) else { return nil }
            if !starts { setting.error("'start' is true or left out") }
            return Triggers(.start, setting)
        case "webhook":
            return setting.value(.plainName).map { Triggers(.webhook(name: $0), setting, scope: .message) }
        case "emit": return setting.value(.plainName).map { Triggers(.emit(name: $0), setting, scope: .message) }
        case "command": return command(setting)
        case let word where Purpose[word] != nil:
            return each(setting) { self.purpose(word, $0, settings, hold, retained) }
        default: return each(setting) { freshness($0, Freshness(rawValue: word), hold, retained) }
        }
    }

    /// A duration, or an expression of seconds that is worked out when it begins: then it cannot wait for the history.
    private func hold(_ settings: SettingsReader) -> HoldLength? {
        guard let written = settings.setting("for") else { return nil }
        let setting = expr(in: written) ?? written
        guard let text = setting.node.text, SpokenDuration.meant(by: setting.node) == nil,
            (try? Duration(parsing: text)) == nil, let root = try? Expression.parse(text).root, root.isComputed
        else {
            return settings.given("for", .span(in: .zero...Expression.longestDuration)).map { .fixed($0) }
        }
        let before = (scope, keys.offersHistory)
        scope = scope.adding(Scope(of: .dynamic, nil))
        defer { (scope, keys.offersHistory) = before }
        keys.offersHistory = false
        return expression(setting, expecting: .number, unit: "s").map { .computed($0) }
    }

    /// Several keys are a trigger each.
    private func each(_ setting: Setting, _ read: (Setting) -> Triggers?) -> Triggers? {
        guard let items = setting.items else { return read(setting) }
        if items.isEmpty { setting.error("\(setting.subject) is an empty list, so nothing fits") }
        let before = report.diagnostics.all.count
        var whole: Triggers?
        for item in items {
            // What is wrong with an option is wrong for all of them.
            guard let triggers = read(item), !report.hasErrors(after: before) else { return nil }
            whole = whole?.joined(with: triggers) ?? triggers
        }
        return whole
    }

    // MARK: Keys

    private func change(
        _ setting: Setting, _ settings: SettingsReader, _ hold: HoldLength?, _ retained: Bool
    ) -> Triggers? {
        guard let (pattern, declaration) = watched(setting) else { return nil }
        for (word, other) in [("to", "not_to"), ("from", "not_from")] where settings.has(word) && settings.has(other) {
            settings.error(at: other, "'\(other)' stands beside '\(word)'", remedy: "keep one of them")
        }
        let (to, from) = (
            values("to", settings, pattern, declaration), values("from", settings, pattern, declaration)
        )
        if let to, let from, to.count == 1, to == from, declaration.isEvent != true {
            setting.warning("a change from \(to[0].json.text) to the same never happens, so this never fires")
        }
        let by = settings.setting("by").flatMap { step(setting: $0, pattern, declaration) }
        var scope = Scope(of: declaration, pattern)
        if let values = to?.compactMap(\.string), values.count == to?.count {
            scope.locals["value"]?.values = declaration.values == nil ? nil : values
        }
        var trigger = Trigger(
            .change(pattern, to: to, from: from, by: by), hold: hold, firesOnRetained: retained,
            position: setting.position)
        trigger.notTo = values("not_to", settings, pattern, declaration) ?? []
        trigger.notFrom = values("not_from", settings, pattern, declaration) ?? []
        return Triggers(trigger, scope: scope)
    }

    private func step(setting: Setting, _ pattern: KeyPattern, _ declaration: Scope.Declaration) -> Double? {
        guard let step = setting.value(.number) else { return nil }
        if step <= 0 { setting.error("'by' expects a number above 0, found \(setting.node.shown)") }
        if let kind = declaration.kind, kind != .number {
            setting.error("'by' is for numbers, '\(pattern)' is \(kind.phrase)")
        }
        return step
    }

    private func becomes(_ setting: Setting, _ hold: HoldLength?, _ retained: Bool) -> Triggers? {
        // What is unknown does not hold, and may come to hold later.
        guard let (compiled, syntax) = checked(setting, expecting: .boolean, warnsOfUnknown: false) else { return nil }
        let reads = compiled.reads
        if reads.keys.isEmpty, reads.computedKeys.isEmpty, reads.patterns.isEmpty, reads.devices.isEmpty,
            !reads.isTimeDependent
        {
            setting.error("the expression reads no key, so it never becomes true")
        } else if reads.isLeftToChance {
            setting.warning(
                "chance is asked again each time that the expression is looked at",
                remedy: "write it under 'if', which is asked once")
        }
        var scope = Scope(of: .dynamic, nil)
        scope.known = syntax.needed
        let trigger = Trigger(.becomes(compiled), hold: hold, firesOnRetained: retained, position: setting.position)
        return Triggers(trigger, scope: scope)
    }

    private func event(_ setting: Setting, _ settings: SettingsReader, _ retained: Bool) -> Triggers? {
        guard let (pattern, declaration) = watched(setting) else { return nil }
        if declaration.isEvent == false {
            setting.warning(
                "'\(pattern)' is no event key, so this never fires",
                remedy: "write change: \(pattern), or give the key event: true")
        }
        let trigger = Trigger(
            .event(pattern, values("is", settings, pattern, declaration)), firesOnRetained: retained,
            position: setting.position)
        return Triggers(trigger, scope: Scope(of: declaration, pattern))
    }

    private func freshness(
        _ setting: Setting, _ freshness: Freshness?, _ hold: HoldLength?, _ retained: Bool
    ) -> Triggers? {
        guard let freshness, let (pattern, declaration) = watched(setting) else { return nil }
        if freshness == .stale, declaration.goesStale == false {
            setting.warning(
                "'\(pattern)' never goes stale, so this never fires",
                remedy: "give the key expect_every: 1h, the longest that it may be silent")
        }
        let trigger = Trigger(
            .freshness(pattern, freshness), hold: hold, firesOnRetained: retained, position: setting.position)
        return Triggers(trigger, scope: Scope(of: declaration, pattern))
    }

    private func values(
        _ word: String, _ settings: SettingsReader, _ pattern: KeyPattern, _ declaration: Scope.Declaration
    ) -> [Value]? {
        guard let setting = settings.setting(word) else { return nil }
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'\(word)' is an empty list, so nothing fits") }
        return items.compactMap { item in
            if let text = item.node.text, declaration.kind == .number, let sign = text.first, "<>=!".contains(sign) {
                let name = pattern.isLiteral ? pattern.text : "KEY"
                item.mismatch(expecting: "a value", remedy: "write becomes: \"\(name) \(text)\"")
                return nil
            }
            return value(item, of: pattern.text, declaration)
        }
    }

    // MARK: Messages

    private func mqtt(_ setting: Setting, _ settings: SettingsReader, _ retained: Bool) -> Triggers? {
        let item = scope.item
        if setting.node.entries != nil {
            setting.mismatch(
                expecting: "a filter of topics",
                remedy: "write when: {mqtt: a/b, payload: x}, with the options beside it")
            return nil
        }
        let filter = setting.value(
            .text("a filter of topics such as sensors/+/state") { text throws(Setting.Invalid) in
                let text = KeyPlace.text(text, item: item)
                if let fault = Topic.filterFault(in: text) { throw Setting.Invalid(fault) }
                return text
            })
        let payloads = settings.given("payload", .oneOrMore(of: .string))
        if payloads?.isEmpty ?? false { settings.error(at: "payload", "'payload' is an empty list, so nothing fits") }
        guard let filter else { return nil }
        let trigger = Trigger(
            .mqtt(filter: filter, payloads: payloads), firesOnRetained: retained, position: setting.position)
        return Triggers(trigger, scope: Scope(texts: ["topic", "payload"]))
    }

    private func command(_ setting: Setting) -> Triggers? {
        guard let text = setting.value(.string) else { return nil }
        do throws(CommandPattern.Invalid) {
            let pattern = try CommandPattern(parsing: text)
            return Triggers(.command(pattern: text), setting, scope: Scope(texts: pattern.names + ["sender"]))
        } catch {
            setting.mismatch(expecting: "words such as lights {room} {rest...}", reason: error.reason)
            return nil
        }
    }
}

extension RuleReader.Triggers {
    /// What the run knows them by.
    fileprivate mutating func name(_ id: String) {
        for index in triggers.indices { triggers[index].id = id }
        scope.locals["trigger_id"] = Scope.Declaration(.text, mayBeUnknown: false, values: [id])
    }

    init(_ trigger: Trigger, scope: Scope = Scope()) {
        self.init(triggers: [trigger], scope: scope)
    }

    /// Of which one fires.
    fileprivate func joined(with other: RuleReader.Triggers) -> RuleReader.Triggers {
        RuleReader.Triggers(triggers: triggers + other.triggers, scope: scope.merged(with: other.scope))
    }

    init(_ form: Trigger.Form, _ setting: Setting, scope: Scope = Scope()) {
        self.init(Trigger(form, position: setting.position), scope: scope)
    }
}

extension Scope {
    /// What a run knows of the change that started it.
    init(of declaration: Declaration, _ pattern: KeyPattern?) {
        var value = declaration
        value.mayBeUnknown = pattern == nil
        locals = [
            "value": value,
            "previous": Declaration(declaration.kind, values: declaration.values, unit: declaration.unit),
            "key": Declaration(.text, mayBeUnknown: pattern == nil),
        ]
        if let name = pattern?.name { known = [name] }
    }

    init(texts: [String]) {
        for name in texts { locals[name] = Declaration(.text, mayBeUnknown: false) }
        locals["payload"]?.isDocument = true
    }

    /// Of what comes with members that only the sender knows.
    static var message: Scope {
        var scope = Scope(texts: ["payload"])
        scope.isOpen = true
        return scope
    }
}

extension Syntax {
    /// Whether it is more than a number without a unit.
    fileprivate var isComputed: Bool {
        switch form {
        case .literal, .duration: false
        case .prefix(_, let operand): operand.isComputed
        default: true
        }
    }
}

extension SettingType where Value == String {
    fileprivate static var triggerID: SettingType {
        .text("a name") { text throws(Setting.Invalid) in
            if text.isEmpty || text.utf8.count > 128 { throw Setting.Invalid("use 1 to 128 bytes") }
            return text
        }
    }

    /// A name for a webhook or an emitted message: it stands in addresses and commands.
    fileprivate static var plainName: SettingType {
        .text("a name") { text throws(Setting.Invalid) in
            let isFine = text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
            guard isFine, 1...128 ~= text.utf8.count else {
                throw Setting.Invalid("use up to 128 letters, digits, '_', '-' and dots")
            }
            return text
        }
    }
}
