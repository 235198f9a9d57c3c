package import Komoku
internal import KomokuExpression
package import KomokuHub
package import KomokuStore
internal import Logging

/// The records of runs in the database, in the commits of what they tell about; each outcome is kept for a time of its own.
///
/// Equal decisions of a rule in a row are one line, whose count is told every second and written every some seconds only. So
/// are the runs of a rule that runs on and on: a storm of them shall not fill disk and memory.
package final class WhyLog: RunLog, AlarmHandler {
    /// For how long, and how many at most.
    package static let usualRetention: [String: RunRetention] = {
        let long = RunRetention(time: .seconds(90 * 86_400), count: 100_000)
        let short = RunRetention(time: .seconds(14 * 86_400), count: 20_000)
        var retention: [String: RunRetention] = [:]
        for outcome in RunRecord.Outcome.allCases {
            switch outcome {
            case .done, .failed, .stopped, .replaced, .dropped, .reset, .missed: retention[outcome.rawValue] = long
            case .skipped, .busy, .limited, .paused: retention[outcome.rawValue] = short
            }
        }
        return retention
    }()

    /// Runs of one rule with one outcome, more than there is room for.
    private struct Storm: Hashable {
        let rule: String
        let outcome: RunRecord.Outcome
    }

    /// A decision of a rule, or a run, which may come again.
    private struct Repeated {
        /// With the newest reason.
        var record: RunRecord
        /// Of the rule, where it is known.
        let keys: [KeyName]
        var count = 1
        var last: Timestamp
        var isTold = true
        var isWritten = true

        init(_ record: RunRecord, keys: [KeyName]) {
            self.record = record
            self.keys = keys
            last = record.ended
        }

        var row: RunRow { record.row(count: count, last: last, keys: keys) }
    }

    private let store: Store
    private let retention: [String: RunRetention]
    private let pruningCount: Int
    // On the hub's thread only, as every method that touches it takes the hub.
    nonisolated(unsafe) private var state = State()

    private struct State {
        weak var engine: RuleEngine?
        var repeated: [String: Repeated] = [:]
        var storms: [Storm: Repeated] = [:]
        var rations: [String: RunRation] = [:]
        /// The rules of decisions, by the numbers of their records.
        var rules: [Int64: String] = [:]
        var followers: [Int: @Sendable (RunRow) -> Void] = [:]
        var lastFollower = 0
        /// When new counts are told, and written, on the monotonic clock.
        var telling: Int64?
        var writing: Int64?
        var pruned: Int64?
        /// Records since then.
        var unpruned = 0
    }

    private static let tellingPeriod = Duration.seconds(1)
    private static let writingPeriod = Duration.seconds(10)
    private static let pruningPeriod = Duration.seconds(3600)

    /// - Parameter pruningCount: after so many records old ones go even if it is not time yet: a rule that runs for ever,
    ///   thousands of times a second, does not fill the disk.
    package init(
        _ store: Store, retention: [String: RunRetention] = WhyLog.usualRetention, pruningCount: Int = 50_000
    ) {
        self.store = store
        self.retention = retention
        self.pruningCount = pruningCount
    }

    /// Where rules are found, for the keys that they have to do with. Before the hub starts.
    package func attach(to engine: RuleEngine) { state.engine = engine }

    package func newestNumber() -> Int64 { (try? store.newestRun()) ?? 0 }
}

// MARK: - Writing

extension WhyLog {
    package func append(_ record: RunRecord, in hub: isolated Hub) {
        guard !joins(record, in: hub) else { return }
        if let old = state.repeated.removeValue(forKey: record.rule) {
            state.rules[old.record.id] = nil
            if !old.isTold { tell(old.row) }
            if !old.isWritten { hub.append(run: old.row) }
        }
        var row = record.row()
        if record.isDecision {
            let entry = Repeated(record, keys: keys(of: record))
            state.repeated[record.rule] = entry
            state.rules[record.id] = record.rule
            row = entry.row
        }
        hub.append(run: row)
        tell(row)
        prune(in: hub)
    }

    package func amend(_ record: RunRecord, in hub: isolated Hub) {
        // One that was only counted has no line of its own.
        guard !state.storms.values.contains(where: { $0.record.rule == record.rule && $0.count > 1 }) else { return }
        let row = record.row()
        hub.append(run: row)
        tell(row)
    }

    /// Where a rule has had its share of lines, what is like the newest of them is only counted.
    private func joins(_ record: RunRecord, in hub: isolated Hub) -> Bool {
        if record.isDecision { return false }
        let now = hub.clock.monotonic
        let storm = Storm(rule: record.rule, outcome: record.outcome)
        if state.rations[record.rule, default: RunRation(at: now)].take(at: now) {
            if let old = state.storms.removeValue(forKey: storm), !old.isWritten { hub.append(run: old.row) }
            return false
        }
        guard var entry = state.storms[storm] else {
            state.storms[storm] = Repeated(record, keys: [])
            return false
        }
        (entry.count, entry.last) = (entry.count + 1, record.ended)
        (entry.isTold, entry.isWritten) = (state.followers.isEmpty, false)
        state.storms[storm] = entry
        wakeToTell(in: hub)
        return true
    }

    package func repeated(_ number: Int64, count: Int, reason: String, at time: Timestamp, in hub: isolated Hub) {
        guard let rule = state.rules[number], var entry = state.repeated[rule] else { return }
        (entry.count, entry.last, entry.record.reason) = (count, time, reason)
        (entry.isTold, entry.isWritten) = (state.followers.isEmpty, false)
        state.repeated[rule] = entry
        wakeToTell(in: hub)
    }

    private func wakeToTell(in hub: isolated Hub) {
        if state.writing != nil, state.telling != nil || state.followers.isEmpty { return }
        let now = hub.clock.monotonic
        state.writing = state.writing ?? now.adding(Self.writingPeriod)
        if !state.followers.isEmpty { state.telling = state.telling ?? now.adding(Self.tellingPeriod) }
        setAlarm(in: hub)
    }

    package func alarm(in hub: isolated Hub) {
        let now = hub.clock.monotonic
        if let moment = state.telling, moment <= now {
            state.telling = nil
            update(\.isTold) { tell($0) }
        }
        if let moment = state.writing, moment <= now { flush(in: hub) }
        setAlarm(in: hub)
    }

    /// Writes the counts that wait for their time: before the hub ends in good order.
    package func flush(in hub: isolated Hub) {
        state.writing = nil
        update(\.isWritten) { hub.append(run: $0) }
    }

    private func setAlarm(in hub: isolated Hub) {
        hub.setAlarm(at: [state.telling, state.writing].compactMap(\.self).min(), for: self)
    }

    /// Hands on what is not marked so, in the order of the records, and marks it.
    private func update(_ mark: WritableKeyPath<Repeated, Bool>, _ body: (RunRow) -> Void) {
        var rows: [RunRow] = []
        for (rule, entry) in state.repeated where !entry[keyPath: mark] {
            state.repeated[rule]?[keyPath: mark] = true
            rows.append(entry.row)
        }
        for (storm, entry) in state.storms where !entry[keyPath: mark] {
            state.storms[storm]?[keyPath: mark] = true
            rows.append(entry.row)
        }
        for row in rows.sorted(by: { $0.id < $1.id }) { body(row) }
    }

    private func prune(in hub: isolated Hub) {
        state.unpruned += 1
        let now = hub.clock.monotonic
        if let pruned = state.pruned, now < pruned.adding(Self.pruningPeriod), state.unpruned < pruningCount { return }
        (state.pruned, state.unpruned) = (now, 0)
        hub.prune(runs: retention)
    }
}

// MARK: - Reading

extension WhyLog {
    /// A record with how often it was repeated.
    package func row(of record: RunRecord, in hub: isolated Hub) -> RunRow {
        if let entry = state.repeated[record.rule], entry.record.id == record.id { return entry.row }
        let storm = Storm(rule: record.rule, outcome: record.outcome)
        if let entry = state.storms[storm], entry.record.id == record.id { return entry.row }
        return record.row(keys: record.isDecision ? keys(of: record) : [])
    }

    private func keys(of record: RunRecord) -> [KeyName] { state.engine?.script(record.rule)?.keysOfDecision ?? [] }

    /// Tells of each record from now on, and of one that is repeated with its count, every second; on the hub's thread, must
    /// not block.
    ///
    /// - Returns: what ends it.
    package func follow(_ follower: @escaping @Sendable (RunRow) -> Void, in hub: isolated Hub) -> Int {
        state.lastFollower += 1
        state.followers[state.lastFollower] = follower
        return state.lastFollower
    }

    package func unfollow(_ number: Int, in hub: isolated Hub) { state.followers[number] = nil }

    private func tell(_ row: RunRow) {
        for follower in state.followers.values { follower(row) }
    }
}

extension RunRecord {
    /// Whether it tells that nothing ran; such a decision may come again at once.
    fileprivate var isDecision: Bool {
        switch outcome {
        case .skipped, .busy, .limited, .paused: true
        case .done, .failed, .stopped, .replaced, .dropped, .reset, .missed: false
        }
    }
}

extension Rule {
    private static let maximumKeys = 32

    /// The keys that a decision not to run is about: those that the condition and `becomes` looked at and those that would have
    /// been put, as far as the rule names them.
    fileprivate var keysOfDecision: [KeyName] {
        var keys = condition?.keys ?? []
        for trigger in triggers {
            if case .becomes(let expression) = trigger.form { keys += expression.keys }
        }
        for instruction in procedure.instructions where keys.count < Self.maximumKeys {
            keys += instruction.operation.changes.all.map(\.key)
        }
        return Array(keys.prefix(Self.maximumKeys))
    }
}
