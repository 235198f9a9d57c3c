internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Who the hub is and how it is.
extension CommandRun {
    /// Answers `hub`. The rule of the zone serves clients whose machine does not know the zone.
    func identity(of hub: isolated Hub) -> JSON {
        let zone = try? context.zone(named: nil, in: hub)
        return [
            "name": .string(hub.configuration.name), "version": .string(Release.version),
            "uptime": .number(Double(context.uptime)), "time": .number(hub.clock.now.seconds),
            "zone": zone.map { .string($0.name) } ?? .null,
            "zone_rule": zone?.ruleText.map { .string($0) } ?? .null,
            "broker_trouble": context.broker()?.trouble.map { .string($0) } ?? .null,
        ]
    }

    /// What could not be used a moment ago is in the database once it is committed. Where that takes long, as on a disk that
    /// fails, it is not waited for.
    func whenLettersAreStored(in hub: isolated Hub, _ then: @escaping @Sendable (isolated Hub) -> Void) {
        let first = Once()
        let once: @Sendable () -> Void = { [hub = context.hub] in
            if first.isNow { hub.enqueue(then) }
        }
        hub.whenDurable { _ in once() }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .seconds(2), once)
    }

    /// Answers `status`.
    func status(of hub: isolated Hub, _ reply: @escaping Answer) {
        var report = StatusReport(
            identity: identity(of: hub), broker: context.broker(), brokerAway: hub.brokerAwaySince,
            store: hub.store.statistics, house: hub.health(naming: StatusReport.named))
        report.isSalvaged = hub.store.damage != nil
        report.outages = hub.store.outages.suffix(StatusReport.named).reversed()
        guard let service = context.rules else { return reply(.json(report.json)) }
        let names = service.ruleNames(in: hub)
        report.rules = names.compactMap { service.rule($0, in: hub) }
        report.undelivered = service.notifications(openOnly: true, limit: 1000, in: hub)
        let ended = RunQuery(
            outcomes: ["done", "stopped", "failed"], since: hub.clock.now - StatusReport.remembered, limit: 10_000)
        let (known, finished) = (Set(names), report)
        RunHistory(service, of: hub).question(ended, in: hub).answer { rows in
            var report = finished
            report.failed = StatusReport.failures(in: (try? rows.get()) ?? [], of: known)
            reply(.json(report.json))
        }
    }
}

/// Whoever comes first.
private final class Once: Sendable {
    private let isOver = Atomic(false)

    var isNow: Bool { !isOver.exchange(true, ordering: .acquiringAndReleasing) }
}

/// Everything that `status` tells, and what of it needs a person.
struct StatusReport: Sendable {
    var identity: JSON
    var broker: BrokerState?
    var brokerAway: Timestamp?
    var store: Store.Statistics
    var house: HouseHealth
    var isSalvaged = false
    var outages: [Outage] = []
    var rules: [RuleInfo] = []
    /// The newest run of each rule whose newest run failed.
    var failed: [RunRow] = []
    var undelivered: [NotificationInfo] = []

    /// Of lists so many are told.
    static let named = 20
    /// A rule that failed longer ago, and did not run since, is not told of.
    static let remembered = Duration.seconds(7 * 86_400)

    /// - Parameter rows: newest first.
    static func failures(in rows: [RunRow], of rules: Set<String>) -> [RunRow] {
        var seen: Set<String> = []
        return rows.filter { rules.contains($0.rule) && seen.insert($0.rule).inserted && $0.outcome == "failed" }
    }

    private var paused: [RuleInfo] { rules.filter { $0.state == .paused || $0.state == .limited } }
    private var lost: [NotificationInfo] { undelivered.filter { $0.state == "failed" || $0.reason != nil } }

    var json: JSON {
        .object([
            JSON.Member("hub", identity), JSON.Member("broker", brokerJSON),
            JSON.Member("storing", .bool(store.isStoring)),
            JSON.Member("store_error", store.lastError.map { .string($0) } ?? .null),
            JSON.Member("keys", .number(Double(house.keys))), JSON.Member("stale", .number(Double(house.stale))),
            JSON.Member("stale_keys", .array(house.staleKeys.map { .string($0.text) })),
            JSON.Member("devices", .number(Double(house.devices))),
            JSON.Member("offline", .number(Double(house.offline))),
            JSON.Member("offline_devices", .array(house.offlineDevices.map { .string($0) })),
            JSON.Member("gone", .number(Double(house.gone))), JSON.Member("rules", rulesJSON),
            JSON.Member("dead_letters", .number(Double(store.deadLetters))),
            JSON.Member("outages", .array(outages.map(\.json))),
            JSON.Member("attention", .array(attention.map { .string($0) })),
        ])
    }

    private var brokerJSON: JSON {
        guard let broker else { return .null }
        return [
            "address": .string(broker.address), "connected": .bool(broker.isConnected),
            "reason": broker.trouble.map { .string($0) } ?? .null,
            "since": broker.isConnected ? .null : brokerAway.map { .number($0.seconds) } ?? .null,
        ]
    }

    private var rulesJSON: JSON {
        func list(_ state: RuleInfo.State) -> JSON {
            .array(
                rules.filter { $0.state == state }.prefix(Self.named).map { rule in
                    ["rule": .string(rule.name), "reason": rule.reason.map { .string($0) } ?? .null]
                })
        }
        let failed = failed.prefix(Self.named).map { run -> JSON in
            [
                "rule": .string(run.rule), "run": .number(Double(run.id)), "time": .number(run.time.seconds),
                "reason": run.data["reason"] ?? .null,
            ]
        }
        return [
            "count": .number(Double(rules.count)), "disabled": list(.disabled), "paused": list(.paused),
            "limited": list(.limited), "failed": .array(failed),
        ]
    }

    /// A sentence each, the gravest first.
    var attention: [String] {
        var sentences: [String] = []
        if !store.isStoring { sentences.append(Health(store, nil).storing ?? "") }
        if isSalvaged {
            sentences.append("the database was damaged and was repaired; 'komoku store' tells what is lost")
        }
        if let trouble = broker?.trouble { sentences.append(trouble) }
        for rule in paused.prefix(Self.named) {
            let reason = rule.reason.map { ": \($0)" } ?? ""
            sentences.append("the rule '\(rule.name)' is \(rule.state.rawValue)\(reason)")
        }
        for run in failed.prefix(Self.named) {
            let reason = run.data["reason"]?.string.map { ": \($0)" } ?? ""
            sentences.append("the rule '\(run.rule)' failed in its last run\(reason)")
        }
        sentences += counted(house.offlineDevices, of: house.offline, "device is offline", "devices are offline")
        let stale = house.staleKeys.map(\.text)
        sentences += counted(stale, of: house.stale, "key has had no news", "keys have had no news", "for too long")
        if store.deadLetters > 0 {
            let messages = store.deadLetters == 1 ? "kind of message" : "kinds of messages"
            sentences.append("\(store.deadLetters) \(messages) could not be used; 'komoku dead-letters' lists them")
        }
        if !lost.isEmpty {
            let notes = lost.count == 1 ? "notification could" : "notifications could"
            sentences.append("\(lost.count) \(notes) not be delivered so far; 'komoku notifications --open' lists them")
        }
        return sentences
    }

    /// `2 devices are offline: hall_lamp, washer`.
    private func counted(_ names: [String], of count: Int, _ one: String, _ many: String, _ more: String = "")
        -> [String]
    {
        guard count > 0 else { return [] }
        let shown = names.prefix(5).joined(separator: ", ") + (count > 5 ? ", …" : "")
        return ["\(count) \(count == 1 ? one : many)\(more.isEmpty ? "" : " " + more): \(shown)"]
    }
}
