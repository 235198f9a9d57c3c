internal import Komoku
internal import KomokuDesk
internal import KomokuPrometheus
internal import KomokuStore

/// The series that a caller may read, from the store. Waits for the disk.
struct StoreSeries: SeriesSource {
    let catalogue: SeriesCatalogue
    let store: Store
    let rights: Rights
    let now: Timestamp

    /// Clocks of who asks may be ahead by so much; what is asked for later than that is not known yet.
    private static let tolerance = Komoku.Duration.seconds(300)

    func series(matching matchers: [LabelMatcher], _ budget: inout QueryBudget) throws(QueryError) -> [Series] {
        try numbers(matching: matchers, &budget).map { number in
            Series(
                labels: catalogue.entries[number].labels, number: number,
                knownUntil: (now + Self.tolerance).microseconds)
        }
    }

    func numbers(matching matchers: [LabelMatcher], _ budget: inout QueryBudget) throws(QueryError) -> [Int] {
        try catalogue.matching(matchers, steps: &budget.patternSteps) { rights.mayRead($0) }
    }

    func samples(of series: Series, from: Int64, through: Int64) throws(QueryError) -> SampleRun {
        let entry = catalogue.entries[series.number]
        let points = try reading { () throws(Store.Error) in
            try store.numberedPoints(
                of: entry.id, as: entry.reading, from: from, through: through, limit: QueryBudget.maximumRun)
        }
        guard let points else {
            throw QueryError(
                .execution,
                "the query needs more than \(QueryBudget.maximumRun) points of '\(entry.name)' at once; "
                    + "take a shorter range, or a start and a step of whole 5 minutes")
        }
        var run = SampleRun(before: points.before.map(Sample.init))
        run.times = points.times
        run.values = points.values
        for index in run.values.indices where run.values[index].isNaN { run.values[index] = absent }
        return run
    }

    func buckets(
        of series: Series, from: Int64, width: Int64, count: Int, isPlain: Bool
    ) throws(QueryError) -> BucketRun? {
        let entry = catalogue.entries[series.number]
        // Of booleans and texts buckets know the times of each value, not how many points had it; texts of states only the last.
        guard entry.type.isNumber || isPlain else { return nil }
        let windows = try reading { () throws(Store.Error) in
            try store.numberedWindows(of: entry.id, as: entry.reading, from: from, width: width, count: count)
        }
        guard let windows else { return nil }
        var run = BucketRun(before: windows.before.map(Sample.init), count: 0)
        run.buckets = windows.windows.map(SampleBucket.init)
        return run
    }

    private func reading<Answer>(_ body: () throws(Store.Error) -> Answer) throws(QueryError) -> Answer {
        do { return try body() } catch { throw QueryError(.internalError, "\(error)") }
    }
}

extension Sample {
    fileprivate init(_ point: NumberedPoint) { self.init(time: point.time, value: point.value ?? absent) }
}

extension SampleBucket {
    fileprivate init(_ window: NumberedWindows.Window) {
        self.init()
        (count, first, last) = (window.count, Sample(window.first), Sample(window.last))
        (moments.count, moments.sum, moments.mean, moments.squares) =
            (window.numbers, window.sum, window.mean, window.moment)
        if window.numbers > 0 { (moments.minimum, moments.maximum) = (window.minimum, window.maximum) }
    }
}
