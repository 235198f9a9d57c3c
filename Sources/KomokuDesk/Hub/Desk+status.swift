internal import Dispatch
internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import Synchronization

/// Who the hub is and how it is.
extension Desk {
    /// Answers `hub`.
    func identity(of hub: isolated Hub) -> HubIdentity {
        let zone = try? zone(named: nil, in: hub)
        var identity = HubIdentity()
        (identity.name, identity.version) = (hub.configuration.name, Release.version)
        (identity.uptime, identity.time) = (uptime, hub.clock.now)
        (identity.zone, identity.zoneRule) = (zone?.name, zone?.ruleText)
        identity.brokerTrouble = brokerState?.trouble
        return identity
    }

    /// What could not be used a moment ago is in the database once it is committed. Where that takes long, as on a disk that
    /// fails, it is not waited for.
    func whenLettersAreStored(in hub: isolated Hub, _ then: @escaping @Sendable (isolated Hub) -> Void) {
        let first = Once()
        let once: @Sendable () -> Void = { [hub = self.hub] in
            if first.isNow { hub.enqueue(then) }
        }
        hub.whenDurable { _ in once() }
        work.async(after: .seconds(2), once)
    }

    /// Answers `status`.
    func status(of hub: isolated Hub, _ then: @escaping Answer) {
        var report = StatusReport(
            identity: identity(of: hub), broker: brokerState, brokerAway: hub.brokerAwaySince,
            store: hub.store.statistics, house: hub.health(naming: StatusReport.named))
        report.isSalvaged = hub.store.damage != nil
        report.outages = hub.store.outages.suffix(StatusReport.named).reversed()
        guard let rules else { return then(.shape(report.status)) }
        let names = rules.ruleNames(in: hub)
        report.rules = names.compactMap { rules.rule($0, in: hub) }
        report.undelivered = rules.notifications(openOnly: true, limit: 1000, in: hub)
        let ended = RunQuery(
            outcomes: ["done", "stopped", "failed"], since: hub.clock.now - StatusReport.remembered, limit: 10_000)
        let (known, finished) = (Set(names), report)
        RunHistory(rules, of: hub).question(ended, in: hub).answer { rows in
            var report = finished
            report.failed = StatusReport.failures(in: (try? rows.get()) ?? [], of: known)
            then(.shape(report.status))
        }
    }
}

/// Whoever comes first.
private final class Once: Sendable {
    private let isOver = Atomic(false)

    var isNow: Bool { !isOver.exchange(true, ordering: .acquiringAndReleasing) }
}
