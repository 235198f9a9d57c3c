package import Komoku
internal import KomokuHub
internal import Synchronization

/// A clock that stands still until it is moved.
package final class ManualClock: HubClock {
    private struct State {
        var wall: Timestamp
        var monotonic: Int64
    }

    /// What a monotonic clock shows after a start of the machine.
    private static let afterBoot: Int64 = 10_000_000

    private let state: Mutex<State>

    package init(_ start: Timestamp) {
        state = Mutex(State(wall: start, monotonic: Self.afterBoot))
    }

    package var now: Timestamp { state.withLock { $0.wall } }

    package var monotonic: Int64 { state.withLock { $0.monotonic } }

    /// Time passes.
    package func advance(by duration: Duration) {
        state.withLock { state in
            state.wall = state.wall + duration
            state.monotonic = state.monotonic.adding(max(.zero, duration))
        }
    }

    /// Somebody sets the wall clock.
    package func jump(by duration: Duration) {
        state.withLock { $0.wall = $0.wall + duration }
    }

    /// The machine is off for so long: the monotonic clock begins anew.
    package func boot(after down: Duration) {
        state.withLock { $0 = State(wall: $0.wall + down, monotonic: Self.afterBoot) }
    }
}
