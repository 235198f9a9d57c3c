package import Komoku
internal import Synchronization

/// The days on which a house does not work: dates, days of every year, days that go by Easter, and the events of calendars. May be
/// asked from any thread.
package final class Holidays: Sendable {
    package struct Day: Hashable, Sendable {
        package enum Form: Hashable, Sendable {
            case once(CivilDate)
            /// The 29th of February in leap years only.
            case yearly(month: Int, day: Int)
            /// So many days after Easter Sunday.
            case easter(Int)
        }

        package let form: Form
        package let name: String?

        package init(_ form: Form, name: String? = nil) {
            (self.form, self.name) = (form, name)
        }

        fileprivate func date(in year: Int) -> CivilDate? {
            switch form {
            case .once(let date): date.year == year ? date : nil
            case .yearly(let month, let day): CivilDate(year: year, month: month, day: day)
            case .easter(let offset):
                // Far from Easter it may be one of the year beside; such an offset is refused when read.
                CivilDate.easter(of: year).map { CivilDate(daysSince1970: $0.daysSince1970 + offset) }
            }
        }
    }

    private let days: [Day]
    private let calendars: [EventCalendar]
    private let zone: Zone
    /// What was worked out; of a few years.
    private let years = Mutex<[Int: [CivilDate: String]]>([:])

    private static let remembered = 24
    /// Events of one year that are looked at.
    private static let maximumEvents = 5_000

    package static let none = Holidays([], calendars: [], zone: .utc)

    /// - Parameter calendars: a day on which one of them has an event that is on at noon.
    package init(_ days: [Day], calendars: [EventCalendar], zone: Zone) {
        (self.days, self.calendars, self.zone) = (days, calendars, zone)
    }

    package var isEmpty: Bool { days.isEmpty && calendars.isEmpty }

    package func contains(_ date: CivilDate) -> Bool { name(of: date) != nil }

    /// What a day is called; empty where it is a holiday without a name, nil where it is none.
    package func name(of date: CivilDate) -> String? {
        if isEmpty { return nil }
        return years.withLock { years in
            if let known = years[date.year] { return known[date] }
            if years.count >= Self.remembered { years = [:] }
            let found = names(in: date.year)
            years[date.year] = found
            return found[date]
        }
    }

    private func names(in year: Int) -> [CivilDate: String] {
        var names: [CivilDate: String] = [:]
        // Where two say a day, the one that has a name for it, and of these the first.
        func add(_ date: CivilDate, _ name: String?) {
            if names[date]?.isEmpty ?? true { names[date] = name ?? names[date] ?? "" }
        }
        for day in days { if let date = day.date(in: year) { add(date, day.name) } }
        let first = CivilDate.firstDay(ofMonth: 1, year: year)
        let end = CivilDate.firstDay(ofMonth: 1, year: year + 1)
        let noon = { [zone] (day: Int) in zone.moments(of: LocalDateTime(secondsSince1970: day * 86_400 + 43_200)).first
        }
        for calendar in calendars {
            let found = calendar.occurrences(from: noon(first - 1), to: noon(end), limit: Self.maximumEvents)
            for occurrence in found {
                var day = max(first, zone.local(occurrence.start).daysSince1970)
                while day < end, noon(day) < occurrence.end {
                    if noon(day) >= occurrence.start {
                        add(CivilDate(daysSince1970: day), calendar.text(of: occurrence).summary)
                    }
                    day += 1
                }
            }
        }
        return names
    }
}
