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
    var queue: [Occasion] = []
    var lastRefusal: Refusal?
    /// The turn of the hub in which a run began last, and how many did.
    var turn: (number: Int, runs: Int) = (-1, 0)

    /// Equal decisions not to run, one after another.
    struct Refusal {
        var outcome: RunRecord.Outcome
        var reason: String
        var record: Int64
        var count = 1
    }

    init(_ rule: Rule) {
        self.rule = rule
    }

    var isListening: Bool { !statistics.isDisabled && statistics.paused == nil }
}

/// What a rule did since it was first loaded with its present content, or since the hub started.
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
    package var isDisabled = false

    package init() {}

    package var isPaused: Bool { paused != nil }
}
