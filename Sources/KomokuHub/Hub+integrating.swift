import Komoku
import KomokuStore

/// Counters of energy that the hub makes of keys of power (`integrate`).
///
/// A put of the source ends the time for which its value before held: that much is added to the counter, at the time of the put and in the
/// same batch, so that both are stored or neither is. The counter's newest time says up to when all is added, also after a restart.
/// Late puts are history and add nothing; neither does the time after a gap.
extension Hub {
    /// Learns which key a counter is made of, from its options.
    func tellIntegral(at index: Int) {
        let (state, options) = (table[index], table[index].settings.effective)
        let source = state.type == .counter && !state.isRetired ? options.integral?.source : nil
        guard source != integrals.sources[state.id] else { return }
        if let old = integrals.sources.removeValue(forKey: state.id) {
            integrals.targets[old]?.removeAll { $0 == state.id }
            if integrals.targets[old]?.isEmpty == true { integrals.targets[old] = nil }
        }
        // Nothing is made of itself.
        guard let source, source != state.name else { return }
        integrals.sources[state.id] = source
        integrals.targets[source, default: []].append(state.id)
    }

    /// Adds what a key's value came to until its next put.
    ///
    /// - Parameters:
    ///   - before: the value that held, if any.
    ///   - gap: the key's newest stored point, where that is a gap.
    func integrate(_ index: Int, from before: Point?, gap: Point?, until time: Timestamp, cause: Cause) {
        guard !integrals.isAdding, let targets = integrals.targets[table[index].name] else { return }
        // What is made of an integral would go round in circles.
        integrals.isAdding = true
        defer { integrals.isAdding = false }
        let power = table[index].settings.effective.unit
        let end = gap.map { min(time, $0.time) } ?? time
        for target in targets.map(\.index) where target < table.count && !table[target].isRetired {
            guard let integral = table[target].settings.effective.integral else { continue }
            guard let total = table[target].last else {
                accept(.number(0), at: time, of: target, provenance: .derived, cause: cause)
                continue
            }
            guard total.time < time else { continue }
            var energy = 0.0
            if let before, let number = before.value?.number, max(before.time, total.time) < end {
                energy = integral.energy(of: number, in: power, for: end - max(before.time, total.time))
            }
            // What is fed in is no consumption, unless the counter may fall.
            if table[target].settings.effective.counterKind != .derive { energy = max(0, energy) }
            let sum = (total.value?.number ?? 0) + energy
            guard sum.isFinite else { continue }
            accept(.number(sum), at: time, of: target, provenance: .derived, cause: cause)
        }
    }
}

/// Which counters are the integral of which key.
struct Integrals {
    /// Counters by the key that they are made of, and the other way round.
    var targets: [KeyName: [KeyID]] = [:]
    var sources: [KeyID: KeyName] = [:]
    /// What is being added is no news for others.
    var isAdding = false
}
