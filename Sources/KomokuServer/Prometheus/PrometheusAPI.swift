internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuPrometheus
internal import NIOHTTP1

/// Prometheus's HTTP API over the keys of the house: what Grafana's data source asks.
final class PrometheusAPI: Sendable {
    private let desk: Desk
    private let queue = QueryQueue()
    private let cache = SeriesCatalogueCache()

    init(_ desk: Desk) { self.desk = desk }

    func answer(_ question: PrometheusQuestion, _ exchange: HTTPExchange) {
        do throws(QueryError) {
            let fields = try Self.fields(of: exchange.request)
            answer(question, fields, for: exchange.caller) { Self.send($0, exchange) }
        } catch {
            exchange.answer(.prometheus(error))
        }
    }

    /// What is long leaves as it is read, and counts among what all connections hold.
    private static func send(_ answer: HTTPAnswer, _ exchange: HTTPExchange) {
        let size = answer.content.count
        guard answer.status == .ok, size > PieceSource.size else { return exchange.answer(answer) }
        guard case .made = exchange.account.reserve(size, limit: exchange.context.limits.unreadBytes) else {
            return exchange.answer(
                .prometheus(QueryError(.unavailable, "too many answers wait to be read; ask for less, or later")))
        }
        exchange.stream(pieces(of: answer.content, from: 0), as: .json, reserved: size)
    }

    private static func pieces(of content: [UInt8], from start: Int) -> PieceSource {
        PieceSource { then in
            let end = min(start + PieceSource.size, content.count)
            let piece = Array(content[start..<end])
            then(end == content.count ? .last(piece) : .some(piece, rest: pieces(of: content, from: end)))
        }
    }

    /// Those of a form count more than those of the query.
    private static func fields(of request: HTTPRequest) throws(QueryError) -> FormFields {
        var fields = request.query
        let type = request.headers.first(name: "Content-Type")?.lowercased() ?? ""
        guard request.method == .POST, type.hasPrefix("application/x-www-form-urlencoded") else { return fields }
        let form: FormFields
        do throws(Problem) { form = try FormFields(parsing: request.body) } catch {
            throw QueryError(
                .badData, "error parsing form values: it is not 'name=value&…' with %XX for odd bytes of UTF-8")
        }
        if let name = form.repeatedName(but: ["match[]"]) {
            throw QueryError(.badData, "invalid parameter \"\(name.prefix(80))\": it is given more than once")
        }
        fields.append(form)
        return fields
    }

    /// - Parameter then: called once, on any thread.
    func answer(
        _ question: PrometheusQuestion, _ fields: FormFields, for caller: Caller,
        then: @escaping @Sendable (HTTPAnswer) -> Void
    ) {
        if let answer = question.fixedAnswer(fields) { return then(answer) }
        // What is read on the hub's thread is little: the rest is done elsewhere.
        desk.hub.enqueue { [self] hub in
            let (listings, store, now) = (cache.listings(of: hub, desk.rooms), hub.store, hub.clock.now)
            let isTaken = queue.async { [self] in
                let source = StoreSeries(
                    catalogue: cache.catalogue(listings), store: store, rights: caller.rights, now: now)
                then(Self.answer(question, fields, source, for: caller))
            }
            if !isTaken { then(.prometheus(QueryError(.unavailable, "too many queries are waiting; ask again later"))) }
        }
    }

    private static func answer(
        _ question: PrometheusQuestion, _ fields: FormFields, _ source: StoreSeries, for caller: Caller
    ) -> HTTPAnswer {
        let run = QuestionRun(fields: fields, source: source, caller: caller)
        do throws(QueryError) {
            switch question {
            case .query: return try run.query()
            case .queryRange: return try run.queryRange()
            case .series: return try run.series()
            case .labels: return try run.labels()
            case .values(let label): return try run.values(of: label)
            default: return try run.exemplars()
            }
        } catch {
            return .prometheus(error)
        }
    }
}
