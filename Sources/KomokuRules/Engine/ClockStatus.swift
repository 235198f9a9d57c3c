internal import Glibc
package import Komoku

/// Whether the system's clock can be trusted: a small computer without a battery begins in the past.
package protocol ClockStatus: Sendable {
    func isSynchronized(at now: Timestamp) -> Bool
}

/// What the kernel says of its clock.
package struct SystemClockStatus: ClockStatus {
    package init() {}

    /// 2024-01-01: a clock that shows less was not set.
    private static let oldest = Timestamp(microseconds: 1_704_067_200_000_000)

    package func isSynchronized(at now: Timestamp) -> Bool {
        if now < Self.oldest { return false }
        guard let ask = Self.adjtimex else { return true }
        // A question of zeros changes nothing; the answer fits in less than half of this on any machine.
        var answer = [UInt64](repeating: 0, count: 64)
        return answer.withUnsafeMutableBytes { ask($0.baseAddress) } != Self.notSynchronized
    }

    private typealias Adjust = @convention(c) (UnsafeMutableRawPointer?) -> Int32

    /// `adjtimex(2)`, which Swift's module of the C library leaves out.
    private static let adjtimex: Adjust? = dlsym(nil, "adjtimex").map { unsafeBitCast($0, to: Adjust.self) }
    /// `TIME_ERROR`: `STA_UNSYNC` is set, among others.
    private static let notSynchronized: Int32 = 5
}

/// A clock that is always right: for tests.
package struct TrustedClock: ClockStatus {
    package init() {}
    package func isSynchronized(at now: Timestamp) -> Bool { true }
}
