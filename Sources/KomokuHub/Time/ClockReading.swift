internal import Komoku

/// What the hub's two clocks showed when it looked last: the wall clock dates, the monotonic one measures.
struct ClockReading {
    private(set) var wall: Timestamp
    private(set) var tick: Tick
    /// What the wall clock is ahead of the monotonic one, as long as nobody sets it.
    private var offset: Int64
    /// By how much the wall clock was set since the look before; zero as a rule.
    private(set) var jump = Duration.zero

    /// Less than this is no jump: a thread may stand still between the two questions, and a clock that is slewed runs a
    /// little faster or slower.
    private static let smallest = Duration.milliseconds(500)

    init(_ clock: any HubClock) {
        (wall, tick) = (clock.now, Tick(microseconds: clock.monotonic))
        offset = wall.microseconds &- tick.microseconds
    }

    mutating func look(at clock: any HubClock) {
        var next = ClockReading(clock)
        for _ in 0..<3 where abs(next.offset &- offset) >= Self.smallest.microseconds { next = ClockReading(clock) }
        let difference = next.offset &- offset
        let isJump = abs(difference) >= Self.smallest.microseconds
        jump = isJump ? Duration(microseconds: difference) : .zero
        (wall, tick) = (next.wall, next.tick)
        if isJump { offset = next.offset }
    }

    /// What the wall clock shows at a tick, or would have shown if it had always been as it is now.
    func date(of tick: Tick) -> Timestamp {
        Timestamp(microseconds: tick.microseconds) + Duration(microseconds: offset)
    }

    func tick(at time: Timestamp) -> Tick { Tick(microseconds: time.microseconds) - Duration(microseconds: offset) }

    /// The tick of a time that is past; a time ahead is heard of now.
    func heard(at time: Timestamp) -> Tick { min(tick(at: time), tick) }
}
