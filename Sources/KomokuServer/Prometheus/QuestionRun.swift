internal import Komoku
internal import KomokuDesk
internal import KomokuPrometheus
internal import KomokuWire

/// Answers one question, on a thread that may wait for the disk.
struct QuestionRun {
    let fields: FormFields
    let source: StoreSeries
    let caller: Caller

    /// A query takes no longer.
    private static let longest: Int64 = 30_000_000
    /// An answer has no more values: some 25 MB of text.
    private static let mostValues = 1_000_000

    private func budget() throws(QueryError) -> QueryBudget {
        let timeout = min(max(0, try fields.duration("timeout") ?? Self.longest), Self.longest)
        let deadline = ContinuousClock.now + .microseconds(timeout)
        return QueryBudget { [caller] in caller.isGone || ContinuousClock.now > deadline }
    }

    private func parsed() throws(QueryError) -> Query {
        do throws(QueryError) {
            return try Query(fields.given("query") ?? "")
        } catch {
            throw QueryError(.badData, "invalid parameter \"query\": \(error.message)")
        }
    }

    // MARK: Queries

    func query() throws(QueryError) -> HTTPAnswer {
        let time = try fields.time("time") ?? source.now.wholeMilliseconds.microseconds
        let result = try parsed().evaluate(at: time, from: source, try budget())
        return try answer(result)
    }

    func queryRange() throws(QueryError) -> HTTPAnswer {
        let (start, end) = (try fields.demanded("start"), try fields.demanded("end"))
        guard let step = try fields.duration("step") else {
            throw QueryError(
                .badData, "invalid parameter \"step\": cannot parse \"\" to a valid duration; it must be given")
        }
        let steps = try QuerySteps(start: start, end: end, step: step)
        let query = try parsed()
        do throws(QueryError) {
            try query.checkForRange()
        } catch {
            throw QueryError(.badData, "invalid parameter \"query\": \(error.message)")
        }
        return try answer(try query.evaluate(over: steps, from: source, try budget()))
    }

    private func answer(_ result: QueryResult) throws(QueryError) -> HTTPAnswer {
        let limit = try fields.limit()
        guard result.valueCount <= Self.mostValues else {
            throw QueryError(
                .execution,
                "the answer has more than \(Self.mostValues) values; select fewer series or take a longer step")
        }
        return .prometheus { result.write(into: &$0, limit: limit) }
    }

    func exemplars() throws(QueryError) -> HTTPAnswer {
        _ = try parsed()
        return .prometheus([])
    }

    // MARK: Series and labels

    /// The labels of the series that one of the selectors matches; without selectors of all.
    private func matching(_ selectors: [[LabelMatcher]]) throws(QueryError) -> [Labels] {
        var budget = try budget()
        var numbers: Set<Int> = []
        for matchers in selectors.isEmpty ? [[]] : selectors {
            numbers.formUnion(try source.numbers(matching: matchers, &budget))
            try budget.check()
        }
        return numbers.sorted().map { source.catalogue.entries[$0].labels }
    }

    func series() throws(QueryError) -> HTTPAnswer {
        let selectors = try fields.selectors()
        guard !selectors.isEmpty else { throw QueryError(.badData, "no match[] parameter provided") }
        try checkTimes()
        let found = try matching(selectors).prefix(try fields.limit() ?? .max)
        return .prometheus { bytes in
            JSON.writeList(found, into: &bytes) { $0.write(into: &$1) }
        }
    }

    func labels() throws(QueryError) -> HTTPAnswer {
        try checkTimes()
        let names = Set(try matching(try fields.selectors()).flatMap { $0.list.map(\.name) }).sorted()
        return .prometheus(.array(names.prefix(try fields.limit() ?? .max).map(JSON.string)))
    }

    func values(of label: String) throws(QueryError) -> HTTPAnswer {
        guard Self.isLabelName(label) else {
            throw QueryError(.badData, "invalid label name: \"\(label.prefix(80))\"")
        }
        try checkTimes()
        var values: [[UInt8]: String] = [:]
        for labels in try matching(try fields.selectors()) {
            let value = labels[label]
            if !value.isEmpty { values[Array(value.utf8)] = value }
        }
        let sorted = values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { JSON.string($0.value) }
        return .prometheus(.array(Array(sorted.prefix(try fields.limit() ?? .max))))
    }

    private static func isLabelName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39 ~= first) else { return false }
        return text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 | 0x20 || $0 == UInt8(ascii: "_") }
    }

    /// A key is a series at all times; but what is given has to be times.
    private func checkTimes() throws(QueryError) {
        _ = try fields.time("start")
        _ = try fields.time("end")
    }
}
