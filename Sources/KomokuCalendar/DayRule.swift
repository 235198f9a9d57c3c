import Komoku

/// Which days a rule takes.
struct DayRule: Sendable {
    private let rule: Recurrence
    private let weekdays: Set<Int>
    private let ordinals: [Recurrence.Weekday]

    init(_ rule: Recurrence) {
        self.rule = rule
        // A number before a weekday means something in months and years only.
        let counts = rule.frequency >= .monthly && rule.weekNumbers.isEmpty
        weekdays = Set(rule.weekdays.filter { !counts || $0.ordinal == nil }.map(\.day))
        ordinals = counts ? rule.weekdays.filter { $0.ordinal != nil } : []
    }

    /// Whether all days are taken.
    var isOpen: Bool {
        rule.months.isEmpty && rule.weekNumbers.isEmpty && rule.yearDays.isEmpty && rule.monthDays.isEmpty
            && rule.weekdays.isEmpty
    }

    func contains(_ day: Int) -> Bool {
        let weekday = CivilDate.weekday(daysSince1970: day)
        if ordinals.isEmpty, !weekdays.isEmpty, !weekdays.contains(weekday) { return false }
        let date = CivilDate(daysSince1970: day)
        if !rule.months.isEmpty, !rule.months.contains(date.month) { return false }
        if !rule.monthDays.isEmpty {
            let length = CivilDate.days(in: date.month, of: date.year)
            guard rule.monthDays.contains(date.day) || rule.monthDays.contains(date.day - length - 1) else {
                return false
            }
        }
        if !rule.yearDays.isEmpty, !isYearDay(day, date) { return false }
        if !rule.weekNumbers.isEmpty, !isInWeek(day, weekday) { return false }
        if !ordinals.isEmpty, !weekdays.contains(weekday), !isNth(date, weekday) { return false }
        return true
    }

    private func isYearDay(_ day: Int, _ date: CivilDate) -> Bool {
        let place = day - CivilDate.firstDay(ofMonth: 1, year: date.year) + 1
        let length = CivilDate.isLeap(date.year) ? 366 : 365
        return rule.yearDays.contains(place) || rule.yearDays.contains(place - length - 1)
    }

    /// Whether the week that the day is in has one of the numbers, in the year that has most of the week.
    private func isInWeek(_ day: Int, _ weekday: Int) -> Bool {
        let start = day - (weekday - rule.weekStart).remainder(by: 7)
        // The fourth day of a week is in the year that counts it.
        let year = CivilDate(daysSince1970: start + 3).year
        let first = firstWeek(of: year)
        let (number, count) = ((start - first) / 7 + 1, (firstWeek(of: year + 1) - first) / 7)
        return rule.weekNumbers.contains(number) || rule.weekNumbers.contains(number - count - 1)
    }

    /// The first day of the first week with at least four days in a year.
    private func firstWeek(of year: Int) -> Int {
        let fourth = CivilDate.firstDay(ofMonth: 1, year: year) + 3
        return fourth - (CivilDate.weekday(daysSince1970: fourth) - rule.weekStart).remainder(by: 7)
    }

    /// Whether it is the nth such weekday of its month, or of its year where the rule goes by years and names no month.
    private func isNth(_ date: CivilDate, _ weekday: Int) -> Bool {
        let isOfMonth = rule.frequency == .monthly || !rule.months.isEmpty
        let place: Int
        let length: Int
        if isOfMonth {
            (place, length) = (date.day, CivilDate.days(in: date.month, of: date.year))
        } else {
            place = date.daysSince1970 - CivilDate.firstDay(ofMonth: 1, year: date.year) + 1
            length = CivilDate.isLeap(date.year) ? 366 : 365
        }
        return ordinals.contains { item in
            guard item.day == weekday, let ordinal = item.ordinal else { return false }
            return ordinal == (place - 1) / 7 + 1 || ordinal == -((length - place) / 7 + 1)
        }
    }
}
