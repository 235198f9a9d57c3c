internal import KomokuStore
internal import Synchronization

/// What the Inbox's thread shares with others.
final class InboxShared: Sendable {
    private struct State {
        var isStopping = false
        var mappings: MappingSet?
        /// How the commit of this ticket ended.
        var finished: (ticket: Int, outcome: Store.CommitOutcome)?
        var counters = Inbox.Counters()
    }

    let wakeUp = WakeUp()
    private let state = Mutex(State())

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    func set(_ mappings: MappingSet) {
        state.withLock { $0.mappings = mappings }
        wakeUp.signal()
    }

    /// New mappings, once.
    func takeMappings() -> MappingSet? {
        state.withLock { state in
            defer { state.mappings = nil }
            return state.mappings
        }
    }

    func finish(_ ticket: Int, _ outcome: Store.CommitOutcome) {
        state.withLock { $0.finished = (ticket, outcome) }
        wakeUp.signal()
    }

    func outcome(of ticket: Int) -> Store.CommitOutcome? {
        state.withLock { state in
            guard let finished = state.finished, finished.ticket == ticket else { return nil }
            return finished.outcome
        }
    }

    var counters: Inbox.Counters {
        get { state.withLock { $0.counters } }
        set { state.withLock { $0.counters = newValue } }
    }
}
