internal import Glibc
package import Komoku

/// What the hub takes for the present: the system's clock, or one that a test moves.
package protocol HubClock: Sendable {
    /// Wall-clock time.
    var now: Timestamp { get }
}

/// The system's wall clock.
package struct SystemClock: HubClock {
    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
