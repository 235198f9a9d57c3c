package import Komoku
package import KomokuHub
internal import Synchronization

/// A clock that stands still until a test moves it.
package final class VirtualClock: HubClock {
    private struct State {
        var wall: Timestamp
        var monotonic: Int64 = 1_000_000_000
    }

    private let state: Mutex<State>

    /// - Parameter start: seconds since 1970.
    package init(seconds start: Double = 1_700_000_000) {
        state = Mutex(State(wall: Timestamp(seconds: start) ?? Timestamp(microseconds: 0)))
    }

    package var now: Timestamp { state.withLock { $0.wall } }

    package var monotonic: Int64 { state.withLock { $0.monotonic } }

    /// Time passes.
    package func advance(by duration: Duration) {
        state.withLock { state in
            state.wall = state.wall + duration
            state.monotonic &+= max(0, duration.microseconds)
        }
    }

    /// Somebody sets the wall clock.
    package func jump(by duration: Duration) {
        state.withLock { $0.wall = $0.wall + duration }
    }

    /// Moves the clock and lets the hub see it: whatever is due has happened when this returns.
    package func advance(by duration: Duration, for hub: Hub) async {
        advance(by: duration)
        await hub.tick()
    }
}
