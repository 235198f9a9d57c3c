/// Times of foreign files are anything: sums and differences of them stay in range.
extension Int64 {
    @inline(__always)
    func clampedSum(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// How much later another time is; 0 where it is not.
    @inline(__always)
    func distance(upTo later: Int64) -> Int64 {
        if later <= self { return 0 }
        let (difference, overflow) = later.subtractingReportingOverflow(self)
        return overflow ? .max : difference
    }
}
