import Komoku

/// All that the engine knows and has in hand: a value of parts, each of which keeps its own tables in step.
///
/// While one part changes no other part may be looked at: give what is needed along, or take a copy before.
struct RuleMachine {
    var rules = RuleTable()
    var runs = StandingRuns()
    var checks = Checks()
    var holds = Holds()
    var calendar = Calendar()
    var echoes = Echoes()
    var recent = RecentRecords()
    var counters = RuleEngine.Counters()
    /// The number of the newest record.
    private(set) var lastNumber: Int64 = 0
    /// `start` has not fired yet.
    var isStartHeld = false
    /// What was restored; nil but at the start.
    var restored: Restored?
    /// What the newest reload has ended.
    var endings: [RuleEnding] = []
    /// What the hub tells; nil is nothing.
    var attachment: RuleEngine.Attachment?
    var location = HubLocation()
    var chance = Chance(seed: nil)
    var matches = PatternMatches()
    var purposes = PurposeMatches()
    var snapshots = Snapshots()
    /// Questions to the store whose answers were not taken yet.
    var openQuestions = 0

    /// The number of the next record or run.
    mutating func number() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    /// There is a record of that number.
    mutating func see(number: Int64) { lastNumber = max(lastNumber, number) }
}

extension RuleEngine {
    func number() -> Int64 { machine.number() }
}
