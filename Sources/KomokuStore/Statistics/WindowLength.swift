package import Komoku

/// How a range of time is cut into windows.
package enum WindowLength: Hashable, Sendable {
    /// Not at all: one window.
    case whole
    /// Windows of one length, counted from the start of 1970 UTC.
    case every(Duration)
    /// Hours, days, weeks, months or years of a time zone.
    case calendar(CalendarUnit)

    /// A length, or a range, that cannot be answered.
    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// Reads `5m`, `1h30m`, or `hour`, `day`, `week`, `month`, `year`.
    package init(parsing text: String) throws(Invalid) {
        if let unit = CalendarUnit.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) }) {
            self = .calendar(unit)
            return
        }
        guard let duration = try? Duration(parsing: text) else {
            let words = CalendarUnit.allCases.map(\.rawValue).joined(separator: ", ")
            let question = Suggestion.question(for: text, in: CalendarUnit.allCases.map(\.rawValue))
            throw Invalid(
                "'\(text.prefix(80))' is no step: write 5m, 1h or one of \(words)" + (question.map { "; \($0)" } ?? ""))
        }
        guard duration > .zero else { throw Invalid("a step of \(text.prefix(80)) gives no windows") }
        self = .every(duration)
    }

    /// The bounds of the windows, ascending; the first and the last window are cut to the range.
    ///
    /// - Throws: where the range is empty or reversed, or there would be more windows than `limit`; it is said how many.
    package func bounds(
        since: Timestamp, until: Timestamp, zone: Zone, limit: Int = StatisticsQuery.maximumWindows
    ) throws(Invalid) -> [Timestamp] {
        guard since < until else {
            throw Invalid(since == until ? "the range is empty" : "the range is reversed: since is after until")
        }
        switch self {
        case .whole: return [since, until]
        case .every(let duration): return try Self.grid(since, until, duration, limit)
        case .calendar(let unit): return try Self.units(since, until, unit, zone, limit)
        }
    }

    private static func grid(
        _ since: Timestamp, _ until: Timestamp, _ duration: Duration, _ limit: Int
    ) throws(Invalid) -> [Timestamp] {
        let step = duration.microseconds
        guard step > 0 else { throw Invalid("a step of \(duration) gives no windows") }
        let first = since.microseconds.floored(by: step)
        let (steps, overflow) = (until.microseconds - 1).floored(by: step).subtractingReportingOverflow(first)
        if overflow || steps >= Int64(limit) {
            throw tooMany(overflow ? "more than \(Int64.max)" : "\(UInt64(steps) + 1)", limit)
        }
        var bounds = [since]
        bounds.reserveCapacity(Int(steps) + 2)
        for index in 0..<steps { bounds.append(Timestamp(microseconds: (first + 1 + index) * step)) }
        bounds.append(until)
        return bounds
    }

    private static func units(
        _ since: Timestamp, _ until: Timestamp, _ unit: CalendarUnit, _ zone: Zone, _ limit: Int
    ) throws(Invalid) -> [Timestamp] {
        // Counted before they are made: ten thousand years have a lot of hours.
        let estimate = (until - since).seconds / unit.meanSeconds
        if estimate > Double(limit) * 1.05 + 3 { throw tooMany("some \(Int64(estimate.rounded()))", limit) }
        var bounds = [since] + zone.starts(of: unit, after: since, before: until)
        if bounds.count > limit { throw tooMany("\(bounds.count)", limit) }
        bounds.append(until)
        return bounds
    }

    private static func tooMany(_ count: String, _ limit: Int) -> Invalid {
        Invalid("this would be \(count) windows, and there may be \(limit): take a longer step or a shorter range")
    }
}

extension Int64 {
    /// Division that rounds towards the past.
    fileprivate func floored(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
