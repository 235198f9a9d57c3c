import Komoku
import KomokuExpression
import KomokuHub
import KomokuSystem

/// The runs that wait.
extension RuleEngine {
    /// Keeps a run that waits; its cell is written at the end of the turn, if it waits still.
    ///
    /// - Parameter due: when the wait is over, on the monotonic clock; nil has no end.
    /// - Returns: what tells the present demand from others.
    @discardableResult
    func stand(_ run: Run, at rule: Int, due: Int64?, in hub: isolated Hub) -> UInt32 {
        let due = due ?? StandingRun.never
        if run.standing != .waitingUntil { unwatch(run.id) }
        let (demand, old) = machine.runs.stand(run, at: rule, due: due)
        if old == nil, run.branch == nil { machine.rules[rule].standing.insert(run.id) }
        if due != StandingRun.never, due != old?.due { machine.calendar.wake(.run(run.id), at: due) }
        setCallTimer(run, in: hub)
        return demand
    }

    /// Sees to it that scripts which the run waits for end in their time.
    func setCallTimer(_ run: Run, in hub: isolated Hub) {
        guard let live = machine.runs.live(run.id), live.call?.deadline != run.callDue else { return }
        live.call = run.callDue.map { ($0, hub.clock.monotonic.adding(max(.zero, $0 - hub.clock.now))) }
        if let due = live.call?.due { machine.calendar.wake(.call(run.id), at: due) }
    }

    /// A script that the run waits for has its time.
    func endCall(_ id: Int64, due: Int64, in hub: isolated Hub) {
        guard let standing = machine.runs[id], case .live(let live) = standing.form, live.call?.due == due else {
            return
        }
        live.cancellation?.cancel()
        (live.cancellation, live.call) = (nil, nil)
        var run = live.run
        run.callTimedOut()
        drive(run, at: Int(standing.rule), in: hub)
    }

    /// The wait of a run that was brought back without one.
    func dueAgain(_ run: Run, in hub: isolated Hub) -> Int64? {
        run.due.map { hub.clock.monotonic.adding(max(.zero, $0 - hub.clock.now)) }
    }

    /// A run, unpacked where it was packed. One whose state cannot be read has none.
    func live(_ id: Int64) -> LiveRun? {
        guard let standing = machine.runs[id] else { return nil }
        switch standing.form {
        case .live(let live): return live
        case .packed(let bytes):
            guard let run = run(id, bytes, machine.rules[Int(standing.rule)].rule) else { return nil }
            let live = LiveRun(run)
            machine.runs[id]?.form = .live(live)
            return live
        }
    }

    /// A run as it stands, without unpacking it for good.
    func peek(_ id: Int64) -> Run? {
        guard let standing = machine.runs[id] else { return nil }
        switch standing.form {
        case .live(let live): return live.run
        case .packed(let bytes): return run(id, bytes, machine.rules[Int(standing.rule)].rule)
        }
    }

    private func run(_ id: Int64, _ bytes: [UInt8], _ rule: Rule) -> Run? {
        let run = (try? JSON(parsing: bytes)).flatMap { Run(coding: $0, rule: rule, script: { script($0) }) }
        return run?.id == id ? run : nil
    }

    /// Why a run cannot be unpacked.
    func reasonUnread(_ id: Int64) -> String {
        let unread = "its state cannot be read"
        guard let standing = machine.runs[id], case .packed(let bytes) = standing.form,
            let json = try? JSON(parsing: bytes)
        else { return unread }
        return Frame.change(of: json["f"], rule: machine.rules[Int(standing.rule)].rule) { script($0) } ?? unread
    }

    /// Writes the runs that came to wait in this turn and still do.
    func writeCells(in hub: isolated Hub) {
        for id in machine.runs.takeUnwritten() {
            guard let standing = machine.runs[id], !standing.isWritten, case .live(let live) = standing.form else {
                continue
            }
            let run = live.run
            let coded = run.coded
            let kind = standing.isBranch ? EngineCell.branch : .run
            write(kind, cellID(of: id, run.rule), coded, due: run.due, in: hub)
            machine.runs[id]?.hasCell = true
            machine.runs[id]?.isWritten = true
            setBurden(Self.unusual(run.weight), by: id)
            // What waits for a time only is small until then.
            let bytes = run.standing == .waiting || run.standing == .pausing ? coded.bytes : []
            if Run.waitsForTimeOnly(bytes) { machine.runs[id]?.form = .packed(bytes) }
        }
    }

    /// Counts what a run holds with its rule.
    func setBurden(_ bytes: Int, by id: Int64) {
        guard let standing = machine.runs[id] else { return }
        machine.rules[Int(standing.rule)].burden += bytes - standing.burden
        machine.runs[id]?.burden = bytes
    }

    /// The wait of a run is over.
    func wakeRun(_ id: Int64, due: Int64, in hub: isolated Hub) {
        guard let standing = machine.runs[id], standing.due == due else { return }
        guard let live = live(id) else { return end(id, .reset, reasonUnread(id), in: hub) }
        var run = live.run
        switch run.standing {
        case .waiting, .pausing: run.woke()
        default:
            live.cancellation?.cancel()
            live.cancellation = nil
            // The next attempt of an `increment` begins from what the device says.
            if run.waitsForReport { for key in live.commanded { hub.abandonCommand(to: key) } }
            live.commanded = []
            run.timedOut()
        }
        drive(run, at: Int(standing.rule), in: hub)
    }

    // MARK: wait_until

    func watch(_ id: Int64, in hub: isolated Hub) {
        if let live = live(id), !live.run.awaitedTriggers.isEmpty { return listen(id, live, in: hub) }
        guard let live = live(id), let reads = live.run.awaited?.reads else { return }
        unwatch(id)
        let watch = LiveRun.Watch(
            keys: live.run.awaitedKeys, usesDevices: !reads.devices.isEmpty, isTimed: reads.isTimeDependent,
            patterns: reads.patterns)
        wait(for: watch, patterns: nil, id, in: hub)
        setLook(id, live, in: hub)
    }

    /// Notes what a run waits for, and has the hub tell of it.
    func wait(for watch: LiveRun.Watch, patterns: [KeyPattern]?, _ id: Int64, in hub: isolated Hub) {
        let new = machine.runs.watch(watch, patterns: patterns, by: id)
        for key in new.keys { hub.forgetWatchers(of: key) }
        if new.all { hub.forgetWatchers(of: nil) }
    }

    func setLook(_ id: Int64, _ live: LiveRun, in hub: isolated Hub) {
        guard live.watch?.isTimed == true, let awaited = live.run.awaited else { return }
        let run = live.run
        setLook(.lookRun(id), awaited, in: hub) {
            if case .local(let name) = $0 { run.local(name) } else { value(of: $0, in: hub) }
        }
    }

    func unwatch(_ id: Int64) {
        if machine.runs.unwatch(id) { machine.calendar.endLook(.lookRun(id)) }
    }

    /// A key changed: the runs that wait for it look again, the oldest first.
    ///
    /// - Parameter change: what they see in place of what the key is by now.
    func lookAtRuns(waitingFor key: KeyName, _ type: KeyType, _ change: Change? = nil, in hub: isolated Hub) {
        guard machine.runs.isWatched(key, type) else { return }
        for id in machine.runs.watching(key, type) { look(id, change, in: hub) }
    }

    func lookAgain(at id: Int64, in hub: isolated Hub) {
        guard let live = machine.runs.live(id), live.watch != nil else { return }
        setLook(id, live, in: hub)
        look(id, in: hub)
    }

    private func look(_ id: Int64, _ change: Change? = nil, in hub: isolated Hub) {
        guard let standing = machine.runs[id], case .live(let live) = standing.form, live.watch != nil else { return }
        if live.run.awaited?.changesMoments == true { setLook(id, live, in: hub) }
        var run = live.run
        if run.look({ value(of: $0, change: change, in: hub) }) { drive(run, at: Int(standing.rule), in: hub) }
    }
}
