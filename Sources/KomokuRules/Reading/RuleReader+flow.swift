import Komoku
import KomokuExpression
import KomokuYAML

/// Actions that say what comes next.
extension RuleReader {
    func wait(_ setting: Setting, _ place: Place) {
        if let duration = duration(setting) { add(.wait(duration), place) }
    }

    /// An expression of seconds; a bare number is none, its unit is missing.
    func duration(_ setting: Setting) -> CompiledExpression? {
        let meant = SpokenDuration.meant(by: setting.node)
        if setting.node.number != nil || meant != nil {
            setting.mismatch(
                expecting: "a duration such as 5m", remedy: meant.map { "write \($0)" } ?? "add a unit: s, m, h or d")
            return nil
        }
        guard let compiled = expression(setting, expecting: .number, unit: "s") else { return nil }
        if compiled.references.isEmpty, compiled.reads == .none,
            let seconds = compiled.evaluate({ _ in nil })?.number
        {
            if seconds < 0 { setting.error("a duration is not less than 0") }
            if seconds > Expression.longestDuration.seconds { setting.error("a duration is at most 100 years") }
        }
        return compiled
    }

    func waitUntil(_ setting: Setting, _ outer: SettingsReader, _ place: Place) {
        var (compiled, timeout): (CompiledExpression?, CompiledExpression?)
        var onTimeout = Operation.OnTimeout.continue
        let beside = outer.setting("timeout")
        if setting.node.entries == nil {
            compiled = condition(setting)
        } else {
            setting.read(.waitUntil) { settings in
                let remedy = "write is: \"not hall.motion\""
                compiled = settings.needed("is", .item, of: .waitUntil, remedy: remedy).flatMap { condition($0) }
                timeout = settings.setting("timeout").flatMap { duration($0) }
                onTimeout = settings.given("on_timeout", SettingType<Operation.OnTimeout>.word) ?? .continue
                if settings.has("timeout") {
                    beside?.error("'wait_until' has two timeouts", remedy: "keep one of them")
                }
            }
        }
        if timeout == nil, let beside { timeout = duration(beside) }
        scope.locals["timed_out"] = Scope.Declaration(.boolean, mayBeUnknown: false)
        guard let compiled else { return }
        let reads = compiled.reads
        if timeout == nil, beside == nil, reads.keys.isEmpty, reads.computedKeys.isEmpty, reads.devices.isEmpty,
            !reads.isTimeDependent
        {
            setting.warning("this reads no key and no clock, so the run may wait for ever", remedy: "give a timeout")
        }
        add(.waitUntil(compiled, timeout: timeout, onTimeout: onTimeout), place)
    }

    /// Of a branch, a loop or a wait.
    ///
    /// - Parameter isWatched: it is told where it is always the same.
    func condition(_ setting: Setting, isWatched: Bool = false) -> CompiledExpression? {
        let before = report.diagnostics.all.count
        guard let compiled = expression(setting, expecting: .boolean) else { return nil }
        if isWatched { warnOfConstant(compiled, setting, after: before) }
        return compiled
    }

    // MARK: Branches

    func branch(_ setting: Setting, _ settings: SettingsReader, _ place: Place) -> Bool {
        let before = scope
        let condition = self.condition(setting, isWatched: true)
        let start = condition.map { add(.branch($0, otherwise: 0), place) }
        let then =
            settings.needed("then", .item, of: .alternative, remedy: "its actions stand there")
            .map { block($0, path: "\(place.step).then.") } ?? false
        let otherwise = settings.setting("else")
        let jump = otherwise == nil ? nil : add(.jump(0), place)
        if let start { program.land(start) }
        let after = scope
        scope = before
        let ends = otherwise.map { block($0, path: "\(place.step).else.") } ?? false
        if let jump { program.land(jump) }
        scope = then ? scope : ends ? after : after.joined(with: scope)
        return then && ends
    }

    func choose(_ setting: Setting, _ place: Place) -> Bool {
        guard let items = setting.value(.list(of: .item)) else { return false }
        if items.isEmpty { setting.error("'choose' is empty", remedy: "write choose: [{if: …, then: …}]") }
        let before = scope
        var (jumps, outcomes): ([Int], [Scope]) = ([], [])
        var hasElse = false
        for (index, item) in items.enumerated() {
            item.read { settings in
                scope = before
                if hasElse {
                    settings.error("this is never reached: 'else' comes before it", remedy: "put 'else' last")
                }
                let ends: Bool
                settings.declare("if", "then", "else")
                defer { settings.refuseStrangers(to: .alternative) }
                if settings.has("else"), !settings.has("if") {
                    hasElse = true
                    ends = settings.required("else", .item).map { block($0, path: "\(place.step).else.") } ?? false
                    if settings.has("then") {
                        settings.error(at: "then", "'then' has no 'if'", remedy: "the actions of 'else' stand under it")
                    }
                } else {
                    ends = alternative(settings, "\(place.step).\(index + 1).then.", place, &jumps)
                }
                if !ends { outcomes.append(scope) }
            }
        }
        for jump in jumps { program.land(jump) }
        if !hasElse { outcomes.append(before) }
        scope = outcomes.dropFirst().reduce(outcomes.first ?? before) { $0.joined(with: $1) }
        return hasElse && outcomes.isEmpty
    }

    private func alternative(
        _ settings: SettingsReader, _ path: String, _ place: Place, _ jumps: inout [Int]
    ) -> Bool {
        let condition = settings.needed("if", .item, of: .alternative, remedy: "or 'else', at the end")
            .flatMap { self.condition($0, isWatched: true) }
        let start = condition.map { add(.branch($0, otherwise: 0), place) }
        let ends = settings.needed("then", .item, of: .alternative).map { block($0, path: path) } ?? false
        if settings.has("else") {
            settings.error(
                at: "else", "'else' is an item of its own", remedy: "write {else: …} as the last item of 'choose'")
        }
        jumps.append(add(.jump(0), place))
        if let start { program.land(start) }
        return ends
    }

    // MARK: Values, calls and the end

    func set(_ setting: Setting, _ place: Place) {
        if let key = setting.node.entries?.compactMap(\.key.text).first(where: { $0.utf8.contains(UInt8(ascii: ".")) })
        {
            setting.error(
                "'set' gives values to names of this run, '\(key.prefix(80))' is a key",
                remedy: "write put: {\(key.prefix(80)): …}")
            return
        }
        guard let entries = setting.value(.entries(.localName, .item)) else { return }
        if setting.node.entries?.isEmpty ?? true {
            setting.error("'set' names nothing", remedy: "write set: {count: \"count + 1\"}")
        }
        for entry in entries {
            guard let calculated = calculated(entry.value) else {
                scope.locals[entry.key] = .dynamic
                continue
            }
            add(.set(name: entry.key, calculated.content), place)
            scope.locals[entry.key] = calculated.declaration
        }
    }

    func call(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil else {
            if let name = callee(setting) { call(name, [], waits: true, setting, place) }
            return
        }
        setting.read(.call) { settings in
            let name = settings.needed("name", .item, of: .call).flatMap { callee($0) }
            let entries = settings.value("with", .entries(.item, .item)) ?? []
            let waits = settings.value("wait", .bool, default: true)
            var arguments: [Content.Member] = []
            for entry in entries {
                let content = calculated(entry.value)
                guard let name, let argument = entry.key.value(.string), takes(argument, name, entry.key),
                    let content
                else { continue }
                arguments.append(Content.Member(name: argument, content: content.content))
            }
            if let name { call(name, arguments, waits: waits, setting, place) }
        }
    }

    private func call(
        _ name: String, _ arguments: [Content.Member], waits: Bool, _ setting: Setting, _ place: Place
    ) {
        let given = Set(arguments.map(\.name))
        let missing = ((reading.callees[name] ?? nil) ?? []).filter { !given.contains($0) }
        if !missing.isEmpty {
            let list = missing.map { "'\($0)'" }.joined(separator: ", ")
            setting.warning("'\(name)' is called without \(list)", remedy: "give it by 'with'")
        }
        add(.call(name: name, arguments: arguments, waits: waits), place)
    }

    private func callee(_ setting: Setting) -> String? {
        guard let written = setting.value(.nonEmptyString) else { return nil }
        let name = KeyPlace.text(written, item: scope.item)
        if reading.callees.keys.contains(name) { return name }
        setting.error(
            "there is no script or rule '\(name.prefix(80))'",
            remedy: reading.questionForCallee(name))
        return nil
    }

    private func takes(_ argument: String, _ name: String, _ setting: Setting) -> Bool {
        guard let callee = reading.callees[name] else { return false }
        guard let parameters = callee else {
            setting.error("'\(name)' is a rule and takes no values")
            return false
        }
        if parameters.contains(where: { $0.utf8.elementsEqual(argument.utf8) }) { return true }
        setting.error(
            "'\(name)' has no parameter '\(argument.prefix(80))'",
            remedy: Suggestion.question(for: argument, in: parameters))
        return false
    }

    func stop(_ setting: Setting, _ place: Place) -> Bool {
        if let fail = setting.node["fail"], setting.node.entries?.count == 1 {
            let reason = notice(Setting(subject: "'fail'", node: fail, report: report))
            if let reason { add(.stop(reason, fails: true), place) }
            return true
        }
        if let stops = setting.node.bool {
            if !stops { setting.error("'stop' is true, or the reason as text") }
            add(.stop(nil, fails: false), place)
        } else if let reason = notice(setting) {
            add(.stop(reason, fails: false), place)
        }
        return true
    }
}

extension Content {
    /// Nil where it is known only when evaluated.
    var kind: ValueKind? {
        switch self {
        case .constant(.number): .number
        case .constant(.bool): .boolean
        case .constant(.string), .text: .text
        case .expression(let expression): expression.kind
        case .constant, .array, .object: nil
        }
    }
}
