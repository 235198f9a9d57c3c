internal import KomokuSystem
internal import Synchronization

/// What the Outbox's thread shares with those who publish.
final class OutboxShared: Sendable {
    private struct State {
        var isStopping = false
        var queue = OutboxQueue()
        var counters = Outbox.Counters()
    }

    let wakeUp = WakeUp()
    private let state = Mutex(State())

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
    }

    /// - Returns: why it does not fit.
    func add(_ publication: Publication, deadline: Int64?) -> String? {
        let (wasEmpty, refusal) = state.withLock { state in
            guard !state.isStopping else { return (false, "the hub is stopping") as (Bool, String?) }
            let wasEmpty = state.queue.isEmpty
            let entry = OutboxQueue.Entry(publication: publication, deadline: deadline)
            return (wasEmpty, state.queue.add(entry, joining: !state.counters.isConnected))
        }
        if wasEmpty { wakeUp.signal() }
        return refusal
    }

    /// Whether nothing waits, and the hub goes on.
    var isIdle: Bool { state.withLock { $0.queue.isEmpty && !$0.isStopping } }

    func putBack(_ entry: OutboxQueue.Entry) -> String? {
        state.withLock { $0.queue.putBack(entry) }
    }

    /// Up to `limit` of what waits.
    func take(_ limit: Int) -> [OutboxQueue.Entry] {
        state.withLock { state in
            var taken: [OutboxQueue.Entry] = []
            while taken.count < limit, let entry = state.queue.next() { taken.append(entry) }
            return taken
        }
    }

    func takeExpired(at now: Int64) -> [OutboxQueue.Entry] {
        state.withLock { $0.queue.expired(at: now) }
    }

    func count(_ change: (inout Outbox.Counters) -> Void) {
        state.withLock { change(&$0.counters) }
    }

    var counters: Outbox.Counters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.queue.commandCount + state.queue.stateCount
            return counters
        }
    }
}
