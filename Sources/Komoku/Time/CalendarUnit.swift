/// A unit of the calendar, as clocks on the wall count it.
public enum CalendarUnit: String, Hashable, Sendable, CaseIterable {
    /// Where clocks are put back by an hour, one that comes twice is two; where they change within an hour, it is cut there.
    case hour
    case day
    /// Begins on Monday.
    case week
    case month
    case year

    /// The mean length in seconds.
    public var meanSeconds: Double {
        switch self {
        case .hour: 3600
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 365.2425 * 86_400 / 12
        case .year: 365.2425 * 86_400
        }
    }

    /// The first day, in days since 1970, of the unit that a day is in, or of a later one.
    func firstDay(of days: Int, later count: Int = 0) -> Int {
        let date = CivilDate(daysSince1970: days)
        switch self {
        case .hour, .day: return days + count
        case .week: return days - (date.weekday - 1) + count * 7
        case .month: return CivilDate.firstDay(ofMonth: date.month + count, year: date.year)
        case .year: return CivilDate.firstDay(ofMonth: 1, year: date.year + count)
        }
    }
}
