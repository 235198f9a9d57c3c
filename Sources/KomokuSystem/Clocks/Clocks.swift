internal import Glibc
package import Komoku

/// Moments that nobody can set, for lengths of time.
package enum MonotonicClock {
    /// Microseconds since some start; a suspended machine's time does not count.
    package static var now: Int64 { reading(of: CLOCK_MONOTONIC) }

    /// Microseconds since the machine started; the time in which it was suspended counts.
    package static var sinceBoot: Int64 { reading(of: CLOCK_BOOTTIME) }
}

/// What the system says that time it is.
package enum WallClock {
    package static var now: Timestamp { Timestamp(microseconds: reading(of: CLOCK_REALTIME)) }
}

private func reading(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}
