import Komoku
import KomokuExpression
import KomokuHub
import Logging

/// A condition that waits for answers of the history; a cell, so that what fired is not lost with a crash.
struct PendingCheck {
    /// The offset of the rule.
    var rule: Int32
    let occasion: Occasion
    var answers = HistoryAnswers()
    /// What the keys were that the condition reads; a value that is nil was unknown.
    var seen: [KeyName: Value?] = [:]
    /// The same of what it asks over patterns, by how that is written.
    var seenOver: [String: Value?] = [:]
    /// What `answers` has, for the report.
    var known: [HistoryCall: Value?] = [:]
}

/// Whether a rule whose trigger fired runs.
extension RuleEngine {
    private enum Decision {
        case begins
        case skips(clause: String, reason: String)
        case asks([HistoryCall], PendingCheck)
    }

    /// Takes the triggers that an event fired, one of each rule.
    ///
    /// - Parameters:
    ///   - change: what conditions see in place of what its key is by now.
    ///   - arrival: what runs may wait for that stand at `wait_for`.
    func take(_ firings: [Firing], _ change: Change? = nil, _ arrival: Arrival? = nil, in hub: isolated Hub) {
        var decided: [(firing: Firing, decision: Decision)] = []
        for firing in firings {
            machine.counters.fired += 1
            guard let paused = reasonNotToListen(firing.rule) else {
                decided.append((firing, decide(PendingCheck(firing), change, in: hub)))
                continue
            }
            refuse(firing.rule, firing.occasion, .paused, paused, in: hub)
        }
        if let change { lookAtRuns(waitingFor: change.key, change.type, change, in: hub) }
        if let arrival { resume(by: arrival, in: hub) }
        for (firing, decision) in decided { carryOut(decision, firing, in: hub) }
    }

    private func reasonNotToListen(_ rule: Int) -> String? {
        if machine.rules[rule].statistics.isDisabled { return "the rule is disabled" }
        return machine.rules[rule].statistics.paused
    }

    private func decide(_ given: PendingCheck, _ change: Change?, in hub: isolated Hub) -> Decision {
        var check = given
        guard let condition = machine.rules[Int(check.rule)].rule.condition else { return .begins }
        let occasion = check.occasion
        let seen = (keys: check.seen, over: check.seenOver)
        switch check.answers.evaluate(condition, keepsDraws: true, { value(of: $0, seen, occasion, change, in: hub) }) {
        case .asks(let calls):
            // The answers come later: it is about what is so now.
            for case .key(let name) in condition.references where check.seen[name] == nil {
                check.seen[name] = .some(value(of: .key(name), occasion, change, in: hub))
            }
            for case .keys(let call) in condition.references where check.seenOver[call.description] == nil {
                check.seenOver[call.description] = .some(value(of: call, change, in: hub))
            }
            return .asks(calls, check)
        case .outcome(.value(.boolean(true))): return .begins
        case .outcome:
            let known = check.known
            var draws = check.answers.draws[...]
            let unmet = condition.unmetClause { reference in
                // It failed with the numbers that were drawn.
                if reference == .random { return draws.popFirst().map { .value($0) } ?? .unknown }
                if case .history(let call) = reference, let answer = known[call] {
                    return answer.map { .value($0) } ?? .unknown
                }
                return value(of: reference, seen, occasion, change, in: hub).map { .value($0) } ?? .unknown
            }
            let reason = (unmet?.description ?? condition.shown).cut(to: Run.maximumReason)
            return .skips(clause: unmet?.text ?? reason, reason: reason)
        }
    }

    private func value(
        of reference: Reference, _ seen: (keys: [KeyName: Value?], over: [String: Value?]), _ occasion: Occasion,
        _ change: Change?,
        in hub: isolated Hub
    ) -> Value? {
        switch reference {
        case .key(let name): if let value = seen.keys[name] { return value }
        case .keys(let call) where !seen.over.isEmpty: if let value = seen.over[call.description] { return value }
        default: break
        }
        return value(of: reference, occasion, change, in: hub)
    }

    private func carryOut(_ decision: Decision, _ firing: Firing, in hub: isolated Hub) {
        switch decision {
        case .begins: begin(firing.rule, firing.occasion, in: hub)
        case .skips(let clause, let reason):
            refuse(firing.rule, firing.occasion, .skipped, reason, clause: clause, in: hub)
        case .asks(let calls, let check):
            guard machine.rules[firing.rule].checks < Self.maximumChecks else {
                let reason = "\(Self.maximumChecks) conditions wait for the history"
                return refuse(firing.rule, firing.occasion, .busy, reason, in: hub)
            }
            let id = number()
            machine.checks[id] = check
            machine.rules[firing.rule].checks += 1
            writeCheck(id, check, in: hub)
            ask(calls, for: id, in: hub)
        }
    }

    private func ask(_ calls: [HistoryCall], for id: Int64, in hub: isolated Hub) {
        ask(calls, in: hub) { [self] answers, hub in
            if machine.checks.answer(id, answers) { resume(id, in: hub) }
        }
    }

    /// Decides what waited for answers, or was found at start.
    func resume(_ id: Int64, in hub: isolated Hub) {
        guard let check = machine.checks[id] else { return }
        let decision = decide(check, nil, in: hub)
        if case .asks(let calls, let check) = decision {
            machine.checks[id] = check
            return ask(calls, for: id, in: hub)
        }
        dropCheck(id, in: hub)
        let rule = Int(check.rule)
        if let paused = reasonNotToListen(rule) { return refuse(rule, check.occasion, .paused, paused, in: hub) }
        carryOut(decision, Firing(rule: rule, occasion: check.occasion), in: hub)
    }

    func dropCheck(_ id: Int64, in hub: isolated Hub) {
        guard let check = machine.checks.remove(id) else { return }
        machine.rules[Int(check.rule)].checks -= 1
        writeCheck(id, check, isOver: true, in: hub)
    }

    private func writeCheck(_ id: Int64, _ check: PendingCheck, isOver: Bool = false, in hub: isolated Hub) {
        let rule = machine.rules[Int(check.rule)].rule
        write(.check, "\(rule.hash) \(id) \(rule.name)", isOver ? nil : check.coded, in: hub)
    }

    /// Says that a rule does not run. What equals the decision before it is counted with that.
    ///
    /// - Parameter clause: what makes two of them equal; nil is the reason.
    func refuse(
        _ rule: Int, _ occasion: Occasion, _ outcome: RunRecord.Outcome, _ given: String, clause: String? = nil,
        in hub: isolated Hub
    ) {
        let reason = machine.rules.hidden.masked(given)
        switch outcome {
        case .skipped:
            machine.rules[rule].statistics.skipped += 1
            machine.counters.skipped += 1
        default: machine.rules[rule].statistics.refused += 1
        }
        noteCount(rule, in: hub)
        let now = hub.clock.now
        let clause = clause ?? reason
        if let last = machine.rules[rule].lastRefusal, last.outcome == outcome, last.clause == clause {
            machine.rules[rule].lastRefusal?.count = last.count + 1
            machine.rules[rule].lastRefusal?.reason = reason
            log?.repeated(last.record, count: last.count + 1, reason: reason, at: now, in: hub)
            return
        }
        let name = machine.rules[rule].rule.name
        let record = RunRecord(
            id: number(), rule: name, occasion: occasion, outcome: outcome, started: now, ended: now, reason: reason)
        machine.rules[rule].lastRefusal = RuleState.Refusal(
            outcome: outcome, clause: clause, reason: reason, record: record.id)
        tell(record, in: hub)
    }

    /// How long the texts of an occasion are that records keep whole, in bytes.
    private static let maximumShown = 256

    func tell(_ given: RunRecord, in hub: isolated Hub) {
        var record = machine.rules.hidden.masked(given)
        // A long text is worth a line to whoever asks why, not a copy of it in memory.
        if record.occasion.weight > Self.maximumShown { record.occasion = record.occasion.excerpt }
        machine.recent.append(record)
        log?.append(record, in: hub)
    }
}

extension PendingCheck {
    /// The occasion, and beside it under `seen` what the keys were.
    var coded: JSON {
        guard case .object(let members) = occasion.coded, !seen.isEmpty || !seenOver.isEmpty else {
            return occasion.coded
        }
        let keys = seen.map { JSON.Member($0.key.text, $0.value?.json ?? .null) }
        let values = (keys + seenOver.map { JSON.Member($0.key, $0.value?.json ?? .null) }).sorted { $0.name < $1.name }
        return .object(members + [JSON.Member("seen", .object(values))])
    }

    /// - Returns: nil where it is none.
    init?(rule: Int32, coding json: JSON) {
        guard let occasion = Occasion(coding: json) else { return nil }
        self.init(rule: rule, occasion: occasion)
        for member in json["seen"]?.object ?? [] {
            // What is asked over patterns has parentheses, which no name of a key has.
            if member.name.utf8.contains(UInt8(ascii: "(")) {
                seenOver[member.name] = .some(Value(constant: member.value))
            } else if let name = KeyName(member.name) {
                seen[name] = .some(Value(constant: member.value))
            }
        }
    }

    init(_ firing: Firing) {
        self.init(rule: Int32(firing.rule), occasion: firing.occasion)
    }
}
