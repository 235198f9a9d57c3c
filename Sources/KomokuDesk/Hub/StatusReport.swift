internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Everything that `status` tells, and what of it needs a person.
struct StatusReport: Sendable {
    var identity: HubIdentity
    var broker: BrokerState?
    var brokerAway: Timestamp?
    var store: Store.Statistics
    var house: HouseHealth
    var isSalvaged = false
    var outages: [Outage] = []
    /// A sentence for each helper that rests.
    var resting: [String] = []
    /// A sentence for each web service that does not answer as it should.
    var polls: [String] = []
    var rules: [RuleDescription] = []
    /// The newest run of each rule whose newest run failed.
    var failed: [RunRow] = []
    var undelivered: [RuleNotification] = []

    /// Of lists so many are told.
    static let named = 20
    /// A rule that failed longer ago, and did not run since, is not told of.
    static let remembered = Duration.seconds(7 * 86_400)

    /// - Parameter rows: newest first.
    static func failures(in rows: [RunRow], of rules: Set<String>) -> [RunRow] {
        var seen: Set<String> = []
        return rows.filter { rules.contains($0.rule) && seen.insert($0.rule).inserted && $0.outcome == "failed" }
    }

    private var paused: [RuleDescription] { rules.filter { $0.state == .paused || $0.state == .limited } }
    private var lost: [RuleNotification] { undelivered.filter { $0.state == .failed || $0.reason != nil } }

    var status: HubStatus {
        var status = HubStatus()
        (status.hub, status.broker) = (identity, broker.map { HubStatus.Broker($0, away: brokerAway) })
        (status.isStoring, status.storeError) = (store.isStoring, store.lastError)
        (status.keys, status.stale, status.staleKeys) = (house.keys, house.stale, house.staleKeys.map(\.text))
        (status.devices, status.gone) = (house.devices, house.gone)
        (status.offline, status.offlineDevices) = (house.offline, house.offlineDevices)
        status.rules = rulesToldOf
        (status.deadLetters, status.outages) = (store.deadLetters, outages.map(OutageReport.init))
        status.attention = attention
        return status
    }

    private var rulesToldOf: HubStatus.Rules {
        func list(_ state: RuleDescription.State) -> [HubStatus.Rule] {
            rules.filter { $0.state == state }.prefix(Self.named).map { HubStatus.Rule($0.name, because: $0.reason) }
        }
        var told = HubStatus.Rules()
        told.count = rules.count
        (told.disabled, told.paused, told.limited) = (list(.disabled), list(.paused), list(.limited))
        told.failed = failed.prefix(Self.named).map(HubStatus.FailedRun.init)
        return told
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
        sentences += resting.prefix(Self.named) + polls.prefix(Self.named)
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

extension HubStatus.Broker {
    fileprivate init(_ broker: BrokerState, away: Timestamp?) {
        self.init()
        (address, isConnected, reason) = (broker.address, broker.isConnected, broker.trouble)
        since = broker.isConnected ? nil : away
    }
}

extension HubStatus.FailedRun {
    fileprivate init(_ row: RunRow) {
        self.init()
        (rule, run, time, reason) = (row.rule, row.id, row.time, row.data["reason"]?.string)
    }
}
