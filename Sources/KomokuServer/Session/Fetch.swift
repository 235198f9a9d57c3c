internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Answers one `fetch`. The store reads on threads of its own.
struct Fetch: Sendable {
    let query: FetchQuery
    let store: Store
    let now: Timestamp

    /// - Parameters:
    ///   - key: nil where there is none of that name.
    ///   - then: called once, on any thread.
    func run(_ key: KeyInfo?, then: @escaping @Sendable (Reply) -> Void) {
        switch query.form {
        case .last: then(.point(key?.last))
        case .previous: previous(key, then)
        case .newest(let count):
            points(of: key, limit: count, then) { .points($0) }
        case .points where query.since != nil && key?.type.isBoolean == true:
            shares(of: key, then)
        case .points(let limit):
            points(of: key, limit: limit, then) { .points($0.reversed()) }
        case .steps, .timespans:
            then(.error(.invalidQuery))
        }
    }

    private func previous(_ key: KeyInfo?, _ then: @escaping @Sendable (Reply) -> Void) {
        guard let key, let value = key.last?.value else { return then(.point(nil)) }
        store.newestPoint(of: key.id, differingFrom: value) { result in
            // No such point is an answer too, and `try?` would take it for a failure.
            switch result {
            case .success(let point): then(.point(point))
            case .failure: then(.unreadable)
            }
        }
    }

    /// The newest points between the bounds, newest first.
    private func points(
        of key: KeyInfo?, limit: Int, _ then: @escaping @Sendable (Reply) -> Void,
        _ reply: @escaping @Sendable ([Point]) -> Reply
    ) {
        guard let key else { return then(.points([])) }
        store.points(of: key.id, since: query.since, until: query.until, limit: limit, newestFirst: true) { result in
            then((try? result.get()).map(reply) ?? .unreadable)
        }
    }

    /// A boolean with a start and no step: fifty shares from there to the end.
    private func shares(of key: KeyInfo?, _ then: @escaping @Sendable (Reply) -> Void) {
        let end = min(query.until ?? now, now)
        guard let key, let since = query.since, since < end else { return then(.points([])) }
        let atStart = since + Duration(microseconds: 1)
        store.points(of: key.id, since: nil, until: atStart, limit: 1, newestFirst: true) { result in
            guard let before = try? result.get() else { return then(.unreadable) }
            let shares = Shares(from: since, to: end, windows: 50, state: before.first?.value?.boolean ?? false)
            gather(shares, of: key.id, from: since, to: end, then)
        }
    }

    /// Reads page after page, so that a long history costs time and not memory.
    private func gather(
        _ shares: Shares, of key: KeyID, from start: Timestamp, to end: Timestamp,
        _ then: @escaping @Sendable (Reply) -> Void
    ) {
        let page = FetchQuery.maximumPoints
        store.points(of: key, since: start, until: end, limit: page, newestFirst: false) { result in
            guard let points = try? result.get() else { return then(.unreadable) }
            var shares = shares
            for point in points { shares.add(point.value?.boolean ?? false, at: point.time) }
            if points.count == page, let last = points.last {
                gather(shares, of: key, from: last.time, to: end, then)
            } else {
                then(.json(shares.finished()))
            }
        }
    }
}
