package import Komoku
internal import KomokuSystem

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

    package var now: Timestamp { WallClock.now }

    /// The time in which the machine was suspended counts: five minutes are five minutes in the house.
    package var monotonic: Int64 { MonotonicClock.sinceBoot }
}
