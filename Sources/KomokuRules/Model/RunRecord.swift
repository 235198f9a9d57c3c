package import Komoku

/// One line of the why log: a run, or a decision not to run.
package struct RunRecord: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        case done, failed, stopped
        /// The condition did not hold; `reason` is the clause.
        case skipped
        /// Its mode or its limit did not let it run; the depth guard or a person had paused it.
        case busy, limited, paused
        /// Ended by a newer run (`restart`), by a restart of the hub, by a change of the rule.
        case replaced, dropped, reset
        /// A schedule passed while the hub was down, or its clock was not set.
        case missed
    }

    /// Grows with each record; a run has its number from its start.
    package var id: Int64
    package var rule: String
    package var occasion: Occasion
    package var outcome: Outcome
    package var started: Timestamp
    package var ended: Timestamp
    /// The step that failed or stopped it: `2.then.1`.
    package var step: String?
    /// One clause for a person.
    package var reason: String?
    /// What it did, step by step, bounded.
    package var effects: [RunEffect]
    /// How many more there were.
    package var omitted: Int
    /// The keys that it changed or tried to, also in scripts, each once, bounded.
    package var keys: [KeyName]

    package init(
        id: Int64, rule: String, occasion: Occasion, outcome: Outcome, started: Timestamp, ended: Timestamp,
        step: String? = nil, reason: String? = nil, effects: [RunEffect] = [],
        omitted: Int = 0, keys: [KeyName] = []
    ) {
        self.id = id
        self.rule = rule
        self.occasion = occasion
        self.outcome = outcome
        self.started = started
        self.ended = ended
        self.step = step
        self.reason = reason
        self.effects = effects
        self.omitted = omitted
        self.keys = keys
    }

    /// The most effects that are kept.
    package static let maximumEffects = 32
}
