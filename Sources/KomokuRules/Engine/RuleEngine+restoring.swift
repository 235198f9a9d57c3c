import Komoku
import KomokuHub
import Logging
import KomokuStore

/// What was found of the rules' state when the hub started.
struct Restored {
    var runs: [(id: Int64, due: Timestamp?)] = []
    var checks: [Int64] = []
    var due: [TriggerIndex.Place: ClockWait.RestoredDue] = [:]
    /// What was over for too long.
    var missed: [Firing] = []
    /// How many cells a rule lost.
    var lost: [String: Int] = [:]
}

/// What rules had in hand when the hub ended goes on; of rules that changed or are gone it ends, and that is said.
extension RuleEngine {
    /// Takes one of the cells that were found.
    func restore(_ row: CellRow, _ restored: inout Restored, in hub: isolated Hub) {
        guard let kind = EngineCell(rawValue: row.behaviour) else { return }
        if kind == .run || kind == .check { lastNumber = max(lastNumber, kind.number(in: row.id) ?? 0) }
        guard let parts = kind.parts(of: row.id), let name = parts.last.map(String.init) else {
            return write(kind, row.id, nil, in: hub)
        }
        let rule = places[name]
        let isKnown = rule.map { kind == .rule || parts[0].utf8.elementsEqual(rules[$0].rule.hash.utf8) } ?? false
        if let rule, isKnown, restore(kind, parts, row, of: rule, &restored, in: hub) { return }
        lose(kind, row, of: name, in: hub)
        if kind != .rule, kind != .schedule { restored.lost[name, default: 0] += 1 }
    }

    func tellLost(_ restored: Restored) {
        for (name, count) in restored.lost.sorted(by: { $0.key < $1.key }) {
            let reason = places[name] == nil ? "the rule is gone" : "the rule was changed"
            logger.notice("rule reset", metadata: ["rule": "\(name)", "reason": "\(reason)", "cells": "\(count)"])
        }
    }

    /// - Returns: false where the cell has to go.
    private func restore(
        _ kind: EngineCell, _ parts: [Substring], _ row: CellRow, of rule: Int, _ restored: inout Restored,
        in hub: isolated Hub
    ) -> Bool {
        switch kind {
        case .run:
            guard let id = Int64(parts[1]), runs[id] == nil else { return false }
            runs[id] = StandingRun(
                rule: Int32(rule), demand: 0, hasCell: true, isWritten: true, due: StandingRun.never,
                form: .packed(Array(row.data.utf8)))
            rules[rule].standing.insert(id)
            restored.runs.append((id, row.due))
            return true
        case .hold: return restoreHold(parts, row, of: rule, &restored, in: hub)
        case .schedule:
            guard let place = place(rule, parts[1]), case .schedule = trigger(at: place).form, let due = row.due else {
                return false
            }
            let signature = (try? JSON(parsing: row.data))?["place"]?.string ?? ""
            restored.due[place] = ClockWait.RestoredDue(due: due, signature: signature)
            return true
        case .queue:
            let items = (try? JSON(parsing: row.data))?.array ?? []
            rules[rule].queue = items.compactMap { Occasion(coding: $0) }
            return !rules[rule].queue.isEmpty
        case .check:
            guard let id = Int64(parts[1]),
                let occasion = (try? JSON(parsing: row.data)).flatMap({ Occasion(coding: $0) })
            else { return false }
            checks[id] = PendingCheck(rule: Int32(rule), occasion: occasion)
            restored.checks.append(id)
            return true
        case .rule: return restoreRule(row, of: rule)
        }
    }

    private func restoreRule(_ row: CellRow, of rule: Int) -> Bool {
        guard let data = try? JSON(parsing: row.data) else { return false }
        rules[rule].statistics.isDisabled = data["disabled"]?.bool ?? false
        // A rule that was changed since has been looked at.
        if data["hash"]?.string == rules[rule].rule.hash { rules[rule].statistics.paused = data["paused"]?.string }
        return true
    }

    private func place(_ rule: Int, _ trigger: Substring) -> TriggerIndex.Place? {
        guard let trigger = Int32(trigger), rules[rule].rule.triggers.indices.contains(Int(trigger)) else { return nil }
        return TriggerIndex.Place(rule: Int32(rule), trigger: trigger)
    }

    private func restoreHold(
        _ parts: [Substring], _ row: CellRow, of rule: Int, _ restored: inout Restored, in hub: isolated Hub
    ) -> Bool {
        guard let place = place(rule, parts[1]), let due = row.due,
            let occasion = (try? JSON(parsing: row.data)).flatMap({ Occasion(coding: $0) })
        else { return false }
        let key = KeyName(String(parts[2]))
        let id = Hold.ID(rule: place.rule, trigger: place.trigger, key: parts[2] == "-" ? nil : key)
        guard holdsStill(trigger(at: place), key, in: hub) else { return false }
        let now = hub.clock.now
        if let longest = rules[rule].rule.maxOutage, now - due > longest {
            restored.missed.append(Firing(rule: rule, occasion: occasion))
            return false
        }
        add(Hold(id: id, occasion: occasion, due: hub.clock.monotonic.adding(max(.zero, due - now))))
        return true
    }

    /// Whether what began a hold is so, as far as the restored keys tell; `becomes` is looked at later.
    private func holdsStill(_ trigger: Trigger, _ key: KeyName?, in hub: isolated Hub) -> Bool {
        switch trigger.form {
        case .change(_, let to, _, _):
            guard let key, let value = hub.last(key)?.value else { return false }
            return to?.contains(value) ?? true
        case .freshness(_, let freshness):
            guard let key, let info = hub.key(key) else { return false }
            return info.isStale == (freshness == .stale)
        case .becomes: return true
        default: return false
        }
    }

    /// Ends what belongs to a rule that changed, or cannot be read.
    private func lose(_ kind: EngineCell, _ row: CellRow, of name: String, in hub: isolated Hub) {
        write(kind, row.id, nil, in: hub)
        guard kind == .run, let id = kind.number(in: row.id) else { return }
        let json = (try? JSON(parsing: row.data)) ?? .null
        let now = hub.clock.now
        let started =
            json["t"].flatMap(\.number).map { Timestamp(microseconds: Int64(max(-9e15, min(9e15, $0)))) } ?? now
        let occasion = json["o"].flatMap { Occasion(coding: $0, started: started) } ?? Occasion("start", at: now)
        let reason = places[name] == nil ? "the rule is gone" : "the rule was changed"
        tell(
            RunRecord(
                id: id, rule: name, occasion: occasion, outcome: .reset, started: started, ended: now, reason: reason),
            in: hub)
    }

    // MARK: Going on

    func resumeRestored(_ restored: Restored, in hub: isolated Hub) {
        for (id, due) in restored.runs.sorted(by: { $0.id < $1.id }) { resume(id, due: due, in: hub) }
        for id in restored.checks.sorted() { resume(id, in: hub) }
        for missed in restored.missed {
            refuse(missed.rule, missed.occasion, .missed, "the hub was down when it was over", in: hub)
        }
    }

    private func resume(_ id: Int64, due: Timestamp?, in hub: isolated Hub) {
        guard let standing = runs[id] else { return }
        let rule = rules[Int(standing.rule)].rule
        switch rule.onRestart {
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
        if let due, case .packed(let bytes) = standing.form, Self.waitsForTimeOnly(bytes) {
            return wait(id, until: due, in: hub)
        }
        guard let live = live(id) else { return end(id, .reset, "its state cannot be read", in: hub) }
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
        runs[id]?.due = time
        timers.insert(.run(id), at: Timestamp(microseconds: time))
    }

    private func startAgain(_ id: Int64, in hub: isolated Hub) {
        guard let standing = runs[id] else { return }
        guard let run = live(id)?.run else { return end(id, .reset, "its state cannot be read", in: hub) }
        drive(
            Run(rule: run.rule, id: id, occasion: run.occasion, started: hub.clock.now), at: Int(standing.rule), in: hub
        )
    }

    /// Whether the coded state says so at a glance: most of what waits need not be read until its time. Of several places where
    /// it may stand one is the run's own; the quotes are none of a text's.
    static func waitsForTimeOnly(_ bytes: [UInt8]) -> Bool {
        var found = false
        for word in words(after: Array("\"s\":\"".utf8), in: bytes) {
            guard let standing = Run.Standing(rawValue: word) else { continue }
            guard standing == .waiting || standing == .pausing else { return false }
            found = true
        }
        return found
    }

    /// What follows each occurrence of `mark`, up to the next quote; of bytes that are no long text.
    private static func words(after mark: [UInt8], in bytes: [UInt8]) -> [String] {
        var words: [String] = []
        bytes.withUnsafeBufferPointer { bytes in
            var place = 0
            while place + mark.count < bytes.count {
                guard bytes[place + 1] == mark[1], bytes[place..<place + mark.count].elementsEqual(mark) else {
                    place += 1
                    continue
                }
                place += mark.count
                let end = bytes[place...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count
                if end - place <= 16 { words.append(String(decoding: bytes[place..<end], as: UTF8.self)) }
                place = end
            }
        }
        return words
    }
}
