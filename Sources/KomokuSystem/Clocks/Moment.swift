internal import Glibc
package import Komoku

/// A reading of the clock that is never set.
package struct Moment: Comparable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package static func + (moment: Moment, duration: Duration) -> Moment {
        let (nanoseconds, first) = duration.microseconds.multipliedReportingOverflow(by: 1000)
        let (sum, second) = moment.nanoseconds.addingReportingOverflow(nanoseconds)
        return Moment(nanoseconds: first || second ? .max : sum)
    }

    /// How long ago it was.
    package var elapsed: Duration { Duration(microseconds: (Moment.now.nanoseconds - nanoseconds) / 1000) }

    package static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }
}
