package import Komoku
import KomokuExpression
package import KomokuHub

/// A trigger of a rule that fired.
struct Firing {
    /// The offset of the rule.
    let rule: Int
    let occasion: Occasion
}

/// What comes from outside, and which triggers it fires.
extension RuleEngine {
    package func handle(_ change: Change, in hub: isolated Hub) {
        let isNews = machine.attachment == .changes || change.previous != change.value || isEvent(change.key, in: hub)
        guard isNews || machine.rules.index.agedKeys.contains(change.key) else { return }
        guard concerns(change.key, change.type, in: hub) else { return }
        perform(in: hub) { [self] hub in if isNews { take(change, in: hub) } else { heard(change, in: hub) } }
    }

    package func isConcerned(by key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool {
        concerns(key, type, in: hub) || !machine.rules.index.freshness.slots(of: key).isEmpty
    }

    /// Whether something waits for changes of a key. One that may say whether a device can be reached is known by its type.
    private func concerns(_ key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool {
        !machine.rules.index.changes.slots(of: key).isEmpty || machine.runs.isWatched(key, type)
            || type == .uptime && !machine.rules.index.ofDevices.isEmpty || !purposes(of: key, in: hub).isEmpty
    }

    /// The triggers that a change of a key may concern, in the order of the rules.
    private func slots(of key: KeyName, _ type: KeyType, in hub: isolated Hub) -> [TriggerIndex.Slot] {
        var slots = machine.rules.index.changes.slots(of: key)
        let purposes = purposes(of: key, in: hub)
        if !purposes.isEmpty { slots = (slots + purposes.map(\.slot)).sorted() }
        guard type == .uptime, !machine.rules.index.ofDevices.isEmpty else { return slots }
        return Set(slots).union(machine.rules.index.ofDevices).sorted()
    }

    /// A key was deleted: what waits for it looks again.
    package func handle(deleted key: KeyName, in hub: isolated Hub) {
        perform(in: hub) { [self] hub in
            let slots = machine.rules.index.changes.slots(of: key)
            let held = slots + machine.rules.index.purposes.candidates(for: key)
            for slot in held + machine.rules.index.freshness.slots(of: key) {
                dropHold(Hold.ID(slot, key), in: hub)
                dropLevel(Hold.ID(slot, key), in: hub)
            }
            var firings: [Firing] = []
            for slot in slots { if case .schedule = trigger(at: slot).form { reschedule(slot, in: hub) } }
            for slot in slots where machine.rules[Int(slot.rule)].isListening {
                guard case .becomes = trigger(at: slot).form, look(at: slot, nil, in: hub),
                    firings.last?.rule != Int(slot.rule)
                else { continue }
                firings.append(firing(slot, Occasion("becomes", at: hub.clock.now)))
            }
            take(firings, in: hub)
            lookAtRuns(waitingFor: key, .uptime, in: hub)
        }
    }

    private func isEvent(_ key: KeyName, in hub: isolated Hub) -> Bool { hub.key(key)?.options.isEvent == true }

    /// Takes a put that changed nothing: only ages are other than they were.
    private func heard(_ change: Change, in hub: isolated Hub) {
        var firings: [Firing] = []
        for slot in machine.rules.index.changes.slots(of: change.key) where machine.rules[Int(slot.rule)].isListening {
            guard case .becomes(let expression) = trigger(at: slot).form,
                expression.reads.ageLimits.contains(where: { $0.key == change.key }),
                look(at: slot, change, in: hub), firings.last?.rule != Int(slot.rule)
            else { continue }
            firings.append(firing(slot, Occasion("becomes", change)))
        }
        take(firings, change, in: hub)
    }

    package func handle(_ event: FreshnessEvent, in hub: isolated Hub) {
        guard
            !machine.rules.index.freshness.slots(of: event.key).isEmpty
                || machine.runs.isWatched(event.key, event.type)
        else { return }
        perform(in: hub) { [self] hub in take(event, in: hub) }
    }

    /// Fires those triggers of `slots` that are wanted, the first of each rule.
    func fire(
        _ slots: [TriggerIndex.Slot], _ occasion: Occasion, in hub: isolated Hub,
        awaited: (@Sendable (Trigger) -> Bool)? = nil,
        where isWanted: @escaping @Sendable (Trigger) -> Bool = { _ in true }
    ) {
        if slots.isEmpty, machine.runs.awaitsNothing { return }
        perform(in: hub) { [self] hub in
            var firings: [Firing] = []
            for slot in slots where firings.last?.rule != Int(slot.rule) {
                guard isWanted(trigger(at: slot)) else { continue }
                firings.append(firing(slot, occasion))
            }
            take(firings, nil, awaited.map { Arrival(occasion: occasion, fires: $0) }, in: hub)
        }
    }

    /// The rule with what its trigger is called.
    func firing(_ slot: TriggerIndex.Slot, _ occasion: Occasion) -> Firing {
        guard let id = trigger(at: slot).id else { return Firing(rule: Int(slot.rule), occasion: occasion) }
        var named = occasion
        named.arguments["trigger_id"] = .string(id)
        return Firing(rule: Int(slot.rule), occasion: named)
    }

    func trigger(at slot: TriggerIndex.Slot) -> Trigger { machine.rules.trigger(at: slot) }

    // MARK: Changes

    private func take(_ change: Change, in hub: isolated Hub) {
        var firings: [Firing] = []
        let origin = machine.echoes.origin(of: change, at: hub.clock.monotonic)
        for slot in slots(of: change.key, change.type, in: hub) {
            // A rule that does not listen remembers nothing; that it would have run is said.
            guard machine.rules[Int(slot.rule)].isListening || trigger(at: slot).isMomentary else { continue }
            // Each is looked at, whatever the others do: those that hold, and `becomes`, remember.
            guard fires(slot, change, in: hub), firings.last?.rule != Int(slot.rule) else { continue }
            var occasion = Occasion(trigger(at: slot).word, change)
            if let origin { occasion.follow(origin) }
            firings.append(firing(slot, occasion))
        }
        let isEvent = isEvent(change.key, in: hub)
        let arrival = Arrival(occasion: Occasion("change", change), key: change.key) { trigger in
            self.plain(trigger, for: change.key, in: hub).map { Self.fires($0, change, isEvent: isEvent) } ?? false
        }
        take(firings, change, arrival, in: hub)
    }

    /// Whether a change is one that a run waits for.
    private static func fires(_ trigger: Trigger, _ change: Change, isEvent: Bool) -> Bool {
        guard change.provenance.fires(onRetained: trigger.firesOnRetained) else { return false }
        switch trigger.form {
        case .change(let pattern, let to, let from, _):
            return pattern.matches(change.key) && (to?.contains(change.value) ?? true) && matches(from, change.previous)
                && !trigger.excludes(change) && (trigger.threshold?.isCrossed(by: change) ?? true)
        case .event(let pattern, let values):
            return isEvent && pattern.matches(change.key) && (values?.contains(change.value) ?? true)
        default: return false
        }
    }

    private func take(_ event: FreshnessEvent, in hub: isolated Hub) {
        guard let change = event.change else { return }
        var firings: [Firing] = []
        for slot in machine.rules.index.freshness.slots(of: event.key) {
            guard machine.rules[Int(slot.rule)].isListening || trigger(at: slot).isMomentary else { continue }
            guard fires(slot, event, change, in: hub), firings.last?.rule != Int(slot.rule) else { continue }
            firings.append(firing(slot, Occasion(trigger(at: slot).word, change, at: event.time)))
        }
        let occasion = Occasion(event.freshness.rawValue, change, at: event.time)
        let arrival = Arrival(occasion: occasion, key: event.key) { trigger in
            guard case .freshness(let pattern, let freshness) = trigger.form else { return false }
            return freshness == event.freshness && pattern.matches(event.key)
                && event.provenance.fires(onRetained: trigger.firesOnRetained)
        }
        take(firings, change, arrival, in: hub)
    }

    private func fires(_ slot: TriggerIndex.Slot, _ change: Change, in hub: isolated Hub) -> Bool {
        fires(slot, trigger(at: slot), change, in: hub)
    }

    private func fires(
        _ slot: TriggerIndex.Slot, _ trigger: Trigger, _ change: Change, in hub: isolated Hub
    ) -> Bool {
        switch trigger.form {
        case .change(let pattern, let to, let from, let step):
            guard pattern.matches(change.key) else { return false }
            let id = Hold.ID(slot, change.key)
            if let threshold = trigger.threshold { return fires(threshold, trigger, change, id, in: hub) }
            let isWanted = (to?.contains(change.value) ?? true) && !trigger.notTo.contains(change.value)
            let isFrom = Self.matches(from, change.previous) && !trigger.excludes(from: change.previous)
            var fires =
                isWanted && isFrom
                && change.provenance.fires(onRetained: trigger.firesOnRetained)
            if let step { fires = isStep(step, change, of: id, moves: fires, in: hub) && fires }
            guard let hold = trigger.hold else { return fires }
            // Where any value counts it has to stay as it is; else one of those that count may follow another.
            if to == nil && trigger.notTo.isEmpty || !isWanted { dropHold(id, in: hub) }
            // What is replayed tells what is so, as anything else does; only an edge it is not.
            let begins = isWanted && isFrom && change.provenance.tellsState
            if fires || step == nil && begins { beginHold(id, hold, Occasion(trigger.word, change), change, in: hub) }
            return false
        case .event(let pattern, let values):
            return pattern.matches(change.key) && (values?.contains(change.value) ?? true)
                && change.provenance.fires(onRetained: trigger.firesOnRetained)
                && isEvent(change.key, in: hub)
        case .becomes:
            return look(at: slot, change, in: hub)
        case .schedule:
            // The key that says when it is due.
            reschedule(slot, in: hub)
            return false
        case .purpose:
            return purpose(at: slot, of: change.key, in: hub).map { fires(slot, $0, change, in: hub) } ?? false
        default:
            return false
        }
    }

    private func fires(
        _ slot: TriggerIndex.Slot, _ event: FreshnessEvent, _ change: Change, in hub: isolated Hub
    ) -> Bool {
        let trigger = trigger(at: slot)
        switch trigger.form {
        case .freshness(let pattern, let freshness):
            guard pattern.matches(event.key) else { return false }
            let id = Hold.ID(slot, event.key)
            guard freshness == event.freshness else {
                dropHold(id, in: hub)
                return false
            }
            guard event.provenance.fires(onRetained: trigger.firesOnRetained) else { return false }
            guard let hold = trigger.hold else { return true }
            beginHold(id, hold, Occasion(trigger.word, change, at: event.time), change, in: hub)
            return false
        case .becomes:
            return look(at: slot, change, in: hub)
        default:
            return false
        }
    }

    private static func matches(_ values: [Value]?, _ value: Value?) -> Bool {
        guard let values else { return true }
        return value.map(values.contains) ?? false
    }
}

extension Trigger {
    /// Whether a change is one that it does not take, whatever else it does.
    func excludes(_ change: Change) -> Bool { notTo.contains(change.value) || excludes(from: change.previous) }

    func excludes(from value: Value?) -> Bool { value.map { notFrom.contains($0) } ?? false }

    /// Whether it fires by what happens alone, not by what was before.
    fileprivate var isMomentary: Bool {
        if case .becomes = form { false } else { hold == nil }
    }
}

extension Occasion {
    /// Goes on with a chain that a rule began.
    mutating func follow(_ origin: Echoes.Origin) {
        depth = origin.depth
        parent = origin.run
    }

    /// - Parameter time: nil is the change's own.
    init(_ word: String, _ change: Change, at time: Timestamp? = nil) {
        self.init(word, at: time ?? change.time)
        key = change.key
        value = change.value
        previous = change.previous
        depth = change.cause.depth
        parent = change.cause.run
        source =
            switch change.cause {
            case .message(let topic): "message on \(topic)"
            case .client(let surface): "client \(surface)"
            case .rule(let name, _, _): "rule \(name)"
            case .expiry: "expiry"
            case .clock: "clock"
            }
    }
}

extension Provenance {
    /// Whether it says what is so now.
    var tellsState: Bool {
        switch self {
        case .live, .derived, .retained: true
        case .restored, .backfill: false
        }
    }

    /// Whether a trigger takes a change of this provenance for news.
    func fires(onRetained: Bool) -> Bool {
        switch self {
        case .live, .derived: true
        case .retained: onRetained
        case .restored, .backfill: false
        }
    }
}
