package import Komoku

/// How often something took how long.
package struct TimeHistogram: Hashable, Sendable {
    /// Upper bounds, in seconds.
    package static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// How many were at or below each bound and above the one before; the last are those above all.
    package private(set) var counts = Array(repeating: 0, count: bounds.count + 1)
    /// Seconds.
    package private(set) var sum = 0.0

    package init() {}

    package mutating func add(_ length: Duration) {
        let seconds = max(0, length.seconds)
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }

    package var count: Int { counts.reduce(0, +) }
}
