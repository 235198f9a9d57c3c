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
    let log: (any RunLog)?
    let clockStatus: any ClockStatus
    let zones: ZoneFiles
    let options: Options
    let logger: Logger

    // All that follows: every method that touches it takes the hub it is attached to as isolated parameter, so only the hub's
    // thread does.
    nonisolated(unsafe) var rules: [RuleState] = []
    nonisolated(unsafe) var places: [String: Int] = [:]
    /// Rules that the configuration disables.
    nonisolated(unsafe) var leftOut: [Rule] = []
    nonisolated(unsafe) var index = TriggerIndex()
    /// What of the rules nobody may see.
    nonisolated(unsafe) var hidden = HiddenTexts()
    /// The same without what only the configuration before had, of which runs may still be under way.
    nonisolated(unsafe) var newestHidden = HiddenTexts()
    /// Counts reloads: what was said of the places of rules before one does not hold after it.
    nonisolated(unsafe) var generation: Int32 = 0
    nonisolated(unsafe) var runs: [Int64: StandingRun] = [:]
    /// The runs that wait for a change of a key, at `wait_until`.
    nonisolated(unsafe) var watchers: [KeyName: Set<Int64>] = [:]
    /// The runs that wait for messages, or for keys by patterns: these.
    nonisolated(unsafe) var awaiting: [Int64: [KeyPattern]] = [:]
    nonisolated(unsafe) var deviceWatchers: Set<Int64> = []
    nonisolated(unsafe) var checks = Checks()
    nonisolated(unsafe) var holds = Holds()
    nonisolated(unsafe) var timers = TimerQueue<Wake>()
    nonisolated(unsafe) var calendar = TimerQueue<WallWake>()
    /// When each expression that time changes is looked at next; other wake-ups for it are void.
    nonisolated(unsafe) var lookDue: [WallWake: Timestamp] = [:]
    nonisolated(unsafe) var clockWait: ClockWait?
    /// By how much the wall clock is ahead of the monotonic one, as it was last seen.
    nonisolated(unsafe) var clockOffset: Int64?
    /// When the clock is looked at next; other wake-ups for it are void.
    nonisolated(unsafe) var clockLook: Int64?
    nonisolated(unsafe) var echoes = Echoes()
    nonisolated(unsafe) var chance: Chance
    nonisolated(unsafe) var recent = RecentRecords()
    /// The number of the newest record.
    nonisolated(unsafe) var lastNumber: Int64 = 0
    /// `start` has not fired yet.
    nonisolated(unsafe) var isStartHeld = false
    /// What the newest reload has ended.
    nonisolated(unsafe) var endings: [RuleEnding] = []
    nonisolated(unsafe) var lastDemand: UInt32 = 0
    /// Runs whose cells are to be written.
    nonisolated(unsafe) var unwritten: [Int64] = []
    nonisolated(unsafe) var inbox = Deque<(isolated Hub) -> Void>()
    nonisolated(unsafe) var isPerforming = false
    nonisolated(unsafe) var attachment: Attachment?
    nonisolated(unsafe) var place = HubPlace()
    nonisolated(unsafe) package internal(set) var counters = Counters()
    /// Questions to the store whose answers were not taken yet.
    nonisolated(unsafe) package internal(set) var openQuestions = 0

    /// - Parameters:
    ///   - notifier: nil where nobody delivers notes: the action fails.
    ///   - log: nil keeps the newest records only, in memory.
    package init(
        outputs: any RuleOutputs, notifier: (any RuleNotifier)? = nil, log: (any RunLog)? = nil,
        clockStatus: any ClockStatus = SystemClockStatus(), zones: ZoneFiles = ZoneFiles(),
        options: Options = Options(),
        logger: Logger
    ) {
        self.outputs = outputs
        self.notifier = notifier
        self.log = log
        self.clockStatus = clockStatus
        self.zones = zones
        self.options = options
        chance = Chance(seed: options.seed)
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
        case schedule(TriggerIndex.Place, generation: Int32)
        /// A `becomes` that time changes.
        case look(TriggerIndex.Place, generation: Int32)
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
        inbox.append(work)
        guard !isPerforming else { return }
        isPerforming = true
        while let next = inbox.popFirst() { next(hub) }
        isPerforming = false
        checkClock(in: hub)
        writeCells(in: hub)
        setAlarms(in: hub)
    }

    private func setAlarms(in hub: isolated Hub) {
        if timers.isOverfull { timers.drop { isWanted($0, at: $1.microseconds) } }
        if calendar.isOverfull { calendar.drop { isWanted($0, at: $1) } }
        hub.setAlarm(at: timers.next?.microseconds, for: self)
        hub.setAlarm(wall: calendar.next, for: self)
    }

    package func alarm(in hub: isolated Hub) {
        perform(in: hub) { [self] hub in ring(in: hub) }
    }

    /// Takes one wake-up after another, each with all that it leads to.
    private func ring(in hub: isolated Hub) {
        if let (due, wake) = timers.pop(until: Timestamp(microseconds: hub.clock.monotonic)) {
            take(wake, due: due.microseconds, in: hub)
        } else if let (due, wake) = calendar.pop(until: hub.clock.now) {
            take(wake, due: due, in: hub)
        } else {
            return
        }
        inbox.append { [self] hub in ring(in: hub) }
    }

    private func take(_ wake: Wake, due: Int64, in hub: isolated Hub) {
        switch wake {
        case .run(let id): wakeRun(id, due: due, in: hub)
        case .hold(let number): endHold(number, due: due, in: hub)
        case .call(let id): endCall(id, due: due, in: hub)
        case .clock:
            guard clockLook == due else { return }
            clockLook = nil
            lookAtClock(in: hub)
        }
    }

    private func take(_ wake: WallWake, due: Timestamp, in hub: isolated Hub) {
        switch wake {
        case .schedule(let place, let generation):
            if generation == self.generation { ring(place, due: due, in: hub) }
        case .look(let place, _):
            guard lookDue[wake] == due else { return }
            lookDue[wake] = nil
            lookAgain(at: place, in: hub)
        case .lookRun(let id):
            guard lookDue[wake] == due else { return }
            lookDue[wake] = nil
            lookAgain(at: id, in: hub)
        }
    }

    private func isWanted(_ wake: Wake, at due: Int64) -> Bool {
        switch wake {
        case .run(let id): runs[id]?.due == due
        case .hold(let number): holds[number]?.due == due
        case .call(let id): callDue(id) == due
        case .clock: clockLook == due
        }
    }

    private func isWanted(_ wake: WallWake, at due: Timestamp) -> Bool {
        switch wake {
        case .schedule(let place, let generation):
            generation == self.generation && rules[Int(place.rule)].due[Int(place.trigger)] == due
        case .look, .lookRun: lookDue[wake] == due
        }
    }

    func number() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    /// A greater number was written by nobody; half of what there is, so that adding one never overflows.
    static let maximumNumber = Int64.max / 2
}
