/// Figures of windows over the samples of one series.
struct WindowReader {
    let figure: WindowFigure
    /// Microseconds.
    let length: Int64
    private let series: Series
    private let before: Sample?
    private let times: [Int64]
    private let values: [Double]
    /// Where the series went stale.
    private var gaps: [Int64] = []
    /// Of rates, what resets before each sample add; of changes and resets, how many there were.
    private var sums: [Double] = []

    init(figure: WindowFigure, length: Int64, run: SampleRun, series: Series) {
        (self.figure, self.length, self.series, before) = (figure, length, series, run.before)
        if run.values.contains(where: \.isAbsent) {
            let known = run.times.indices.filter { !run.values[$0].isAbsent }
            (times, values) = (known.map { run.times[$0] }, known.map { run.values[$0] })
            gaps = run.times.indices.filter { run.values[$0].isAbsent }.map { run.times[$0] }
        } else {
            (times, values) = (run.times, run.values)
        }
        sums = summed()
    }

    private func summed() -> [Double] {
        let step: (Double, Double) -> Double
        switch figure {
        case .rate, .increase: step = { $1 < $0 ? $0 : 0 }
        case .changes: step = { $1 == $0 ? 0 : 1 }
        case .resets: step = { $1 < $0 ? 1 : 0 }
        default: return []
        }
        var (sum, sums) = (0.0, [Double]())
        sums.reserveCapacity(values.count)
        for index in values.indices {
            if index > 0 { sum += step(values[index - 1], values[index]) }
            sums.append(sum)
        }
        return sums
    }

    /// - Parameter parameters: of the function at each step: a quantile, or how far to predict.
    func figures(
        _ steps: SelectorReader.Times, parameters: [Double], _ budget: inout QueryBudget
    ) throws(QueryError) -> [Double] {
        var figures: [Double] = []
        figures.reserveCapacity(steps.count)
        var (lower, upper, passed) = (0, 0, 0)
        for step in 0..<steps.count {
            let end = steps.time(step)
            let start = end - length
            while lower < times.count, times[lower] < start { lower += 1 }
            while upper < times.count, times[upper] <= end { upper += 1 }
            while passed < gaps.count, gaps[passed] <= start { passed += 1 }
            let window = lower..<max(lower, upper)
            let parameter = parameters.isEmpty ? 0 : parameters[min(step, parameters.count - 1)]
            if window.count >= figure.least {
                figures.append(try self.figure(of: window, end, parameter, &budget))
            } else {
                let gap = passed > 0 ? gaps[passed - 1] : .min
                figures.append(held(at: start, window, after: gap).map { few(window, $0, end, parameter) } ?? absent)
            }
        }
        return figures
    }

    // MARK: Enough samples

    private func figure(
        of window: Range<Int>, _ end: Int64, _ parameter: Double, _ budget: inout QueryBudget
    ) throws(QueryError) -> Double {
        let (first, last) = (window.lowerBound, window.upperBound - 1)
        switch figure {
        case .last: return values[last]
        case .rate, .increase, .delta: return extrapolated(window, end)
        case .instantRate, .instantDelta: return instant(last)
        case .changes, .resets: return sums[last] - sums[first]
        case .quantile:
            try budget.take(visits: window.count * 8)
            return Quantile.of(values[window].sorted(), parameter)
        case .derivative, .prediction:
            try budget.take(visits: window.count * 4)
            let origin = figure == .derivative ? times[first] : end
            let line = Line(times[window], values[window], origin: origin)
            return figure == .derivative ? line.slope : line.slope * parameter + line.intercept
        default:
            try budget.take(visits: window.count)
            var moments = Moments()
            for value in values[window] { moments.add(value) }
            return moments.figure(figure)
        }
    }

    /// As Prometheus does it: the rise between the first and the last sample is taken to have gone on to the ends of the window
    /// where these are no farther than samples usually are from each other, and half as far where they are; but a counter no
    /// farther back than to where it would have been zero.
    private func extrapolated(_ window: Range<Int>, _ end: Int64) -> Double {
        let (first, last) = (window.lowerBound, window.upperBound - 1)
        var rise = values[last] - values[first]
        let isCounter = figure != .delta
        if isCounter { rise += sums[last] - sums[first] }
        // Seconds, as Prometheus counts: in other units the comparisons below may come out otherwise.
        var toStart = Double(times[first] - (end - length)) / 1e6
        let toEnd = Double(end - times[last]) / 1e6
        let sampled = Double(times[last] - times[first]) / 1e6
        let distance = sampled / Double(window.count - 1)
        if isCounter, rise > 0, values[first] >= 0 { toStart = min(toStart, sampled * (values[first] / rise)) }
        let farthest = distance * 1.1
        let reach = sampled + (toStart < farthest ? toStart : distance / 2) + (toEnd < farthest ? toEnd : distance / 2)
        rise *= reach / sampled
        return figure == .rate ? rise / (Double(length) / 1e6) : rise
    }

    private func instant(_ last: Int) -> Double {
        instant(Sample(time: times[last - 1], value: values[last - 1]), Sample(time: times[last], value: values[last]))
    }

    private func instant(_ before: Sample, _ sample: Sample) -> Double {
        guard figure == .instantRate else { return sample.value - before.value }
        guard sample.time > before.time else { return absent }
        return growth(before.value, sample.value) / (Double(sample.time - before.time) / 1e6)
    }

    private func growth(_ before: Double, _ value: Double) -> Double { value < before ? value : value - before }

    // MARK: Too few samples

    /// What held when the window began; for figures of two samples, a sample at its very start is that.
    private func held(at start: Int64, _ window: Range<Int>, after gap: Int64) -> Sample? {
        if let only = window.first, times[only] == start { return Sample(time: start, value: values[only]) }
        let index = window.lowerBound - 1
        let sample = index >= 0 ? Sample(time: times[index], value: values[index]) : before
        guard let sample, !sample.value.isAbsent, sample.time > gap, series.holds(sample, at: start) else {
            return nil
        }
        return sample
    }

    /// With no sample in the window, or one where there should be two: Prometheus has no value there, but what is told on change
    /// only held its value.
    private func few(_ window: Range<Int>, _ held: Sample, _ end: Int64, _ parameter: Double) -> Double {
        guard let only = window.first, times[only] > held.time else { return figure.held(held.value) }
        let sample = Sample(time: times[only], value: values[only])
        switch figure {
        case .delta: return sample.value - held.value
        case .increase: return growth(held.value, sample.value)
        case .rate: return growth(held.value, sample.value) / (Double(length) / 1e6)
        case .instantRate, .instantDelta: return instant(held, sample)
        case .derivative, .prediction:
            let slope = (sample.value - held.value) / (Double(sample.time - held.time) / 1e6)
            return figure == .derivative ? slope : sample.value + slope * (Double(end - sample.time) / 1e6 + parameter)
        default: return absent
        }
    }
}

extension WindowFigure {
    /// Of a window without samples, in which a value held.
    func held(_ value: Double) -> Double {
        switch self {
        case .average, .minimum, .maximum, .last, .quantile, .prediction: value
        case .present: 1
        // They are about samples, and there are none.
        case .sum, .count: absent
        case .deviation, .variance, .changes, .resets, .rate, .increase, .delta, .instantRate, .instantDelta,
            .derivative:
            0
        }
    }
}
