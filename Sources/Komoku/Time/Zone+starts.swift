extension Zone {
    /// The starts of the hours, days, weeks, months or years between two times, both left out, ascending: of more than `limit`
    /// the first ones.
    ///
    /// While clocks stay as they are the next hour or day is a fixed length later, so a century of hours is a matter of milliseconds.
    public func starts(
        of unit: CalendarUnit, after time: Timestamp, before end: Timestamp, limit: Int = .max
    ) -> [Timestamp] {
        var starts: [Timestamp] = []
        var time = time
        // Where clocks were put back over midnight a day is shown twice: that is left to the calendar.
        var calm = time.microseconds.clamped(adding: Self.calmAfter)
        while starts.count < limit {
            let next = start(of: unit, after: time)
            guard next > time, next < end else { break }
            starts.append(next)
            time = next
            guard let length = unit.fixedLength else { continue }
            let change = nextChange(after: time.wholeSeconds).map(Timestamp.init(wholeSeconds:)) ?? .distantFuture
            let isCalm = unit == .hour || time.microseconds >= calm
            if isCalm { time = append(&starts, from: time, every: length, before: min(change, end), limit) }
            if isCalm || change.microseconds.subtracting(time) < Self.calmAfter {
                calm = change.microseconds.clamped(adding: Self.calmAfter)
            }
        }
        return starts
    }

    /// What clocks show at some times, which ascend.
    public func locals(at times: some Sequence<Timestamp>) -> [LocalDateTime] {
        var offset = 0
        var change = Timestamp.distantPast
        return times.map { time in
            let seconds = time.wholeSeconds
            if time >= change {
                offset = kind(at: seconds).offset
                change = nextChange(after: seconds).map(Timestamp.init(wholeSeconds:)) ?? .distantFuture
            }
            return LocalDateTime(secondsSince1970: Int(seconds) + offset)
        }
    }

    private static let calmAfter: Int64 = 3 * 86_400_000_000

    /// - Returns: the last one.
    private func append(
        _ starts: inout [Timestamp], from time: Timestamp, every length: Int64, before end: Timestamp, _ limit: Int
    ) -> Timestamp {
        let local = Int(time.wholeSeconds) + offset(at: time)
        guard local.remainder(by: Int(length / 1_000_000)) == 0 else { return time }
        var last = time.microseconds
        while starts.count < limit {
            let (next, overflow) = last.addingReportingOverflow(length)
            guard !overflow, next < end.microseconds else { break }
            starts.append(Timestamp(microseconds: next))
            last = next
        }
        return Timestamp(microseconds: last)
    }
}

extension CalendarUnit {
    /// Microseconds, of the units that have as many unless clocks change.
    fileprivate var fixedLength: Int64? {
        switch self {
        case .hour: 3_600_000_000
        case .day: 86_400_000_000
        case .week, .month, .year: nil
        }
    }
}

extension Int64 {
    fileprivate func clamped(adding other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    fileprivate func subtracting(_ time: Timestamp) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(time.microseconds)
        return overflow ? .max : difference
    }
}
