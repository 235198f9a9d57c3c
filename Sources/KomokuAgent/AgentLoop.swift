package import Komoku
internal import KomokuSystem
package import KomokuWire

/// Collects on the thread that runs it until it is ended: each fact at its period, what is asked for at once, and now and then
/// that the machine lives. Told by other threads what to do.
package final class AgentLoop: Sendable {
    package typealias Taker = ([HostReading], Timestamp) throws -> Void

    private enum Order {
        case settings(AgentSettings)
        case read(Set<AgentFact>, @Sendable () -> Void)
    }

    private struct State {
        var orders: [Order] = []
        var isEnded = false
    }

    private let monitor = Monitor(State())
    private let host: String
    private let now: @Sendable () -> Int64
    private let time: @Sendable () -> Timestamp
    private let others: @Sendable (AgentFact) -> [HostReading]

    /// - Parameters:
    ///   - host: what tells this host's phase from that of others.
    ///   - now: microseconds of a clock that nobody sets, which goes on while the machine sleeps.
    ///   - others: the readings of facts that the machine does not tell of.
    package init(
        host: String, now: @escaping @Sendable () -> Int64, time: @escaping @Sendable () -> Timestamp,
        others: @escaping @Sendable (AgentFact) -> [HostReading] = { _ in [] }
    ) {
        (self.host, self.now, self.time, self.others) = (host, now, time, others)
    }

    /// Collects so from now on.
    package func apply(_ settings: AgentSettings) { give(.settings(settings)) }

    /// Reads facts now, whenever they are due.
    ///
    /// - Parameter then: called once they were taken. What is off is not read.
    package func read(_ facts: Set<AgentFact>, then: @escaping @Sendable () -> Void) {
        give(.read(facts, then))
    }

    private func give(_ order: Order) {
        monitor.withLock { $0.orders.append(order) }
        monitor.signal()
    }

    package func end() {
        monitor.withLock { $0.isEnded = true }
        monitor.signal()
    }

    /// - Parameters:
    ///   - report: is told what cannot be read.
    ///   - take: gets readings with their time; where it throws, that ends the loop.
    package func run(
        _ settings: AgentSettings, files: HostFiles = HostFiles(), report: (String) -> Void, take: Taker
    ) throws {
        var settings = settings
        var collector = Collector(settings, files: files)
        var schedule = CollectionSchedule(settings, host: host, at: now())
        /// When it is to be told next that the machine lives.
        var life = now()
        func collect(_ facts: Set<AgentFact>) throws {
            var readings = collector.collect(facts, report: report)
            for fact in facts { readings += others(fact) }
            if now() >= life {
                life = now() + settings.lifeSign.microseconds
                readings.append(.flag("online", true))
            }
            if !readings.isEmpty { try take(readings, time()) }
        }
        try collect(settings.facts)
        while true {
            let (orders, isEnded) = wait(until: min(schedule.next ?? life, life))
            if isEnded { return }
            for order in orders {
                switch order {
                case .settings(let new):
                    settings = new
                    collector.apply(new)
                    schedule = CollectionSchedule(new, host: host, at: now())
                    // How long it is believed that the machine lives may have changed.
                    life = now()
                case .read(let facts, let then):
                    if facts.contains(.facts) { collector.forgetFacts() }
                    life = now()
                    try collect(facts.intersection(settings.facts))
                    then()
                }
            }
            let due = schedule.take(at: now())
            if !due.isEmpty || now() >= life { try collect(due) }
        }
    }

    private func wait(until due: Int64) -> ([Order], Bool) {
        let now = now
        return monitor.wait { state in
            if state.isEnded || !state.orders.isEmpty {
                defer { state.orders = [] }
                return .result((state.orders, state.isEnded))
            }
            let left = due - now()
            return left <= 0 ? .result(([], false)) : .until(.now + Duration(microseconds: left))
        }
    }

    /// Two looks, because shares of processors are of the time between them.
    package static func readOnce(_ settings: AgentSettings, report: (String) -> Void, pause: () -> Void)
        -> [HostReading]
    {
        var collector = Collector(settings)
        _ = collector.collect([.cpu])
        pause()
        return collector.collect(settings.facts, isAlone: true, report: report)
    }
}

extension AgentSettings {
    /// How often it is told that the machine lives.
    package var lifeSign: Duration { healthbeat > .zero ? max(healthbeat, .seconds(1)) : .seconds(60) }
}
