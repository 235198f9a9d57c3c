/// A series with its value at each step; `absent` where it has none.
package struct StepSeries: Sendable {
    package var labels: Labels
    package var values: [Double]

    init(_ labels: Labels, _ values: [Double]) { (self.labels, self.values) = (labels, values) }

    mutating func map(_ body: (Double) -> Double) {
        for index in values.indices where !values[index].isAbsent { values[index] = body(values[index]) }
    }
}

extension [StepSeries] {
    /// Series with equal labels become one.
    ///
    /// - Throws: where two of them have a value at the same step.
    func united() throws(QueryError) -> [StepSeries] {
        var (united, places) = ([StepSeries](), [[UInt8]: Int]())
        for series in self {
            let signature = series.labels.signature
            guard let place = places[signature] else {
                places[signature] = united.count
                united.append(series)
                continue
            }
            for index in series.values.indices where !series.values[index].isAbsent {
                guard united[place].values[index].isAbsent else {
                    throw .execution("vector cannot contain metrics with the same labelset")
                }
                united[place].values[index] = series.values[index]
            }
        }
        return united
    }
}
