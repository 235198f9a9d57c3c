import Komoku

/// A question to the calendars of the house.
package enum CalendarCall: Hashable, Sendable, CustomStringConvertible {
    /// Boolean: whether an event of the calendar is on.
    case isOn(String)
    /// Text: what the event is called that is on, and began last; nil where none is, empty where it has no name.
    case event(String)
    /// Seconds since 1970: when the next event begins; nil where none does.
    case next(String)
    /// Seconds since 1970: when an event begins or ends next. No expression asks for it: it is when the answers change.
    case change(String)
    /// Boolean: whether the day so many days after the present one is a holiday.
    case holiday(Int)
    /// Text: what that is called; nil where it is none.
    case holidayName(Int)

    /// Nil for those that go by days.
    package var calendar: String? {
        switch self {
        case .isOn(let name), .event(let name), .next(let name), .change(let name): name
        case .holiday, .holidayName: nil
        }
    }

    package var description: String {
        func call(_ word: String, _ name: String) -> String { "\(word)(\(Syntax(.literal(.string(name)), at: 0..<0)))" }
        func call(_ word: String, _ days: Int) -> String { "\(word)(\(days == 0 ? "" : "\(days)"))" }
        return switch self {
        case .isOn(let name): call("calendar", name)
        case .event(let name): call("calendar_event", name)
        case .next(let name): call("calendar_next", name)
        case .change(let name): "calendar '\(name)'"
        case .holiday(let days): call("holiday", days)
        case .holidayName(let days): call("holiday_name", days)
        }
    }

    /// When the answer can next change.
    ///
    /// - Parameter lookup: what a reference is at the time.
    func nextChange(after time: Timestamp, in zone: Zone, _ lookup: (Reference) -> Value?) -> Timestamp? {
        guard let calendar else { return zone.start(of: .day, after: time) }
        guard case .number(let seconds)? = lookup(.calendar(.change(calendar))) else { return nil }
        return Timestamp(seconds: seconds)
    }
}

/// The calendars that an expression may ask, as they are known before anything is evaluated.
package struct CalendarNames: Hashable, Sendable {
    package var calendars: [String] = []
    package var hasHolidays = false

    package init(calendars: [String] = [], hasHolidays: Bool = false) {
        (self.calendars, self.hasHolidays) = (calendars, hasHolidays)
    }
}
