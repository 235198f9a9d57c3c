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
    func status(of hub: isolated Hub, for rights: Rights, _ then: @escaping Answer) {
        var report = StatusReport(
            identity: identity(of: hub), broker: brokerState, brokerAway: hub.brokerAwaySince,
            store: hub.store.statistics,
            house: rights.readsAll
                ? hub.health(naming: StatusReport.named) : HouseHealth(of: hub, as: rights, StatusReport.named))
        // What they are of nobody knows.
        if !rights.readsAll { report.store.deadLetters = 0 }
        report.isSalvaged = hub.store.damage != nil
        report.resting = helpers.rests(for: rights, in: hub)
        // Their names and faults tell of the house.
        if rights.readsAll { report.polls = polls().compactMap { $0.trouble(at: hub.clock.now) } }
        report.outages = hub.store.outages.suffix(StatusReport.named).reversed()
        guard let rules else { return then(.shape(report.status)) }
        let view = RuleView(rights, rules, in: hub)
        let names = rules.ruleNames(in: hub).filter { view.sees(rule: $0) }
        report.rules = names.compactMap { rules.rule($0, in: hub) }
        report.undelivered = rules.notifications(openOnly: true, limit: 1000, in: hub).filter {
            view.sees(rule: $0.rule)
        }
        let ended = RunQuery(
            outcomes: ["done", "stopped", "failed"], since: hub.clock.now - StatusReport.remembered, limit: 10_000)
        let (known, finished) = (Set(names), report)
        RunHistory(rules, of: hub).question(ended, in: hub).answer { rows in
            var report = finished
            report.failed = StatusReport.failures(in: ((try? rows.get()) ?? []).filter(view.sees), of: known)
            then(.shape(report.status))
        }
    }
}

extension HouseHealth {
    /// Of the keys that somebody may read, and the devices that have one of these.
    fileprivate init(of hub: isolated Hub, as rights: Rights, _ limit: Int) {
        self = HouseHealth()
        for key in hub.keys(matching: .all) where rights.mayRead(key.name) {
            keys += 1
            guard key.isStale else { continue }
            stale += 1
            if staleKeys.count < limit { staleKeys.append(key.name) }
        }
        for device in hub.devices() where device.properties.contains(where: { rights.mayRead($0.key) }) {
            devices += 1
            guard device.isPresent else {
                gone += 1
                continue
            }
            guard !device.sleeps, device.isOnline == false else { continue }
            offline += 1
            if offlineDevices.count < limit { offlineDevices.append(device.name) }
        }
    }
}

/// Whoever comes first.
private final class Once: Sendable {
    private let isOver = Atomic(false)

    var isNow: Bool { !isOver.exchange(true, ordering: .acquiringAndReleasing) }
}
