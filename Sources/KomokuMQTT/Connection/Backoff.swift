package import Komoku

/// How long to wait before the next attempt to connect: longer each time, and never the same for all clients of a broker
/// that comes back.
package struct Backoff: Sendable {
    package struct Bounds: Sendable, Hashable {
        package var minimum: Duration
        package var maximum: Duration

        package init(minimum: Duration = .seconds(1), maximum: Duration = .seconds(60)) {
            self.minimum = minimum
            self.maximum = maximum
        }
    }

    /// How the last connection ended.
    package enum Ending: Sendable {
        /// There was none, or the broker hung up before it had done anything.
        case failed
        /// It did what it was for.
        case worked
        /// It did, for a good while.
        case lasted
    }

    /// After a connection that worked, however short, the next attempt waits at most twice the shortest time: brokers that
    /// restart often are found again soon, and two clients that throw each other out do not do it without end in between.
    private static let failuresAfterWork = 1

    private let bounds: Bounds
    private var failures = 0

    package init(_ bounds: Bounds) {
        self.bounds = bounds
    }

    package mutating func delay(
        after ending: Ending, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        switch ending {
        case .failed: break
        case .worked: failures = min(failures, Self.failuresAfterWork)
        case .lasted: failures = 0
        }
        let doubled = Double(bounds.minimum.microseconds) * Double(1 << min(failures, 20))
        failures += 1
        let longest = min(doubled, Double(bounds.maximum.microseconds))
        return Duration(microseconds: Int64(Double.random(in: longest * 0.75...longest, using: &generator)))
    }
}
