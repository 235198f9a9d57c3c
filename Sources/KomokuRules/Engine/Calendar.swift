import Komoku

/// When what waits is looked at: on the monotonic clock, and on the wall.
struct Calendar {
    private var timers = TimerQueue<RuleEngine.Wake>()
    private var wall = TimerQueue<RuleEngine.WallWake>()
    /// When each expression that time changes is looked at next; other wake-ups for it are void.
    private var lookDue: [RuleEngine.WallWake: Timestamp] = [:]
    /// When the clock is looked at next; other wake-ups for it are void.
    private var clockLook: Int64?
    /// Schedules wait for a clock that is set.
    var clockWait: ClockWait?
    /// By how much the wall clock is ahead of the monotonic one, as it was last seen.
    private var offset: Int64?

    // MARK: The monotonic clock

    var nextTimer: Int64? { timers.next?.microseconds }
    var timerCount: Int { timers.count }

    mutating func wake(_ wake: RuleEngine.Wake, at due: Int64) {
        timers.insert(wake, at: Timestamp(microseconds: due))
    }

    mutating func popTimer(until now: Int64) -> (due: Int64, wake: RuleEngine.Wake)? {
        timers.pop(until: Timestamp(microseconds: now)).map { ($0.due.microseconds, $0.purpose) }
    }

    // MARK: The wall

    var nextWall: Timestamp? { wall.next }
    var wallCount: Int { wall.count }

    mutating func wake(_ wake: RuleEngine.WallWake, at due: Timestamp) { wall.insert(wake, at: due) }

    mutating func popWall(until now: Timestamp) -> (due: Timestamp, wake: RuleEngine.WallWake)? {
        wall.pop(until: now).map { ($0.due, $0.purpose) }
    }

    /// Has an expression looked at then, unless it is to be before.
    mutating func look(_ wake: RuleEngine.WallWake, at due: Timestamp) {
        guard lookDue[wake].map({ due < $0 }) ?? true else { return }
        lookDue[wake] = due
        wall.insert(wake, at: due)
    }

    func isLookDue(_ wake: RuleEngine.WallWake, at due: Timestamp) -> Bool { lookDue[wake] == due }

    /// It is looked at, or need not be any more.
    mutating func endLook(_ wake: RuleEngine.WallWake) { lookDue[wake] = nil }

    mutating func forgetLooks() { lookDue = [:] }

    /// All that is due by the wall is worked out again.
    mutating func forgetWall() {
        wall.removeAll()
        lookDue = [:]
    }

    // MARK: The clock itself

    /// Has the clock looked at then, unless it is to be before.
    mutating func lookAtClock(at due: Int64) {
        if let clockLook, clockLook <= due { return }
        clockLook = due
        wake(.clock, at: due)
    }

    func isClockDue(at due: Int64) -> Bool { clockLook == due }

    mutating func endClockLook() { clockLook = nil }

    /// - Returns: by how much the wall clock was set back, in microseconds; 0 where it was not.
    mutating func see(wall: Timestamp, monotonic: Int64) -> Int64 {
        let seen = wall.microseconds &- monotonic
        defer { offset = seen }
        return offset.map { max(0, $0 &- seen) } ?? 0
    }

    // MARK: Room

    /// Whether many wake-ups may be void.
    var isOverfull: Bool { timers.isOverfull || wall.isOverfull }

    /// Drops what nobody waits for.
    ///
    /// - Parameters:
    ///   - isWanted: of what waits on the monotonic clock, but for the clock itself.
    ///   - isScheduled: of schedules.
    mutating func drop(
        unless isWanted: (RuleEngine.Wake, Int64) -> Bool,
        _ isScheduled: (TriggerIndex.Slot, _ generation: Int32, Timestamp) -> Bool
    ) {
        let (clockLook, lookDue) = (clockLook, lookDue)
        if timers.isOverfull {
            timers.drop { wake, due in
                wake == .clock ? clockLook == due.microseconds : isWanted(wake, due.microseconds)
            }
        }
        guard wall.isOverfull else { return }
        wall.drop { wake, due in
            if case .schedule(let slot, let generation) = wake { return isScheduled(slot, generation, due) }
            return lookDue[wake] == due
        }
    }
}
