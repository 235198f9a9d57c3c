import Komoku
import KomokuHub
import KomokuStore

/// `for:`, a trigger that has to hold for some time. Each is a cell, so that neither a restart nor a reload ends it.
extension RuleEngine {
    /// Begins one; where it is there, it goes on with the value that is newest.
    func beginHold(_ id: Hold.ID, _ duration: Duration, _ occasion: Occasion, in hub: isolated Hub) {
        if let hold = holds[id] {
            guard hold.occasion.value != occasion.value else { return }
            holds.set(occasion, of: id)
            let left = Duration(microseconds: hold.due &- hub.clock.monotonic)
            return writeHold(id, occasion, due: hub.clock.now + left, in: hub)
        }
        add(Hold(id: id, occasion: occasion, due: hub.clock.monotonic.adding(duration)))
        writeHold(id, occasion, due: hub.clock.now + duration, in: hub)
    }

    /// - Returns: its number.
    @discardableResult
    func add(_ hold: Hold) -> Int64 {
        let number = holds.add(hold)
        timers.insert(.hold(number), at: Timestamp(microseconds: hold.due))
        return number
    }

    /// It no longer holds.
    func dropHold(_ id: Hold.ID, in hub: isolated Hub) {
        if holds.remove(id) { writeHold(id, nil, due: nil, in: hub) }
    }

    /// A rule that does not listen sees nothing break: nothing that began before counts after it.
    func dropHolds(of rule: Int, in hub: isolated Hub) {
        for hold in holds.all where Int(hold.id.rule) == rule { dropHold(hold.id, in: hub) }
    }

    /// It has held for long enough.
    func endHold(_ number: Int64, due: Int64, in hub: isolated Hub) {
        guard let hold = holds[number], hold.due == due else { return }
        if hold.isRestored, !hub.isSettled {
            return hub.onceSettled { [self] hub in perform(in: hub) { self.endHold(number, due: due, in: $0) } }
        }
        dropHold(hold.id, in: hub)
        // A deleted key is in no state.
        if let key = hold.id.key, hub.key(key) == nil { return }
        guard rules[Int(hold.id.rule)].isListening else { return }
        var occasion = hold.occasion
        occasion.time = hub.clock.now
        take([Firing(rule: Int(hold.id.rule), occasion: occasion)], in: hub)
    }

    private func writeHold(_ id: Hold.ID, _ occasion: Occasion?, due: Timestamp?, in hub: isolated Hub) {
        write(.hold, cellID(of: id), occasion?.coded, due: due, in: hub)
    }

    private func cellID(of id: Hold.ID) -> String {
        let rule = rules[Int(id.rule)].rule
        return "\(rule.hash) \(id.trigger) \(id.key?.text ?? "-") \(rule.name)"
    }

    // MARK: Steps

    /// Whether a key's value is a step away from where the trigger fired last, or from what it was when it was first seen:
    /// so that what drifts fires too. `moves` says whether all else lets it fire; then the next step counts from here.
    func isStep(_ step: Double, _ change: Change, of id: Hold.ID, moves: Bool, in hub: isolated Hub) -> Bool {
        guard let value = change.value.number else { return false }
        guard let level = holds.level(of: id) ?? change.previous?.number else {
            setLevel(value, of: id, in: hub)
            return false
        }
        let isStep = abs(value - level) >= step
        if holds.level(of: id) == nil || isStep && moves { setLevel(isStep && moves ? value : level, of: id, in: hub) }
        return isStep
    }

    /// A cell, so that a drift goes on over a restart.
    private func setLevel(_ level: Double, of id: Hold.ID, in hub: isolated Hub) {
        if holds.set(level: level, of: id) { write(.level, cellID(of: id), .number(level), in: hub) }
    }

    func dropLevel(_ id: Hold.ID, in hub: isolated Hub) {
        if holds.removeLevel(of: id) { write(.level, cellID(of: id), nil, in: hub) }
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
