package import Komoku
internal import KomokuExpression
package import KomokuHub
package import KomokuRules
package import KomokuStore
package import KomokuWire

/// What clients ask of the rules, answered by the engine, the why log and the notes.
package final class RuleDesk: RuleService {
    package typealias Reloading = @Sendable (@escaping @Sendable (ReloadAnswer) -> Void) -> Void
    package typealias Searching = @Sendable (KeyName, KeyName?, @escaping @Sendable (KeyUses) -> Void) -> Void

    let host: RuleHost
    private let log: WhyLog
    private let reloading: Reloading
    private let searching: Searching

    /// - Parameters:
    ///   - reload: reads the configuration again and takes it over.
    ///   - search: finds where the configuration names a key.
    package init(
        _ host: RuleHost, log: WhyLog, reload: @escaping Reloading, search: @escaping Searching
    ) {
        self.host = host
        self.log = log
        reloading = reload
        searching = search
        log.attach(to: host.engine)
    }

    private var engine: RuleEngine { host.engine }

    /// Before the hub ends in good order.
    package func finish(in hub: isolated Hub) {
        engine.writeCounts(in: hub)
        log.flush(in: hub)
    }

    package func reload(_ then: @escaping @Sendable (ReloadAnswer) -> Void) { reloading(then) }

    package func findUses(of key: KeyName, as new: KeyName?, _ then: @escaping @Sendable (KeyUses) -> Void) {
        searching(key, new, then)
    }

    // MARK: Rules

    package func ruleNames(in hub: isolated Hub) -> [String] { engine.list(in: hub).map(\.rule.name) }

    package func rule(_ name: String, in hub: isolated Hub) -> RuleDescription? {
        engine.status(of: name, in: hub).map(RuleDescription.init)
    }

    package func keysOfRules(in hub: isolated Hub) -> [String: [KeyPattern]] {
        let rules = engine.list(in: hub).map(\.rule)
        let named = Dictionary(rules.map { ($0.name, $0) }) { first, _ in first }
        let own = named.mapValues { (keys: $0.keysNamed, calls: $0.namesCalled) }
        return own.compactMapValues { rule in
            var (keys, seen, open) = (rule.keys ?? [], Set<String>(), rule.calls)
            if rule.keys == nil { return nil }
            while let name = open.popLast() {
                guard seen.insert(name).inserted else { continue }
                guard let called = own[name], let more = called.keys else { return nil }
                keys += more
                open += called.calls
            }
            return keys
        }
    }

    package func setEnabled(_ isEnabled: Bool, _ rule: String, in hub: isolated Hub) throws(RuleRefusal) {
        if engine.setEnabled(rule, isEnabled, in: hub) { return }
        let status = try known(rule, in: hub)
        if isEnabled { throw .refused(Self.isLeftOut(status.rule)) }
    }

    private func known(_ rule: String, in hub: isolated Hub) throws(RuleRefusal) -> RuleEngine.RuleStatus {
        guard let status = engine.status(of: rule, in: hub) else { throw .unknownRule }
        return status
    }

    private static func isLeftOut(_ rule: Rule) -> String { "it has 'enabled: false' at \(rule.position)" }

    package func run(
        _ rule: String, arguments: [String: Value], source: String, in hub: isolated Hub
    ) throws(RuleRefusal) -> Int64 {
        switch engine.runNow(rule, arguments: arguments, source: source, in: hub) {
        case .began(let number): return number
        case .queued: throw .refused("it waits for a run of the rule to end")
        case .refused(let reason, let record):
            guard let record else { throw .refused(reason) }
            return record
        case .unknownRule: throw .refused(Self.isLeftOut(try known(rule, in: hub).rule))
        }
    }

    package func stopRuns(of rule: String, in hub: isolated Hub) throws(RuleRefusal) -> Int {
        if let count = engine.stopRuns(rule, in: hub) { return count }
        _ = try known(rule, in: hub)
        return 0
    }

    // MARK: Runs

    /// As many as the engine remembers.
    private static let remembered = 1024

    package func recentRuns(_ query: RunQuery, in hub: isolated Hub) -> [RunRow] {
        let standing = standingRuns(query, in: hub).map { status in
            status.record.row(outcome: RunRecord.standing, due: status.due)
        }
        let recent = engine.recentRecords(of: query.rule, limit: Self.remembered, in: hub).lazy
            .map { self.log.row(of: $0, in: hub) }
        let limit = max(0, query.limit)
        let rows = standing.filter(query.takes).prefix(limit) + recent.filter(query.takes).prefix(limit)
        return Array(rows.sorted { $0.id > $1.id }.prefix(limit))
    }

    /// Of many the newest only are looked at: each has to be unpacked.
    private func standingRuns(_ query: RunQuery, in hub: isolated Hub) -> [RuleEngine.StandingStatus] {
        if let outcomes = query.outcomes, !outcomes.contains(RunRecord.standing) { return [] }
        // What else is asked leaves some out again.
        let takesAll = query.key == nil && query.since == nil && query.before == nil
        let limit = takesAll ? min(max(0, query.limit), Self.remembered) : Self.remembered
        return engine.standingRuns(of: query.rule, limit: limit, newestFirst: true, in: hub)
    }

    package func recentRun(_ number: Int64, in hub: isolated Hub) -> RunRow? {
        if let status = engine.standingRun(number, in: hub) {
            return status.record.row(outcome: RunRecord.standing, due: status.due)
        }
        return engine.record(of: number, in: hub).map { log.row(of: $0, in: hub) }
    }

    package func followRuns(_ follower: @escaping @Sendable (RunRow) -> Void, in hub: isolated Hub) -> Int {
        log.follow(follower, in: hub)
    }

    package func unfollowRuns(_ number: Int, in hub: isolated Hub) { log.unfollow(number, in: hub) }

    // MARK: Messages

    package func emit(_ name: String, payload: JSON, source: String, in hub: isolated Hub) throws(RuleRefusal) -> Int {
        engine.emit(name, payload: payload, source: source, in: hub)
    }

    package func webhook(
        _ name: String, payload: String, arguments: [String: Value], in hub: isolated Hub
    ) -> Bool {
        engine.webhook(name, payload: payload, arguments: arguments, in: hub)
    }

    package func emit(
        toCell id: String, of behaviour: String, message: JSON, in hub: isolated Hub
    ) throws(RuleRefusal) {
        guard host.cells.knows(behaviour, in: hub) else { throw .unknown("no cells are called '\(behaviour)'") }
        guard host.cells.takesMessages(behaviour, in: hub) else {
            throw .refused("cells of '\(behaviour)' take no messages")
        }
        do throws(Reactor.Refusal) {
            try host.cells.send(message, to: behaviour, id, in: hub)
        } catch {
            throw .refused("\(error)")
        }
    }

    // MARK: Notes

    package func notifications(openOnly: Bool, limit: Int, in hub: isolated Hub) -> [RuleNotification] {
        let notes = openOnly ? host.notifier.open(in: hub) : host.notifier.all(in: hub)
        return notes.reversed().prefix(max(0, limit)).map(RuleNotification.init)
    }

    package func acknowledge(_ notes: NotificationChoice, in hub: isolated Hub) -> Int {
        switch notes {
        case .number(let number): host.notifier.acknowledge(number: number, in: hub) ? 1 : 0
        case .topic(let topic): host.notifier.acknowledge(topic, in: hub)
        }
    }
}

extension RunQuery {
    fileprivate func takes(_ row: RunRow) -> Bool {
        if let rule, !row.rule.utf8.elementsEqual(rule.utf8) { return false }
        if let key, !row.keys.contains(key) { return false }
        if let outcomes, !outcomes.contains(row.outcome) { return false }
        if let since, row.time < since { return false }
        return before.map { row.id < $0 } ?? true
    }
}

extension RuleDescription {
    fileprivate init(_ status: RuleEngine.RuleStatus) {
        let (rule, statistics) = (status.rule, status.statistics)
        self.init(rule.name)
        about = rule.about
        isScript = rule.isScript
        position = "\(rule.position)"
        mode = rule.mode.text
        limit = rule.limit.map { "\($0.count)/\($0.period)" }
        triggers = rule.triggers.enumerated().map { number, trigger in
            trigger.description + (status.keys[number].map { ": " + $0.shown } ?? "")
        }
        condition = rule.condition?.shown
        parameters = rule.parameters
        reason = statistics.paused ?? statistics.limited
        state =
            status.isLeftOut || statistics.isDisabled
            ? .disabled : statistics.isPaused ? .paused : statistics.limited != nil ? .limited : .enabled
        runs = statistics.runs
        failures = statistics.failures
        skipped = statistics.skipped
        refused = statistics.refused
        lastRun = statistics.lastRun
        standing = status.standing
        queued = status.queued
        next = status.nextDue
        pending = status.pending.map { Pending($0.trigger.description, of: $0.key, due: $0.due) }
        quiet = status.quiet
    }
}

extension Rule.Mode {
    fileprivate var text: String {
        switch self {
        case .single: "single"
        case .restart: "restart"
        case .queued(let most): "queued \(most)"
        case .parallel(let most): "parallel \(most)"
        }
    }
}

extension RuleNotification {
    fileprivate init(_ note: Note) {
        let open = note.deliveries.last { $0.stage == .waiting || $0.stage == .sending }
        self.init()
        (id, time, rule) = (note.number, note.accepted, note.notification.rule)
        (target, topic) = (note.notification.target, note.notification.topic)
        message = note.notification.message
        state =
            note.acknowledged != nil
            ? .acknowledged
            : open != nil ? .waiting : note.deliveries.contains { $0.stage == .delivered } ? .delivered : .failed
        title = note.notification.title
        attempts = note.deliveries.reduce(0) { $0 + $1.attempts }
        reason = note.deliveries.last?.reason
        due = note.escalates ?? open?.next
        if note.deliveries.count > 1, let second = note.deliveries.last {
            escalation = Escalation(to: second.target, at: second.since)
        }
    }
}

extension [KeyName] {
    /// The first ones, and how many more there are.
    fileprivate var shown: String {
        if isEmpty { return "no key yet" }
        let more = count - 8
        return prefix(8).map(\.text).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
