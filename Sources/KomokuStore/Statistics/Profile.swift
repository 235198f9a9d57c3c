package import Komoku

/// The hours of the day or the days of the week, each added up over a range of time.
///
/// An hour that comes twice because clocks are put back counts twice, one that is left out not at all.
package struct Profile: Hashable, Sendable {
    package enum By: String, Hashable, Sendable, CaseIterable {
        case hour, weekday

        /// Buckets: hour 0 to 23, or Monday to Sunday.
        package var count: Int { self == .hour ? 24 : 7 }
        var unit: CalendarUnit { self == .hour ? .hour : .day }
    }

    package let by: By
    /// Every hour or day of the range.
    package let bounds: [Timestamp]
    /// The bucket of each: the hour, or 0 for Monday to 6 for Sunday.
    let buckets: [UInt8]

    /// More than a century of hours.
    package static let maximumWindows = 1_000_000

    /// - Throws: where the range is empty, reversed or too long.
    package init(by: By, zone: Zone, since: Timestamp, until: Timestamp) throws(WindowLength.Invalid) {
        self.by = by
        bounds = try WindowLength.calendar(by.unit)
            .bounds(since: since, until: until, zone: zone, limit: Self.maximumWindows)
        buckets = zone.locals(at: bounds.dropLast()).map { local in
            UInt8(by == .hour ? local.hour : local.date.weekday - 1)
        }
    }
}
