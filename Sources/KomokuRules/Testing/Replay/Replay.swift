package import Komoku
internal import KomokuHub
package import Logging

/// Rules over recorded history: what they would have done, while nothing is done.
///
/// Recorded values are the world. What rules put is a value of its key until the history has another one. Servers and programs
/// answer at once that all is well.
package struct Replay: Sendable {
    /// A run that there would have been.
    package struct Firing: Hashable, Sendable {
        package let record: RunRecord
        /// It had not ended when the history did.
        package let stands: Bool
    }

    package struct Summary: Hashable, Sendable {
        package let rule: String
        package var runs = 0
        package var failed = 0
        /// Times that it was fired and did not run.
        package var refused = 0
        /// The most frequent reason why it did not.
        package var reason: String?
    }

    package struct Result: Sendable {
        package var firings: [Firing] = []
        /// In the order of the configuration.
        package var rules: [Summary] = []
    }

    /// From when to when; nil is all that there is.
    package struct Range: Hashable, Sendable {
        package var since: Timestamp?
        package var until: Timestamp?

        package init(since: Timestamp? = nil, until: Timestamp? = nil) {
            self.since = since
            self.until = until
        }
    }

    private let subject: RuleTestSubject
    private let logger: Logger

    package init(_ subject: RuleTestSubject, logger: Logger) {
        self.subject = subject
        self.logger = logger
    }

    /// - Parameter history: sorted. What is older than `since` is what the keys are at the beginning, and fires nothing.
    package func run(_ history: ReplayHistory, _ range: Range) async throws(RuleTestHouse.Failure) -> Result {
        guard let start = range.since ?? history.points.first?.time else { return Result() }
        let house = try RuleTestHouse(prepared(for: history), start: start, isDurable: false, logger: logger)
        try house.startHub()
        let first = history.points.partition(before: start)
        try await house.give(history, until: first)
        try await house.startRules()
        let end = range.until.map { history.points.partition(before: $0) } ?? history.points.count
        try await house.feed(history, from: first, to: max(first, end))
        if let until = range.until, until > house.clock.now { try await house.pass(until - house.clock.now) }
        let standing = try await house.perform { hub, host in host.engine.standingRuns(in: hub).map(\.record) }
        house.stop()
        return result(house.recorder.entries, standing)
    }

    /// Falls of uptime keys are recorded: without each message that kept them up they must not fall by themselves.
    private func prepared(for history: ReplayHistory) -> RuleTestSubject {
        var subject = subject
        for index in subject.hub.keys.indices where subject.hub.keys[index].type == .uptime {
            subject.hub.keys[index].type = .boolean
        }
        for (key, recorded) in history.types {
            let known = subject.hub.type(of: key) ?? subject.mappedType(key)
            // What was recorded is what the key was, whatever the configuration says by now.
            let fits = known.map { $0.holds == recorded?.holds } ?? false
            guard let type = fits || recorded == nil ? known : recorded else { continue }
            let declared = type == .uptime ? KeyType.boolean : type
            subject.hub.keys.append(Hub.Configuration.KeyEntry(pattern: KeyPattern(key), type: declared, options: []))
        }
        return subject
    }

    private func result(_ entries: [Recorder.Entry], _ standing: [RunRecord]) -> Result {
        var result = Result()
        var refusals: [String: [String: Int]] = [:]
        var summaries: [String: Summary] = [:]
        for rule in subject.rules.rules { summaries[rule.name] = Summary(rule: rule.name) }
        for case .run(let record) in entries.lazy.map(\.effect) {
            if record.outcome.isRefusal {
                summaries[record.rule]?.refused += 1
                refusals[record.rule, default: [:]][record.reason ?? record.outcome.rawValue, default: 0] += 1
                continue
            }
            summaries[record.rule]?.runs += 1
            if record.outcome == .failed { summaries[record.rule]?.failed += 1 }
            result.firings.append(Firing(record: record, stands: false))
        }
        for record in standing {
            summaries[record.rule]?.runs += 1
            result.firings.append(Firing(record: record, stands: true))
        }
        result.firings.sort { ($0.record.started, $0.record.id) < ($1.record.started, $1.record.id) }
        for rule in subject.rules.rules {
            guard var summary = summaries[rule.name] else { continue }
            summary.reason = refusals[rule.name]?.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
            if rule.isScript, summary.runs == 0 { continue }
            result.rules.append(summary)
        }
        return result
    }
}

extension Replay.Result {
    /// A firing that one of two sets of rules has and the other has not.
    package struct Difference: Hashable, Sendable {
        package let firing: Replay.Firing
        /// Of the newer rules.
        package let isNew: Bool
    }

    /// What is otherwise than with `old`, in the order of time.
    package func differences(from old: Replay.Result) -> [Difference] {
        var surplus: [Replay.Firing.Content: Int] = [:]
        for firing in old.firings { surplus[firing.content, default: 0] += 1 }
        var differences: [Difference] = []
        for firing in firings {
            if let count = surplus[firing.content], count > 0 {
                surplus[firing.content] = count - 1
            } else {
                differences.append(Difference(firing: firing, isNew: true))
            }
        }
        for firing in old.firings.reversed() {
            guard let count = surplus[firing.content], count > 0 else { continue }
            surplus[firing.content] = count - 1
            differences.append(Difference(firing: firing, isNew: false))
        }
        return differences.sorted {
            ($0.firing.record.started, $0.isNew ? 1 : 0, $0.firing.record.id)
                < ($1.firing.record.started, $1.isNew ? 1 : 0, $1.firing.record.id)
        }
    }
}

extension Replay.Firing {
    /// What makes two firings the same: not their numbers.
    struct Content: Hashable {
        let rule: String
        let started: Timestamp
        let word: String
        let key: KeyName?
        let outcome: RunRecord.Outcome?
        let effects: [RunEffect]
        let omitted: Int
    }

    var content: Content {
        Content(
            rule: record.rule, started: record.started, word: record.occasion.word, key: record.occasion.key,
            outcome: stands ? nil : record.outcome, effects: record.effects, omitted: record.omitted)
    }
}

extension RunRecord.Outcome {
    /// A decision not to run.
    var isRefusal: Bool {
        switch self {
        case .skipped, .busy, .limited, .paused, .missed: true
        case .done, .failed, .stopped, .replaced, .dropped, .reset: false
        }
    }
}

extension [ReplayHistory.Point] {
    /// How many are older than `time`.
    fileprivate func partition(before time: Timestamp) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
