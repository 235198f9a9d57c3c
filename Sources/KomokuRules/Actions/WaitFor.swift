import Komoku
import KomokuExpression
import KomokuYAML

/// `wait_for: {event: phone.action}`: goes on when one of some triggers fires; its names are locals from then on.
struct WaitFor: Operation {
    let triggers: [Trigger]
    let limit: WaitLimit

    init(_ triggers: [Trigger], _ limit: WaitLimit) {
        self.triggers = triggers
        self.limit = limit
    }

    var word: String { Self.word }
    var listing: String { "wait for \(shown)\(limit.listing)" }
    var waits: Bool { true }
    var standing: Run.Standing? { .waitingUntil }
    var awaited: Awaited? { .triggers(triggers, limit) }

    private var shown: String { triggers.map(\.description).joined(separator: " or ") }

    func visit(_ visitor: inout some PartVisitor) {
        for trigger in triggers { visitor.trigger(trigger) }
        if let timeout = limit.timeout { visitor.expression(timeout) }
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        if run.standing == .waitingUntil { return .until(holds: false) }
        return .until(holds: false, timeout: try limit.duration(policy, lookup), RunEffect(verb: word, text: shown))
    }
}

extension WaitFor: Action {
    static let word = "wait_for"
    static let options = ActionOptions.onError
    static let ownOptions = WaitLimit.options
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["wait_for_trigger", "wait_for_event", "wait_for_message"], "wait_for")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.waitFor(written.setting, written.beside, written.place)
        return nil
    }
}

extension Vocabulary {
    /// A trigger and how long it is waited for.
    static let waitFor = Vocabulary(
        trigger.words + WaitLimit.options,
        [(["for", "max"], "timeout"), (["continue_on_timeout"], "on_timeout")])
}

extension RuleReader {
    /// What can be waited for. Times are waited for with `wait`, conditions with `wait_until`.
    private static let awaited = Set(
        ["change", "mqtt", "event", "stale", "recovered", "webhook", "emit"] + Purpose.words)

    fileprivate func waitFor(_ setting: Setting, _ outer: SettingsReader, _ place: Place) {
        let before = report.diagnostics.all.count
        let beside = outer.setting("timeout")
        var timeout = beside.flatMap { duration($0) }
        var onTimeout = outer.given("on_timeout", SettingType<WaitLimit.OnTimeout>.word)
        var found: [Triggers] = []
        for item in setting.items ?? [setting] {
            guard item.node.entries != nil else {
                item.mismatch(expecting: "a trigger", remedy: "write wait_for: {event: phone.action, is: open}")
                continue
            }
            item.read { settings in
                if let inner = settings.setting("timeout") {
                    if beside != nil || timeout != nil {
                        inner.error("'wait_for' has two timeouts", remedy: "keep one of them")
                    }
                    timeout = duration(inner)
                }
                onTimeout = settings.given("on_timeout", SettingType<WaitLimit.OnTimeout>.word) ?? onTimeout
                if let triggers = trigger(settings, .waitFor) { found.append(triggers) }
            }
        }
        let triggers = found.flatMap(\.triggers)
        for trigger in triggers { check(trigger) }
        let given = found.map(\.scope).reduce(nil) { $0?.merged(with: $1) ?? $1 } ?? Scope()
        take(given, mayBeMissing: timeout != nil && (onTimeout ?? .continue) == .continue)
        guard !triggers.isEmpty, !report.hasErrors(after: before) else { return }
        add(WaitFor(triggers, WaitLimit(timeout: timeout, onTimeout: onTimeout ?? .continue)), place)
    }

    private func check(_ trigger: Trigger) {
        let remedy: String? =
            switch trigger.form {
            case .becomes(let expression): "write wait_until: \"\(expression.shown)\""
            case .schedule: "write wait: 10m, or wait_until with a time in it"
            case .start: "a run resumes after a restart by itself"
            default: nil
            }
        if !Self.awaited.contains(trigger.word) {
            report.error(at: trigger.position, "'\(trigger.word)' cannot be waited for", remedy: remedy)
        } else if trigger.hold != nil {
            report.error(
                at: trigger.position, "'for' cannot be used in 'wait_for'",
                remedy: "write timeout: for how long to wait, or wait_until for what has to last")
        } else if case .change(_, _, _, .some) = trigger.form {
            report.error(
                at: trigger.position, "'by' cannot be used in 'wait_for'", remedy: "write wait_until: \"abs(…) > …\"")
        }
    }

    /// The names that the trigger gives are known from here on.
    private func take(_ given: Scope, mayBeMissing: Bool) {
        for (name, declaration) in given.locals {
            var declaration = declaration
            if mayBeMissing { declaration.mayBeUnknown = true }
            scope.locals[name] = declaration
        }
        if given.isOpen { scope.isOpen = true }
        scope.locals["trigger"] = Scope.Declaration(.text, mayBeUnknown: false)
        scope.locals["timed_out"] = Scope.Declaration(.boolean, mayBeUnknown: false)
    }
}
