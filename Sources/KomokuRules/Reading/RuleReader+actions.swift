import Komoku
import KomokuExpression
import KomokuYAML

/// Actions become instructions one after another; how each does stands in its file.
extension RuleReader {
    /// A list of actions, or one by itself.
    ///
    /// - Parameter path: of the step that the block is a part of, with a dot at its end; empty for the rule's own.
    /// - Returns: nil where a run goes on behind it.
    func block(_ setting: Setting, path: String) -> Dead? {
        let items = setting.items ?? [setting]
        if items.isEmpty {
            let remedy = path.isEmpty ? "a rule needs at least one" : "write an action, or leave it out"
            setting.error("\(setting.subject) is empty", remedy: remedy)
        }
        var end: (step: String, dead: Dead)?
        var isTold = false
        for (index, item) in items.enumerated() {
            if let end, !isTold {
                item.warning("this step is never reached: step \(end.step) \(end.dead.clause)")
                isTold = true
            }
            let step = "\(path)\(index + 1)"
            guard item.node.entries != nil else {
                item.mismatch(expecting: "an action", remedy: "write {put: {hall.light: true}}")
                continue
            }
            item.read { settings in
                if let dead = action(settings, step), end == nil { end = (step, dead) }
            }
        }
        return end?.dead
    }

    private func action(_ settings: SettingsReader, _ step: String) -> Dead? {
        guard let (word, setting) = settings.only(of: ActionTable.words), let action = ActionTable[word] else {
            refuse(settings)
            return nil
        }
        var policy = settings.hasOneEntry ? Instruction.Policy() : policy(action, settings)
        readsHidden = false
        policy.hidesContent = !action.isBlock && setting.node.holdsSubstitution
        defer {
            readsHidden = false
            if !settings.hasOneEntry { settings.refuseStrangers(to: .besideAction, known: action.settings) }
        }
        let place = Place(step: step, position: settings.position, policy: policy)
        return action.read(WrittenAction(setting: setting, beside: settings, place: place), self)
    }

    /// Reports that there is no action, or more than one.
    private func refuse(_ settings: SettingsReader) {
        settings.refuse(
            "action", ActionTable.words, .action,
            several: settings.has("if")
                ? "put the actions under 'then'" : "each action is an item of its own: [{put: …}, {wait: …}]",
            options: ActionTable.options,
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

    /// - Returns: the place of the instruction in the procedure.
    @discardableResult func add(_ operation: any Operation, _ place: Place) -> Int {
        var policy = place.policy
        if readsHidden { policy.hidesContent = true }
        return procedure.add(Instruction(step: place.step, position: place.position, operation, policy: policy))
    }

    // MARK: Common options

    private func policy(_ action: any Action.Type, _ settings: SettingsReader) -> Instruction.Policy {
        var policy = Instruction.Policy()
        // Where it is the action's own, that reads it.
        if !action.ownOptions.contains("timeout"), let setting = option(.timeout, action, settings) {
            policy.timeout = setting.value(.span(in: .milliseconds(1)...Expression.longestDuration))
        }
        if let setting = option(.waitForReport, action, settings) {
            policy.waitsForReport = setting.value(.bool) ?? false
        }
        policy.retry = option(.retry, action, settings).flatMap { retry($0) }
        if let setting = option(.onError, action, settings) {
            let words: KeyValuePairs = ["fail": false, "continue": true]
            policy.continuesOnError = setting.value(.word(words)) ?? false
        }
        return policy
    }

    /// An option that only some actions take.
    private func option(
        _ option: ActionOptions, _ action: any Action.Type, _ settings: SettingsReader
    ) -> Setting? {
        let name = option.name
        let isTaken = action.options.contains(option)
        guard settings.has(name) else {
            if isTaken { settings.declare(name) }
            return nil
        }
        let setting = settings.setting(name)
        if isTaken {
            if option == .timeout, action.isImmediate, !settings.has("wait_for_report") {
                settings.warning(
                    at: name, "'timeout' does nothing with '\(action.word)', which is done at once",
                    remedy: action.options.contains(.waitForReport)
                        ? "wait_for_report: true waits for the device" : nil)
            }
            return setting
        }
        settings.error(
            at: name, "'\(name)' cannot be used with '\(action.word)'",
            remedy: action.isBlock ? "give it to the actions inside" : nil)
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
}
