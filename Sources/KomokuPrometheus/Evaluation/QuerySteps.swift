/// The times at which a query is answered.
package struct QuerySteps: Hashable, Sendable {
    /// Microseconds since 1970.
    package let start: Int64
    /// What `@ end()` is; one of the steps where it is on their grid.
    package let end: Int64
    /// Microseconds from one to the next.
    package let step: Int64
    package let count: Int

    /// As many as Prometheus gives.
    package static let maximumCount = 11_000

    /// One moment.
    package init(at time: Int64) { (start, end, step, count) = (time, time, 1, 1) }

    /// - Parameters: in microseconds.
    package init(start: Int64, end: Int64, step: Int64) throws(QueryError) {
        guard step > 0 else {
            throw QueryError(
                .badData,
                "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"
            )
        }
        guard start <= end else {
            throw QueryError(.badData, "invalid parameter \"end\": end timestamp must not be before start time")
        }
        let (length, overflow) = end.subtractingReportingOverflow(start)
        guard !overflow, length / step <= Int64(Self.maximumCount) else {
            throw QueryError(
                .badData,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
            )
        }
        (self.start, self.end, self.step, count) = (start, end, step, Int(length / step) + 1)
    }

    package func time(_ index: Int) -> Int64 { start + Int64(index) * step }
}
