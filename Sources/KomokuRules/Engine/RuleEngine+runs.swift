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
        let admission = machine.admit(occasion, to: rule, at: RuleMachine.Moment(hub.clock.monotonic, turn: hub.turn))
        return carryOut(admission, rule, occasion, in: hub)
    }

    private func carryOut(
        _ admission: RuleMachine.Admission, _ rule: Int, _ occasion: Occasion, in hub: isolated Hub
    ) -> Int64? {
        switch admission {
        case .begins(let replaced):
            if let limit = machine.rules[rule].rule.limit, limit.count <= Self.maximumStarts {
                writeRule(rule, in: hub)
            }
            for id in replaced { end(id, .replaced, "a new run began", in: hub) }
            return start(rule, occasion, in: hub)
        case .waits(let queued):
            write(.queue, queueID(of: queued, machine.rules[rule].rule), occasion.coded, in: hub)
        case .refused(let outcome, let reason): refuse(rule, occasion, outcome, reason, in: hub)
        case .limited(let reason, let isNews):
            refuse(rule, occasion, .limited, reason, in: hub)
            if isNews {
                logger.warning(
                    "rule limited", metadata: ["rule": "\(machine.rules[rule].rule.name)", "reason": "\(reason)"])
            }
        case .pauses(let reason, let isNews):
            refuse(rule, occasion, .paused, reason, in: hub)
            if isNews { tellPaused(rule, occasion, reason, in: hub) }
        }
        return nil
    }

    /// It does not listen until it is enabled or reloaded.
    private func tellPaused(_ rule: Int, _ occasion: Occasion, _ reason: String, in hub: isolated Hub) {
        dropHolds(of: rule, in: hub)
        writeRule(rule, in: hub)
        logger.error(
            "rule paused",
            metadata: [
                "rule": "\(machine.rules[rule].rule.name)", "reason": "\(reason)",
                "key": "\(occasion.key?.text ?? occasion.word)",
            ])
    }

    private func queueID(of queued: RuleState.Queued, _ rule: Rule) -> String {
        "\(rule.hash) \(queued.number) \(rule.name)"
    }

    /// Lets go of all that waits for a run to end.
    func dropQueue(_ rule: Int, in hub: isolated Hub) {
        while let queued = machine.dequeue(rule) { forget(queued, of: rule, in: hub) }
    }

    private func forget(_ queued: RuleState.Queued, of rule: Int, in hub: isolated Hub) {
        write(.queue, queueID(of: queued, machine.rules[rule].rule), nil, in: hub)
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
        if run.branch != nil { return endBranch(run, at: rule, in: hub) }
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
        if machine.runs[id]?.isBranch == true {
            let root = root(of: id)
            // One that cannot be read belongs to nobody.
            return root == id ? forget(id, in: hub) : end(root, outcome, reason, in: hub)
        }
        guard let rule = machine.runs[id].map({ Int($0.rule) }) else { return }
        let now = hub.clock.now
        let unread = RunRecord(
            id: id, rule: machine.rules[rule].rule.name, occasion: Occasion("unknown", at: now), outcome: outcome,
            started: now,
            ended: now, reason: reason)
        machine.rules[rule].statistics.runs += 1
        machine.rules[rule].statistics.lastRun = now
        tell(whole(id)?.record(outcome, reason: reason, ended: now) ?? unread, in: hub)
        forget(id, in: hub)
        beginNext(rule, in: hub)
    }

    /// Lets go of a run that stood.
    func forget(_ id: Int64, in hub: isolated Hub) {
        unwatch(id)
        let branches = branches(of: id)
        guard let standing = machine.runs.remove(id) else { return }
        for branch in branches { forget(branch, in: hub) }
        let rule = Int(standing.rule)
        if case .live(let live) = standing.form { live.cancellation?.cancel() }
        machine.rules[rule].standing.remove(id)
        machine.rules[rule].burden -= standing.burden
        guard standing.hasCell else { return }
        write(standing.isBranch ? .branch : .run, cellID(of: id, machine.rules[rule].rule), nil, in: hub)
    }

    /// What waited for a run to end begins, after all that this one led to.
    func beginNext(_ rule: Int, in hub: isolated Hub) {
        guard !machine.rules[rule].queue.isEmpty, machine.rules[rule].standing.isEmpty else { return }
        let generation = machine.rules.generation
        perform(in: hub) { [self] hub in
            guard generation == machine.rules.generation, machine.rules[rule].standing.isEmpty,
                let queued = machine.dequeue(rule)
            else { return }
            forget(queued, of: rule, in: hub)
            let moment = RuleMachine.Moment(hub.clock.monotonic, turn: hub.turn)
            let admission = machine.readmit(queued.occasion, to: rule, at: moment)
            if carryOut(admission, rule, queued.occasion, in: hub) == nil { beginNext(rule, in: hub) }
        }
    }

    func cellID(of id: Int64, _ rule: Rule) -> String { "\(rule.hash) \(id) \(rule.name)" }

    func script(_ name: String) -> Rule? { machine.rules.rule(name) }
}
