import Komoku
import KomokuHub

/// Triggers that are for a purpose: what they stand for is found out for each key, so that those that come later count.
extension RuleEngine {
    /// The plain triggers of a key, in the order of the rules.
    func purposes(of key: KeyName, in hub: isolated Hub) -> [PurposeMatches.Match] {
        if machine.rules.index.purposes.isEmpty { return [] }
        let version = PurposeMatches.Version(rules: machine.rules.generation, keys: hub.keyDescriptions)
        if let known = machine.purposes.matches(of: key, version) { return known }
        var found: [PurposeMatches.Match] = []
        for slot in machine.rules.index.purposes.candidates(for: key).sorted() {
            if let plain = plain(trigger(at: slot), for: key, in: hub) { found.append((slot, plain)) }
        }
        machine.purposes.remember(found, of: key, version)
        return found
    }

    func purpose(at slot: TriggerIndex.Slot, of key: KeyName, in hub: isolated Hub) -> Trigger? {
        purposes(of: key, in: hub).first { $0.slot == slot }?.trigger
    }

    /// A trigger as it is for a key; nil where the key does not tell of what it is for.
    func plain(_ trigger: Trigger, for key: KeyName, in hub: isolated Hub) -> Trigger? {
        guard case .purpose(let purpose) = trigger.form else { return trigger }
        return purpose.trigger(for: key, like: trigger) { hub.catalogueEntry(of: $0) }
    }

    /// The keys for which a trigger fires now; of other triggers, and in a house with very many keys, none are looked for.
    func keys(for trigger: Trigger, in hub: isolated Hub) -> [KeyName] {
        guard case .purpose(let purpose) = trigger.form else { return [] }
        return hub.keys(matching: purpose.target.pattern, limit: Self.maximumLooked).map(\.name)
            .filter { plain(trigger, for: $0, in: hub) != nil }
    }

    private static let maximumLooked = 20_000

    /// Whether a number falls below a limit, for the first time since it was well above it. That is kept, as steps are.
    func fires(
        _ threshold: Trigger.Threshold, _ trigger: Trigger, _ change: Change, _ id: Hold.ID, in hub: isolated Hub
    ) -> Bool {
        guard let value = change.value.number, change.provenance.tellsState else { return false }
        let level = machine.holds.level(of: id)
        guard value < threshold.below else {
            guard value >= threshold.release else { return false }
            if level != 0 { setLevel(0, of: id, in: hub) }
            dropHold(id, in: hub)
            return false
        }
        let wasLow = level.map { $0 != 0 } ?? change.previous?.number.map { $0 < threshold.below } ?? false
        guard !wasLow, change.provenance.fires(onRetained: trigger.firesOnRetained) else { return false }
        setLevel(1, of: id, in: hub)
        guard let hold = trigger.hold else { return true }
        beginHold(id, hold, Occasion(trigger.word, change), change, in: hub)
        return false
    }
}

extension Trigger.Threshold {
    /// Whether a change leads from above it to below it, as far as the change tells.
    func isCrossed(by change: Change) -> Bool {
        guard let value = change.value.number, value < below else { return false }
        return change.previous?.number.map { $0 >= below } ?? true
    }
}
