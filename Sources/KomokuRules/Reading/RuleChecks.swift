import Komoku
import KomokuExpression
import KomokuYAML

/// What is doubtful about rules that each by itself are right. All findings are warnings. Each check looks at a rule once and
/// finds others by what they have in common, so that thousands of rules are checked in a blink.
struct RuleChecks {
    let set: RuleSet
    let keys: KnownKeys
    let report: SettingsReport

    func run() {
        bounded { report in for rule in set.rules { SelfTriggering(rule, keys, report).run() } }
        bounded { ContestedKeys(set.rules, $0).run() }
        bounded { EndlessCalls(set.rules, $0).run() }
        bounded { EndlessLoops(set.rules, $0).run() }
        bounded { MutualTriggering(set.rules, keys, $0).run() }
        if !set.disabled.isEmpty { callsOfDisabledRules() }
        bounded { idleOptions($0) }
    }

    /// Options of scripts that all of their callers wait for.
    private func idleOptions(_ report: SettingsReport) {
        var calls: [String: Bool] = [:]
        var found = CallsFound()
        for rule in set.rules { rule.procedure.visit(&found) }
        for call in found.all { calls[call.name] = (calls[call.name] ?? true) && call.waits }
        for script in set.rules where script.isScript && calls[script.name] == true {
            let options = script.optionsOfItsOwnRuns
            guard let first = options.first else { continue }
            report.warning(
                at: script.position,
                "'\(first)' of '\(script.name)' does nothing where a rule waits for it, and all that call it do",
                remedy: "give it to the rules that call it, or write call: {name: \(script.name), wait: false}")
        }
    }

    /// The most warnings of one kind that are told.
    private static let maximum = 50

    private func bounded(_ check: (SettingsReport) -> Void) {
        let own = SettingsReport(source: report.source)
        check(own)
        let found = own.diagnostics.all
        report.append(contentsOf: found.prefix(Self.maximum))
        guard let next = found.dropFirst(Self.maximum).first else { return }
        let more = found.count - Self.maximum
        report.warning(at: next.position, "there are \(more) more warnings like this from here on")
    }

    private func callsOfDisabledRules() {
        let disabled = Set(set.disabled.map(\.name))
        for instruction in set.rules.flatMap(\.procedure.instructions) {
            for call in instruction.operation.calls where disabled.contains(call.name) {
                report.warning(at: instruction.position, "'\(call.name)' is called, and is not enabled")
            }
        }
    }
}

extension Rule {
    /// Those of its options that count only for runs of its own, as they are written.
    fileprivate var optionsOfItsOwnRuns: [String] {
        var options: [String] = []
        if mode != .single { options.append("mode") }
        if limit != nil { options.append("limit") }
        if onRestart != .resume { options.append("on_restart") }
        if maxOutage != nil { options.append("max_outage") }
        return options
    }
}

extension Instruction {
    /// Whether it is done each time, before which nothing is chosen.
    var isUnconditional: Bool { !step.utf8.contains(UInt8(ascii: ".")) || step.hasPrefix("vars.") }
}

extension Procedure {
    /// What is done in the turn of the trigger, whatever the values: up to the first step that may wait or end the run.
    var immediate: [Instruction] {
        let start = instructions.prefix { !$0.operation.waits && !$0.operation.ends }
        return start.filter { $0.isUnconditional && !$0.operation.isFlow }
    }
}

extension Value {
    /// What a constant in an action puts.
    init?(constant json: JSON) {
        switch json {
        case .number(let number): self = .number(number)
        case .bool(let boolean): self = .boolean(boolean)
        case .string(let text): self = .string(text)
        case .null, .array, .object: return nil
        }
    }
}
