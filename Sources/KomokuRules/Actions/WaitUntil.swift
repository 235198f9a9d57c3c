import Komoku
import KomokuExpression
import KomokuYAML

/// `wait_until: "not hall.motion"`: goes on when a condition holds.
struct WaitUntil: Operation {
    let condition: CompiledExpression
    let limit: WaitLimit

    init(_ condition: CompiledExpression, _ limit: WaitLimit = WaitLimit()) {
        self.condition = condition
        self.limit = limit
    }

    var word: String { Self.word }
    var listing: String { "wait until \(condition.shown)\(limit.listing)" }
    var waits: Bool { true }
    var standing: Run.Standing? { .waitingUntil }
    var awaited: Awaited? { .condition(condition, limit) }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.expression(condition)
        if let timeout = limit.timeout { visitor.expression(timeout) }
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        if condition.holds(lookup) { return .until(holds: true) }
        // Its timer runs: it is only looked at again.
        if run.standing == .waitingUntil { return .until(holds: false) }
        return .until(
            holds: false, timeout: try limit.duration(policy, lookup), RunEffect(verb: word, text: condition.shown))
    }
}

extension WaitUntil: Action {
    static let word = "wait_until"
    static let options = ActionOptions.onError
    static let ownOptions = WaitLimit.options
    static let elsewhere: [(names: [String], meaning: String)] = [(["wait_template"], "wait_until")]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.waitUntil(written.setting, written.beside, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let waitUntil = Vocabulary(
        ["is"] + WaitLimit.options,
        [
            (["condition", "if", "expression", "expr", "until", "becomes", "true"], "is"), (["for", "max"], "timeout"),
            (["continue_on_timeout"], "on_timeout"),
        ])
}

extension RuleReader {
    fileprivate func waitUntil(_ setting: Setting, _ outer: SettingsReader, _ place: Place) {
        var compiled: CompiledExpression?
        var limit = WaitLimit()
        let beside = outer.setting("timeout")
        if setting.node.entries == nil {
            compiled = condition(setting)
        } else {
            setting.read(.waitUntil) { settings in
                let remedy = "write is: \"not hall.motion\""
                compiled = settings.needed("is", .item, of: .waitUntil, remedy: remedy).flatMap { condition($0) }
                limit.timeout = settings.setting("timeout").flatMap { duration($0) }
                limit.onTimeout = settings.given("on_timeout", SettingType<WaitLimit.OnTimeout>.word) ?? .continue
                if settings.has("timeout") {
                    beside?.error("'wait_until' has two timeouts", remedy: "keep one of them")
                }
            }
        }
        if limit.timeout == nil, let beside { limit.timeout = duration(beside) }
        scope.locals["timed_out"] = Scope.Declaration(.boolean, mayBeUnknown: false)
        guard let compiled else { return }
        let reads = compiled.reads
        if limit.timeout == nil, beside == nil, reads.keys.isEmpty, reads.computedKeys.isEmpty, reads.devices.isEmpty,
            reads.patterns.isEmpty, !reads.isTimeDependent
        {
            setting.warning("this reads no key and no clock, so the run may wait for ever", remedy: "give a timeout")
        }
        if reads.isLeftToChance {
            setting.warning(
                "chance is asked again each time that the expression is looked at",
                remedy: "wait a random time: wait: \"random(5m, 20m)\"")
        }
        add(WaitUntil(compiled, limit), place)
    }
}
