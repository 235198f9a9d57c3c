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
            item.read { settings in
                if action(settings, step), end == nil { end = step }
            }
        }
        return end != nil
    }

    private func action(_ settings: SettingsReader, _ step: String) -> Bool {
        guard let (word, setting) = settings.only(of: Self.words) ?? oneAction(settings) else {
            settings.declare("timeout", "retry", "on_error", "then", "else")
            return false
        }
        let policy = settings.hasOneEntry ? Instruction.Policy() : policy(word, settings)
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
        "put", "toggle", "increment", "publish", "http", "run", "notify", "log", "wait", "wait_until", "choose", "if",
        "repeat", "set", "call", "stop",
    ]

    /// Reports where there is none, or more than one.
    private func oneAction(_ settings: SettingsReader) -> (key: String, setting: Setting)? {
        settings.exactlyOne(
            of: "put", "toggle", "increment", "publish", "http", "run", "notify", "log", "wait", "wait_until",
            "choose", "if", "repeat", "set", "call", "stop")
    }

    /// Where an action stands, and what is done around it.
    struct Place {
        let step: String
        let position: SourcePosition
        let policy: Instruction.Policy
    }

    /// - Returns: the place of the instruction in the program.
    @discardableResult func add(_ operation: Operation, _ place: Place) -> Int {
        program.add(Instruction(step: place.step, position: place.position, operation, policy: place.policy))
    }

    // MARK: Common options

    private static let blocks: Set<String> = ["choose", "if", "repeat"]
    private static let repeatable: Set<String> = [
        "put", "toggle", "increment", "publish", "http", "run", "notify", "call",
    ]

    private func policy(_ word: String, _ settings: SettingsReader) -> Instruction.Policy {
        var policy = Instruction.Policy()
        // As the timeout of `wait_until` itself it is read there.
        if word != "wait_until" {
            if let setting = option("timeout", word, Self.repeatable, settings) {
                policy.timeout = setting.value(.duration(in: .milliseconds(1)...Expression.longestDuration))
            }
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

    /// An option that only some actions take.
    private func option(
        _ option: String, _ word: String, _ takers: Set<String>, _ settings: SettingsReader
    ) -> Setting? {
        guard settings.has(option) else {
            if takers.contains(word) { settings.declare(option) }
            return nil
        }
        let setting = settings.setting(option)
        if takers.contains(word) { return setting }
        settings.error(
            at: option, "'\(option)' is of no use with '\(word)'",
            remedy: Self.blocks.contains(word) ? "give it to the actions inside" : nil)
        return nil
    }

    private func retry(_ setting: Setting) -> Instruction.Retry? {
        if setting.node.entries == nil {
            return setting.value(.integer(in: 0...100)).map { Instruction.Retry(times: $0) }
        }
        return setting.value(
            SettingType.mapping { settings in
                guard let times = settings.required("times", .integer(in: 0...100)) else { return nil }
                var retry = Instruction.Retry(times: times)
                let pause = SettingType.duration(in: .zero...Duration.seconds(86_400 * 7))
                retry.delay = settings.value("delay", pause, default: retry.delay)
                retry.factor = settings.value("factor", .number(in: 1...100), default: retry.factor)
                retry.longest = settings.value("max", pause, default: max(retry.longest, retry.delay))
                return retry
            })
    }

    // MARK: Keys

    private func put(_ setting: Setting, _ place: Place) {
        guard let entries = setting.value(.entries(.item, .item)) else { return }
        if setting.node.entries?.isEmpty ?? true {
            setting.error("'put' names no key", remedy: "write put: {hall.light: true}")
        }
        for entry in entries {
            guard let (target, declaration) = target(entry.key),
                let content = content(entry.value, for: target.text, declaration)
            else { continue }
            add(.put(target, content), place)
        }
    }

    private func toggle(_ setting: Setting, _ place: Place) {
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
