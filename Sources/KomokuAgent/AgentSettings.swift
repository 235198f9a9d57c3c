package import Komoku

/// What an agent collects, and how often.
package struct AgentSettings: Hashable, Sendable {
    /// A group of figures that are read together.
    package enum Fact: String, Hashable, Sendable, CaseIterable {
        case cpu, memory, pressure, load, uptime, network, disks, filesystems, sensors, batteries, facts

        /// Seconds between two readings, unless somebody says otherwise.
        package var usualPeriod: Int64 {
            switch self {
            case .cpu, .memory, .pressure, .load, .network, .disks: 10
            case .uptime, .sensors, .filesystems, .batteries: 60
            case .facts: 300
            }
        }
    }

    /// Zero is never.
    package var periods: [Fact: Duration]
    package var interfaces = NameFilter(exclude: ["lo", "veth*", "docker*", "br-*"])
    package var disks = NameFilter(exclude: ["loop*", "ram*", "zram*", "sr*"])
    package var mounts = NameFilter()

    package init() {
        periods = Dictionary(uniqueKeysWithValues: Fact.allCases.map { ($0, .seconds($0.usualPeriod)) })
    }

    /// All facts at one period.
    package init(every period: Duration) {
        self.init()
        for fact in Fact.allCases { periods[fact] = period }
    }
}

/// When which fact is due. Each host has its own phase, so that a thousand of them do not all tell their figures at :00.
package struct CollectionSchedule: Sendable {
    private var due: [AgentSettings.Fact: Int64] = [:]
    private let settings: AgentSettings
    private let seed: UInt64

    /// - Parameters:
    ///   - host: what tells this host from others.
    ///   - now: microseconds of a clock that nobody sets.
    package init(_ settings: AgentSettings, host: String, at now: Int64) {
        self.settings = settings
        // FNV-1a: the same in each process, which Swift's own hash is not.
        seed = host.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        for (fact, period) in settings.periods where period > .zero {
            due[fact] = next(fact, period.microseconds, after: now)
        }
    }

    /// Every period has its places in time, so many microseconds behind its multiples.
    private func next(_ fact: AgentSettings.Fact, _ period: Int64, after now: Int64) -> Int64 {
        let phase = Int64(seed % UInt64(max(1, period)))
        let behind = (now - phase) % period
        return now + period - (behind >= 0 ? behind : behind + period)
    }

    /// The earliest; nil where nothing is collected.
    package var next: Int64? { due.values.min() }

    /// Takes what is due. After a time in which nothing could be collected each is due once.
    package mutating func take(at now: Int64) -> Set<AgentSettings.Fact> {
        let found = Set(due.filter { $0.value <= now }.keys)
        for fact in found { due[fact] = next(fact, settings.periods[fact]?.microseconds ?? 1, after: now) }
        return found
    }
}
