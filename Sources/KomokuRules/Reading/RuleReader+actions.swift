import Komoku
import KomokuExpression
import KomokuYAML

/// Actions become instructions one after another; each reader says whether a run never goes past its action.
extension RuleReader {
    /// A list of actions, or one by itself.
    ///
    /// - Parameter path: of the step that the block is a part of, with a dot at its end; empty for the rule's own.
    func block(_ setting: Setting, path: String) -> Bool {
        let items = setting.items ?? [setting]
        if items.isEmpty {
            let remedy = path.isEmpty ? "a rule needs at least one" : "write an action, or leave it out"
            setting.error("\(setting.subject) is empty", remedy: remedy)
        }
        var end: String?
        var isTold = false
        for (index, item) in items.enumerated() {
            if let end, !isTold {
                item.warning("this step is never reached: step \(end) ends the run")
                isTold = true
            }
            let step = "\(path)\(index + 1)"
            guard item.node.entries != nil else {
                item.mismatch(expecting: "an action", remedy: "write {put: {hall.light: true}}")
                continue
            }
            item.read { settings in
                if action(settings, step), end == nil { end = step }
            }
        }
        return end != nil
    }

    private func action(_ settings: SettingsReader, _ step: String) -> Bool {
        guard let (word, setting) = settings.only(of: Self.words) else {
            refuse(settings)
            return false
        }
        var policy = settings.hasOneEntry ? Instruction.Policy() : policy(word, settings)
        readsHidden = false
        policy.hidesContent = !Self.blocks.contains(word) && setting.node.holdsSubstitution
        defer {
            readsHidden = false
            if !settings.hasOneEntry { settings.refuseStrangers(to: .besideAction, known: Self.options(of: word)) }
        }
        let place = Place(step: step, position: settings.position, policy: policy)
        switch word {
        case "put": put(setting, place)
        case "toggle": toggle(setting, place)
        case "increment": increment(setting, place)
        case "publish": publish(setting, place)
        case "http": http(setting, place)
        case "run": run(setting, place)
        case "notify": notify(setting, place)
        case "log": log(setting, place)
        case "wait": wait(setting, place)
        case "wait_until": waitUntil(setting, settings, place)
        case "wait_for": waitFor(setting, settings, place)
        case "choose": return choose(setting, place)
        case "if": return branch(setting, settings, place)
        case "repeat": loop(setting, place)
        case "set": set(setting, place)
        case "call": call(setting, place)
        default: return stop(setting, place)
        }
        return false
    }

    private static let words: Set<String> = [
        "put", "toggle", "increment", "publish", "http", "run", "notify", "log", "wait", "wait_until", "wait_for",
        "choose", "if", "repeat", "set", "call", "stop",
    ]

    /// Reports that there is no action, or more than one.
    private func refuse(_ settings: SettingsReader) {
        settings.refuse(
            "action", Self.words, .action,
            several: settings.has("if")
                ? "put the actions under 'then'" : "each action is an item of its own: [{put: …}, {wait: …}]",
            options: ["timeout", "on_timeout", "retry", "on_error", "wait_for_report", "then", "else"],
            meaning: { [keys] name in
                KeyName(name).flatMap { keys.declaration($0) } == nil ? nil : "write put: {\(name): …}"
            })
    }

    /// Where an action stands, and what is done around it.
    struct Place {
        let step: String
        let position: SourcePosition
        let policy: Instruction.Policy
    }

    /// - Returns: the place of the instruction in the program.
    @discardableResult func add(_ operation: Operation, _ place: Place) -> Int {
        var policy = place.policy
        if readsHidden { policy.hidesContent = true }
        return program.add(Instruction(step: place.step, position: place.position, operation, policy: policy))
    }

    // MARK: Common options

    private static let blocks: Set<String> = ["choose", "if", "repeat"]
    /// Done at once, whatever comes of it later.
    private static let immediate: Set<String> = ["put", "toggle", "increment", "notify"]
    private static let repeatable: Set<String> = [
        "put", "toggle", "increment", "publish", "http", "run", "notify", "call",
    ]

    private func policy(_ word: String, _ settings: SettingsReader) -> Instruction.Policy {
        var policy = Instruction.Policy()
        // As the timeout of `wait_until` itself it is read there.
        if word != "wait_until", word != "wait_for" {
            if let setting = option("timeout", word, Self.repeatable, settings) {
                policy.timeout = setting.value(.span(in: .milliseconds(1)...Expression.longestDuration))
            }
        }
        if let setting = option("wait_for_report", word, Self.commanding, settings) {
            policy.waitsForReport = setting.value(.bool) ?? false
        }
        policy.retry = option("retry", word, Self.repeatable, settings).flatMap { retry($0) }
        if Self.blocks.contains(word) || word == "stop" {
            _ = option("on_error", word, [], settings)
        } else {
            let words: KeyValuePairs = ["fail": false, "continue": true]
            policy.continuesOnError = settings.given("on_error", .word(words)) ?? false
        }
        return policy
    }

    /// What may command a device.
    private static let commanding: Set<String> = ["put", "toggle", "increment"]

    /// What may stand beside a word, itself among it.
    private static func options(of word: String) -> [String] {
        switch word {
        case "if": [word, "then", "else"]
        case "choose", "repeat", "stop": [word]
        case "wait_until", "wait_for": [word, "timeout", "on_timeout", "on_error"]
        default:
            [word] + (repeatable.contains(word) ? ["timeout", "retry", "on_error"] : ["on_error"])
                + (commanding.contains(word) ? ["wait_for_report"] : [])
        }
    }

    /// An option that only some actions take.
    private func option(
        _ option: String, _ word: String, _ takers: Set<String>, _ settings: SettingsReader
    ) -> Setting? {
        guard settings.has(option) else {
            if takers.contains(word) { settings.declare(option) }
            return nil
        }
        let setting = settings.setting(option)
        if takers.contains(word) {
            if option == "timeout", Self.immediate.contains(word), !settings.has("wait_for_report") {
                settings.warning(
                    at: option, "'timeout' does nothing with '\(word)', which is done at once",
                    remedy: Self.commanding.contains(word) ? "wait_for_report: true waits for the device" : nil)
            }
            return setting
        }
        settings.error(
            at: option, "'\(option)' cannot be used with '\(word)'",
            remedy: Self.blocks.contains(word) ? "give it to the actions inside" : nil)
        return nil
    }

    private func retry(_ setting: Setting) -> Instruction.Retry? {
        if setting.node.entries == nil {
            return setting.value(.integer(in: 0...100)).map { Instruction.Retry(times: $0) }
        }
        return setting.value(
            SettingType.mapping { settings in
                settings.declare("times", "delay", "factor", "max")
                settings.refuseStrangers(to: .retry)
                guard let times = settings.needed("times", .integer(in: 0...100), of: .retry) else { return nil }
                var retry = Instruction.Retry(times: times)
                let pause = SettingType.span(in: .zero...Duration.seconds(86_400 * 7))
                retry.delay = settings.value("delay", pause, default: retry.delay)
                retry.factor = settings.value("factor", .number(in: 1...100), default: retry.factor)
                retry.longest = settings.value("max", pause, default: max(retry.longest, retry.delay))
                return retry
            })
    }

    // MARK: Keys

    private func put(_ setting: Setting, _ place: Place) {
        guard let written = setting.node.entries, !written.isEmpty, !namesKeyAndValue(written) else {
            let key = setting.node.text.flatMap { KeyName($0)?.text } ?? "hall.light"
            let remedy =
                setting.node.isNull
                ? "indent the keys below it further than 'put', or write put: {\(key): true}"
                : "write put: {\(key): true}"
            setting.mismatch(expecting: "keys with their values", remedy: remedy)
            return
        }
        guard let entries = setting.value(.entries(.item, .item)) else { return }
        for entry in entries {
            guard let (target, declaration) = target(entry.key),
                let content = content(entry.value, for: target.text, declaration)
            else { continue }
            add(.put(target, content), place)
        }
    }

    /// `{key: hall.light, value: true}`, where no keys are called so.
    private func namesKeyAndValue(_ entries: [YAMLNode.Entry]) -> Bool {
        let names = entries.compactMap(\.key.text)
        return names.contains("value") && ["key", "entity", "entity_id", "name"].contains { names.contains($0) }
            && names.allSatisfy { name in KeyName(name).flatMap { reading.known.declaration($0) } == nil }
    }

    private func toggle(_ setting: Setting, _ place: Place) {
        if setting.node.entries != nil {
            setting.mismatch(expecting: "a key, or a list of them", remedy: "write toggle: hall.light")
            return
        }
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'toggle' names no key", remedy: "write toggle: hall.light") }
        for item in items {
            guard let (target, declaration) = target(item) else { continue }
            if let kind = declaration.kind, kind != .boolean {
                item.error("'toggle' needs true or false, '\(target.text)' is \(kind.phrase)")
            }
            add(.toggle(target), place)
        }
    }

    private func increment(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil else {
            if let target = number(setting) { add(.increment(target, by: nil), place) }
            return
        }
        guard let entries = setting.value(.entries(.item, .item)) else { return }
        if setting.node.entries?.isEmpty ?? true {
            setting.error("'increment' names no key", remedy: "write increment: {count: 2}")
        }
        for entry in entries {
            guard let target = number(entry.key), let amount = expressionValue(entry.value),
                let step = expression(amount, expecting: .number)
            else { continue }
            add(.increment(target, by: step), place)
        }
    }

    private func number(_ setting: Setting) -> KeyTarget? {
        guard let (target, declaration) = target(setting) else { return nil }
        if let kind = declaration.kind, kind != .number {
            setting.error("'increment' needs a number, '\(target.text)' is \(kind.phrase)")
        }
        return target
    }
}

extension KeyTarget {
    /// As it is written.
    var text: String {
        switch self {
        case .key(let name): name.text
        case .computed(let key): key.description
        }
    }
}
