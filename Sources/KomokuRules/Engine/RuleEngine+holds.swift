import Komoku
import KomokuHub
import KomokuStore

/// `for:`, a trigger that has to hold for some time. Each is a cell, so that neither a restart nor a reload ends it.
extension RuleEngine {
    /// Begins one, unless it is there.
    func beginHold(_ id: Hold.ID, _ duration: Duration, _ occasion: Occasion, in hub: isolated Hub) {
        guard holdNumbers[id] == nil else { return }
        add(Hold(id: id, occasion: occasion, due: hub.clock.monotonic.adding(duration)))
        writeHold(id, occasion, due: hub.clock.now + duration, in: hub)
    }

    func add(_ hold: Hold) {
        lastHold += 1
        holds[lastHold] = hold
        holdNumbers[hold.id] = lastHold
        timers.insert(.hold(lastHold), at: Timestamp(microseconds: hold.due))
    }

    /// It no longer holds.
    func dropHold(_ id: Hold.ID, in hub: isolated Hub) {
        guard let number = holdNumbers.removeValue(forKey: id) else { return }
        holds[number] = nil
        writeHold(id, nil, due: nil, in: hub)
    }

    /// It has held for long enough.
    func endHold(_ number: Int64, due: Int64, in hub: isolated Hub) {
        guard let hold = holds[number], hold.due == due else { return }
        dropHold(hold.id, in: hub)
        // A deleted key is in no state.
        if let key = hold.id.key, hub.key(key) == nil { return }
        guard rules[Int(hold.id.rule)].isListening else { return }
        var occasion = hold.occasion
        occasion.time = hub.clock.now
        take([Firing(rule: Int(hold.id.rule), occasion: occasion)], in: hub)
    }

    private func writeHold(_ id: Hold.ID, _ occasion: Occasion?, due: Timestamp?, in hub: isolated Hub) {
        let rule = rules[Int(id.rule)].rule
        let cell = "\(rule.hash) \(id.trigger) \(id.key?.text ?? "-") \(rule.name)"
        write(.hold, cell, occasion?.coded, due: due, in: hub)
    }

    func write(_ kind: EngineCell, _ id: String, _ data: JSON?, due: Timestamp? = nil, in hub: isolated Hub) {
        hub.append(cell: CellWrite(behaviour: kind.rawValue, id: id, data: data, due: due, failure: nil))
    }

    func setTimer(_ wake: Wake, after duration: Duration, in hub: isolated Hub) {
        timers.insert(wake, at: Timestamp(microseconds: hub.clock.monotonic.adding(duration)))
    }
}

extension Int64 {
    /// Microseconds later; the end of time where there is none that late.
    func adding(_ duration: Duration) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(duration.microseconds)
        return overflow ? (duration < .zero ? .min : .max) : sum
    }
}
