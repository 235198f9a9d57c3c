import Komoku
import KomokuExpression
import KomokuHub
import Logging
import KomokuSystem

/// What a run demands, done on the hub or outside.
extension RuleEngine {
    /// Lets a run go on until it waits or ends.
    func drive(_ given: Run, at rule: Int, in hub: isolated Hub) {
        var run = given
        dropBranches(of: &run, in: hub)
        while true {
            let demand = run.advance(
                { value(of: $0, in: hub) }, now: hub.clock.now, keyCount: hub.keyBound,
                nextKey: { hub.key(matching: $0, after: $1, before: $2) }, script: { script($0) })
            switch demand {
            case .outside(let errand):
                guard goesOn(&run, with: errand, at: rule, in: hub) else { return }
            case .wait(let duration):
                stand(run, at: rule, due: hub.clock.monotonic.adding(duration), in: hub)
                return
            case .waitUntil(let timeout):
                stand(run, at: rule, due: timeout.map(hub.clock.monotonic.adding), in: hub)
                return watch(run.id, in: hub)
            case .history(let calls):
                let demand = stand(run, at: rule, due: machine.runs[run.id]?.due, in: hub)
                return ask(calls, for: run.id, demand, in: hub)
            case .fork: return fork(run, at: rule, in: hub)
            case .stand:
                stand(run, at: rule, due: machine.runs[run.id]?.due ?? dueAgain(run, in: hub), in: hub)
                return
            case .pause:
                let demand = stand(run, at: rule, due: nil, in: hub)
                return resumeLater(run.id, demand, in: hub)
            case .end: return finish(run, at: rule, in: hub)
            }
        }
    }

    /// - Returns: false where the run stands.
    private func goesOn(_ run: inout Run, with errand: any Errand, at rule: Int, in hub: isolated Hub) -> Bool {
        switch errand.perform(run, at: rule, by: self, in: hub) {
        case .begun: return false
        case .refused(let fault): run.refused(fault)
        case .did(let effects, let deliveries):
            run.tell(effects)
            return goesOn(&run, behind: deliveries, at: rule, in: hub)
        case .done(let deliveries): return goesOn(&run, behind: deliveries, at: rule, in: hub)
        }
        return true
    }

    private func goesOn(
        _ run: inout Run, behind deliveries: [CommandDelivery], at rule: Int, in hub: isolated Hub
    ) -> Bool {
        if !deliveries.isEmpty, run.waitsForReport {
            awaitReports(of: deliveries, run, at: rule, in: hub)
            return false
        }
        if deliveries.contains(where: \.waitsForConnection) {
            stand(by: deliveries, run, at: rule, in: hub)
            return false
        }
        noteFailures(of: deliveries, run, in: hub)
        run.succeeded()
        return true
    }

    /// Whether one more line of a rule goes to the log: a rule that runs 10,000 times a second would fill the disk.
    func mayLog(_ rule: Rule, in hub: isolated Hub) -> Bool {
        guard let slot = machine.rules.offset(of: rule.name) else { return true }
        if machine.rules[slot].logRation == nil { machine.rules[slot].logRation = RunRation(at: hub.clock.monotonic) }
        let isFirst = machine.rules[slot].unlogged == 0
        guard machine.rules[slot].logRation?.take(at: hub.clock.monotonic) ?? true else {
            machine.rules[slot].unlogged += 1
            if isFirst {
                logger.warning(
                    "a rule logs too much; its lines are only counted for now", metadata: ["rule": "\(rule.name)"])
            }
            return false
        }
        if !isFirst {
            logger.warning(
                "lines of a rule were left out",
                metadata: ["rule": "\(rule.name)", "lines": "\(machine.rules[slot].unlogged)"])
            machine.rules[slot].unlogged = 0
        }
        return true
    }

    private func ask(_ calls: [HistoryCall], for id: Int64, _ demand: UInt32, in hub: isolated Hub) {
        ask(calls, in: hub) { [self] answers, hub in
            report(id, demand, in: hub) { $0.answer(answers) }
        }
    }

    private func resumeLater(_ id: Int64, _ demand: UInt32, in hub: isolated Hub) {
        hub.enqueue { [weak self] hub in self?.report(id, demand, in: hub) { _ in } }
    }

    /// Takes what became of what a run demanded, unless it has gone on since.
    func report(
        _ id: Int64, _ demand: UInt32, in hub: isolated Hub, _ take: @escaping @Sendable (inout Run) -> Void
    ) {
        perform(in: hub) { [self] hub in
            guard let standing = machine.runs[id], standing.demand == demand, let live = live(id) else { return }
            live.cancellation = nil
            var run = live.run
            take(&run)
            drive(run, at: Int(standing.rule), in: hub)
        }
    }
}
