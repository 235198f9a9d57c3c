import Komoku
import KomokuHub
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
        let (mode, standing) = (rules[rule].rule.mode, rules[rule].standing.count)
        switch mode {
        case .single where standing > 0:
            refuse(rule, occasion, .busy, "run \(rules[rule].standing.min() ?? 0) goes on", in: hub)
            return nil
        case .queued(let most) where standing > 0 || !rules[rule].queue.isEmpty:
            enqueue(rule, occasion, most, in: hub)
            return nil
        case .parallel(let most) where standing >= most:
            refuse(rule, occasion, .busy, "\(most) runs go on", in: hub)
            return nil
        default: break
        }
        guard admits(rule, occasion, in: hub) else { return nil }
        if mode == .restart {
            for id in rules[rule].standing.sorted() { end(id, .replaced, "a new run began", in: hub) }
        }
        return start(rule, occasion, in: hub)
    }

    private func enqueue(_ rule: Int, _ occasion: Occasion, _ most: Int, in hub: isolated Hub) {
        guard rules[rule].queue.count < most else {
            return refuse(rule, occasion, .busy, "\(most) wait already", in: hub)
        }
        rules[rule].queue.append(occasion)
        writeQueue(rule, in: hub)
    }

    func writeQueue(_ rule: Int, in hub: isolated Hub) {
        let state = rules[rule]
        let data = state.queue.isEmpty ? nil : JSON.array(state.queue.map { $0.coded })
        write(.queue, "\(state.rule.hash) \(state.rule.name)", data, in: hub)
    }

    private func admits(_ rule: Int, _ occasion: Occasion, in hub: isolated Hub) -> Bool {
        if rules[rule].turn.number != hub.turn { rules[rule].turn = (hub.turn, 0) }
        rules[rule].turn.runs += 1
        guard rules[rule].turn.runs <= Self.maximumRunsInTurn else {
            pause(rule, occasion, "more than \(Self.maximumRunsInTurn) runs followed from one event", in: hub)
            return false
        }
        guard let limit = rules[rule].rule.limit else { return true }
        let now = Timestamp(microseconds: hub.clock.monotonic)
        if rules[rule].starts.admit(limit, at: now) { return true }
        refuse(rule, occasion, .limited, "more than \(limit.count) in \(limit.period)", in: hub)
        return false
    }

    /// Stops a rule from listening until it is enabled or reloaded.
    private func pause(_ rule: Int, _ occasion: Occasion, _ reason: String, in hub: isolated Hub) {
        refuse(rule, occasion, .paused, reason, in: hub)
        guard rules[rule].statistics.paused == nil else { return }
        rules[rule].statistics.paused = reason
        writeRule(rule, in: hub)
        logger.error(
            "rule paused",
            metadata: [
                "rule": "\(rules[rule].rule.name)", "reason": "\(reason)",
                "key": "\(occasion.key?.text ?? occasion.word)",
            ])
    }

    private func start(_ rule: Int, _ occasion: Occasion, in hub: isolated Hub) -> Int64 {
        let id = number()
        counters.runs += 1
        rules[rule].lastRefusal = nil
        drive(Run(rule: rules[rule].rule, id: id, occasion: occasion, started: hub.clock.now), at: rule, in: hub)
        return id
    }

    /// A run is through.
    func finish(_ run: Run, at rule: Int, in hub: isolated Hub) {
        let now = hub.clock.now
        let record = run.record(ended: now)
        rules[rule].statistics.runs += 1
        rules[rule].statistics.lastRun = now
        if record.outcome == .failed {
            rules[rule].statistics.failures += 1
            counters.failures += 1
            logger.warning(
                "rule failed",
                metadata: [
                    "rule": "\(record.rule)", "run": "\(record.id)", "step": "\(record.step ?? "")",
                    "reason": "\(record.reason ?? "")",
                ])
        }
        tell(record, in: hub)
        forget(run.id, in: hub)
        beginNext(rule, in: hub)
    }

    /// Ends a run from outside.
    func end(_ id: Int64, _ outcome: RunRecord.Outcome, _ reason: String, in hub: isolated Hub) {
        guard let rule = runs[id].map({ Int($0.rule) }) else { return }
        let now = hub.clock.now
        let unread = RunRecord(
            id: id, rule: rules[rule].rule.name, occasion: Occasion("unknown", at: now), outcome: outcome, started: now,
            ended: now, reason: reason)
        rules[rule].statistics.runs += 1
        rules[rule].statistics.lastRun = now
        tell(peek(id)?.record(outcome, reason: reason, ended: now) ?? unread, in: hub)
        forget(id, in: hub)
    }

    /// Lets go of a run that stood.
    func forget(_ id: Int64, in hub: isolated Hub) {
        unwatch(id)
        guard let standing = runs.removeValue(forKey: id) else { return }
        let rule = Int(standing.rule)
        if case .live(let live) = standing.form { live.cancellation?.cancel() }
        rules[rule].standing.remove(id)
        if standing.hasCell { write(.run, cellID(of: id, rules[rule].rule), nil, in: hub) }
    }

    /// What waited for a run to end begins, after all that this one led to.
    func beginNext(_ rule: Int, in hub: isolated Hub) {
        guard !rules[rule].queue.isEmpty, rules[rule].standing.isEmpty else { return }
        let generation = generation
        perform(in: hub) { [self] hub in
            guard generation == self.generation, rules[rule].standing.isEmpty, !rules[rule].queue.isEmpty else {
                return
            }
            let occasion = rules[rule].queue.removeFirst()
            writeQueue(rule, in: hub)
            let began = admits(rule, occasion, in: hub) ? start(rule, occasion, in: hub) : nil
            if began == nil { beginNext(rule, in: hub) }
        }
    }

    func cellID(of id: Int64, _ rule: Rule) -> String { "\(rule.hash) \(id) \(rule.name)" }

    func script(_ name: String) -> Rule? { places[name].map { rules[$0].rule } }
}
