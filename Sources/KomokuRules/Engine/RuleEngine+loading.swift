import Komoku
package import KomokuHub
import Logging
package import KomokuStore

/// Rules come and go; what they remember stays with those that did not change.
extension RuleEngine {
    /// Begins to work: takes up what the rules had in hand when the hub ended, then fires `start`. Call it once, before anything
    /// else is handled: as a boot task of the hub. With other keepers of cells, `prepare` and `begin` do it in two steps.
    package func start(_ set: RuleSet, in hub: isolated Hub) throws(Store.Error) {
        prepare(set, in: hub)
        defer { begin(in: hub) }
        try hub.restoreCells(to: [self])
    }

    /// Takes the rules; nothing begins yet. The cells of an earlier process are restored next.
    ///
    /// - Parameter holdsStart: `start` waits for `fireHeldStart`, as the devices that it may command are not known yet.
    func prepare(_ set: RuleSet, holdsStart: Bool = false, in hub: isolated Hub) {
        machine.isStartHeld = holdsStart && !set.rules.isEmpty
        machine.see(number: min(log?.newestNumber() ?? 0, Self.maximumNumber))
        if !set.rules.isEmpty { beginClockWait(in: hub) }
        machine.restored = Restored(takingOver: takeOver(set, in: hub))
    }

    /// Goes on with what was restored.
    func begin(in hub: isolated Hub) {
        guard let restored = machine.restored else { return }
        machine.restored = nil
        finishRestoring(restored)
        settle(restored.takingOver, restored.due, in: hub)
        // Cells wait for the clock, too.
        if machine.rules.isEmpty, dated?.awaitsClock(in: hub) == true { beginClockWait(in: hub) }
        if machine.calendar.clockWait == nil { dated?.clockIsSet(in: hub) }
        perform(in: hub) { [self] hub in
            resumeRestored(restored, in: hub)
            if !machine.isStartHeld { fireStart(in: hub) }
        }
    }

    /// Puts `set` in the place of the rules that were there. Runs, holds, schedules and limits of those that did not change go
    /// on; of those that changed, or are gone, they end, and that is said. Rules that were paused listen again.
    ///
    /// - Returns: what ended, in the order of the old configuration.
    @discardableResult
    package func replace(_ set: RuleSet, in hub: isolated Hub) -> [RuleEnding] {
        machine.endings = []
        settle(takeOver(set, in: hub), in: hub)
        return machine.endings
    }

    /// Takes the same rules once more, read with keys of which more is known now. Nobody has looked at them: what is paused
    /// stays so.
    package func refine(_ set: RuleSet, in hub: isolated Hub) {
        settle(takeOver(set, keepsPauses: true, in: hub), in: hub)
    }

    /// What is left to do once the rules are in place.
    struct TakingOver {
        /// The new slots of rules by the old ones.
        let moved: [Int: Int]
        /// Triggers that waited for answers of the history.
        let asked: [(TriggerIndex.Slot, Change?)]
        /// The zone and the location that times were worked out for.
        let signature: String
    }

    private func takeOver(_ set: RuleSet, keepsPauses: Bool = false, in hub: isolated Hub) -> TakingOver {
        machine.rules.begin(set)
        let moved = keep(set, keepsPauses, in: hub)
        let signature = machine.location.signature
        findLocation(in: hub)
        machine.location.calendars = set.calendars
        let asked = machine.checks.forgetLooks()
        machine.calendar.forgetWall()
        machine.calendar.clockWait?.move { $0.moved(moved) }
        machine.rules.endReload()
        return TakingOver(moved: moved, asked: asked, signature: signature)
    }

    private func settle(
        _ takingOver: TakingOver, _ due: [TriggerIndex.Slot: ClockWait.RestoredDue] = [:], in hub: isolated Hub
    ) {
        watchKeys(in: hub)
        if machine.location.signature != takingOver.signature { forgetTimes() }
        for (id, live) in machine.runs.live { setLook(id, live, in: hub) }
        perform(in: hub) { [self] hub in
            for slot in machine.rules.index.becomes { beginLooking(at: slot, in: hub) }
            lookAtCalendars(in: hub)
            for (slot, change) in takingOver.asked {
                if let slot = slot.moved(takingOver.moved) { lookAndFire(at: slot, change, in: hub) }
            }
            beginSchedules(due, in: hub)
            for rule in machine.rules.indices { beginNext(rule, in: hub) }
        }
    }

    /// Elsewhere the clocks and the sun go otherwise: what holds there now is no news, and all is due at other times.
    private func forgetTimes() {
        for rule in machine.rules.indices { (machine.rules[rule].due, machine.rules[rule].held) = ([:], [:]) }
    }

    /// Moves the state of rules that did not change to their new places, and ends what the others had.
    ///
    /// - Returns: the new slots by the old ones.
    private func keep(_ set: RuleSet, _ keepsPauses: Bool, in hub: isolated Hub) -> [Int: Int] {
        var fresh: [RuleState] = []
        var moved: [Int: Int] = [:]
        var newPlaces: [String: Int] = [:]
        for rule in set.rules where newPlaces[rule.name] == nil {
            newPlaces[rule.name] = fresh.count
            var state = RuleState(rule)
            if let old = machine.rules.offset(of: rule.name), machine.rules[old].rule.hash == rule.hash {
                moved[old] = fresh.count
                state = state.keeping(machine.rules[old])
                // Whoever reloads has looked at the rule. What came to hold while it was paused is no news.
                if machine.rules[old].statistics.isPaused, !keepsPauses {
                    clearPause(old, in: hub)
                    state.statistics.paused = nil
                    state.held = [:]
                }
            } else if let old = machine.rules.offset(of: rule.name) {
                state.statistics.isDisabled = machine.rules[old].statistics.isDisabled
            }
            fresh.append(state)
        }
        let stays = Set(moved.keys)
        var dropped: [Int: Int] = [:]
        for hold in machine.holds.all where !stays.contains(Int(hold.id.rule)) {
            dropped[Int(hold.id.rule), default: 0] += 1
            dropHold(hold.id, in: hub)
        }
        for id in machine.holds.measured where !stays.contains(Int(id.rule)) { dropLevel(id, in: hub) }
        for id in machine.checks.numbers(notOf: stays) { dropCheck(id, in: hub) }
        for old in machine.rules.indices where !stays.contains(old) {
            reset(old, isGone: newPlaces[machine.rules[old].rule.name] == nil, holds: dropped[old, default: 0], in: hub)
        }
        endRuns(inScriptsChangedBy: set, in: hub)
        // Runs of rules that stay may have ended with their scripts.
        for (old, slot) in moved { fresh[slot].take(runsOf: machine.rules[old]) }
        move(moved)
        machine.rules.put(fresh, newPlaces)
        return moved
    }

    /// A run that stands in a script which has another text now cannot go on: its steps are not there any more.
    private func endRuns(inScriptsChangedBy set: RuleSet, in hub: isolated Hub) {
        let new = Dictionary(set.rules.map { ($0.name, $0.hash) }) { first, _ in first }
        let changed = Set(
            machine.rules.states.map(\.rule).filter { $0.isScript && new[$0.name] != $0.hash }.map(\.name))
        if changed.isEmpty { return }
        for id in machine.runs.ids.sorted() {
            guard let name = peek(id)?.scripts.first(where: changed.contains) else { continue }
            let reason = new[name] == nil ? "the script '\(name)' is gone" : Frame.changed(name)
            if let rule = machine.runs[id].map({ machine.rules[Int($0.rule)].rule.name }) {
                machine.endings.append(RuleEnding(rule: rule, reason: reason, runs: [root(of: id)]))
            }
            end(id, .reset, reason, in: hub)
        }
    }

    /// Why what a rule had in hand has ended.
    func reasonOfReset(_ name: String, isGone: Bool) -> String {
        if !isGone { return "the rule was changed" }
        return machine.rules.leftOut.contains { $0.name == name }
            ? "the rule has 'enabled: false' now" : "the rule is gone"
    }

    private func clearPause(_ rule: Int, in hub: isolated Hub) {
        machine.rules[rule].statistics.paused = nil
        writeRule(rule, in: hub)
    }

    private func move(_ moved: [Int: Int]) {
        machine.runs.move(moved)
        machine.holds.move(moved)
        machine.checks.move(moved)
    }

    /// Ends the runs of a rule, what waits for them, and its schedules.
    private func reset(_ rule: Int, isGone: Bool, holds: Int, in hub: isolated Hub) {
        let state = machine.rules[rule]
        let (ids, queued) = (state.standing.sorted(), state.queue.count)
        let reason = reasonOfReset(state.rule.name, isGone: isGone)
        dropQueue(rule, in: hub)
        for id in ids { end(id, .reset, reason, in: hub) }
        for trigger in state.due.keys {
            write(.schedule, "\(state.rule.hash) \(trigger) \(state.rule.name)", nil, in: hub)
        }
        // One of its name that comes later is another: nobody has decided about that.
        if isGone, state.statistics.isDisabled { machine.rules[rule].statistics.isDisabled = false }
        if isGone {
            write(.rule, state.rule.name, nil, in: hub)
        } else if state.statistics.isPaused {
            clearPause(rule, in: hub)
        }
        guard !ids.isEmpty || queued > 0 || holds > 0 else { return }
        machine.endings.append(
            RuleEnding(rule: state.rule.name, reason: reason, runs: ids, queued: queued, holds: holds))
        logger.notice(
            "rule reset",
            metadata: [
                "rule": "\(state.rule.name)", "reason": "\(reason)", "runs": "\(ids.count)",
                "queued": "\(queued)", "holds": "\(holds)",
            ])
    }

    private func watchKeys(in hub: isolated Hub) {
        let wanted: Attachment? = machine.rules.isEmpty ? nil : machine.rules.index.agedKeys.isEmpty ? .changes : .puts
        // Other keys concern the rules now.
        if wanted == machine.attachment { return hub.forgetWatchers(of: nil) }
        if machine.attachment != nil { hub.removeHandler(self) }
        machine.attachment = wanted
        // Of these it is told of those that concern a rule, or a run that waits.
        if let wanted { hub.addHandler(self, keys: [.all], every: wanted == .puts) }
    }

    /// Fires `start` where it was held back, once.
    package func fireHeldStart(in hub: isolated Hub) {
        guard machine.isStartHeld else { return }
        machine.isStartHeld = false
        perform(in: hub) { [self] hub in fireStart(in: hub) }
    }

    private func fireStart(in hub: isolated Hub) {
        fire(machine.rules.index.starts, Occasion("start", at: hub.clock.now), in: hub)
    }
}

/// What a reload has ended of a rule.
package struct RuleEnding: Hashable, Sendable {
    package var rule: String
    package var reason: String
    /// The numbers of its runs that waited.
    package var runs: [Int64]
    /// Occasions that waited for a run to end.
    package var queued = 0
    /// Triggers whose `for:` had begun.
    package var holds = 0
}

extension RuleState {
    fileprivate mutating func take(runsOf old: RuleState) {
        (standing, burden) = (old.standing, old.burden)
        (statistics.runs, statistics.lastRun) = (old.statistics.runs, old.statistics.lastRun)
    }

    fileprivate func keeping(_ old: RuleState) -> RuleState {
        var state = self
        (state.statistics, state.held, state.due, state.starts) = (old.statistics, old.held, old.due, old.starts)
        (state.standing, state.queue, state.turn) = (old.standing, old.queue, old.turn)
        (state.burden, state.checks, state.limited) = (old.burden, old.checks, old.limited)
        return state
    }
}

extension TriggerIndex.Slot {
    /// Where it is after a reload; nil where its rule has changed or is gone.
    fileprivate func moved(_ slots: [Int: Int]) -> Self? {
        slots[Int(rule)].map { Self(rule: Int32($0), trigger: trigger) }
    }
}
