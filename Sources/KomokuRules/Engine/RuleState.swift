internal import DequeModule
package import Komoku

/// A rule with what it remembers.
struct RuleState {
    let rule: Rule
    var statistics = RuleStatistics()
    /// For each `becomes`, by its trigger: whether it held when it was last looked at; nil until its history is known.
    var held: [Int: Bool] = [:]
    /// When each schedule is due, by its trigger.
    var due: [Int: Timestamp] = [:]
    var starts = StartWindow()
    /// The runs that stand.
    var standing: Set<Int64> = []
    /// What waits for a run to end, the oldest first.
    var queue = Deque<Queued>()
    /// What its runs that wait hold beyond what is usual, in bytes.
    var burden = 0
    /// Its conditions that wait for answers of the history.
    var checks = 0
    var lastRefusal: Refusal?
    /// How many lines it may still log; nil before the first.
    var logRation: RunRation?
    /// Lines that were not logged since the last one that was.
    var unlogged = 0
    /// Whether what it counts is ahead of its cell, and when that was written last, on the monotonic clock.
    var hasCounted = false
    var counted = Int64.min
    /// When its limit refused a run last, on the monotonic clock.
    var limited: Int64?
    /// The turn of the hub in which a run followed from another one last, and how many did.
    var turn: (number: Int, runs: Int) = (-1, 0)

    /// What waits, with the number of its cell.
    struct Queued: Equatable {
        let number: Int64
        let occasion: Occasion
    }

    /// Equal decisions not to run, one after another.
    struct Refusal {
        let outcome: RunRecord.Outcome
        /// What two of them have in common; of a skip the clause, without the values that it saw.
        let clause: String
        var reason: String
        var record: Int64
        var count = 1
    }

    init(_ rule: Rule) {
        self.rule = rule
    }

    var isListening: Bool { !statistics.isDisabled && statistics.paused == nil }
}

/// What a rule did since it was first loaded with its present content.
package struct RuleStatistics: Hashable, Sendable {
    /// Those that ended, failed ones included.
    package var runs = 0
    /// Times that a trigger fired and the condition did not hold.
    package var skipped = 0
    package var failures = 0
    /// Times that the rule's mode or its limit let nothing begin.
    package var refused = 0
    /// When one ended last.
    package var lastRun: Timestamp?
    /// Why it no longer listens, until it is enabled or reloaded.
    package var paused: String?
    /// Its limit, while that refuses further runs; it goes on by itself. As `RuleEngine.status` tells it.
    package var limited: String?
    package var isDisabled = false

    package init() {}

    /// What is counted; nil where nothing is.
    var coded: JSON? {
        if runs == 0, skipped == 0, failures == 0, refused == 0 { return nil }
        var members = [
            JSON.Member("runs", .number(Double(runs))), JSON.Member("skipped", .number(Double(skipped))),
            JSON.Member("failures", .number(Double(failures))), JSON.Member("refused", .number(Double(refused))),
        ]
        if let lastRun { members.append(JSON.Member("last", .number(Double(lastRun.microseconds)))) }
        return .object(members)
    }

    /// Takes over what was counted.
    mutating func take(counts: JSON) {
        func count(_ name: String) -> Int { counts[name].integer(in: 0...(1 << 53), default: 0) ?? 0 }
        (runs, skipped, failures, refused) = (count("runs"), count("skipped"), count("failures"), count("refused"))
        lastRun = counts["last"]?.exactInteger.map(Timestamp.init(microseconds:))
    }

    package var isPaused: Bool { paused != nil }
}
