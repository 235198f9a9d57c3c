internal import DequeModule
internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import Synchronization

/// Records of runs on their way to one client that follows them: bounded, and what falls out is counted.
final class RunFeed: Sendable {
    struct Delivery: Sendable {
        let row: RunRow
        /// Older ones that were left out before it, because the client read slowly.
        let skipped: Int
    }

    private struct State {
        var waiting = Deque<RunRow>()
        var skipped = 0
        var filter: RunFilter?
        var view: RuleView?
        /// What ends it at the rules.
        var following: Int?
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let wake: @Sendable () -> Void
    private let rights: @Sendable () -> Rights

    /// - Parameters:
    ///   - rights: what the client may at this moment.
    ///   - wake: called on any thread when there is something to take; must not block.
    init(
        capacity: Int = 1024, rights: @escaping @Sendable () -> Rights = { .all }, wake: @escaping @Sendable () -> Void
    ) {
        self.rights = rights
        self.capacity = capacity
        self.wake = wake
    }

    /// Follows what the filter takes from now on, and nothing else.
    ///
    /// - Parameter view: what the client may see.
    func follow(_ filter: RunFilter, _ view: RuleView, _ service: any RuleService, in hub: isolated Hub) {
        let isNew = state.withLock { state in
            (state.filter, state.view) = (filter, view)
            return state.following == nil
        }
        guard isNew else { return }
        let number = service.followRuns({ [weak self] row in self?.add(row) }, in: hub)
        state.withLock { $0.following = number }
    }

    func unfollow(_ service: (any RuleService)?, in hub: isolated Hub) {
        let number = state.withLock { state in
            state.filter = nil
            return state.following.take()
        }
        if let number { service?.unfollowRuns(number, in: hub) }
    }

    private func add(_ row: RunRow) {
        let wasEmpty = state.withLock { state -> Bool in
            guard let filter = state.filter, filter.takes(row), let view = state.view, view.sees(row),
                // What the client may was changed since he began.
                view.rights == rights()
            else { return false }
            if state.waiting.count >= capacity {
                state.waiting.removeFirst()
                state.skipped += 1
            }
            state.waiting.append(row)
            return state.waiting.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Takes up to `limit` records, oldest first. `wake` is called again only after all were taken.
    func drain(max limit: Int) -> [Delivery] {
        state.withLock { state in
            var taken: [Delivery] = []
            while taken.count < limit, let row = state.waiting.popFirst() {
                taken.append(Delivery(row: row, skipped: state.skipped))
                state.skipped = 0
            }
            return taken
        }
    }
}

extension RunFeed.Delivery {
    /// `{"run":{…}}`.
    var json: JSON {
        var report = RunReport(row)
        report.skipped = skipped
        return ["run": report.json]
    }
}
