internal import Glibc

/// What the present thread has computed so far. For bounds of work: how busy the machine is does not count.
package enum ThreadTime {
    package static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// What `body` costs.
    package static func measure(_ body: () -> Void) -> Duration {
        let begun = now
        body()
        return now - begun
    }
}
