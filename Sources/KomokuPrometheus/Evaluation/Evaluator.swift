/// Evaluates a query for all of its steps at once, from the leaves up.
struct Evaluator {
    let steps: QuerySteps
    let source: any SeriesSource
    var budget: QueryBudget

    enum Operand {
        /// The value at each step.
        case scalar([Double])
        case vector([StepSeries])
        case text(String)
    }

    mutating func value(of node: Node) throws(QueryError) -> Operand {
        switch node.kind {
        case .number(let number):
            try budget.take(series: 1, steps: steps.count)
            return .scalar(Array(repeating: number, count: steps.count))
        case .text(let text): return .text(text)
        case .selector(let selector):
            return .vector(try held(selector).map { StepSeries($0.labels, $0.samples.map(\.value)) })
        case .range:
            throw .execution("a range vector has no value of its own; take a function such as avg_over_time of it")
        case .call(let function, let arguments): return try call(function, arguments)
        case .aggregation(let aggregation, let parameter, let subject):
            let parameters = try parameter.map { node throws(QueryError) in try scalar(node) }
            return .vector(try aggregate(try vector(subject), aggregation, parameters ?? []))
        case .binary(let operation, let left, let right):
            return try combine(operation, try value(of: left), try value(of: right))
        case .negation(let node):
            switch try value(of: node) {
            case .scalar(let values): return .scalar(values.map { -$0 })
            case .vector(let series): return .vector(try each(series) { -$0 })
            case .text(let text): return .text(text)
            }
        }
    }

    mutating func scalar(_ node: Node) throws(QueryError) -> [Double] {
        guard case .scalar(let values) = try value(of: node) else { throw .execution("a scalar was expected") }
        return values
    }

    mutating func vector(_ node: Node) throws(QueryError) -> [StepSeries] {
        guard case .vector(let series) = try value(of: node) else { throw .execution("an instant vector was expected") }
        return series
    }

    /// A function of each value; the metric loses its name.
    func each(_ series: [StepSeries], _ body: (Double) -> Double) throws(QueryError) -> [StepSeries] {
        var result = series
        for index in result.indices {
            result[index].labels = result[index].labels.withoutName
            result[index].map(body)
        }
        return try result.united()
    }

    // MARK: Selectors

    struct HeldSeries {
        var labels: Labels
        /// At each step.
        var samples: [Sample]
    }

    mutating func held(_ selector: Selector) throws(QueryError) -> [HeldSeries] {
        let found = try source.series(matching: selector.matchers, &budget)
        try budget.take(series: found.count, steps: steps.count)
        let reader = SelectorReader(source: source, times: SelectorReader.Times(selector, steps))
        var held: [HeldSeries] = []
        held.reserveCapacity(found.count)
        for series in found {
            let samples = try reader.held(series, &budget)
            if samples.allSatisfy(\.value.isAbsent) { continue }
            held.append(HeldSeries(labels: series.labels, samples: spread(samples)))
        }
        return held
    }

    /// What is pinned to one time is the same at each step.
    private func spread<Element>(_ some: [Element]) -> [Element] {
        some.count == 1 && steps.count > 1 ? Array(repeating: some[0], count: steps.count) : some
    }

    mutating func figures(
        _ figure: WindowFigure, _ selector: Selector, _ length: Int64, parameters: [Double]
    ) throws(QueryError) -> [StepSeries] {
        let found = try source.series(matching: selector.matchers, &budget)
        try budget.take(series: found.count, steps: steps.count)
        let reader = SelectorReader(source: source, times: SelectorReader.Times(selector, steps))
        var result: [StepSeries] = []
        result.reserveCapacity(found.count)
        for series in found {
            let values = try reader.figures(figure, length, parameters: parameters, series, &budget)
            if values.allSatisfy(\.isAbsent) { continue }
            result.append(StepSeries(figure.keepsName ? series.labels : series.labels.withoutName, spread(values)))
        }
        return try figure.keepsName ? result : result.united()
    }

    /// The samples of one window.
    mutating func samples(
        _ selector: Selector, _ length: Int64
    ) throws(QueryError) -> [(labels: Labels, run: SampleRun)] {
        let found = try source.series(matching: selector.matchers, &budget)
        try budget.take(series: found.count, steps: 1)
        let end = SelectorReader.Times(selector, steps).first
        var result: [(labels: Labels, run: SampleRun)] = []
        for series in found {
            let run = try source.samples(of: series, from: end - length, through: end)
            try budget.take(samples: run.times.count + 1)
            // They are all kept until they are told.
            try budget.take(series: 1, steps: 2 * run.times.count)
            var known = SampleRun()
            for index in run.times.indices where !run.values[index].isAbsent {
                known.append(run.times[index], run.values[index])
            }
            if !known.times.isEmpty { result.append((series.labels, known)) }
        }
        return result
    }
}
