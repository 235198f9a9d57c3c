import Komoku
import KomokuExpression
import KomokuHub

/// A `becomes` that waits for answers of the history.
struct Looking {
    /// What made it worth a look; nil is the time.
    let change: Change?
    /// It has to be looked at once more after the answers.
    var isAgain = false
}

/// `becomes`: an expression that did not hold comes to hold. It is looked at when a key that it reads changes, and where time
/// alone may change it, as often as that can be.
extension RuleEngine {
    /// Takes the expressions as they are now for where they start from.
    func beginLooking(at slot: TriggerIndex.Slot, in hub: isolated Hub) {
        setLook(at: slot, in: hub)
        if machine.rules[Int(slot.rule)].held[Int(slot.trigger)] == nil { look(at: slot, nil, in: hub) }
    }

    func setLook(at slot: TriggerIndex.Slot, in hub: isolated Hub) {
        guard case .becomes(let expression) = trigger(at: slot).form else { return }
        setLook(.look(slot, generation: machine.rules.generation), expression, in: hub) { value(of: $0, in: hub) }
    }

    /// Sees to it that an expression is looked at when time alone may change it.
    ///
    /// - Parameter lookup: what a reference is now.
    func setLook(
        _ wake: WallWake, _ expression: CompiledExpression, in hub: isolated Hub, lookup: (Reference) -> Value?
    ) {
        guard expression.reads.isTimeDependent else { return }
        let next = expression.nextChange(
            after: hub.clock.now, in: machine.location.zone, lastHeard: { hub.lastHeard($0) },
            lastChanged: { hub.lastChanged($0) }, lookup: lookup)
        if let next { machine.calendar.look(wake, at: next) }
    }

    /// Time may have changed it.
    func lookAgain(at slot: TriggerIndex.Slot, in hub: isolated Hub) {
        setLook(at: slot, in: hub)
        lookAndFire(at: slot, nil, in: hub)
    }

    /// - Parameter change: what made it worth a look; nil is the time.
    /// - Returns: whether it fires; where the history has to be asked, it does later by itself.
    @discardableResult
    func look(at slot: TriggerIndex.Slot, _ change: Change?, in hub: isolated Hub) -> Bool {
        guard case .becomes(let expression) = trigger(at: slot).form else { return false }
        // What was heard of just now reaches its age, or what it is compared with, at another moment.
        if expression.changesMoments { setLook(at: slot, in: hub) }
        var answers = HistoryAnswers()
        switch answers.evaluate(expression, { value(of: $0, change: change, in: hub) }) {
        case .outcome(let outcome): return take(outcome, of: slot, change, in: hub)
        case .asks(let calls):
            guard machine.checks.begin(Looking(change: change), at: slot) else { return false }
            ask(calls, answers, expression, of: slot, change, in: hub)
            return false
        }
    }

    func value(of reference: Reference, change: Change?, in hub: isolated Hub) -> Value? {
        switch reference {
        case .key(let name) where name == change?.key: change?.value
        case .keys(let call): value(of: call, change, in: hub)
        default: value(of: reference, in: hub)
        }
    }

    private func ask(
        _ calls: [HistoryCall], _ answers: HistoryAnswers, _ expression: CompiledExpression,
        of slot: TriggerIndex.Slot, _ change: Change?, in hub: isolated Hub
    ) {
        let generation = machine.rules.generation
        ask(calls, in: hub) { [self] found, hub in
            guard generation == machine.rules.generation else { return }
            var answers = answers
            answers.add(found)
            switch answers.evaluate(expression, { value(of: $0, in: hub) }) {
            case .asks(let more): ask(more, answers, expression, of: slot, change, in: hub)
            case .outcome(let outcome):
                let isAgain = machine.checks.end(at: slot)
                if machine.rules[Int(slot.rule)].isListening, take(outcome, of: slot, change, in: hub) {
                    fire(slot, change, in: hub)
                }
                if isAgain { lookAndFire(at: slot, nil, in: hub) }
            }
        }
    }

    /// Looks outside of an event.
    func lookAndFire(at slot: TriggerIndex.Slot, _ change: Change?, in hub: isolated Hub) {
        if machine.rules[Int(slot.rule)].isListening, look(at: slot, change, in: hub) { fire(slot, change, in: hub) }
    }

    private func fire(_ slot: TriggerIndex.Slot, _ change: Change?, in hub: isolated Hub) {
        let occasion = change.map { Occasion("becomes", $0) } ?? Occasion("becomes", at: hub.clock.now)
        take([firing(slot, occasion)], in: hub)
    }

    /// - Returns: whether it fires now.
    private func take(
        _ outcome: CompiledExpression.Outcome, of slot: TriggerIndex.Slot, _ change: Change?, in hub: isolated Hub
    ) -> Bool {
        let (trigger, holds) = (trigger(at: slot), outcome.value == .boolean(true))
        let held = machine.rules[Int(slot.rule)].held.updateValue(holds, forKey: Int(slot.trigger))
        let id = Hold.ID(slot, nil)
        guard holds else {
            dropHold(id, in: hub)
            return false
        }
        let isNews = change?.provenance.fires(onRetained: trigger.firesOnRetained) ?? true
        guard held == false else { return false }
        guard let hold = trigger.hold else { return isNews }
        guard change?.provenance.tellsState ?? true else { return false }
        let occasion = change.map { Occasion("becomes", $0) } ?? Occasion("becomes", at: hub.clock.now)
        beginHold(id, hold, occasion, change, in: hub)
        return false
    }
}
