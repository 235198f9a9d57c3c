import Komoku
import KomokuYAML

/// A date as `dates` has it.
enum CalendarDay {
    case once(CivilDate)
    case yearly(Schedule.YearlyDate)
}

extension SettingType where Value == CalendarDay {
    private static var months: [String] {
        [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
    }

    /// `2026-12-24`, or `12-24` of every year.
    static var calendarDay: SettingType {
        .text("a date such as 2026-12-24, or 12-24 for every year") { try day($0) }
    }

    static func day(_ text: String) throws(Setting.Invalid) -> CalendarDay {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let widths = parts.count == 3 ? [4, 2, 2] : [2, 2]
        let numbers = parts.compactMap { UInt16($0) }.map(Int.init)
        guard parts.map(\.utf8.count) == widths, numbers.count == parts.count else {
            throw Setting.Invalid("this is not one")
        }
        let (month, day) = (numbers[numbers.count - 2], numbers[numbers.count - 1])
        guard 1...12 ~= month else { throw Setting.Invalid("there is no month \(month)") }
        // A leap year has every day that comes.
        guard let date = CivilDate(year: parts.count == 3 ? numbers[0] : 2000, month: month, day: day) else {
            let year = parts.count == 3 ? " \(numbers[0])" : ""
            throw Setting.Invalid("\(months[month - 1])\(year) has no day \(day), so it never comes")
        }
        return parts.count == 3 ? .once(date) : .yearly(Schedule.YearlyDate(month: month, day: day))
    }
}
