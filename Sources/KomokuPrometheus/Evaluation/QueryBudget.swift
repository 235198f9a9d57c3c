/// What a query may still cost. What is spent does not come back, so that memory is bounded as well as time.
package struct QueryBudget: Sendable {
    /// Values of series at steps.
    package var cells = 5_000_000
    /// Samples and buckets that are read.
    package var samples = 20_000_000
    /// Samples that are looked at, those of overlapping windows again and again.
    package var visits = 300_000_000
    /// Parts of regular expressions that are tried: some 20 ms for a million.
    package var patternSteps = 20_000_000
    /// Asked now and then: whether the time is up, or nobody waits for the answer any more.
    private let isOver: @Sendable () -> Bool

    /// The most that is read of one series at once.
    package static let maximumRun = 2_000_000

    package init(isOver: @escaping @Sendable () -> Bool = { false }) { self.isOver = isOver }

    mutating func take(series: Int, steps: Int) throws(QueryError) {
        // A series costs more than its values: its labels.
        cells -= series.clampedProduct(max(steps, 8))
        guard cells >= 0 else {
            throw .execution(
                "the query has too many values (series times steps); select fewer series or take a longer step")
        }
        try check()
    }

    package mutating func take(samples count: Int) throws(QueryError) {
        samples -= count
        guard samples >= 0 else {
            throw .execution(
                "the query reads too many samples; take a shorter range, fewer series, or a start and a step of whole 5 minutes"
            )
        }
        try check()
    }

    mutating func take(visits count: Int) throws(QueryError) {
        let before = visits
        visits -= count
        if before / 1_000_000 != visits / 1_000_000 { try check() }
        guard visits >= 0 else {
            throw .execution("the windows of the query overlap too much; take a longer step or a shorter range")
        }
    }

    package func check() throws(QueryError) {
        if isOver() { throw QueryError(.timeout, "the query took too long") }
    }
}

extension Int {
    fileprivate func clampedProduct(_ other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max / 2 : Swift.min(product, .max / 2)
    }
}
