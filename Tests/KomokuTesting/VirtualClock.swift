package import Komoku
package import KomokuHub
internal import Synchronization

/// A clock that stands still until a test moves it.
package final class VirtualClock: HubClock {
    private let time: Mutex<Timestamp>

    /// - Parameter start: seconds since 1970.
    package init(seconds start: Double = 1_700_000_000) {
        time = Mutex(Timestamp(seconds: start) ?? Timestamp(microseconds: 0))
    }

    package var now: Timestamp { time.withLock { $0 } }

    package func advance(by duration: Duration) {
        time.withLock { $0 = $0 + duration }
    }

    /// Moves the clock and lets the hub see it: whatever is due has happened when this returns.
    package func advance(by duration: Duration, for hub: Hub) async {
        advance(by: duration)
        await hub.tick()
    }
}
