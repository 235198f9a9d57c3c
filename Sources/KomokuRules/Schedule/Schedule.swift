package import Komoku
import KomokuCalendar
internal import KomokuSystem

/// When something is due, again and again: by the clock on the wall, by the sun, or by a fixed distance.
package struct Schedule: Hashable, Sendable {
    package enum Form: Hashable, Sendable {
        /// At a time of day, or so long before or after the sun rises or sets, on some days.
        case daily(Moment, Days)
        /// Every so often, counted from 1970 so that all restarts agree; at least a second.
        case every(Duration)
        case cron(Cron)
        /// When an event of a calendar begins or ends, or so long before or after that.
        case calendar(CalendarTrigger)
    }

    package enum Moment: Hashable, Sendable {
        /// Seconds since midnight as the clock shows them.
        case clock(Int)
        case sun(Sun.Event, offset: Duration)
        /// When a key says: a text with a time of day or a date and time, or a number of seconds since 1970; or so long before
        /// or after that.
        case key(KeyName, offset: Duration)
    }

    /// The days on which a daily schedule is due; nil is no condition.
    package struct Days: Hashable, Sendable {
        /// 1 is Monday.
        package var weekdays: Set<Int>?
        package var dates: Set<CivilDate>?
        /// Days of every year, beside `dates`.
        package var yearly: Set<YearlyDate>?
        /// Holidays are among the days, beside `weekdays`.
        package var holidays = false

        package init(weekdays: Set<Int>? = nil, dates: Set<CivilDate>? = nil, yearly: Set<YearlyDate>? = nil) {
            self.weekdays = weekdays
            self.dates = dates
            self.yearly = yearly
        }

        func contains(_ date: CivilDate, _ calendars: HouseCalendars) -> Bool {
            if let weekdays, !weekdays.contains(date.weekday), !holidays || !calendars.holidays.contains(date) {
                return false
            }
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
    package var holidays = HolidayRule.any

    /// What holidays are to a schedule.
    package enum HolidayRule: Hashable, Sendable {
        case any, except, only

        func takes(_ date: CivilDate, _ calendars: HouseCalendars) -> Bool {
            self == .any || calendars.holidays.contains(date) == (self == .only)
        }
    }

    package init(_ form: Form, clockChange: ClockChange = .once) {
        self.form = form
        self.clockChange = clockChange
    }

    /// How far ahead a next time is looked for, in days: a 29th of February is at most eight years away.
    static let horizon = 366 * 9

    /// Some 9,000 years from 1970, in microseconds.
    private static let endOfTime: UInt64 = 284_000_000_000_000_000

    /// The first time after another one; nil where none comes within nine years, or the place has no such sun.
    ///
    /// - Parameter sun: nil where the hub does not know its place.
    ///
    /// - Parameter value: what the key is that says when it is due; nil where there is none.
    package func next(
        after time: Timestamp, in zone: Zone, sun: Sun?, value: Value? = nil, calendars: HouseCalendars = .none
    ) -> Timestamp? {
        // No calendar goes beyond; a clock that shows such a time is broken.
        guard time.microseconds.magnitude < Self.endOfTime else { return nil }
        switch form {
        case .every(let period): return Self.next(after: time, every: period)
        case .daily(.key(_, let offset), let days):
            return next(after: time, Self.moment(of: value), offset, days, zone, calendars)
        case .daily(let moment, let days):
            return search(from: time, zone) { date in
                guard days.contains(date, calendars), holidays.takes(date, calendars) else { return nil }
                return self.times(of: moment, on: date, zone, sun).filter { $0 > time }.min()
            }
        case .cron(let cron):
            return search(from: time, zone) { date in
                guard cron.matches(date), holidays.takes(date, calendars) else { return nil }
                return self.next(of: cron, on: date, after: time, zone)
            }
        case .calendar(let trigger): return calendars.next(trigger, after: time)
        }
    }

    private static func next(after time: Timestamp, every period: Duration) -> Timestamp? {
        let step = max(period.microseconds, 1_000_000)
        let rest = time.microseconds % step
        let floor = time.microseconds - (rest < 0 ? rest + step : rest)
        let (next, overflow) = floor.addingReportingOverflow(step)
        return overflow ? nil : Timestamp(microseconds: next)
    }

    /// Asks one day after another for its earliest time later than `time`.
    private func search(from time: Timestamp, _ zone: Zone, _ next: (CivilDate) -> Timestamp?) -> Timestamp? {
        // The day before, too: its last hour may come again.
        let first = zone.local(time).daysSince1970 - 1
        for day in first...(first + Self.horizon) {
            if let next = next(CivilDate(daysSince1970: day)) { return next }
        }
        return nil
    }

    private func times(of moment: Moment, on date: CivilDate, _ zone: Zone, _ sun: Sun?) -> [Timestamp] {
        switch moment {
        case .clock(let second):
            return times(of: LocalDateTime(date, second: second), zone, clockChange)
        case .key: return []
        case .sun(let event, let offset):
            return sun?.time(of: event, on: date, in: zone).map { [$0 + offset] } ?? []
        }
    }

    private func next(of cron: Cron, on date: CivilDate, after time: Timestamp, _ zone: Zone) -> Timestamp? {
        let change = clockChange == .once && cron.goesOn ? .both : clockChange
        func next(of hours: [Int]) -> Timestamp? {
            hours.lazy.flatMap { hour in
                cron.minutes.flatMap { times(of: LocalDateTime(date, hour: hour, minute: $0), zone, change) }
            }.filter { $0 > time }.min()
        }
        let hours = cron.hours.sorted()
        guard isPlain(date, zone) else { return next(of: hours) }
        // On most days the hours follow each other, and those that are past need no look at their minutes.
        for hour in hours where zone.moments(of: LocalDateTime(date, hour: hour, minute: 59)).first > time {
            if let next = next(of: [hour]) { return next }
        }
        return nil
    }

    /// Whether the clock goes on through a day, and through what is near it.
    private func isPlain(_ date: CivilDate, _ zone: Zone) -> Bool {
        let noon = zone.moments(of: LocalDateTime(date, hour: 12)).first
        let offset = zone.offset(at: noon)
        return zone.offset(at: noon - .seconds(36 * 3600)) == offset
            && zone.offset(at: noon + .seconds(36 * 3600)) == offset
    }

    private func times(of local: LocalDateTime, _ zone: Zone, _ clockChange: ClockChange) -> [Timestamp] {
        switch zone.moments(of: local) {
        case .once(let time): [time]
        case .twice(let first, let second): clockChange == .both ? [first, second] : [first]
        case .never(let time): clockChange == .skip ? [] : [time]
        }
    }
}
