internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Answers one `fetch`. The store reads on threads of its own.
struct Fetch: Sendable {
    let query: FetchRequest
    let store: Store
    let now: Timestamp

    /// - Parameters:
    ///   - key: nil where there is none of that name.
    ///   - then: called once, on any thread, unless `pieces` is.
    ///   - pieces: takes an answer that is too long to be held.
    func run(
        _ key: KeyInfo?, then: @escaping @Sendable (Reply) -> Void,
        pieces: @escaping @Sendable (PieceSource) -> Void
    ) {
        switch query.form {
        case .last: return then(.point(key?.last))
        case .previous: return previous(key, then)
        default: break
        }
        guard let key else { return then(.points([])) }
        switch query.form {
        case .last, .previous: break
        case .newest(let count) where key.type == .string: texts(of: key, count, newestFirst: true, then, pieces)
        case .points(let limit) where key.type == .string: texts(of: key, limit, newestFirst: false, then, pieces)
        case .newest(let count):
            points(of: key, limit: count, then) { .points($0) }
        case .points where query.since != nil && key.type.isBoolean:
            let shares = Shares(key: key, store: store, now: now)
            shares.answer(from: query.since, to: query.until, .count(50), then)
        case .points(let limit):
            points(of: key, limit: limit, then) { .points($0.reversed()) }
        case .steps(let step, let limit): steps(of: key, step.duration, limit: limit, then)
        case .timespans(let state): timespans(of: key, state, then)
        }
    }

    private func previous(_ key: KeyInfo?, _ then: @escaping @Sendable (Reply) -> Void) {
        guard let key, let value = key.last?.value else { return then(.point(nil)) }
        store.newestPoint(of: key.id, differingFrom: value) { then(Reply($0) { .point($0) }) }
    }

    /// The newest points between the bounds, newest first.
    private func points(
        of key: KeyInfo, limit: Int, _ then: @escaping @Sendable (Reply) -> Void,
        _ reply: @escaping @Sendable ([Point]) -> Reply
    ) {
        store.points(
            of: key.id, since: query.since, until: query.until ?? key.end(at: now), limit: limit, newestFirst: true
        ) {
            then(Reply($0, reply))
        }
    }

    private func texts(
        of key: KeyInfo, _ limit: Int, newestFirst: Bool, _ then: @escaping @Sendable (Reply) -> Void,
        _ pieces: @escaping @Sendable (PieceSource) -> Void
    ) {
        let points = TextPoints(
            key: key.id, store: store, since: query.since, until: query.until, limit: limit, newestFirst: newestFirst)
        points.answer { outcome in
            switch outcome {
            case .points(let points): then(.points(points))
            case .pieces(let source): pieces(source)
            }
        }
    }

    private func steps(
        of key: KeyInfo, _ span: Duration, limit: Int, _ then: @escaping @Sendable (Reply) -> Void
    ) {
        switch key.type {
        case .numeric, .counter:
            MeanSteps(key: key, span: span.microseconds, limit: limit, store: store, now: now)
                .answer(after: query.since, before: query.until, then)
        case .boolean, .uptime:
            Shares(key: key, store: store, now: now)
                .answer(from: query.since, to: query.until, .steps(span, limit: limit), then)
        case .string:
            then(.error(Refusal(.typeMismatch, "texts have no mean; 'step' is for numbers and booleans")))
        }
    }

    private static let usualSpan = Duration.seconds(86_400)

    private func timespans(of key: KeyInfo, _ state: Bool, _ then: @escaping @Sendable (Reply) -> Void) {
        guard key.type.isBoolean else {
            return then(.error(Refusal(.typeMismatch, "timespans are for booleans; see 'spans'")))
        }
        let end = min(query.until ?? now, now)
        let start = query.since ?? now - Self.usualSpan
        guard start < end else { return then(.points([])) }
        store.spans(
            of: key.id, value: .boolean(state), since: start, until: end, now: now, limit: SpansRequest.maximum
        ) { result in
            then(
                Reply(result) { spans in
                    var bytes: [UInt8] = []
                    spans.map(KeySpan.init).writePairs(into: &bytes)
                    return .encoded(bytes)
                })
        }
    }
}

extension KeyInfo {
    /// Where what is known now ends, unless it is asked for more: what waits for its time, and what was dated by a clock that
    /// was ahead, is left out. Nil where there is nothing of the kind.
    func end(at now: Timestamp) -> Timestamp? {
        if let nextFuture { return nextFuture }
        return misdated > 0 ? now + Hub.tolerance + Duration(microseconds: 1) : nil
    }
}
