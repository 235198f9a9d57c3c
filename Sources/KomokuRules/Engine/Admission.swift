internal import DequeModule
import Komoku

/// Whether what fired a rule begins a run: by the rule's mode, its limits, and what is under way. What is decided is counted
/// here; the engine writes, tells and runs.
extension RuleMachine {
    struct Moment {
        /// By the monotonic clock, in microseconds.
        let monotonic: Int64
        /// The turn of the hub.
        let turn: Int

        init(_ monotonic: Int64, turn: Int) { (self.monotonic, self.turn) = (monotonic, turn) }
    }

    enum Admission: Equatable {
        /// A run begins once these have ended.
        case begins(replacing: [Int64])
        /// It is kept until the run that goes on has ended.
        case waits(RuleState.Queued)
        case refused(RunRecord.Outcome, String)
        /// - Parameter isNews: of some refusals one after another the first.
        case limited(String, isNews: Bool)
        /// The rule does not listen any more.
        case pauses(String, isNews: Bool)
    }

    mutating func admit(_ occasion: Occasion, to rule: Int, at moment: Moment) -> Admission {
        guard occasion.depth < RuleEngine.maximumDepth else {
            return pause(rule, "a chain of rules is deeper than \(RuleEngine.maximumDepth)")
        }
        // No copy of the state: of a rule with many runs it would be copied again at the next change of it.
        let (mode, standing) = (rules[rule].rule.mode, rules[rule].standing.count)
        switch mode {
        case .single where standing > 0:
            return .refused(.busy, "run \(rules[rule].standing.min() ?? 0) is still in progress")
        case .queued(let most) where standing > 0 || !rules[rule].queue.isEmpty:
            return enqueue(occasion, rule, most)
        case .parallel(let most) where standing >= most: return .refused(.busy, "\(most) runs go on")
        default: break
        }
        guard rules[rule].burden <= RuleEngine.maximumBurden else {
            return .refused(.busy, "its runs that wait hold more than \(RuleEngine.maximumBurden >> 20) MiB")
        }
        return readmit(occasion, to: rule, at: moment)
    }

    /// The same for what waited for a run to end: the mode has had its say.
    mutating func readmit(_ occasion: Occasion, to rule: Int, at moment: Moment) -> Admission {
        if rules[rule].turn.number != moment.turn { rules[rule].turn = (moment.turn, 0) }
        // Any number of events may come in one turn; what they lead to may not.
        if occasion.depth > 0 { rules[rule].turn.runs += 1 }
        guard rules[rule].turn.runs <= RuleEngine.maximumRunsInTurn else {
            return pause(rule, "more than \(RuleEngine.maximumRunsInTurn) runs followed from one event")
        }
        if let limit = rules[rule].rule.limit,
            !rules[rule].starts.admit(limit, at: Timestamp(microseconds: moment.monotonic))
        {
            return refuse(by: limit, rule, at: moment)
        }
        return .begins(replacing: rules[rule].rule.mode == .restart ? rules[rule].standing.sorted() : [])
    }

    private mutating func enqueue(_ occasion: Occasion, _ rule: Int, _ most: Int) -> Admission {
        guard rules[rule].queue.count < most else { return .refused(.busy, "\(most) wait already") }
        guard rules[rule].burden <= RuleEngine.maximumBurden else {
            return .refused(.busy, "what waits holds more than \(RuleEngine.maximumBurden >> 20) MiB")
        }
        let queued = RuleState.Queued(number: number(), occasion: occasion)
        rules[rule].queue.append(queued)
        rules[rule].burden += RuleEngine.unusual(occasion.weight)
        return .waits(queued)
    }

    /// Takes the oldest of what waits for a run to end.
    mutating func dequeue(_ rule: Int) -> RuleState.Queued? {
        guard let queued = rules[rule].queue.popFirst() else { return nil }
        rules[rule].burden -= RuleEngine.unusual(queued.occasion.weight)
        return queued
    }

    /// It is news once, however often runs begin and are refused again meanwhile: until none was for a whole period.
    private mutating func refuse(by limit: Rule.RateLimit, _ rule: Int, at moment: Moment) -> Admission {
        let last = rules[rule].limited
        rules[rule].limited = moment.monotonic
        let isNews = last.map { moment.monotonic >= $0.adding(limit.period) } ?? true
        return .limited(limit.reason, isNews: isNews)
    }

    private mutating func pause(_ rule: Int, _ reason: String) -> Admission {
        let isNews = rules[rule].statistics.paused == nil
        if isNews { rules[rule].statistics.paused = reason }
        return .pauses(reason, isNews: isNews)
    }
}

extension RuleEngine {
    /// What counts of so many bytes: 100,000 small runs are no burden.
    static func unusual(_ bytes: Int) -> Int { max(0, bytes - 1024) }
}

extension Rule.RateLimit {
    /// Why it refuses a run.
    var reason: String { "more than \(count) in \(period)" }
}
