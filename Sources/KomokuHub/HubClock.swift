internal import Glibc
package import Komoku

/// What the hub takes for the present: the system's clock, or one that a test moves.
package protocol HubClock: Sendable {
    /// Wall-clock time.
    var now: Timestamp { get }
    /// Microseconds since some moment; never set back. What waits for a length of time waits by it.
    var monotonic: Int64 { get }
}

/// The system's clocks.
package struct SystemClock: HubClock {
    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// The time in which the machine was suspended counts: five minutes are five minutes in the house.
    package var monotonic: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
