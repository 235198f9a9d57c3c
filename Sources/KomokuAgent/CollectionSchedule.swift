internal import Komoku
package import KomokuWire

/// When which fact is due. Each host has its own phase, so that a thousand of them do not all tell their figures at :00.
package struct CollectionSchedule: Sendable {
    private var due: [AgentFact: Int64] = [:]
    private let settings: AgentSettings
    private let seed: UInt64

    /// - Parameters:
    ///   - host: what tells this host from others.
    ///   - now: microseconds of a clock that nobody sets.
    package init(_ settings: AgentSettings, host: String, at now: Int64) {
        self.settings = settings
        // FNV-1a: the same in each process, which Swift's own hash is not.
        seed = host.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        for fact in settings.facts { due[fact] = next(fact, settings[fact].microseconds, after: now) }
    }

    /// Every period has its places in time, so many microseconds behind its multiples.
    private func next(_ fact: AgentFact, _ period: Int64, after now: Int64) -> Int64 {
        let phase = Int64(seed % UInt64(max(1, period)))
        let behind = (now - phase) % period
        return now + period - (behind >= 0 ? behind : behind + period)
    }

    /// The earliest; nil where nothing is collected.
    package var next: Int64? { due.values.min() }

    /// Takes what is due. After a time in which nothing could be collected each is due once.
    package mutating func take(at now: Int64) -> Set<AgentFact> {
        let found = Set(due.filter { $0.value <= now }.keys)
        for fact in found { due[fact] = next(fact, settings[fact].microseconds, after: now) }
        return found
    }
}
