package import Komoku
import KomokuExpression
package import KomokuHub

/// What people see of the rules and do with them.
extension RuleEngine {
    package struct RuleStatus: Sendable {
        package var rule: Rule
        package var statistics: RuleStatistics
        /// The configuration itself says that it is not there; nothing else counts then.
        package var isLeftOut = false
        package var standing: Int
        package var queued: Int
        /// When the next of its schedules is due.
        package var nextDue: Timestamp?
        /// Triggers whose `for:` has begun, the first to fire first; not all of many. Of a rule that is asked for by name.
        package var pending: [Pending] = []
        /// Why nothing of it is under way; nil where something is. Of a rule that is asked for by name.
        package var quiet: String?
        /// The keys for which triggers fire that are for a purpose, by the slots of these. Of a rule that is asked for by name.
        package var keys: [Int: [KeyName]] = [:]
    }

    /// A trigger whose `for:` has begun.
    package struct Pending: Sendable {
        package let trigger: Trigger
        package let key: KeyName?
        /// When it fires.
        package let due: Timestamp
    }

    /// In the order of the configuration.
    package func list(in hub: isolated Hub) -> [RuleStatus] {
        let now = hub.clock.monotonic
        return machine.rules.states.map { Self.status($0, now) } + machine.rules.leftOut.map(Self.status)
    }

    /// Nil where there is no such rule.
    package func status(of name: String, in hub: isolated Hub) -> RuleStatus? {
        guard let slot = machine.rules.offset(of: name) else {
            return machine.rules.leftOut.first { $0.name == name }.map(Self.status)
        }
        var status = Self.status(machine.rules[slot], hub.clock.monotonic)
        status.pending = pending(slot, in: hub)
        for (number, trigger) in status.rule.triggers.enumerated() {
            if case .purpose = trigger.form { status.keys[number] = keys(for: trigger, in: hub) }
        }
        status.quiet = quiet(status, machine.rules[slot], in: hub)
        return status
    }

    private static func status(_ rule: Rule) -> RuleStatus {
        var status = status(RuleState(rule), 0)
        status.isLeftOut = true
        return status
    }

    private static func status(_ state: RuleState, _ now: Int64) -> RuleStatus {
        var statistics = state.statistics
        if let limit = state.rule.limit, let last = state.limited, now < last.adding(limit.period),
            state.starts.isFull(limit, at: Timestamp(microseconds: now))
        {
            statistics.limited = limit.reason
        }
        return RuleStatus(
            rule: state.rule, statistics: statistics, standing: state.standing.count, queued: state.queue.count,
            nextDue: state.due.values.min())
    }

    /// A run that waits, as it stands: `outcome` says nothing yet, `step` is where.
    package struct StandingStatus: Sendable {
        package var record: RunRecord
        package var standing: Run.Standing
        /// When its wait is over, at the latest; nil where it has no end.
        package var due: Timestamp?
    }

    /// The runs that wait, the oldest first unless said otherwise.
    ///
    /// - Parameter rule: nil is all.
    package func standingRuns(
        of rule: String? = nil, limit: Int = .max, newestFirst: Bool = false, in hub: isolated Hub
    ) -> [StandingStatus] {
        let ids =
            rule.map { name in machine.rules.offset(of: name).map { Array(machine.rules[$0].standing) } ?? [] }
            ?? machine.runs.ids.filter { machine.runs[$0]?.isBranch == false }
        let sorted = newestFirst ? ids.sorted(by: >) : ids.sorted()
        return sorted.prefix(max(0, limit)).compactMap { standingRun($0, in: hub) }
    }

    /// Nil where it does not wait, or not any more.
    package func standingRun(_ id: Int64, in hub: isolated Hub) -> StandingStatus? {
        guard let standing = machine.runs[id], !standing.isBranch, let run = whole(id) else { return nil }
        let (now, monotonic) = (hub.clock.now, hub.clock.monotonic)
        let due =
            standing.due == StandingRun.never ? nil : now + Duration(microseconds: max(0, standing.due - monotonic))
        return StandingStatus(
            record: machine.rules.hidden.masked(run.record(ended: now)), standing: run.standing, due: due)
    }

    /// The newest records, newest first, as far as memory has them.
    package func recentRecords(of rule: String? = nil, limit: Int = 100, in hub: isolated Hub) -> [RunRecord] {
        machine.recent.newest(limit) { rule == nil || $0.rule == rule }
    }

    /// One of those that memory has.
    package func record(of number: Int64, in hub: isolated Hub) -> RunRecord? {
        machine.recent.newest(1) { $0.id == number }.first
    }

    /// Lets a rule listen, or not. Survives restarts. Enabling also ends a pause; runs that stand go on either way.
    ///
    /// - Returns: whether there is such a rule.
    @discardableResult
    package func setEnabled(_ name: String, _ isEnabled: Bool, in hub: isolated Hub) -> Bool {
        guard let rule = machine.rules.offset(of: name) else { return false }
        machine.rules[rule].statistics.isDisabled = !isEnabled
        if isEnabled { machine.rules[rule].statistics.paused = nil }
        machine.rules[rule].lastRefusal = nil
        if !isEnabled { dropHolds(of: rule, in: hub) }
        writeRule(rule, in: hub)
        perform(in: hub) { [self] hub in
            guard machine.rules.indices.contains(rule), isEnabled else { return }
            // What came to hold meanwhile is no news.
            machine.rules[rule].held = [:]
            for slot in machine.rules.index.becomes where Int(slot.rule) == rule { look(at: slot, nil, in: hub) }
        }
        return true
    }

    func writeRule(_ rule: Int, in hub: isolated Hub) {
        let state = machine.rules[rule]
        var members: [JSON.Member] = []
        if state.statistics.isDisabled { members.append(JSON.Member("disabled", true)) }
        if let reason = state.statistics.paused { members.append(JSON.Member("paused", .string(reason))) }
        if let limit = state.rule.limit, limit.count <= Self.maximumStarts {
            let (wall, now) = (hub.clock.now, Timestamp(microseconds: hub.clock.monotonic))
            let starts = state.starts.ages(limit, at: now).map { JSON.number(Double((wall - $0).microseconds)) }
            if !starts.isEmpty { members.append(JSON.Member("starts", .array(starts))) }
        }
        if let counts = state.statistics.coded { members.append(JSON.Member("counts", counts)) }
        if !members.isEmpty { members.append(JSON.Member("hash", .string(state.rule.hash))) }
        write(.rule, state.rule.name, members.isEmpty ? nil : .object(members), in: hub)
        (machine.rules[rule].hasCounted, machine.rules[rule].counted) = (false, hub.clock.monotonic)
    }

    /// Of limits that let more runs begin the starts are not kept over a restart.
    static let maximumStarts = 200
    /// How long what a rule counts may be behind in the database.
    private static let countingPeriod = Duration.seconds(60)

    /// A rule has counted something: it is written once a minute at most.
    func noteCount(_ rule: Int, in hub: isolated Hub) {
        machine.rules[rule].hasCounted = true
        if hub.clock.monotonic >= machine.rules[rule].counted.adding(Self.countingPeriod) { writeRule(rule, in: hub) }
    }

    /// Before the hub ends in good order.
    package func writeCounts(in hub: isolated Hub) {
        for rule in machine.rules.indices where machine.rules[rule].hasCounted { writeRule(rule, in: hub) }
    }

    /// What became of a wish to run a rule.
    package enum Start: Hashable, Sendable {
        /// The run's number; it may have ended already.
        case began(Int64)
        /// It waits for another run of the rule.
        case queued
        case refused(String, record: Int64?)
        case unknownRule
    }

    /// Runs a rule or a script, whatever its triggers, its condition and whether it is enabled. Its mode and its limit hold.
    package func runNow(
        _ name: String, arguments: [String: Value] = [:], source: String? = nil, in hub: isolated Hub
    ) -> Start {
        guard let rule = machine.rules.offset(of: name) else { return .unknownRule }
        var occasion = Occasion("manual", at: hub.clock.now)
        occasion.arguments = arguments
        occasion.source = source
        // Set on the hub's thread, before `perform` returns.
        nonisolated(unsafe) var result = Start.unknownRule
        let queued = machine.rules[rule].queue.count
        perform(in: hub) { [self] hub in
            if let id = begin(rule, occasion, in: hub) { result = .began(id) }
        }
        if result != .unknownRule { return result }
        if machine.rules[rule].queue.count > queued { return .queued }
        let refusal = machine.rules[rule].lastRefusal
        return .refused(refusal?.reason ?? "it does not run", record: refusal?.record)
    }

    /// Ends all runs of a rule that wait, and those that wait for them.
    ///
    /// - Returns: how many; nil where there is no such rule.
    package func stopRuns(_ name: String, in hub: isolated Hub) -> Int? {
        guard let rule = machine.rules.offset(of: name) else { return nil }
        let count = machine.rules[rule].standing.count + machine.rules[rule].queue.count
        perform(in: hub) { [self] hub in
            dropQueue(rule, in: hub)
            for id in machine.rules[rule].standing.sorted() { end(id, .stopped, "stopped by hand", in: hub) }
        }
        return count
    }
}
