import Komoku
import KomokuExpression
import KomokuHub
import KomokuStore

/// `for:`, a trigger that has to hold for some time. Each is a cell, so that neither a restart nor a reload ends it.
extension RuleEngine {
    /// Begins one; where it is there, it goes on with the value that is newest.
    ///
    /// - Parameter change: what an expression of its length sees in place of what the key is by now.
    func beginHold(
        _ id: Hold.ID, _ length: HoldLength, _ occasion: Occasion, _ change: Change?, in hub: isolated Hub
    ) {
        if let hold = machine.holds[id] {
            guard hold.occasion.value != occasion.value else { return }
            machine.holds.set(occasion, of: id)
            let left = Duration(microseconds: hold.due &- hub.clock.monotonic)
            return writeHold(id, occasion, due: hub.clock.now + left, in: hub)
        }
        guard let duration = duration(length, of: id, occasion, change, in: hub) else { return }
        add(Hold(id: id, occasion: occasion, due: hub.clock.monotonic.adding(duration)))
        writeHold(id, occasion, due: hub.clock.now + duration, in: hub)
    }

    /// Nil where it is unknown; that is said, as the trigger does not fire then.
    private func duration(
        _ length: HoldLength, of id: Hold.ID, _ occasion: Occasion, _ change: Change?, in hub: isolated Hub
    ) -> Duration? {
        let expression: CompiledExpression
        switch length {
        case .fixed(let duration): return duration
        case .computed(let some): expression = some
        }
        let reason: String
        switch expression.outcome({ value(of: $0, occasion, change, in: hub) }) {
        case .value(let value):
            let duration = value.number.flatMap { Duration(seconds: $0) }
            if let duration, duration <= Expression.longestDuration { return max(duration, .zero) }
            reason = "\(value.description) seconds cannot be waited"
        case .unknown(let why): reason = why
        }
        refuse(Int(id.rule), occasion, .skipped, "'for' is unknown: \(reason)", in: hub)
        return nil
    }

    /// - Returns: its number.
    @discardableResult
    func add(_ hold: Hold) -> Int64 {
        let number = machine.holds.add(hold)
        machine.calendar.wake(.hold(number), at: hold.due)
        return number
    }

    /// It no longer holds.
    func dropHold(_ id: Hold.ID, in hub: isolated Hub) {
        if machine.holds.remove(id) { writeHold(id, nil, due: nil, in: hub) }
    }

    /// A rule that does not listen sees nothing break: nothing that began before counts after it.
    func dropHolds(of rule: Int, in hub: isolated Hub) {
        for hold in machine.holds.all where Int(hold.id.rule) == rule { dropHold(hold.id, in: hub) }
    }

    /// It has held for long enough.
    func endHold(_ number: Int64, due: Int64, in hub: isolated Hub) {
        guard let hold = machine.holds[number], hold.due == due else { return }
        if hold.isRestored, !hub.isSettled {
            return hub.onceSettled { [self] hub in perform(in: hub) { self.endHold(number, due: due, in: $0) } }
        }
        dropHold(hold.id, in: hub)
        // A deleted key is in no state.
        if let key = hold.id.key, hub.key(key) == nil { return }
        guard machine.rules[Int(hold.id.rule)].isListening else { return }
        var occasion = hold.occasion
        occasion.time = hub.clock.now
        let slot = TriggerIndex.Slot(rule: hold.id.rule, trigger: hold.id.trigger)
        take([firing(slot, occasion)], in: hub)
    }

    private func writeHold(_ id: Hold.ID, _ occasion: Occasion?, due: Timestamp?, in hub: isolated Hub) {
        write(.hold, cellID(of: id), occasion?.coded, due: due, in: hub)
    }

    private func cellID(of id: Hold.ID) -> String {
        let rule = machine.rules[Int(id.rule)].rule
        return "\(rule.hash) \(id.trigger) \(id.key?.text ?? "-") \(rule.name)"
    }

    // MARK: Steps

    /// Whether a key's value is a step away from where the trigger fired last, or from what it was when it was first seen:
    /// so that what drifts fires too. `moves` says whether all else lets it fire; then the next step counts from here.
    func isStep(_ step: Double, _ change: Change, of id: Hold.ID, moves: Bool, in hub: isolated Hub) -> Bool {
        guard let value = change.value.number else { return false }
        guard let level = machine.holds.level(of: id) ?? change.previous?.number else {
            setLevel(value, of: id, in: hub)
            return false
        }
        let isStep = abs(value - level) >= step
        if machine.holds.level(of: id) == nil || isStep && moves {
            setLevel(isStep && moves ? value : level, of: id, in: hub)
        }
        return isStep
    }

    /// A cell, so that a drift goes on over a restart.
    func setLevel(_ level: Double, of id: Hold.ID, in hub: isolated Hub) {
        if machine.holds.set(level: level, of: id) { write(.level, cellID(of: id), .number(level), in: hub) }
    }

    func dropLevel(_ id: Hold.ID, in hub: isolated Hub) {
        if machine.holds.removeLevel(of: id) { write(.level, cellID(of: id), nil, in: hub) }
    }

    func write(_ kind: EngineCell, _ id: String, _ data: JSON?, due: Timestamp? = nil, in hub: isolated Hub) {
        hub.append(cell: CellWrite(behaviour: kind.rawValue, id: id, data: data, due: due, failure: nil))
    }
}

extension Int64 {
    /// Microseconds later; the end of time where there is none that late.
    func adding(_ duration: Duration) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(duration.microseconds)
        return overflow ? (duration < .zero ? .min : .max) : sum
    }
}
