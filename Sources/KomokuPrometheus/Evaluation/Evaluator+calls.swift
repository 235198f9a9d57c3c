extension Evaluator {
    mutating func call(_ function: QueryFunction, _ arguments: [Node]) throws(QueryError) -> Operand {
        switch function.body {
        case .each(let body): return .vector(try each(try vector(arguments[0]), body))
        case .eachWith(let body): return .vector(try each(arguments, body))
        case .window(let figure): return .vector(try window(figure, arguments))
        case .calendar(let part): return .vector(try calendar(arguments.first, part))
        case .special(let special): return try call(special, arguments)
        }
    }

    private mutating func each(
        _ arguments: [Node], _ body: (Double, [Double]) -> Double
    ) throws(QueryError) -> [StepSeries] {
        var result = try vector(arguments[0])
        var scalars: [[Double]] = []
        for node in arguments.dropFirst() { scalars.append(try scalar(node)) }
        for index in result.indices {
            result[index].labels = result[index].labels.withoutName
            for step in 0..<steps.count where !result[index].values[step].isAbsent {
                result[index].values[step] = body(result[index].values[step], scalars.map { $0[step] })
            }
        }
        return try result.united()
    }

    private mutating func window(_ figure: WindowFigure, _ arguments: [Node]) throws(QueryError) -> [StepSeries] {
        var parameters: [Double] = []
        for node in arguments where node.type == .scalar { parameters = try scalar(node) }
        guard let (selector, length) = arguments.lazy.compactMap(\.range).first else { return [] }
        return try figures(figure, selector, length, parameters: parameters)
    }

    private mutating func calendar(
        _ argument: Node?, _ part: (CivilTime) -> Int
    ) throws(QueryError) -> [StepSeries] {
        let times: [StepSeries]
        if let argument { times = try vector(argument) } else { times = [StepSeries(Labels(), try seconds())] }
        return try each(times) { seconds in CivilTime(seconds: seconds).map { Double(part($0)) } ?? .nan }
    }

    /// The time of each step.
    private mutating func seconds() throws(QueryError) -> [Double] {
        try budget.take(series: 1, steps: steps.count)
        return (0..<steps.count).map { Double(steps.time($0)) / 1e6 }
    }

    private mutating func call(
        _ special: QueryFunction.Special, _ arguments: [Node]
    ) throws(QueryError) -> Operand {
        switch special {
        case .time: return .scalar(try seconds())
        case .pi: return .scalar(Array(repeating: .pi, count: steps.count))
        case .vector: return .vector([StepSeries(Labels(), try scalar(arguments[0]))])
        case .scalar: return .scalar(scalar(of: try vector(arguments[0])))
        case .timestamp: return .vector(try timestamps(arguments[0]))
        case .sort: return .vector(sorted(try vector(arguments[0]), <))
        case .sortDescending: return .vector(sorted(try vector(arguments[0]), >))
        case .absent:
            var matchers: [LabelMatcher] = []
            if case .selector(let selector) = arguments[0].kind { matchers = selector.matchers }
            return .vector(missing(try vector(arguments[0]), matchers))
        case .absentOverTime:
            guard let (selector, length) = arguments[0].range else { return .vector([]) }
            return .vector(
                missing(try figures(.present, selector, length, parameters: []), selector.matchers))
        }
    }

    /// The value of the only series that has one at a step.
    private func scalar(of series: [StepSeries]) -> [Double] {
        (0..<steps.count).map { step in
            let known = series.lazy.map { $0.values[step] }.filter { !$0.isAbsent }
            return known.dropFirst().isEmpty ? known.first ?? .nan : .nan
        }
    }

    /// The times of a selector's samples; of any other value the time of the step.
    private mutating func timestamps(_ node: Node) throws(QueryError) -> [StepSeries] {
        if case .selector(let selector) = node.kind {
            let series = try held(selector).map { held in
                StepSeries(
                    held.labels.withoutName, held.samples.map { $0.value.isAbsent ? absent : Double($0.time) / 1e6 })
            }
            return try series.united()
        }
        var result = try vector(node)
        for index in result.indices {
            result[index].labels = result[index].labels.withoutName
            for step in 0..<steps.count where !result[index].values[step].isAbsent {
                result[index].values[step] = Double(steps.time(step)) / 1e6
            }
        }
        return try result.united()
    }

    /// Only of one moment; what has a course is ordered by its labels. A NaN comes last.
    private func sorted(_ series: [StepSeries], _ isBefore: (Double, Double) -> Bool) -> [StepSeries] {
        guard steps.count == 1 else { return series }
        return series.sorted { a, b in b.values[0].isNaN ? !a.values[0].isNaN : isBefore(a.values[0], b.values[0]) }
    }

    /// 1 where no series has a value, with the labels that the selector asks for.
    private func missing(_ series: [StepSeries], _ matchers: [LabelMatcher]) -> [StepSeries] {
        let wanted = Dictionary(grouping: matchers.filter { $0.name != Labels.metricName }, by: \.name)
        let labels = wanted.compactMap { name, matchers in
            matchers.count == 1 ? matchers[0].onlyValue.map { (name, $0) } : nil
        }
        let values = (0..<steps.count).map { step in series.contains { !$0.values[step].isAbsent } ? absent : 1 }
        return [StepSeries(Labels(labels), values)]
    }
}

extension Node {
    /// A range selector and the length of its window.
    var range: (Selector, Int64)? {
        if case .range(let selector, let length) = kind { (selector, length) } else { nil }
    }
}
