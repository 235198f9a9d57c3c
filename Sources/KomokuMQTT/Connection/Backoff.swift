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

    /// A connection that lived less long than this counts as a failed attempt: somebody may throw us out again and again.
    static let stableAfter = Duration.seconds(10)

    private let bounds: Bounds
    private var failures = 0

    package init(_ bounds: Bounds) {
        self.bounds = bounds
    }

    /// - Parameter lived: how long the last connection lived; nil where there was none.
    package mutating func delay(
        after lived: Duration?, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        if let lived, lived >= Self.stableAfter { failures = 0 }
        let doubled = Double(bounds.minimum.microseconds) * Double(1 << min(failures, 20))
        failures += 1
        let longest = min(doubled, Double(bounds.maximum.microseconds))
        return Duration(microseconds: Int64(Double.random(in: longest * 0.75...longest, using: &generator)))
    }
}
