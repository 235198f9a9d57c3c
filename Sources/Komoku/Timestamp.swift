/// A moment: microseconds since 1970-01-01 UTC.
public struct Timestamp: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Seconds since 1970, rounded to the microsecond.
    ///
    /// - Returns: nil where the number is not finite or beyond the years -9999 to 9999.
    public init?(seconds: Double) {
        guard seconds.isFinite, seconds.magnitude <= Self.farthest else { return nil }
        microseconds = Int64((seconds * 1_000_000).rounded())
    }

    /// Seconds from 1970 to the end of the year 9999: what other software can still write as a date.
    private static let farthest = 253_402_300_799.0

    public static let distantPast = Timestamp(microseconds: .min)
    public static let distantFuture = Timestamp(microseconds: .max)

    /// Seconds since 1970: the double nearest to the microsecond, so its shortest text has at most six decimals.
    public var seconds: Double { Double(microseconds) / 1_000_000 }

    /// The start of the millisecond: times that the hub assigns are whole milliseconds.
    public var wholeMilliseconds: Timestamp {
        let remainder = microseconds % 1000
        let whole = microseconds - remainder
        // The first moment of all is in the middle of a millisecond.
        return Timestamp(microseconds: remainder < 0 && whole >= .min + 1000 ? whole - 1000 : whole)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (sum, overflow) = time.microseconds.addingReportingOverflow(duration.microseconds)
        return overflow ? (duration.microseconds < 0 ? distantPast : distantFuture) : Timestamp(microseconds: sum)
    }

    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        time + Duration(microseconds: duration.microseconds == .min ? .max : -duration.microseconds)
    }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return Duration(microseconds: overflow ? (left < right ? .min : .max) : difference)
    }
}
