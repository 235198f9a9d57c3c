import Komoku
import KomokuExpression
import KomokuHub

/// Why a rule does nothing now, for a person.
extension RuleEngine {
    /// The most triggers with a `for:` that are listed of a rule.
    private static let maximumPending = 100
    /// Of more in the house none are looked for: a list of rules asks for each.
    private static let maximumHolds = 2_000
    /// Of more keys a pattern is not held against each, for the same reason.
    private static let maximumKeys = 2_000

    func pending(_ rule: Int, in hub: isolated Hub) -> [Pending] {
        if machine.holds.count > Self.maximumHolds { return [] }
        let (now, monotonic) = (hub.clock.now, hub.clock.monotonic)
        let own = machine.holds.all.filter { Int($0.id.rule) == rule }
        let sorted = own.sorted { ($0.due, $0.id.trigger) < ($1.due, $1.id.trigger) }
        return sorted.prefix(Self.maximumPending).map { hold in
            Pending(
                trigger: machine.rules[rule].rule.triggers[Int(hold.id.trigger)], key: hold.id.key,
                due: now + Duration(microseconds: max(0, hold.due - monotonic)))
        }
    }

    /// - Returns: nil where a run of it goes on, waits to begin, or a `for:` of it has begun.
    func quiet(_ status: RuleStatus, _ state: RuleState, in hub: isolated Hub) -> String? {
        let rule = state.rule
        guard status.standing == 0, status.queued == 0, status.pending.isEmpty else { return nil }
        if state.statistics.isDisabled { return "it is disabled; komoku enable \(rule.name)" }
        if let reason = state.statistics.paused { return "it is paused: \(reason); komoku enable \(rule.name)" }
        if let reason = status.statistics.limited { return "its limit holds it back: \(reason)" }
        // Too many to look for those of this rule.
        if machine.holds.count > Self.maximumHolds { return nil }
        if rule.isScript { return "it is a script: it runs when a rule calls it" }
        if let refusal = state.lastRefusal { return Self.text(of: refusal) }
        let missing = missingKeys(of: rule, in: hub)
        let isKeyed = rule.triggers.allSatisfy { !$0.keys.isEmpty }
        if isKeyed, !missing.isEmpty, missing.count == rule.triggers.flatMap(\.keys).count {
            return "no key matches \(missing.prefix(3).joined(separator: ", "))"
        }
        let isTimed = status.nextDue != nil && rule.triggers.allSatisfy(\.form.isSchedule)
        if isTimed { return "it waits for its time" }
        return state.statistics.lastRun == nil
            ? "none of its triggers has fired" : "none of its triggers has fired since its last run"
    }

    private static func text(of refusal: RuleState.Refusal) -> String {
        let times = refusal.count == 1 ? "" : ", \(refusal.count) times in a row"
        switch refusal.outcome {
        case .skipped: return "it was fired and its condition did not hold\(times): \(refusal.reason)"
        default: return "it was fired and did not run\(times): \(refusal.reason)"
        }
    }

    /// The names and patterns of triggers that no key has.
    private func missingKeys(of rule: Rule, in hub: isolated Hub) -> [String] {
        let purposes = rule.triggers.filter { trigger in
            guard case .purpose = trigger.form else { return false }
            return hub.keyBound <= Self.maximumKeys && keys(for: trigger, in: hub).isEmpty
        }
        let patterns = rule.triggers.flatMap { trigger -> [KeyPattern] in
            if case .purpose = trigger.form { return [] }
            return trigger.keys
        }
        let missing = patterns.filter { pattern in
            if let name = pattern.name { return hub.key(name) == nil }
            return hub.keyBound <= Self.maximumKeys
                && hub.key(matching: pattern, after: nil, before: hub.keyBound) == nil
        }
        return missing.map(\.text) + purposes.map(\.description)
    }
}

extension Trigger.Form {
    fileprivate var isSchedule: Bool { if case .schedule = self { true } else { false } }
}
