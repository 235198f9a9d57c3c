import Komoku
import KomokuHub
import Logging
import KomokuStore
import KomokuSystem

/// At a start with a clock that is not set schedules wait until it is, or for so long, and what other waits is measured anew
/// then.
struct ClockWait {
    /// On the monotonic clock.
    let deadline: Int64
    let began: (wall: Timestamp, monotonic: Int64)
    /// The due times that cells of an earlier life had, by the slot of the trigger, with the zone and location they were for.
    var restored: [TriggerIndex.Slot: RestoredDue] = [:]
    /// What had a time in an earlier life.
    var waits: [Wait] = []

    struct Wait {
        let wake: RuleEngine.Wake
        let wall: Timestamp
        /// What that was taken for on the monotonic clock.
        let monotonic: Int64
    }

    struct RestoredDue {
        let due: Timestamp
        let signature: String
    }

    /// The rules have other slots now; nil where one has none.
    mutating func move(_ slot: (TriggerIndex.Slot) -> TriggerIndex.Slot?) {
        var moved: [TriggerIndex.Slot: RestoredDue] = [:]
        for (old, due) in restored { if let new = slot(old) { moved[new] = due } }
        restored = moved
    }
}

/// What is due by the clock on the wall. Each schedule is a cell with its next time: neither a restart nor a clock that is set
/// back lets one fire twice.
extension RuleEngine {
    /// Waits for the clock, where it is not set. At the start only: later it is what it is.
    func beginClockWait(in hub: isolated Hub) {
        guard !clockStatus.isSynchronized(at: hub.clock.now) else { return }
        machine.calendar.clockWait = ClockWait(
            deadline: hub.clock.monotonic.adding(options.clockWait), began: (hub.clock.now, hub.clock.monotonic))
        logger.notice("schedules wait for the clock to be set")
        setClockLook(after: .seconds(1), in: hub)
    }

    /// Works out when all schedules are due that have no time yet; once the clock is set.
    func beginSchedules(_ restored: [TriggerIndex.Slot: ClockWait.RestoredDue], in hub: isolated Hub) {
        machine.calendar.clockWait?.restored.merge(restored) { $1 }
        if machine.calendar.clockWait == nil { setDueTimes(restored, in: hub) }
    }

    func lookAtClock(in hub: isolated Hub) {
        guard let wait = machine.calendar.clockWait else { return }
        let isSet = clockStatus.isSynchronized(at: hub.clock.now)
        guard isSet || wait.deadline <= hub.clock.monotonic else {
            return setClockLook(after: .seconds(1), in: hub)
        }
        if !isSet {
            logger.warning(
                "clock not set, schedules go by it all the same", metadata: ["waited": "\(options.clockWait)"])
        }
        machine.calendar.clockWait = nil
        dated?.clockIsSet(in: hub)
        // In the order in which they were to end.
        for wait in wait.waits.sorted(by: { $0.wall < $1.wall }) { measure(wait, in: hub) }
        let waited = Duration(microseconds: hub.clock.monotonic - wait.began.monotonic)
        let passed = hub.clock.now - wait.began.wall
        // What was due meanwhile is only late, if the clock went on as it was.
        let wasRight = abs(passed.microseconds - waited.microseconds) < Self.smallStep.microseconds
        setDueTimes(wait.restored, since: wasRight ? waited : .zero, in: hub)
    }

    /// The clock is right now: what waits since an earlier life has its time by it.
    private func measure(_ wait: ClockWait.Wait, in hub: isolated Hub) {
        let due = hub.clock.monotonic.adding(max(.zero, wait.wall - hub.clock.now))
        switch wait.wake {
        case .run(let id) where machine.runs[id]?.due == wait.monotonic: machine.runs[id]?.due = due
        case .hold(let number) where machine.holds[number]?.due == wait.monotonic:
            machine.holds.set(due: due, of: number)
        default: return
        }
        machine.calendar.wake(wait.wake, at: due)
    }

    private static let smallStep = Duration.seconds(30)

    /// - Parameter waited: what was due for no longer than this is made up for, whatever the rule says.
    private func setDueTimes(
        _ restored: [TriggerIndex.Slot: ClockWait.RestoredDue], since waited: Duration = .zero, in hub: isolated Hub
    ) {
        for slot in machine.rules.index.schedules {
            let (rule, trigger) = (Int(slot.rule), Int(slot.trigger))
            if let due = machine.rules[rule].due[trigger], stands(due, slot, in: hub) {
                machine.calendar.wake(.schedule(slot, generation: machine.rules.generation), at: due)
            } else if let old = restored[slot], old.signature == machine.location.signature,
                isCredible(old.due, slot, in: hub), stands(old.due, slot, in: hub)
            {
                takeUp(old.due, of: slot, waited, in: hub)
            } else {
                setDue(slot, after: hub.clock.now - waited, in: hub)
            }
        }
    }

    /// A schedule that was due at a time of an earlier life of the hub.
    private func takeUp(
        _ due: Timestamp, of slot: TriggerIndex.Slot, _ waited: Duration, in hub: isolated Hub
    ) {
        let now = hub.clock.now
        guard due <= now else {
            machine.rules[Int(slot.rule)].due[Int(slot.trigger)] = due
            return machine.calendar.wake(.schedule(slot, generation: machine.rules.generation), at: due)
        }
        setDue(slot, after: now, in: hub)
        let longest = max(machine.rules[Int(slot.rule)].rule.maxOutage ?? Self.usualOutage, waited)
        for due in moments(of: slot, from: due, upTo: now, within: longest) {
            let late = now - due
            for var occasion in occasions(of: slot, dueAt: due) {
                occasion.source = "missed by \(late.rounded)"
                if late <= longest {
                    take([firing(slot, occasion)], in: hub)
                } else {
                    refuse(Int(slot.rule), occasion, .missed, "the hub was down, \(late.rounded) late", in: hub)
                }
            }
        }
    }

    /// A schedule is made up for after a restart, not after an outage, where its rule does not say otherwise.
    static let usualOutage = Duration.seconds(300)

    /// A time much later than the next one that there should be: the clock was ahead when it was worked out.
    private func isCredible(_ due: Timestamp, _ slot: TriggerIndex.Slot, in hub: isolated Hub) -> Bool {
        guard case .schedule(let schedule) = trigger(at: slot).form else { return true }
        var margin = Self.clockSetBack
        // It counts time, not the hours of a day: it goes on whatever the clock says.
        if case .every = schedule.form { margin = .zero }
        guard due > hub.clock.now + margin, let next = next(slot, after: hub.clock.now, in: hub) else { return true }
        return due - next <= margin
    }

    /// By more than this a clock is not set back as a rule; then schedules begin anew.
    private static let clockSetBack = Duration.seconds(25 * 3600)

    func next(_ slot: TriggerIndex.Slot, after time: Timestamp, in hub: isolated Hub) -> Timestamp? {
        guard case .schedule(let schedule) = trigger(at: slot).form else { return nil }
        return schedule.next(
            after: time, in: machine.location.zone, sun: machine.location.sun,
            value: schedule.key.flatMap { hub.last($0)?.value }, calendars: machine.location.calendars)
    }

    /// The key that says when a schedule is due is another one by now.
    func reschedule(_ slot: TriggerIndex.Slot, in hub: isolated Hub) {
        // Before the clock is set no schedule has a time.
        guard machine.calendar.clockWait == nil else { return }
        let due = next(slot, after: hub.clock.now, in: hub)
        if machine.rules[Int(slot.rule)].due[Int(slot.trigger)] != due {
            setDue(slot, after: hub.clock.now, in: hub)
        }
    }

    private func setDue(_ slot: TriggerIndex.Slot, after time: Timestamp, in hub: isolated Hub) {
        let (state, trigger) = (machine.rules[Int(slot.rule)], Int(slot.trigger))
        let due = next(slot, after: time, in: hub)
        machine.rules[Int(slot.rule)].due[trigger] = due
        let id = "\(state.rule.hash) \(trigger) \(state.rule.name)"
        write(
            .schedule, id, due.map { _ in .object([JSON.Member("place", .string(machine.location.signature))]) },
            due: due,
            in: hub)
        if let due { machine.calendar.wake(.schedule(slot, generation: machine.rules.generation), at: due) }
    }

    /// A time of a schedule has come, or was passed by a clock that was set forward: then it fires once.
    func ring(_ slot: TriggerIndex.Slot, due: Timestamp, in hub: isolated Hub) {
        guard machine.rules[Int(slot.rule)].due[Int(slot.trigger)] == due else { return }
        setDue(slot, after: nextAsked(slot, after: due, in: hub), in: hub)
        guard machine.rules[Int(slot.rule)].isListening else { return }
        take(occasions(of: slot, dueAt: due).map { firing(slot, $0) }, in: hub)
    }

    // MARK: Clocks that are set

    /// Looks whether the clock was set back, now and every so often while something waits for it. What fired does not fire
    /// again; where it was set back by far, what is due after a time that never came is worked out again.
    func checkClock(in hub: isolated Hub) {
        guard machine.calendar.nextWall != nil else { return }
        if machine.calendar.see(wall: hub.clock.now, monotonic: hub.clock.monotonic) > 1_000_000 {
            for slot in machine.rules.index.schedules {
                guard let due = machine.rules[Int(slot.rule)].due[Int(slot.trigger)], !isCredible(due, slot, in: hub)
                else {
                    continue
                }
                setDue(slot, after: hub.clock.now, in: hub)
            }
            machine.calendar.forgetLooks()
            for slot in machine.rules.index.becomes { setLook(at: slot, in: hub) }
            for (id, live) in machine.runs.live where live.watch != nil { setLook(id, live, in: hub) }
        }
        setClockLook(after: Self.clockPeriod, in: hub)
    }

    /// Looks at the clock then, unless it is to be looked at before.
    private func setClockLook(after duration: Duration, in hub: isolated Hub) {
        machine.calendar.lookAtClock(at: hub.clock.monotonic.adding(duration))
    }

    private static let clockPeriod = Duration.seconds(60)
}

extension Duration {
    /// For people: whole seconds where there are some.
    fileprivate var rounded: Duration {
        microseconds >= 1_000_000 ? .seconds(microseconds / 1_000_000) : self
    }
}
