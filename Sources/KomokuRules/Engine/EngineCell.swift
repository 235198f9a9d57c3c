import Komoku

/// The ids of the engine's cells. Each but those of `rule` begins with the hash of its rule, so that what a changed rule left
/// is known without a look at its data.
enum EngineCell: String, CaseIterable {
    /// A run that waits: `HASH NUMBER RULE`.
    case run
    /// A branch of a run that waits, as such a one.
    case branch
    /// A trigger that has to hold for some time: `HASH TRIGGER KEY RULE`, the key `-` where there is none.
    case hold
    /// What the step of a trigger is measured from: `HASH TRIGGER KEY RULE`.
    case level
    /// When a schedule is due: `HASH TRIGGER RULE`.
    case schedule
    /// What waits for a run of the rule to end: `HASH NUMBER RULE`.
    case queue
    /// A condition that waits for answers of the history: `HASH NUMBER RULE`.
    case check
    /// What keys were when a rule took a snapshot: its name.
    case snapshot
    /// What a person or the engine decided about a rule: `RULE`.
    case rule

    /// The parts of an id; the last is the rule's name, which may have spaces.
    func parts(of id: String) -> [Substring]? {
        let count =
            switch self {
            case .run, .branch, .schedule, .queue, .check: 3
            case .hold, .level: 4
            case .rule, .snapshot: 1
            }
        // By bytes: 100,000 of them are read at a start.
        var (parts, start): ([Substring], String.Index) = ([], id.startIndex)
        parts.reserveCapacity(count)
        while parts.count < count - 1 {
            guard let end = id.utf8[start...].firstIndex(of: UInt8(ascii: " ")) else { return nil }
            parts.append(id[start..<end])
            start = id.utf8.index(after: end)
        }
        parts.append(id[start...])
        return parts
    }

    /// The number that the parts of an id hold; nil where these have none, or one that nobody wrote.
    func number(in parts: [Substring]) -> Int64? {
        switch self {
        case .run, .branch, .queue, .check: Int64(parts[1]).flatMap { 1...RuleEngine.maximumNumber ~= $0 ? $0 : nil }
        case .hold, .level, .schedule, .snapshot, .rule: nil
        }
    }
}
