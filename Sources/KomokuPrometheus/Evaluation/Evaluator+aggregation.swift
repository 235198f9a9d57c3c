extension Evaluator {
    /// - Parameter parameters: the quantile, or how many, at each step.
    mutating func aggregate(
        _ series: [StepSeries], _ aggregation: Aggregation, _ parameters: [Double]
    ) throws(QueryError) -> [StepSeries] {
        var (order, groups) = ([Labels](), [[UInt8]: [Int]]())
        for (index, series) in series.enumerated() {
            let labels = aggregation.group(of: series.labels)
            let signature = labels.signature
            if groups[signature] == nil { order.append(labels) }
            groups[signature, default: []].append(index)
        }
        switch aggregation.operation {
        case .top, .bottom:
            try budget.take(series: series.count, steps: steps.count)
            let members = order.map { groups[$0.signature] ?? [] }
            return try chosen(of: series, members, parameters, isTop: aggregation.operation == .top)
        default:
            try budget.take(series: order.count, steps: steps.count)
            var result: [StepSeries] = []
            for labels in order {
                let members = groups[labels.signature] ?? []
                result.append(StepSeries(labels, aggregated(series, members, aggregation.operation, parameters)))
            }
            return result
        }
    }

    private func aggregated(
        _ series: [StepSeries], _ members: [Int], _ operation: Aggregation.Operation, _ parameters: [Double]
    ) -> [Double] {
        (0..<steps.count).map { step in
            if operation == .quantile {
                let known = members.map { series[$0].values[step] }.filter { !$0.isAbsent }
                // A NaN is less than any number.
                let sorted = known.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
                return known.isEmpty ? absent : Quantile.of(sorted, parameters[step])
            }
            var total = AggregatedValues()
            for member in members where !series[member].values[step].isAbsent { total.add(series[member].values[step]) }
            return total.count == 0 ? absent : total.figure(operation)
        }
    }

    /// The highest or lowest of each group, as many as the parameter says. Of one moment the highest, or lowest, come first.
    private func chosen(
        of series: [StepSeries], _ groups: [[Int]], _ parameters: [Double], isTop: Bool
    ) throws(QueryError) -> [StepSeries] {
        let nothing = [Double](repeating: absent, count: steps.count)
        var result = series.map { StepSeries($0.labels, nothing) }
        var ranking: [Int] = []
        for step in 0..<steps.count {
            let parameter = parameters[step]
            guard parameter > -0x1p63, parameter < 0x1p63 else {
                throw .execution("Scalar value \(PromValue.text(parameter)) overflows int64")
            }
            guard parameter >= 1 else { continue }
            for group in groups {
                let known = group.filter { !series[$0].values[step].isAbsent }
                let ranked = known.sorted { a, b in
                    let (a, b) = (series[a].values[step], series[b].values[step])
                    return b.isNaN ? !a.isNaN : isTop ? a > b : a < b
                }
                for index in ranked.prefix(Int(parameter)) { result[index].values[step] = series[index].values[step] }
                if steps.count == 1 { ranking += ranked.prefix(Int(parameter)) }
            }
        }
        return steps.count == 1 ? ranking.map { result[$0] } : result
    }
}

/// Values of several series at one step, added up as Prometheus does it.
private struct AggregatedValues {
    var count = 0
    private var sum = 0.0
    private var mean = 0.0
    private var squares = 0.0
    private var centre = 0.0
    private var minimum = Double.nan
    private var maximum = Double.nan

    mutating func add(_ value: Double) {
        count += 1
        sum += value
        addMean(value)
        let distance = value - centre
        centre += distance / Double(count)
        squares += distance * (value - centre)
        if minimum.isNaN || value < minimum { minimum = value }
        if maximum.isNaN || value > maximum { maximum = value }
    }

    /// Without the sum, which may be too large; infinity stays what it is unless the other one comes.
    private mutating func addMean(_ value: Double) {
        if mean.isInfinite, value == mean || value.isFinite { return }
        mean += value / Double(count) - mean / Double(count)
    }

    func figure(_ operation: Aggregation.Operation) -> Double {
        switch operation {
        case .average: mean
        case .sum: sum
        case .minimum: minimum
        case .maximum: maximum
        case .count: Double(count)
        case .group: 1
        case .variance: squares / Double(count)
        case .deviation: (squares / Double(count)).squareRoot()
        case .quantile, .top, .bottom: absent
        }
    }
}
