import Komoku
package import KomokuHub
import Logging
package import KomokuStore

/// What was found of the rules' state when the hub started.
struct Restored {
    /// What is left to do with the rules themselves.
    let takingOver: RuleEngine.TakingOver
    var runs: [(id: Int64, due: Timestamp?)] = []
    var checks: [Int64] = []
    /// The rules that had something in their queue.
    var queued: Set<Int> = []
    var due: [TriggerIndex.Slot: ClockWait.RestoredDue] = [:]
    /// What was over for too long.
    var missed: [Firing] = []
    /// Looked for once.
    var wantedSnapshots: WantedSnapshots?
    /// How many cells a rule lost.
    var lost: [String: Int] = [:]
}

/// What rules had in hand when the hub ended goes on; of rules that changed or are gone it ends, and that is said.
extension RuleEngine: CellKeeper {
    package func restore(_ row: CellRow, in hub: isolated Hub) -> Bool {
        guard let kind = EngineCell(rawValue: row.behaviour) else { return false }
        // Not in place: nothing else of the machine could be looked at meanwhile.
        guard var restored = machine.restored else { return true }
        machine.restored = nil
        restore(kind, row, &restored, in: hub)
        machine.restored = restored
        return true
    }

    private func restore(_ kind: EngineCell, _ row: CellRow, _ restored: inout Restored, in hub: isolated Hub) {
        if kind == .snapshot {
            let wanted = restored.wantedSnapshots ?? wantedSnapshots
            restored.wantedSnapshots = wanted
            if !wanted.takes(row.id) || !restoreSnapshot(row) { write(kind, row.id, nil, in: hub) }
            return
        }
        guard let parts = kind.parts(of: row.id), let name = parts.last.map(String.init) else {
            return write(kind, row.id, nil, in: hub)
        }
        let number = kind.number(in: parts)
        if let number { machine.see(number: number) }
        let rule = machine.rules.offset(of: name)
        let isKnown =
            rule.map { kind == .rule || parts[0].utf8.elementsEqual(machine.rules[$0].rule.hash.utf8) } ?? false
        if let rule, isKnown, restore(kind, parts, number, row, of: rule, &restored, in: hub) { return }
        lose(kind, number, row, of: name, in: hub)
        if kind != .rule, kind != .schedule, kind != .level, kind != .branch { restored.lost[name, default: 0] += 1 }
    }

    /// All cells were read.
    func finishRestoring(_ restored: Restored) {
        // They come in the order of their texts.
        for rule in restored.queued { machine.rules[rule].queue.sort { $0.number < $1.number } }
        for (name, count) in restored.lost.sorted(by: { $0.key < $1.key }) {
            let reason = reasonOfReset(name, isGone: machine.rules.offset(of: name) == nil)
            logger.notice("rule reset", metadata: ["rule": "\(name)", "reason": "\(reason)", "cells": "\(count)"])
        }
    }

    /// - Returns: false where the cell has to go.
    private func restore(
        _ kind: EngineCell, _ parts: [Substring], _ number: Int64?, _ row: CellRow, of rule: Int,
        _ restored: inout Restored, in hub: isolated Hub
    ) -> Bool {
        switch kind {
        case .run, .branch:
            guard let id = number, machine.runs[id] == nil else { return false }
            let bytes = Array(row.data.utf8)
            machine.runs[id] = StandingRun(
                rule: Int32(rule), demand: 0, hasCell: true, isWritten: true, isBranch: kind == .branch,
                due: StandingRun.never, form: .packed(bytes))
            setBurden(Self.unusual(bytes.count), by: id)
            if kind == .run { machine.rules[rule].standing.insert(id) }
            restored.runs.append((id, row.due))
            return true
        case .hold: return restoreHold(parts, row, of: rule, &restored, in: hub)
        case .level: return restoreLevel(parts, row, of: rule)
        case .schedule:
            guard let slot = slot(rule, parts[1]), case .schedule = trigger(at: slot).form, let due = row.due else {
                return false
            }
            let signature = (try? JSON(parsing: row.data))?["place"]?.string ?? ""
            restored.due[slot] = ClockWait.RestoredDue(due: due, signature: signature)
            return true
        case .queue:
            guard let number, let occasion = Self.occasion(row) else { return false }
            machine.rules[rule].queue.append(RuleState.Queued(number: number, occasion: occasion))
            machine.rules[rule].burden += Self.unusual(occasion.weight)
            restored.queued.insert(rule)
            return true
        case .check:
            guard let id = number, machine.checks[id] == nil, let json = try? JSON(parsing: row.data),
                let check = PendingCheck(rule: Int32(rule), coding: json)
            else { return false }
            machine.checks[id] = check
            machine.rules[rule].checks += 1
            restored.checks.append(id)
            return true
        case .rule: return restoreRule(row, of: rule, in: hub)
        case .snapshot: return false
        }
    }

    private static func occasion(_ row: CellRow) -> Occasion? {
        (try? JSON(parsing: row.data)).flatMap { Occasion(coding: $0) }
    }

    private func restoreRule(_ row: CellRow, of rule: Int, in hub: isolated Hub) -> Bool {
        guard let data = try? JSON(parsing: row.data) else { return false }
        machine.rules[rule].statistics.isDisabled = data["disabled"]?.bool ?? false
        // A rule that was changed since has been looked at.
        guard data["hash"]?.string == machine.rules[rule].rule.hash else { return true }
        machine.rules[rule].statistics.paused = data["paused"]?.string
        if let counts = data["counts"] { machine.rules[rule].statistics.take(counts: counts) }
        let wall = hub.clock.now
        let ages = (data["starts"]?.array ?? []).compactMap(\.exactInteger)
            .map { max(.zero, wall - Timestamp(microseconds: $0)) }
        machine.rules[rule].starts = StartWindow(ages: ages, at: Timestamp(microseconds: hub.clock.monotonic))
        return true
    }

    private func slot(_ rule: Int, _ trigger: Substring) -> TriggerIndex.Slot? {
        guard let trigger = Int32(trigger), machine.rules[rule].rule.triggers.indices.contains(Int(trigger)) else {
            return nil
        }
        return TriggerIndex.Slot(rule: Int32(rule), trigger: trigger)
    }

    private func restoreHold(
        _ parts: [Substring], _ row: CellRow, of rule: Int, _ restored: inout Restored, in hub: isolated Hub
    ) -> Bool {
        guard let slot = slot(rule, parts[1]), let due = row.due, let occasion = Self.occasion(row) else {
            return false
        }
        var key = KeyName(String(parts[2]))
        if case .becomes = trigger(at: slot).form { key = nil }
        let id = Hold.ID(slot, key)
        let plain = key.map { self.plain(trigger(at: slot), for: $0, in: hub) } ?? trigger(at: slot)
        guard let plain, holdsStill(plain, key, in: hub) else { return false }
        let now = hub.clock.now
        if let longest = machine.rules[rule].rule.maxOutage, now - due > longest {
            restored.missed.append(firing(slot, occasion))
            return false
        }
        let time = hub.clock.monotonic.adding(max(.zero, due - now))
        var hold = Hold(id: id, occasion: occasion, due: time)
        hold.isRestored = true
        let number = add(hold)
        machine.calendar.clockWait?.waits.append(ClockWait.Wait(wake: .hold(number), wall: due, monotonic: time))
        return true
    }

    private func restoreLevel(_ parts: [Substring], _ row: CellRow, of rule: Int) -> Bool {
        guard let slot = slot(rule, parts[1]), trigger(at: slot).hasLevels,
            let key = KeyName(String(parts[2])), let level = (try? JSON(parsing: row.data))?.number
        else { return false }
        return machine.holds.set(level: level, of: Hold.ID(slot, key))
    }

    /// Whether what began a hold is so, as far as the restored keys tell; `becomes` is looked at later.
    private func holdsStill(_ trigger: Trigger, _ key: KeyName?, in hub: isolated Hub) -> Bool {
        switch trigger.form {
        case .change(_, let to, _, _):
            guard let key, let value = hub.last(key)?.value else { return false }
            if let threshold = trigger.threshold { return value.number.map { $0 < threshold.release } ?? false }
            return (to?.contains(value) ?? true) && !trigger.notTo.contains(value)
        case .freshness(_, let freshness):
            guard let key, let info = hub.key(key) else { return false }
            return info.isStale == (freshness == .stale)
        case .becomes: return true
        default: return false
        }
    }

    /// Ends what belongs to a rule that changed, or cannot be read.
    private func lose(
        _ kind: EngineCell, _ number: Int64?, _ row: CellRow, of name: String, in hub: isolated Hub
    ) {
        write(kind, row.id, nil, in: hub)
        guard kind == .run, let id = number else { return }
        let json = (try? JSON(parsing: row.data)) ?? .null
        let now = hub.clock.now
        let started =
            json["t"].flatMap(\.number).map { Timestamp(microseconds: Int64(max(-9e15, min(9e15, $0)))) } ?? now
        let occasion = json["o"].flatMap { Occasion(coding: $0, started: started) } ?? Occasion("start", at: now)
        let reason = reasonOfReset(name, isGone: machine.rules.offset(of: name) == nil)
        tell(
            RunRecord(
                id: id, rule: name, occasion: occasion, outcome: .reset, started: started, ended: now, reason: reason),
            in: hub)
    }

    // MARK: Going on

    func resumeRestored(_ restored: Restored, in hub: isolated Hub) {
        // Branches have greater numbers than the runs to which they belong.
        for (id, due) in restored.runs.sorted(by: { $0.id < $1.id }) { resume(id, due: due, in: hub) }
        checkBranches(in: hub)
        for id in restored.checks.sorted() { resume(id, in: hub) }
        for missed in restored.missed {
            refuse(missed.rule, missed.occasion, .missed, "the hub was down when it was over", in: hub)
        }
    }

    private func resume(_ id: Int64, due: Timestamp?, in hub: isolated Hub) {
        guard let standing = machine.runs[id] else { return }
        let rule = machine.rules[Int(standing.rule)].rule
        switch rule.onRestart {
        case _ where standing.isBranch: break
        case .drop: return end(id, .dropped, "the hub was restarted", in: hub)
        case .again: return startAgain(id, in: hub)
        case .resume: break
        }
        let now = hub.clock.now
        if let due, let longest = rule.maxOutage, now - due > longest {
            return end(
                id, .dropped, "the hub was down, \(Duration.seconds((now - due).microseconds / 1_000_000)) late",
                in: hub)
        }
        if let due, case .packed(let bytes) = standing.form, Run.waitsForTimeOnly(bytes) {
            return wait(id, until: due, in: hub)
        }
        guard let live = live(id) else { return end(id, .reset, reasonUnread(id), in: hub) }
        live.run.due = due
        setCallTimer(live.run, in: hub)
        switch live.run.standing {
        case .waiting, .pausing: wait(id, until: due ?? now, in: hub)
        case .waitingUntil:
            if let due { wait(id, until: due, in: hub) }
            watch(id, in: hub)
            lookAgain(at: id, in: hub)
        default: drive(live.run, at: Int(standing.rule), in: hub)
        }
    }

    private func wait(_ id: Int64, until due: Timestamp, in hub: isolated Hub) {
        let time = hub.clock.monotonic.adding(max(.zero, due - hub.clock.now))
        machine.runs[id]?.due = time
        machine.calendar.clockWait?.waits.append(ClockWait.Wait(wake: .run(id), wall: due, monotonic: time))
        machine.calendar.wake(.run(id), at: time)
    }

    private func startAgain(_ id: Int64, in hub: isolated Hub) {
        guard let standing = machine.runs[id] else { return }
        guard let run = live(id)?.run else { return end(id, .reset, reasonUnread(id), in: hub) }
        for branch in run.branching?.running ?? [] { forget(branch, in: hub) }
        drive(
            Run(rule: run.rule, id: id, occasion: run.occasion, started: hub.clock.now), at: Int(standing.rule), in: hub
        )
    }
}

extension Trigger {
    /// Whether something is kept of each of its keys.
    fileprivate var hasLevels: Bool {
        switch form {
        case .change(_, _, _, let step): step != nil
        case .purpose: true
        default: false
        }
    }
}
