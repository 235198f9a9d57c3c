import KomokuPrometheus

/// Series in memory: a plain source for queries.
struct StoredSeries: SeriesSource {
    var list: [(labels: Labels, samples: [Sample])] = []
    var hasBuckets = false
    var knownUntil = Int64.max

    mutating func add(_ labels: [(String, String)], _ samples: [(time: Double, value: Double?)]) {
        list.append(
            (
                Labels([("__name__", "komoku_value")] + labels),
                samples.map { Sample(time: Int64(($0.time * 1e6).rounded()), value: $0.value ?? absent) }
            ))
        list.sort { $0.labels < $1.labels }
    }

    func series(matching matchers: [LabelMatcher], _ budget: inout QueryBudget) throws(QueryError) -> [Series] {
        var found: [Series] = []
        for (number, series) in list.enumerated() where try matchers.match(series.labels, steps: &budget.patternSteps) {
            found.append(Series(labels: series.labels, number: number, knownUntil: knownUntil))
        }
        return found
    }

    func samples(of series: Series, from: Int64, through: Int64) throws(QueryError) -> SampleRun {
        let samples = list[series.number].samples
        var run = SampleRun(before: samples.last { $0.time < from })
        for sample in samples where from...max(from, through) ~= sample.time { run.append(sample.time, sample.value) }
        return run
    }

    func buckets(
        of series: Series, from: Int64, width: Int64, count: Int, isPlain: Bool
    ) throws(QueryError) -> BucketRun? {
        guard hasBuckets else { return nil }
        let samples = list[series.number].samples
        var run = BucketRun(before: samples.last { $0.time < from }, count: count)
        for sample in samples where sample.time >= from && (sample.time - from) / width < count {
            run.buckets[Int((sample.time - from) / width)].add(sample)
        }
        return run
    }
}

extension SampleBucket {
    mutating func add(_ sample: Sample) {
        if count == 0 { first = sample }
        last = sample
        count += 1
        if !sample.value.isAbsent {
            var moments = Moments()
            (moments.count, moments.sum, moments.mean) = (1, sample.value, sample.value)
            (moments.minimum, moments.maximum) = (sample.value, sample.value)
            self.moments.join(moments)
        }
    }
}

extension Query {
    /// Seconds since 1970.
    static func answer(_ text: String, at time: Double, from source: some SeriesSource) throws -> String {
        let result = try Query(text).evaluate(at: Int64(time * 1e6), from: source)
        var bytes: [UInt8] = []
        result.write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func answer(
        _ text: String, from start: Double, through end: Double, step: Double, source: some SeriesSource
    ) throws -> String {
        let steps = try QuerySteps(start: Int64(start * 1e6), end: Int64(end * 1e6), step: Int64(step * 1e6))
        var bytes: [UInt8] = []
        try Query(text).evaluate(over: steps, from: source).write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
