import Komoku
package import KomokuHub
import Logging
package import KomokuStore

/// Rules come and go; what they remember stays with those that did not change.
extension RuleEngine {
    /// Begins to work: takes up what the rules had in hand when the hub ended, then fires `start`. Call it once, before anything
    /// else is handled: as a boot step of the hub.
    package func start(_ set: RuleSet, in hub: isolated Hub) throws(Store.Error) {
        lastNumber = max(lastNumber, log?.newestNumber() ?? 0)
        var fault: Store.Error?
        let restored = take(set, in: hub) { [self] hub in
            var restored = Restored()
            do throws(Store.Error) {
                try hub.store.eachCell { restore($0, &restored, in: hub) }
            } catch {
                fault = error
            }
            tellLost(restored)
            return restored
        }
        perform(in: hub) { [self] hub in
            resumeRestored(restored, in: hub)
            fireStart(in: hub)
        }
        if let fault { throw fault }
    }

    /// Puts `set` in the place of the rules that were there. Runs, holds, schedules and limits of those that did not change go
    /// on; of those that changed, or are gone, they end, and that is said. Rules that were paused listen again.
    package func replace(_ set: RuleSet, in hub: isolated Hub) {
        _ = take(set, in: hub) { _ in Restored() }
    }

    private func take(
        _ set: RuleSet, in hub: isolated Hub, restoring: (isolated Hub) -> Restored
    ) -> Restored {
        keep(set, in: hub)
        leftOut = set.disabled
        let signature = place.signature
        findPlace(in: hub)
        generation &+= 1
        looking = [:]
        calendar.removeAll()
        lookDue = [:]
        clockWait?.restored = [:]
        index = TriggerIndex(rules.map(\.rule))
        watchKeys(in: hub)
        let restored = restoring(hub)
        // Elsewhere the clocks and the sun go otherwise.
        if place.signature != signature { for rule in rules.indices { rules[rule].due = [:] } }
        for (id, run) in runs { if case .live(let live) = run.form { setLook(id, live, in: hub) } }
        perform(in: hub) { [self] hub in
            for place in index.becomes { beginLooking(at: place, in: hub) }
            beginSchedules(restored.due, in: hub)
            for rule in rules.indices { beginNext(rule, in: hub) }
        }
        return restored
    }

    /// Moves the state of rules that did not change to their new places, and ends what the others had.
    private func keep(_ set: RuleSet, in hub: isolated Hub) {
        var fresh: [RuleState] = []
        var moved: [Int: Int] = [:]
        var newPlaces: [String: Int] = [:]
        for rule in set.rules where newPlaces[rule.name] == nil {
            newPlaces[rule.name] = fresh.count
            var state = RuleState(rule)
            if let old = places[rule.name], rules[old].rule.hash == rule.hash {
                moved[old] = fresh.count
                state = state.keeping(rules[old])
                if rules[old].statistics.isPaused { clearPause(old, in: hub) }
            } else if let old = places[rule.name] {
                state.statistics.isDisabled = rules[old].statistics.isDisabled
            }
            fresh.append(state)
        }
        for old in rules.indices where moved[old] == nil {
            reset(old, newPlaces[rules[old].rule.name] == nil ? "the rule is gone" : "the rule was changed", in: hub)
        }
        move(moved)
        (rules, places) = (fresh, newPlaces)
    }

    private func clearPause(_ rule: Int, in hub: isolated Hub) {
        rules[rule].statistics.paused = nil
        writeRule(rule, in: hub)
    }

    private func move(_ moved: [Int: Int]) {
        for id in runs.keys {
            if let place = runs[id].flatMap({ moved[Int($0.rule)] }) { runs[id]?.rule = Int32(place) }
        }
        holdNumbers = [:]
        for number in holds.keys {
            guard let place = holds[number].flatMap({ moved[Int($0.id.rule)] }) else { continue }
            holds[number]?.id.rule = Int32(place)
            if let id = holds[number]?.id { holdNumbers[id] = number }
        }
        for id in checks.keys {
            if let place = checks[id].flatMap({ moved[Int($0.rule)] }) { checks[id]?.rule = Int32(place) }
        }
    }

    /// Ends all that a rule has in hand.
    private func reset(_ rule: Int, _ reason: String, in hub: isolated Hub) {
        let state = rules[rule]
        let (ids, queued) = (state.standing.sorted(), state.queue)
        for id in ids { end(id, .reset, reason, in: hub) }
        for (id, check) in checks where Int(check.rule) == rule { dropCheck(id, in: hub) }
        for hold in holds.values where Int(hold.id.rule) == rule { dropHold(hold.id, in: hub) }
        for trigger in state.due.keys {
            write(.schedule, "\(state.rule.hash) \(trigger) \(state.rule.name)", nil, in: hub)
        }
        if !queued.isEmpty {
            rules[rule].queue = []
            writeQueue(rule, in: hub)
        }
        if state.statistics.isPaused { clearPause(rule, in: hub) }
        guard !ids.isEmpty || !queued.isEmpty else { return }
        logger.notice(
            "rule reset",
            metadata: [
                "rule": "\(state.rule.name)", "reason": "\(reason)", "runs": "\(ids.count)",
                "queued": "\(queued.count)",
            ])
    }

    private func watchKeys(in hub: isolated Hub) {
        let wanted: Attachment? = rules.isEmpty ? nil : index.agedKeys.isEmpty ? .changes : .puts
        if wanted == attachment { return }
        if attachment != nil { hub.removeHandler(self) }
        attachment = wanted
        // Runs come to wait for keys at any time: which changes matter is found by hash.
        if let wanted { hub.addHandler(self, keys: [.all], every: wanted == .puts) }
    }

    private func fireStart(in hub: isolated Hub) {
        fire(index.starts, Occasion("start", at: hub.clock.now), in: hub)
    }
}

extension RuleState {
    fileprivate func keeping(_ old: RuleState) -> RuleState {
        var state = self
        (state.statistics, state.held, state.due, state.starts) = (old.statistics, old.held, old.due, old.starts)
        (state.standing, state.queue, state.turn) = (old.standing, old.queue, old.turn)
        // Whoever reloads has looked at the rule.
        state.statistics.paused = nil
        return state
    }
}

extension EngineCell {
    /// The number in the id of a run or a check.
    func number(in id: String) -> Int64? { parts(of: id).flatMap { Int64($0[1]) } }
}
