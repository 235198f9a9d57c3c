internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOPosix

/// Commands that ask what became of a key over time.
extension CommandRun {
    func answer(
        _ request: StatisticsRequest, in hub: isolated Hub, _ reply: @escaping Answer, _ pieces: (PieceSource) -> Void
    ) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            let range = try request.range.bounds(now: hub.clock.now)
            let zone = try context.zone(named: request.zone, in: hub)
            var query = StatisticsQuery(of: key, bounds: [], now: hub.clock.now)
            let fields = try query.ask(for: request.figures, of: key)
            query.bounds = try Refusal.catching { () throws(Step.Invalid) in
                try request.step.bounds(since: range.lowerBound, until: range.upperBound, zone: zone)
            }
            let text = StatisticsText(
                key: key, fields: fields, range: range, zone: request.step.isCalendar ? zone.name : nil)
            if StatisticsPieces.areNeeded(for: query) {
                let list = StatisticsPieces(query: query, text: text, step: request.stepText, store: hub.store)
                return pieces(list.source)
            }
            hub.store.statistics(query) { result in
                reply(Reply(result) { .encoded(text.statistics($0, step: request.stepText)) })
            }
        } catch {
            reply(.error(error))
        }
    }

    func answer(_ request: ProfileRequest, in hub: isolated Hub, _ reply: @escaping Answer) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            let now = hub.clock.now
            let range = try request.range.bounds(now: now)
            let zone = try context.zone(named: request.zone, in: hub)
            var query = StatisticsQuery(of: key, bounds: [], now: now)
            let fields = try query.ask(for: request.figures, of: key)
            let text = StatisticsText(key: key, fields: fields, range: range, zone: zone.name)
            // A century has a million hours, and the hub has others to serve.
            NIOThreadPool.singleton.submit { [store = hub.store, query] _ in
                do throws(Refusal) {
                    let profile = try Refusal.catching { () throws(Step.Invalid) in
                        try Profile(by: request.period, zone: zone, since: range.lowerBound, until: range.upperBound)
                    }
                    store.profile(query, profile) { result in
                        reply(Reply(result) { .encoded(text.profile($0, by: request.period)) })
                    }
                } catch {
                    reply(.error(error))
                }
            }
        } catch {
            reply(.error(error))
        }
    }

    func answer(_ request: SpansRequest, in hub: isolated Hub, _ reply: @escaping Answer) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            guard !key.type.isNumber else { throw Refusal(.typeMismatch, "numbers have no spans; see 'statistics'") }
            guard let value = try? Value(casting: request.value, to: key.type, options: KeyOptions()) else {
                throw Refusal(.invalidValue, "a key that is \(key.type.rawValue) is never \(request.value.text)")
            }
            let now = hub.clock.now
            let range = try request.range.bounds(now: now)
            hub.store.spans(
                of: key.id, value: value, since: range.lowerBound, until: range.upperBound, now: now,
                limit: request.limit
            ) { result in
                reply(
                    Reply(result) { spans in
                        let text = Spans.text(of: spans) + Spans.unwatched(in: spans)
                        return .encoded(Array(#"{"spans":"#.utf8) + text + Array("}".utf8))
                    })
            }
        } catch {
            reply(.error(error))
        }
    }
}

extension StatisticsQuery {
    /// - Returns: the fields of the answer.
    fileprivate mutating func ask(
        for figures: StatisticsFigures, of key: KeyInfo
    ) throws(Refusal) -> [StatisticsField] {
        let fields = try figures.fields(for: key.type, unit: key.options.unit)
        percentiles = figures.percentiles
        wantsSpans = fields.contains(.longest) || fields.contains(.shortest)
        return fields
    }
}

extension Step {
    fileprivate var isCalendar: Bool { if case .calendar = self { true } else { false } }
}

extension Refusal {
    fileprivate static func catching<Result>(
        _ body: () throws(Step.Invalid) -> Result
    ) throws(Refusal) -> Result {
        do { return try body() } catch { throw .invalidQuery(error.description) }
    }
}

extension Hub {
    func existing(_ name: KeyName) throws(Refusal) -> KeyInfo {
        guard let key = key(name) else { throw .unknownKey(name) }
        return key
    }
}
