internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    fileprivate static let figures: [Parameter] = [
        .zone, .query("fields", .list, "which figures; all that the key's type has"),
        .query("percentiles", .numbers, "percentiles of a number, 0 to 100"),
    ]
}

extension Route {
    static let history: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/history"), group: .history,
            title: "Lists a key's points, or a few buckets of them",
            parameters: [
                .key, .since, .until,
                .query(
                    "points", .count(1...StatisticsRequest.mostWindows),
                    "instead of points at most so many buckets with count, min, max and mean"),
                .query("after", .time, "only points behind this time: 'next' of an answer"),
                .query("limit", .count(1...SeriesRequest.mostPoints), "the most points of an answer in JSON; 10,000"),
            ], work: .custom { $0.showHistory() }, types: [.json, .csv, .ndjson], tool: "history"),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/statistics"), group: .history,
            title: "Computes figures of a key: count, mean, minimum, maximum, increase, shares",
            parameters: [
                .key, .since, .until,
                .query("step", .text, "the length of a window: 5m, 1h, or hour, day, week, month, year; one window"),
            ] + Parameter.figures, work: .command(.statistics), tool: "statistics"),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/profile"), group: .history,
            title: "Computes figures for each hour of the day, or each day of the week",
            parameters: [.key, .since, .until, .query("by", .words(["hour", "weekday"]), "which; hour")]
                + Parameter.figures,
            work: .command(.profile), tool: "profile"),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/spans"), group: .history,
            title: "Lists when a key had a value",
            parameters: [
                .key, .since, .until, .query("value", .value, "the value; true"),
                .query("limit", .count(1...SpansRequest.maximum), "the most spans"),
            ], work: .command(.spans), tool: "spans"),
        Route(
            method: .GET, path: PathTemplate("/api/energy"), group: .history,
            title: "Tells what the house's meters counted, what of it was used, and what it cost",
            parameters: [
                .query("by", .words(EnergyStep.allCases.map(\.rawValue)), "the step of the calendar; day"), .since,
                .until, .zone,
            ], work: .command(.energy), tool: "energy"),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/why"), group: .history,
            title: "Explains a key's value: the message or rule that made it, and rules that watched it",
            parameters: [.key, .query("limit", .count(1...100), "the most runs, and the most decisions; 5")],
            work: .command(.why), tool: "why_key"),
        Route(
            method: .GET, path: PathTemplate("/api/keys/{key}/outliers"), group: .history,
            title: "Lists points of a counter that look wrong",
            parameters: [.key, .since, .until, .query("limit", .count(1...10_000), "the most; 1,000")],
            work: .command(.repair)),
        Route(
            method: .POST, path: PathTemplate("/api/keys/{key}/repair"), group: .history,
            title: "Corrects a point of a key's history",
            parameters: [
                .key, .body("remove", .time, "the time of a point to remove"),
                .body("set", .any, "a time and the right value"),
                .body("replaced", .time, "when the meter was replaced"),
                .body("not_replaced", .time, "when it was not"),
                .body("undo", .flag, "takes the last correction back"),
            ], work: .command(.repair)),
        Route(
            method: .GET, path: PathTemplate("/api/changes"), group: .history,
            title: "Tells of changes as they happen, as server-sent events",
            parameters: [
                .query("keys", .list, "patterns; all keys"),
                .query("init", .flag, "whether the last values are told first"),
                .query("every", .flag, "whether equal puts are told, too"),
            ], work: .custom { $0.followChanges() }, types: [.events]),
    ]
}

extension HTTPExchange {
    fileprivate func showHistory() {
        do throws(Problem) {
            let members = try members()
            let request: SeriesRequest
            do { request = try SeriesRequest(members) } catch { throw Problem(error) }
            if let points = members["points"]?.number.flatMap({ Int(exactly: $0) }) {
                return showBuckets(try Self.buckets(request, points, now: desk.hub.clock.now))
            }
            guard let type = MediaType.wanted(route.types, by: self.request.headers) else {
                throw .notAcceptable(route.types)
            }
            show(request, as: type)
        } catch {
            refuse(error)
        }
    }

    private func showBuckets(_ query: StatisticsRequest) {
        desk.hub.enqueue { [self] hub in
            var query = query
            let type = hub.key(query.key)?.type
            if type == .string {
                return refuse(.badRequest("texts have no buckets; ask for 'spans', or for 'history' without 'points'"))
            }
            let isNumber = type?.isNumber ?? true
            query.fields = isNumber ? [.count, .minimum, .maximum, .mean] : [.count, .fraction]
            perform(.statistics(query))
        }
    }

    private func show(_ request: SeriesRequest, as type: MediaType) {
        desk.counts.add([.fetch])
        desk.hub.enqueue { [self] hub in
            guard let key = hub.key(request.key), caller.rights.mayRead(request.key) else {
                return refuse(Problem(.unknownKey(request.key)))
            }
            do throws(Refusal) {
                let form: SeriesText.Form = type == .csv ? .csv : type == .ndjson ? .ndjson : .json
                stream(try desk.series(request, of: key, as: form, in: hub), as: type)
            } catch {
                refuse(Problem(error))
            }
        }
    }

    /// Windows of a length at which there are no more than so many.
    private static func buckets(
        _ request: SeriesRequest, _ points: Int, now: Timestamp
    ) throws(Problem) -> StatisticsRequest {
        let range: Range<Timestamp>
        do { range = try request.range.bounds(now: now) } catch { throw Problem(error) }
        var query = StatisticsRequest(request.key, since: range.lowerBound, until: range.upperBound)
        query.step = WindowSteps.step(range, most: points)
        return query
    }
}

/// Lengths of windows that people like to read.
enum WindowSteps {
    /// Seconds, each dividing a later one.
    private static let nice: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    ]

    /// The shortest length at which a range lies in no more than so many windows, which begin at multiples of it.
    static func step(_ range: Range<Timestamp>, most: Int) -> String? {
        guard most > 1 else { return nil }
        let (low, high) = (range.lowerBound.microseconds, range.upperBound.microseconds)
        func fits(_ seconds: Int64) -> Bool {
            let (length, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
            guard !overflow else { return true }
            let first = low.quotient(by: length), last = (high - 1).quotient(by: length)
            return last - first < Int64(most)
        }
        if let seconds = nice.first(where: fits) { return "\(seconds)s" }
        var days: Int64 = 2
        while !fits(days * 86_400) { days *= 2 }
        return "\(days)d"
    }
}

extension Int64 {
    /// Rounded down.
    fileprivate func quotient(by length: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: length)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
