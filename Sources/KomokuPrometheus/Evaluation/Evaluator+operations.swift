extension Evaluator {
    mutating func combine(
        _ operation: BinaryOperation, _ left: Operand, _ right: Operand
    ) throws(QueryError) -> Operand {
        switch (left, right) {
        case (.scalar(let a), .scalar(let b)):
            return .scalar(zip(a, b).map { operation.sign.apply($0, $1) })
        case (.vector(let series), .scalar(let scalar)):
            return .vector(try combine(series, operation) { operation.result($0, scalar[$1], kept: $0) })
        case (.scalar(let scalar), .vector(let series)):
            return .vector(try combine(series, operation) { operation.result(scalar[$1], $0, kept: $0) })
        case (.vector(let a), .vector(let b)):
            try budget.take(series: a.count + (operation.sign == .or ? b.count : 0), steps: steps.count)
            return .vector(try operation.sign.isSet ? sets(operation, a, b) : matched(operation, a, b))
        default: throw .execution("a text cannot be calculated with")
        }
    }

    private func combine(
        _ series: [StepSeries], _ operation: BinaryOperation, _ body: (Double, Int) -> Double
    ) throws(QueryError) -> [StepSeries] {
        var result = series
        for index in result.indices {
            if !operation.keepsName { result[index].labels = result[index].labels.withoutName }
            for step in 0..<steps.count where !result[index].values[step].isAbsent {
                result[index].values[step] = body(result[index].values[step], step)
            }
        }
        return try operation.keepsName ? result : result.united()
    }

    // MARK: One to one

    private func matched(
        _ operation: BinaryOperation, _ left: [StepSeries], _ right: [StepSeries]
    ) throws(QueryError) -> [StepSeries] {
        let partners = Dictionary(grouping: right) { operation.signature(of: $0.labels) }
        // Two of them at one step are too many, also where nothing is on the left.
        for (_, group) in partners where group.count > 1 { _ = try only(group) }
        let groups = Dictionary(grouping: left.indices) { operation.signature(of: left[$0].labels) }
        var result: [StepSeries] = []
        for (signature, indices) in groups.sorted(by: { $0.value[0] < $1.value[0] }) {
            guard let partner = try partners[signature].map({ group throws(QueryError) in try only(group) }) else {
                continue
            }
            var taken = [Bool](repeating: false, count: steps.count)
            for index in indices {
                var series = left[index]
                series.labels = operation.labels(of: series.labels)
                for step in 0..<steps.count where !series.values[step].isAbsent {
                    let (a, b) = (series.values[step], partner[step])
                    series.values[step] = b.isAbsent ? absent : operation.result(a, b, kept: a)
                    guard !series.values[step].isAbsent else { continue }
                    guard !taken[step] else { throw Self.manyToOne }
                    taken[step] = true
                }
                result.append(series)
            }
        }
        return try result.united()
    }

    private static let manyToOne = QueryError.execution(
        "multiple matches for labels: series are matched one to one (group_left and group_right are not supported); "
            + "aggregate one side, or match on more labels")

    /// The values of the series on the right that share a signature: at each step at most one has any.
    private func only(_ group: [StepSeries]) throws(QueryError) -> [Double] {
        guard var values = group.first?.values else { return [] }
        for series in group.dropFirst() {
            for step in 0..<steps.count where !series.values[step].isAbsent {
                guard values[step].isAbsent else {
                    throw .execution(
                        "found duplicate series for the match group on the right hand-side of the operation: "
                            + "[\(group[0].labels), \(series.labels)]; matching labels must be unique on one side")
                }
                values[step] = series.values[step]
            }
        }
        return values
    }

    // MARK: Sets

    private func sets(
        _ operation: BinaryOperation, _ left: [StepSeries], _ right: [StepSeries]
    ) throws(QueryError) -> [StepSeries] {
        switch operation.sign {
        case .or:
            let present = presence(of: left, operation)
            return try (left + kept(right, operation) { !(present[$0]?[$1] ?? false) }).united()
        case .and:
            let present = presence(of: right, operation)
            return kept(left, operation) { present[$0]?[$1] ?? false }
        default:
            let present = presence(of: right, operation)
            return kept(left, operation) { !(present[$0]?[$1] ?? false) }
        }
    }

    /// At which steps there is a value of each signature.
    private func presence(of series: [StepSeries], _ operation: BinaryOperation) -> [[UInt8]: [Bool]] {
        var present: [[UInt8]: [Bool]] = [:]
        for series in series {
            let signature = operation.signature(of: series.labels)
            var steps = present[signature] ?? Array(repeating: false, count: series.values.count)
            for (step, value) in series.values.enumerated() where !value.isAbsent { steps[step] = true }
            present[signature] = steps
        }
        return present
    }

    private func kept(
        _ series: [StepSeries], _ operation: BinaryOperation, _ isKept: ([UInt8], Int) -> Bool
    ) -> [StepSeries] {
        series.map { series in
            var series = series
            let signature = operation.signature(of: series.labels)
            for step in series.values.indices where !isKept(signature, step) { series.values[step] = absent }
            return series
        }
    }
}

extension BinaryOperation {
    /// Of the result of two series.
    fileprivate func labels(of left: Labels) -> Labels {
        let named = keepsName ? left : left.withoutName
        return isOn ? named.keeping(labels) : named.removing(labels)
    }
}
