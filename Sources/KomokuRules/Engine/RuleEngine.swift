internal import DequeModule
package import Komoku
import KomokuExpression
package import KomokuHub
package import KomokuStore
package import KomokuSystem
package import Logging

/// Decides which rules an event concerns, and performs their runs, on the hub's thread.
///
/// Events are taken one after another. All triggers and conditions look at the state that a change made; then runs that
/// waited for it go on, then new ones begin, in the order of the rules. What runs put is taken after them. All of it is in the
/// batch of the hub's turn.
package final class RuleEngine: ChangeHandler, AlarmHandler {
    /// How many changes made by rules may lead to one another before the rule at the end of the chain is paused.
    package static let maximumDepth = 16
    /// What follows an event later than this begins a chain of its own: it cannot run away.
    static let chainTime = Duration.seconds(10)
    /// A rule of which more runs follow from others in one turn of the hub is paused.
    package static let maximumRunsInTurn = 10_000
    /// How much the runs of one rule that wait may hold, in bytes; what is usual does not count.
    static let maximumBurden = 8 << 20
    /// The most conditions of one rule that wait for answers of the history.
    static let maximumChecks = 1_000

    package struct Options: Sendable {
        /// How long schedules wait for a clock that is set.
        package var clockWait = Duration.seconds(300)
        /// How long a publication may wait for the broker, where the rule says nothing.
        package var publishTimeout = Duration.seconds(30)
        /// What `random` and `choice` begin with; nil where they are not to be foreseen.
        package var seed: UInt64?

        package init() {}
    }

    let outputs: any RuleOutputs
    let notifier: (any RuleNotifier)?
    /// Is told when the clock is set.
    let dated: (any ClockDependent)?
    let log: (any RunLog)?
    let clockStatus: any ClockStatus
    let zones: ZoneFiles
    let options: Options
    let logger: Logger

    // Both: every method that touches them takes the hub that the engine is attached to as isolated parameter, so only the
    // hub's thread does.
    nonisolated(unsafe) var machine = RuleMachine()
    nonisolated(unsafe) private var inbox = Inbox()

    /// Work that waits for its turn.
    private struct Inbox {
        var work = Deque<(isolated Hub) -> Void>()
        var isTaken = false
    }

    /// - Parameters:
    ///   - notifier: nil where nobody delivers notes: the action fails.
    ///   - dated: what else has times of an earlier process.
    ///   - log: nil keeps the newest records only, in memory.
    package init(
        outputs: any RuleOutputs, notifier: (any RuleNotifier)? = nil, dated: (any ClockDependent)? = nil,
        log: (any RunLog)? = nil,
        clockStatus: any ClockStatus = SystemClockStatus(), zones: ZoneFiles = ZoneFiles(),
        options: Options = Options(),
        logger: Logger
    ) {
        self.outputs = outputs
        self.notifier = notifier
        self.dated = dated
        self.log = log
        self.clockStatus = clockStatus
        self.zones = zones
        self.options = options
        machine.chance = Chance(seed: options.seed)
        self.logger = logger
    }

    /// What the hub tells.
    enum Attachment {
        case changes
        /// Those that change nothing too: what was heard of makes an age small.
        case puts
    }

    /// What waits on the monotonic clock.
    enum Wake: Hashable, Sendable {
        case run(Int64)
        case hold(Int64)
        /// A script that a run waits for has its time.
        case call(Int64)
        /// To see whether the clock is set, or was set back.
        case clock
    }

    /// What waits on the wall clock. Places of triggers are those of a generation of rules.
    enum WallWake: Hashable, Sendable {
        case schedule(TriggerIndex.Slot, generation: Int32)
        /// A `becomes` that time changes.
        case look(TriggerIndex.Slot, generation: Int32)
        /// A run at `wait_until` whose condition time changes.
        case lookRun(Int64)
    }

    package struct Counters: Hashable, Sendable {
        /// Runs that began.
        package var runs = 0
        package var failures = 0
        /// Times that a trigger fired.
        package var fired = 0
        package var skipped = 0
    }

    /// Does a piece of work after those that wait; puts made inside lead to more of it, which waits too.
    func perform(in hub: isolated Hub, _ work: @escaping (isolated Hub) -> Void) {
        inbox.work.append(work)
        guard !inbox.isTaken else { return }
        inbox.isTaken = true
        while let next = inbox.work.popFirst() { next(hub) }
        inbox.isTaken = false
        checkClock(in: hub)
        writeCells(in: hub)
        setAlarms(in: hub)
    }

    private func setAlarms(in hub: isolated Hub) {
        if machine.calendar.isOverfull { dropVoidWakes() }
        hub.setAlarm(at: machine.calendar.nextTimer, for: self)
        hub.setAlarm(wall: machine.calendar.nextWall, for: self)
    }

    package func alarm(in hub: isolated Hub) {
        perform(in: hub) { [self] hub in ring(in: hub) }
    }

    /// Takes one wake-up after another, each with all that it leads to.
    private func ring(in hub: isolated Hub) {
        if let (due, wake) = machine.calendar.popTimer(until: hub.clock.monotonic) {
            take(wake, due: due, in: hub)
        } else if let (due, wake) = machine.calendar.popWall(until: hub.clock.now) {
            take(wake, due: due, in: hub)
        } else {
            return
        }
        inbox.work.append { [self] hub in ring(in: hub) }
    }

    private func take(_ wake: Wake, due: Int64, in hub: isolated Hub) {
        switch wake {
        case .run(let id): wakeRun(id, due: due, in: hub)
        case .hold(let number): endHold(number, due: due, in: hub)
        case .call(let id): endCall(id, due: due, in: hub)
        case .clock:
            guard machine.calendar.isClockDue(at: due) else { return }
            machine.calendar.endClockLook()
            lookAtClock(in: hub)
        }
    }

    private func take(_ wake: WallWake, due: Timestamp, in hub: isolated Hub) {
        switch wake {
        case .schedule(let slot, let generation):
            if generation == machine.rules.generation { ring(slot, due: due, in: hub) }
        case .look(let slot, _):
            guard machine.calendar.isLookDue(wake, at: due) else { return }
            machine.calendar.endLook(wake)
            lookAgain(at: slot, in: hub)
        case .lookRun(let id):
            guard machine.calendar.isLookDue(wake, at: due) else { return }
            machine.calendar.endLook(wake)
            lookAgain(at: id, in: hub)
        }
    }

    private func dropVoidWakes() {
        // Copies, as nothing else of the engine may be looked at while a part of it changes.
        let (runs, holds, rules) = (machine.runs, machine.holds, machine.rules)
        machine.calendar.drop(
            unless: { wake, due in
                switch wake {
                case .run(let id): return runs[id]?.due == due
                case .hold(let number): return holds[number]?.due == due
                case .call(let id): return runs.live(id)?.call?.due == due
                case .clock: return true
                }
            },
            { slot, generation, due in
                generation == rules.generation && rules[Int(slot.rule)].due[Int(slot.trigger)] == due
            })
    }

    /// A greater number was written by nobody; half of what there is, so that adding one never overflows.
    static let maximumNumber = Int64.max / 2
}
