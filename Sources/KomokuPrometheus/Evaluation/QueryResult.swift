/// What a query came to. Times are microseconds since 1970.
package enum QueryResult: Sendable {
    case scalar(Double, at: Int64)
    case text(String, at: Int64)
    case vector([StepSeries], at: Int64)
    case matrix([StepSeries], QuerySteps)
    /// What a range selector alone gives.
    case samples([(labels: Labels, run: SampleRun)])

    /// How many values are told.
    package var valueCount: Int {
        switch self {
        case .scalar, .text: 1
        case .vector(let series, _): series.count
        case .matrix(let series, _):
            series.reduce(0) { sum, series in sum + series.values.reduce(0) { $0 + ($1.isAbsent ? 0 : 1) } }
        case .samples(let list): list.reduce(0) { $0 + $1.run.times.count }
        }
    }
}

extension Query {
    /// - Throws: also where it costs too much, after a bounded time.
    package func evaluate(
        at time: Int64, from source: any SeriesSource, _ budget: QueryBudget = QueryBudget()
    ) throws(QueryError) -> QueryResult {
        var evaluator = Evaluator(steps: QuerySteps(at: time), source: source, budget: budget)
        if case .range(let selector, let length) = root.kind {
            return .samples(try evaluator.samples(selector, length))
        }
        switch try evaluator.value(of: root) {
        case .scalar(let values): return .scalar(values[0], at: time)
        case .text(let text): return .text(text, at: time)
        case .vector(let series): return .vector(series.filter { !$0.values[0].isAbsent }, at: time)
        }
    }

    package func evaluate(
        over steps: QuerySteps, from source: any SeriesSource, _ budget: QueryBudget = QueryBudget()
    ) throws(QueryError) -> QueryResult {
        try checkForRange()
        var evaluator = Evaluator(steps: steps, source: source, budget: budget)
        switch try evaluator.value(of: root) {
        case .scalar(let values): return .matrix([StepSeries(Labels(), values)], steps)
        case .text: throw QueryError(.badData, "a text has no course over time")
        case .vector(let series):
            let known = try series.united().filter { $0.values.contains { !$0.isAbsent } }
            return .matrix(known.sorted { $0.labels < $1.labels }, steps)
        }
    }
}
