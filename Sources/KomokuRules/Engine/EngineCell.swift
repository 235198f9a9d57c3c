import Komoku

/// The ids of the engine's cells. Each but those of `rule` begins with the hash of its rule, so that what a changed rule left
/// is known without a look at its data.
enum EngineCell: String, CaseIterable {
    /// A run that waits: `HASH NUMBER RULE`.
    case run
    /// A trigger that has to hold for some time: `HASH TRIGGER KEY RULE`, the key `-` where there is none.
    case hold
    /// When a schedule is due: `HASH TRIGGER RULE`.
    case schedule
    /// What waits for a run of the rule to end: `HASH RULE`.
    case queue
    /// A condition that waits for answers of the history: `HASH NUMBER RULE`.
    case check
    /// What a person or the engine decided about a rule: `RULE`.
    case rule

    /// The parts of an id; the last is the rule's name, which may have spaces.
    func parts(of id: String) -> [Substring]? {
        let count =
            switch self {
            case .run, .schedule, .check: 3
            case .hold: 4
            case .queue: 2
            case .rule: 1
            }
        let parts = id.split(separator: " ", maxSplits: count - 1, omittingEmptySubsequences: false)
        return parts.count == count ? parts : nil
    }
}
