/// Reads what a selector asks for: the value that holds at each step, or a figure of the window that ends there.
struct SelectorReader {
    /// When the values are asked for: a step less the offset, or one time for all steps.
    struct Times {
        let first: Int64
        let step: Int64
        let count: Int

        init(_ selector: Selector, _ steps: QuerySteps) {
            let pinned: Int64? =
                switch selector.pin {
                case .time(let time): time
                case .start: steps.start
                case .end: steps.end
                case nil: nil
                }
            first = (pinned ?? steps.start) - selector.offset
            (step, count) = pinned == nil ? (steps.step, steps.count) : (1, 1)
        }

        func time(_ index: Int) -> Int64 { first + Int64(index) * step }
        var last: Int64 { time(count - 1) }
    }

    let source: any SeriesSource
    let times: Times

    /// Five minutes: shorter windows are in no buckets.
    private static let shortestBucket: Int64 = 300_000_000
    static let maximumBuckets = 200_000

    private static func isCoarse(_ time: Int64) -> Bool { time % shortestBucket == 0 }

    // MARK: What holds

    /// The newest sample at each time, or `absent` where that is where the series went stale.
    func held(_ series: Series, _ budget: inout QueryBudget) throws(QueryError) -> [Sample] {
        if let samples = try heldByBuckets(series, &budget) { return samples }
        let run = try source.samples(of: series, from: times.first, through: times.last)
        try budget.take(samples: run.times.count + 1)
        var held: [Sample] = []
        held.reserveCapacity(times.count)
        var (current, index) = (run.before, 0)
        for step in 0..<times.count {
            let time = times.time(step)
            while index < run.times.count, run.times[index] <= time {
                current = Sample(time: run.times[index], value: run.values[index])
                index += 1
            }
            held.append(at(time, current, series))
        }
        return held
    }

    private func at(_ time: Int64, _ sample: Sample?, _ series: Series) -> Sample {
        guard let sample, series.holds(sample, at: time) else { return Sample(time: time, value: absent) }
        return sample
    }

    private func heldByBuckets(_ series: Series, _ budget: inout QueryBudget) throws(QueryError) -> [Sample]? {
        guard times.count > 1, Self.isCoarse(times.first), Self.isCoarse(times.step),
            let run = try source.buckets(
                of: series, from: times.first, width: times.step, count: times.count, isPlain: true)
        else { return nil }
        try budget.take(samples: run.buckets.count)
        var held: [Sample] = []
        held.reserveCapacity(times.count)
        var current = run.before
        for (step, bucket) in run.buckets.enumerated() {
            let time = times.time(step)
            let isThen = bucket.count > 0 && bucket.first.time == time
            held.append(at(time, isThen ? bucket.first : current, series))
            if bucket.count > 0 { current = bucket.last }
        }
        return held
    }

    // MARK: Figures of windows

    /// The figure of the window of a length that ends at each time.
    func figures(
        _ figure: WindowFigure, _ length: Int64, parameters: [Double], _ series: Series, _ budget: inout QueryBudget
    ) throws(QueryError) -> [Double] {
        let slices = SliceGrid(times, length)
        if figure.isInBuckets, let slices, Self.isCoarse(slices.start), Self.isCoarse(slices.width),
            let run = try source.buckets(
                of: series, from: slices.start, width: slices.width, count: slices.count, isPlain: figure == .last),
            figure != .last || !run.hasGaps
        {
            try budget.take(samples: run.buckets.count)
            return slices.figures(figure, run, series, times)
        }
        let run = try source.samples(of: series, from: times.first - length, through: times.last)
        try budget.take(samples: run.times.count + 1)
        // Where windows overlap, what they have in common is added up once.
        if figure.isInBuckets, figure != .last, let slices, times.step < length, times.count > 1 {
            return slices.figures(figure, slices.buckets(of: run), series, times)
        }
        let windows = WindowReader(figure: figure, length: length, run: run, series: series)
        return try windows.figures(times, parameters: parameters, &budget)
    }
}

extension BucketRun {
    fileprivate var hasGaps: Bool {
        buckets.contains { $0.count > 0 && ($0.first.value.isAbsent || $0.last.value.isAbsent) }
    }
}
