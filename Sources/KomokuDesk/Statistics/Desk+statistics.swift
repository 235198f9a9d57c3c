internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Commands that ask what became of a key over time.
extension Desk {
    func answer(
        _ request: StatisticsRequest, in hub: isolated Hub, _ then: @escaping Answer, _ pieces: (PieceSource) -> Void
    ) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            let range = try request.range.bounds(now: hub.clock.now)
            let zone = try zone(named: request.zone, in: hub)
            let fields = try StatisticsField.asked(request.fields, request.percentiles, of: key)
            let step = try Refusal.catching { () throws(WindowLength.Invalid) in
                try request.step.map { text throws(WindowLength.Invalid) in try WindowLength(parsing: text) } ?? .whole
            }
            var query = StatisticsQuery(of: key, fields, request.percentiles, now: hub.clock.now)
            query.bounds = try Refusal.catching { () throws(WindowLength.Invalid) in
                try step.bounds(since: range.lowerBound, until: range.upperBound, zone: zone)
            }
            let answer = KeyStatistics(
                of: StatisticsSubject(key, range, zone: step.isCalendar ? zone.name : nil), step: request.step)
            if StatisticsPieces.areNeeded(for: query) {
                let list = StatisticsPieces(query: query, answer: answer, fields: fields, store: hub.store)
                return pieces(list.source)
            }
            hub.store.statistics(query) { result in
                then(Reply(result) { .encoded(answer.with($0, fields).bytes) })
            }
        } catch {
            then(.error(error))
        }
    }

    func answer(_ request: ProfileRequest, in hub: isolated Hub, _ then: @escaping Answer) {
        do throws(Refusal) {
            let key = try hub.existing(request.key)
            let now = hub.clock.now
            let range = try request.range.bounds(now: now)
            let zone = try zone(named: request.zone, in: hub)
            let fields = try StatisticsField.asked(request.fields, request.percentiles, of: key)
            let query = StatisticsQuery(of: key, fields, request.percentiles, now: now)
            let answer = KeyProfile(of: StatisticsSubject(key, range, zone: zone.name), by: request.period)
            // A century has a million hours, and the hub has others to serve.
            work.async { [store = hub.store] in
                do throws(Refusal) {
                    let profile = try Refusal.catching { () throws(WindowLength.Invalid) in
                        try Profile(
                            by: request.period == .hour ? .hour : .weekday, zone: zone, since: range.lowerBound,
                            until: range.upperBound)
                    }
                    store.profile(query, profile) { result in
                        then(Reply(result) { .encoded(answer.with($0, fields).bytes) })
                    }
                } catch {
                    then(.error(error))
                }
            }
        } catch {
            then(.error(error))
        }
    }

    func answer(_ request: SpansRequest, in hub: isolated Hub, _ then: @escaping Answer) {
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
                limit: request.limit ?? SpansRequest.maximum
            ) { result in
                then(Reply(result) { .encoded($0.map(KeySpan.init).bytes) })
            }
        } catch {
            then(.error(error))
        }
    }
}

extension StatisticsQuery {
    fileprivate init(of key: KeyInfo, _ fields: [StatisticsField], _ percentiles: [Double], now: Timestamp) {
        self.init(of: key, bounds: [], now: now)
        self.percentiles = percentiles
        wantsSpans = fields.contains(.longest) || fields.contains(.shortest)
    }
}

extension WindowLength {
    fileprivate var isCalendar: Bool { if case .calendar = self { true } else { false } }
}

extension Refusal {
    fileprivate static func catching<Result>(
        _ body: () throws(WindowLength.Invalid) -> Result
    ) throws(Refusal) -> Result {
        do { return try body() } catch { throw .invalidQuery(error.description) }
    }
}

extension StatisticsField {
    /// The figures of a key that were asked for, each once; nil is all that it has.
    ///
    /// - Throws: where one was asked for that the key does not have.
    fileprivate static func asked(
        _ fields: [StatisticsField]?, _ percentiles: [Double], of key: KeyInfo
    ) throws(Refusal) -> [StatisticsField] {
        let type = key.type
        let all = all(of: type, unit: key.options.unit)
        if fields?.contains(.energy) == true, type == .numeric, !all.contains(.energy) {
            throw .invalidQuery("only keys in W, kW or MW have an 'energy'; give the key a 'unit'")
        }
        let asked = (fields ?? all.filter { $0 != .percentiles }) + (percentiles.isEmpty ? [] : [.percentiles])
        if let stranger = asked.first(where: { !all.contains($0) }) {
            throw .invalidQuery(
                "a key that is \(type.rawValue) has no '\(stranger.rawValue)'; it has "
                    + all.map(\.rawValue).joined(separator: ", "))
        }
        return all.filter { asked.contains($0) }
    }
}
