package import Komoku
package import KomokuHub
internal import Synchronization

/// A user or a token as its connections see it: what an administrator changes counts for those that are open, too.
package final class Account: Sendable {
    private struct State {
        /// Nil once it was removed.
        var rights: Rights?
        var expires: Timestamp?
    }

    private let state: Mutex<State>
    private let clock: any HubClock

    package init(_ rights: Rights?, expires: Timestamp? = nil, clock: any HubClock = SystemClock()) {
        state = Mutex(State(rights: rights, expires: expires))
        self.clock = clock
    }

    /// Nil where it was removed, or its time is over.
    package var rights: Rights? {
        let state = state.withLock { $0 }
        guard let expires = state.expires else { return state.rights }
        return clock.now < expires ? state.rights : nil
    }

    func change(_ rights: Rights?) { state.withLock { $0.rights = rights } }
}
