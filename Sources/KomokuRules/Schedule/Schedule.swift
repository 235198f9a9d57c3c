package import Komoku

/// When something is due, again and again: by the clock on the wall, by the sun, or by a fixed distance.
package struct Schedule: Hashable, Sendable {
    package enum Form: Hashable, Sendable {
        /// At a time of day, or so long before or after the sun rises or sets, on some days.
        case daily(Moment, Days)
        /// Every so often, counted from 1970 so that all restarts agree; at least a second.
        case every(Duration)
        case cron(Cron)
    }

    package enum Moment: Hashable, Sendable {
        /// Seconds since midnight as the clock shows them.
        case clock(Int)
        case sun(Sun.Event, offset: Duration)
    }

    /// The days on which a daily schedule is due; nil is no condition.
    package struct Days: Hashable, Sendable {
        /// 1 is Monday.
        package var weekdays: Set<Int>?
        package var dates: Set<CivilDate>?
        /// Days of every year, beside `dates`.
        package var yearly: Set<YearlyDate>?

        package init(weekdays: Set<Int>? = nil, dates: Set<CivilDate>? = nil, yearly: Set<YearlyDate>? = nil) {
            self.weekdays = weekdays
            self.dates = dates
            self.yearly = yearly
        }

        func contains(_ date: CivilDate) -> Bool {
            if let weekdays, !weekdays.contains(date.weekday) { return false }
            if dates == nil, yearly == nil { return true }
            if dates?.contains(date) ?? false { return true }
            return yearly?.contains(YearlyDate(month: date.month, day: date.day)) ?? false
        }
    }

    /// A day that comes each year; the 29th of February in leap years only.
    package struct YearlyDate: Hashable, Sendable {
        package let month: Int
        package let day: Int

        package init(month: Int, day: Int) {
            self.month = month
            self.day = day
        }
    }

    /// What happens where clocks are put forward over a time, or show it twice.
    package enum ClockChange: String, Hashable, Sendable, CaseIterable {
        /// Once a day: right after the gap; of two the first.
        case once
        /// A time that is left out is not made up for; of two the first.
        case skip
        /// As `once`, and both of two.
        case both
    }

    package var form: Form
    package var clockChange: ClockChange

    package init(_ form: Form, clockChange: ClockChange = .once) {
        self.form = form
        self.clockChange = clockChange
    }

    /// How far ahead a next time is looked for, in days: a 29th of February is at most eight years away.
    static let horizon = 366 * 9

    /// The first time after another one; nil where none comes within nine years, or the place has no such sun.
    ///
    /// - Parameter sun: nil where the hub does not know its place.
    package func next(after time: Timestamp, in zone: Zone, sun: Sun?) -> Timestamp? {
        switch form {
        case .every(let period): return Self.next(after: time, every: period)
        case .daily(let moment, let days):
            return search(from: time, zone) { date in
                guard days.contains(date) else { return [] }
                return self.times(of: moment, on: date, zone, sun)
            }
        case .cron(let cron):
            return search(from: time, zone) { date in
                guard cron.matches(date) else { return [] }
                return self.times(of: cron, on: date, zone)
            }
        }
    }

    private static func next(after time: Timestamp, every period: Duration) -> Timestamp? {
        let step = max(period.microseconds, 1_000_000)
        let rest = time.microseconds % step
        let floor = time.microseconds - (rest < 0 ? rest + step : rest)
        let (next, overflow) = floor.addingReportingOverflow(step)
        return overflow ? nil : Timestamp(microseconds: next)
    }

    /// The earliest of the times of one day after another that is later than `time`.
    private func search(from time: Timestamp, _ zone: Zone, _ times: (CivilDate) -> [Timestamp]) -> Timestamp? {
        // The day before, too: its last hour may come again.
        let first = zone.local(time).daysSince1970 - 1
        for day in first...(first + Self.horizon) {
            if let next = times(CivilDate(daysSince1970: day)).filter({ $0 > time }).min() { return next }
        }
        return nil
    }

    private func times(of moment: Moment, on date: CivilDate, _ zone: Zone, _ sun: Sun?) -> [Timestamp] {
        switch moment {
        case .clock(let second):
            return times(of: LocalDateTime(date, second: second), zone)
        case .sun(let event, let offset):
            return sun?.time(of: event, on: date, in: zone).map { [$0 + offset] } ?? []
        }
    }

    private func times(of cron: Cron, on date: CivilDate, _ zone: Zone) -> [Timestamp] {
        cron.hours.sorted().flatMap { hour in
            cron.minutes.sorted().flatMap { times(of: LocalDateTime(date, hour: hour, minute: $0), zone) }
        }
    }

    private func times(of local: LocalDateTime, _ zone: Zone) -> [Timestamp] {
        switch zone.moments(of: local) {
        case .once(let time): [time]
        case .twice(let first, let second): clockChange == .both ? [first, second] : [first]
        case .never(let time): clockChange == .skip ? [] : [time]
        }
    }
}
