internal import DequeModule
import Komoku
import KomokuHub
internal import KomokuSystem
import Logging

/// The runs of rules: how they begin by the rule's mode and limit, and how they end.
extension RuleEngine {
    /// Begins a run, if the rule's mode and limit let it.
    ///
    /// - Returns: the number of the run; nil where it waits or was refused.
    @discardableResult
    func begin(_ rule: Int, _ occasion: Occasion, in hub: isolated Hub) -> Int64? {
        guard occasion.depth < Self.maximumDepth else {
            pause(rule, occasion, "a chain of rules is deeper than \(Self.maximumDepth)", in: hub)
            return nil
        }
        // No copy of the state: of a rule with many runs it would be copied again at the next change of it.
        let (mode, standing) = (machine.rules[rule].rule.mode, machine.rules[rule].standing.count)
        switch mode {
        case .single where standing > 0:
            refuse(
                rule, occasion, .busy, "run \(machine.rules[rule].standing.min() ?? 0) is still in progress", in: hub)
            return nil
        case .queued(let most) where standing > 0 || !machine.rules[rule].queue.isEmpty:
            enqueue(rule, occasion, most, in: hub)
            return nil
        case .parallel(let most) where standing >= most:
            refuse(rule, occasion, .busy, "\(most) runs go on", in: hub)
            return nil
        default: break
        }
        guard machine.rules[rule].burden <= Self.maximumBurden else {
            refuse(rule, occasion, .busy, "its runs that wait hold more than \(Self.maximumBurden >> 20) MiB", in: hub)
            return nil
        }
        guard admits(rule, occasion, in: hub) else { return nil }
        if mode == .restart {
            for id in machine.rules[rule].standing.sorted() { end(id, .replaced, "a new run began", in: hub) }
        }
        return start(rule, occasion, in: hub)
    }

    private func enqueue(_ rule: Int, _ occasion: Occasion, _ most: Int, in hub: isolated Hub) {
        guard machine.rules[rule].queue.count < most else {
            return refuse(rule, occasion, .busy, "\(most) wait already", in: hub)
        }
        guard machine.rules[rule].burden <= Self.maximumBurden else {
            return refuse(rule, occasion, .busy, "what waits holds more than \(Self.maximumBurden >> 20) MiB", in: hub)
        }
        let queued = RuleState.Queued(number: number(), occasion: occasion)
        machine.rules[rule].queue.append(queued)
        machine.rules[rule].burden += Self.unusual(occasion.weight)
        write(.queue, queueID(of: queued, machine.rules[rule].rule), occasion.coded, in: hub)
    }

    private func queueID(of queued: RuleState.Queued, _ rule: Rule) -> String {
        "\(rule.hash) \(queued.number) \(rule.name)"
    }

    /// Takes the oldest of what waits for a run to end.
    private func dequeue(_ rule: Int, in hub: isolated Hub) -> Occasion? {
        guard let queued = machine.rules[rule].queue.popFirst() else { return nil }
        machine.rules[rule].burden -= Self.unusual(queued.occasion.weight)
        write(.queue, queueID(of: queued, machine.rules[rule].rule), nil, in: hub)
        return queued.occasion
    }

    /// Lets go of all that waits for a run to end.
    func dropQueue(_ rule: Int, in hub: isolated Hub) {
        while dequeue(rule, in: hub) != nil {}
    }

    /// What counts of so many bytes: 100,000 small runs are no burden.
    static func unusual(_ bytes: Int) -> Int { max(0, bytes - 1024) }

    private func admits(_ rule: Int, _ occasion: Occasion, in hub: isolated Hub) -> Bool {
        if machine.rules[rule].turn.number != hub.turn { machine.rules[rule].turn = (hub.turn, 0) }
        // Any number of events may come in one turn; what they lead to may not.
        if occasion.depth > 0 { machine.rules[rule].turn.runs += 1 }
        guard machine.rules[rule].turn.runs <= Self.maximumRunsInTurn else {
            pause(rule, occasion, "more than \(Self.maximumRunsInTurn) runs followed from one event", in: hub)
            return false
        }
        guard let limit = machine.rules[rule].rule.limit else { return true }
        let now = Timestamp(microseconds: hub.clock.monotonic)
        if machine.rules[rule].starts.admit(limit, at: now) {
            if limit.count <= Self.maximumStarts { writeRule(rule, in: hub) }
            return true
        }
        refuse(rule, occasion, .limited, limit.reason, in: hub)
        tellLimited(rule, limit, in: hub)
        return false
    }

    /// Says it once, however often runs begin and are refused again meanwhile: until none was for a whole period.
    private func tellLimited(_ rule: Int, _ limit: Rule.RateLimit, in hub: isolated Hub) {
        let (last, now) = (machine.rules[rule].limited, hub.clock.monotonic)
        machine.rules[rule].limited = now
        if let last, now < last.adding(limit.period) { return }
        logger.warning(
            "rule limited", metadata: ["rule": "\(machine.rules[rule].rule.name)", "reason": "\(limit.reason)"])
    }

    /// Stops a rule from listening until it is enabled or reloaded.
    private func pause(_ rule: Int, _ occasion: Occasion, _ reason: String, in hub: isolated Hub) {
        refuse(rule, occasion, .paused, reason, in: hub)
        guard machine.rules[rule].statistics.paused == nil else { return }
        machine.rules[rule].statistics.paused = reason
        dropHolds(of: rule, in: hub)
        writeRule(rule, in: hub)
        logger.error(
            "rule paused",
            metadata: [
                "rule": "\(machine.rules[rule].rule.name)", "reason": "\(reason)",
                "key": "\(occasion.key?.text ?? occasion.word)",
            ])
    }

    private func start(_ rule: Int, _ occasion: Occasion, in hub: isolated Hub) -> Int64 {
        let id = number()
        machine.counters.runs += 1
        machine.rules[rule].lastRefusal = nil
        drive(
            Run(rule: machine.rules[rule].rule, id: id, occasion: occasion, started: hub.clock.now), at: rule, in: hub)
        return id
    }

    /// A run is through.
    func finish(_ run: Run, at rule: Int, in hub: isolated Hub) {
        let now = hub.clock.now
        let record = machine.rules.hidden.masked(run.record(ended: now))
        machine.rules[rule].statistics.runs += 1
        machine.rules[rule].statistics.lastRun = now
        if record.outcome == .failed {
            machine.rules[rule].statistics.failures += 1
            machine.counters.failures += 1
            if mayLog(run.rule, in: hub) {
                logger.warning(
                    "rule failed",
                    metadata: [
                        "rule": "\(record.rule)", "run": "\(record.id)", "step": "\(record.step ?? "")",
                        "reason": "\(record.reason ?? "")",
                    ])
            }
        }
        noteCount(rule, in: hub)
        tell(record, in: hub)
        forget(run.id, in: hub)
        beginNext(rule, in: hub)
    }

    /// Ends a run from outside.
    func end(_ id: Int64, _ outcome: RunRecord.Outcome, _ reason: String, in hub: isolated Hub) {
        guard let rule = machine.runs[id].map({ Int($0.rule) }) else { return }
        let now = hub.clock.now
        let unread = RunRecord(
            id: id, rule: machine.rules[rule].rule.name, occasion: Occasion("unknown", at: now), outcome: outcome,
            started: now,
            ended: now, reason: reason)
        machine.rules[rule].statistics.runs += 1
        machine.rules[rule].statistics.lastRun = now
        tell(peek(id)?.record(outcome, reason: reason, ended: now) ?? unread, in: hub)
        forget(id, in: hub)
        beginNext(rule, in: hub)
    }

    /// Lets go of a run that stood.
    func forget(_ id: Int64, in hub: isolated Hub) {
        unwatch(id)
        guard let standing = machine.runs.remove(id) else { return }
        let rule = Int(standing.rule)
        if case .live(let live) = standing.form { live.cancellation?.cancel() }
        machine.rules[rule].standing.remove(id)
        machine.rules[rule].burden -= standing.burden
        if standing.hasCell { write(.run, cellID(of: id, machine.rules[rule].rule), nil, in: hub) }
    }

    /// What waited for a run to end begins, after all that this one led to.
    func beginNext(_ rule: Int, in hub: isolated Hub) {
        guard !machine.rules[rule].queue.isEmpty, machine.rules[rule].standing.isEmpty else { return }
        let generation = machine.rules.generation
        perform(in: hub) { [self] hub in
            guard generation == machine.rules.generation, machine.rules[rule].standing.isEmpty,
                let occasion = dequeue(rule, in: hub)
            else { return }
            let began = admits(rule, occasion, in: hub) ? start(rule, occasion, in: hub) : nil
            if began == nil { beginNext(rule, in: hub) }
        }
    }

    func cellID(of id: Int64, _ rule: Rule) -> String { "\(rule.hash) \(id) \(rule.name)" }

    func script(_ name: String) -> Rule? { machine.rules.rule(name) }
}

extension Rule.RateLimit {
    /// Why it refuses a run.
    var reason: String { "more than \(count) in \(period)" }
}
