internal import DequeModule
internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import Synchronization

/// Records of runs, and notices of other things, on their way to one client that follows them: bounded, and what falls out is
/// counted.
final class RunFeed: Sendable {
    enum News: Sendable {
        /// With what the client sees.
        case run(RunRow, RuleView)
        case notice(Notice)
        /// For this client alone, whatever it follows.
        case message(JSON)
    }

    struct Delivery: Sendable {
        let news: News
        /// Older ones that were left out before it, because the client read slowly.
        let skipped: Int
    }

    private struct State {
        var waiting = Deque<News>()
        var skipped = 0
        /// Nil where nothing is followed.
        var request: FollowRequest?
        var view: RuleView?
        /// What ends it at the rules, and at the board.
        var followingRuns: Int?
        var followingNotices: Int?
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let wake: @Sendable () -> Void
    private let rights: @Sendable () -> Rights
    private let owner: @Sendable () -> String

    /// - Parameters:
    ///   - rights: what the client may at this moment.
    ///   - owner: whose documents he has at this moment.
    ///   - wake: called on any thread when there is something to take; must not block.
    init(
        capacity: Int = 1024, rights: @escaping @Sendable () -> Rights = { .all },
        owner: @escaping @Sendable () -> String = { "" }, wake: @escaping @Sendable () -> Void
    ) {
        (self.rights, self.owner) = (rights, owner)
        self.capacity = capacity
        self.wake = wake
    }

    /// Follows what the request asks for from now on, and nothing else.
    func follow(_ request: FollowRequest, _ desk: Desk, in hub: isolated Hub) {
        unfollow(desk, in: hub)
        if request.has(.runs), let rules = desk.rules {
            let view = RuleView(rights(), rules, in: hub)
            let number = rules.followRuns({ [weak self] row in self?.add(row) }, in: hub)
            state.withLock { ($0.view, $0.followingRuns) = (view, number) }
        }
        let followsOther = request.topics?.contains { $0 != .runs } ?? false
        let number = followsOther ? desk.notices.follow { [weak self] notice in self?.add(notice) } : nil
        state.withLock { ($0.request, $0.followingNotices) = (request, number) }
    }

    func unfollow(_ desk: Desk, in hub: isolated Hub) {
        let (runs, notices) = state.withLock { state in
            state.request = nil
            return (state.followingRuns.take(), state.followingNotices.take())
        }
        if let runs { desk.rules?.unfollowRuns(runs, in: hub) }
        if let notices { desk.notices.unfollow(notices) }
    }

    /// Tells the client something by itself.
    func tell(_ json: JSON) { add { _ in .message(json) } }

    private func add(_ row: RunRow) {
        add { state in
            guard let request = state.request, request.filter.takes(row), let view = state.view, view.sees(row) else {
                return nil
            }
            // What the client may was changed since he began.
            return view.rights == rights() ? .run(row, view) : nil
        }
    }

    private func add(_ notice: Notice) {
        add { state in
            let isWanted = state.request?.has(notice.topic) == true && notice.isFor(owner(), rights())
            return isWanted ? .notice(notice) : nil
        }
    }

    /// - Parameter wanted: nil is what the client does not want, or must not hear.
    private func add(_ wanted: (State) -> News?) {
        let wasEmpty = state.withLock { state -> Bool in
            guard let news = wanted(state) else { return false }
            if state.waiting.count >= capacity {
                state.waiting.removeFirst()
                state.skipped += 1
            }
            state.waiting.append(news)
            return state.waiting.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Takes up to `limit` records, oldest first. `wake` is called again only after all were taken.
    func drain(max limit: Int) -> [Delivery] {
        state.withLock { state in
            var taken: [Delivery] = []
            while taken.count < limit, let news = state.waiting.popFirst() {
                taken.append(Delivery(news: news, skipped: state.skipped))
                state.skipped = 0
            }
            return taken
        }
    }
}

extension RunFeed.Delivery {
    /// `{"run":{…}}`; of a notice what it says, with how many were left out beside it.
    var json: JSON {
        switch news {
        case .run(let row, let view):
            var report = view.report(row)
            report.skipped = skipped
            return ["run": report.json]
        case .notice(let notice):
            guard skipped > 0, let members = notice.json.object else { return notice.json }
            return .object(members + [JSON.Member("skipped", .number(Double(skipped)))])
        case .message(let json): return json
        }
    }
}
