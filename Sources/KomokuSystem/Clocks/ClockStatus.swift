internal import CSpawn
package import Komoku

/// Whether the system's clock can be trusted: a small computer without a battery begins in the past.
package protocol ClockStatus: Sendable {
    func isSynchronized(at now: Timestamp) -> Bool
}

/// What the kernel says of its clock. In a container it often says nothing of those who set it: a machine that has been up for
/// some minutes is taken at its word.
package struct SystemClockStatus: ClockStatus {
    package init() {}

    /// 2026-01-01, the year of this version: a clock that shows less was not set. A module cannot ask the compiler.
    private static let oldest = Timestamp(microseconds: 1_767_225_600_000_000)
    /// How long a machine has to be up until NTP has had its chance, in microseconds.
    private static let enough: Int64 = 600_000_000

    package func isSynchronized(at now: Timestamp) -> Bool {
        if now < Self.oldest { return false }
        return clock_is_unsynchronized() != 1 || MonotonicClock.sinceBoot >= Self.enough
    }
}

/// A clock that is always right: for tests.
package struct TrustedClock: ClockStatus {
    package init() {}
    package func isSynchronized(at now: Timestamp) -> Bool { true }
}
