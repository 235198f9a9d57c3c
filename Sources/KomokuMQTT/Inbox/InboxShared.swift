internal import KomokuStore
internal import KomokuSystem
internal import Synchronization

/// What the Inbox's thread shares with others.
final class InboxShared: Sendable {
    private struct State {
        var isStopping = false
        var mappings: MappingSet?
        var devices: Inbox.Devices?
        var discoveries: Inbox.Discoveries?
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

    func set(_ mappings: MappingSet, _ devices: Inbox.Devices?) {
        state.withLock { state in
            state.mappings = mappings
            if let devices { state.devices = devices }
        }
        wakeUp.signal()
    }

    /// New mappings and perhaps new sources of devices, once.
    func takeSettings() -> (mappings: MappingSet, devices: Inbox.Devices?)? {
        state.withLock { state in
            defer { (state.mappings, state.devices) = (nil, nil) }
            return state.mappings.map { ($0, state.devices) }
        }
    }

    func set(_ discoveries: Inbox.Discoveries) {
        state.withLock { $0.discoveries = discoveries }
        wakeUp.signal()
    }

    /// What the hub remembers, once it has said so.
    func takeDiscoveries() -> Inbox.Discoveries? {
        state.withLock { state in
            defer { state.discoveries = nil }
            return state.discoveries
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
