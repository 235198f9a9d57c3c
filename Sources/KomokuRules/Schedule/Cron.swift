package import Komoku

/// Five fields of `cron`: minute, hour, day of the month, month, day of the week.
///
/// Fields are `*`, numbers, ranges, lists and steps; months and weekdays also by their English names, Sunday is 0 and 7. A range
/// may go over the end: `22-6`, `fri-sun`. Where both days are given, either is enough (POSIX, crontab).
package struct Cron: Hashable, Sendable {
    package let text: String
    let minutes: Set<Int>
    let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let anyDay: Bool
    private let anyWeekday: Bool
    /// It is due again and again rather than at times of day: in every hour, or at every so many minutes of some hours. So it
    /// goes on through an hour that comes twice.
    let goesOn: Bool

    /// Text that is none, with the offset of the field in bytes.
    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
        package let offset: Int
    }

    package init(parsing text: String) throws(Invalid) {
        let fields = Self.fields(of: text)
        guard fields.count == 5 else { throw Invalid(description: Self.fault(of: text, fields.count), offset: 0) }
        self.text = text
        minutes = try Self.set(fields[0], in: 0...59, "minute")
        hours = try Self.set(fields[1], in: 0...23, "hour")
        days = try Self.set(fields[2], in: 1...31, "day of the month")
        months = try Self.set(fields[3], in: 1...12, "month", names: Self.monthNames)
        weekdays = Set(
            try Self.set(fields[4], in: 0...7, "weekday", names: Self.weekdayNames).map { $0 == 0 ? 7 : $0 })
        goesOn = hours.count == 24 || fields[0].text.first == "*"
        anyDay = fields[2].text.first == "*"
        anyWeekday = fields[4].text.first == "*"
        guard isPossible else {
            throw Invalid(
                description: "no month among these has such a day, so it never comes", offset: fields[2].offset)
        }
    }

    package func matches(_ date: CivilDate) -> Bool {
        guard months.contains(date.month) else { return false }
        let (day, weekday) = (days.contains(date.day), weekdays.contains(date.weekday))
        if anyDay || anyWeekday { return day && weekday }
        return day || weekday
    }

    /// Whether a day of some year matches.
    private var isPossible: Bool {
        if !anyWeekday, !anyDay { return true }
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return months.contains { month in days.contains { $0 <= longest[month - 1] } }
    }

    // MARK: Reading

    private static let words = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    private static func fault(of text: String, _ count: Int) -> String {
        if let fields = words[text.lowercased()] { return "write '\(fields)' for \(text)" }
        let found = "cron has five fields, minute hour day month weekday, and this has \(count)"
        return count == 6 ? found + "; there are no seconds here" : found
    }

    private static let monthNames = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10,
        "nov": 11, "dec": 12,
    ]
    private static let weekdayNames = ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6]

    private static func fields(of text: String) -> [(text: Substring, offset: Int)] {
        text.split(whereSeparator: \.isWhitespace).map {
            ($0, text.utf8.distance(from: text.startIndex, to: $0.startIndex))
        }
    }

    private static func set(
        _ field: (text: Substring, offset: Int), in range: ClosedRange<Int>, _ what: String, names: [String: Int] = [:]
    ) throws(Invalid) -> Set<Int> {
        var result: Set<Int> = []
        for part in field.text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let numbers = numbers(part, in: range, names) else {
                throw Invalid(
                    description:
                        "'\(part.prefix(20))' is no \(what); it goes from \(range.lowerBound) to \(range.upperBound)",
                    offset: field.offset)
            }
            result.formUnion(numbers)
        }
        return result
    }

    /// `*`, `*/5`, `3`, `3-7`, `3-7/2`, `mon-fri`, `22-6`.
    private static func numbers(_ part: Substring, in range: ClosedRange<Int>, _ names: [String: Int]) -> [Int]? {
        let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = pieces.first else { return nil }
        var (begin, length) = (range.lowerBound, range.count)
        // Sunday has two numbers.
        let cycle = range == 0...7 ? 7 : range.count
        if first != "*" {
            let ends = first.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                .map { names[$0.lowercased()] ?? number($0) }
            guard let low = ends.first ?? nil, range.contains(low) else { return nil }
            let high = ends.count > 1 ? ends[1] : pieces.count > 1 ? range.upperBound : low
            guard let high, range.contains(high) else { return nil }
            // One that ends before it begins goes on at the beginning.
            (begin, length) = (low, low <= high ? high - low + 1 : high + cycle - low + 1)
        }
        var step = 1
        if pieces.count > 1 {
            guard let number = number(pieces[1]), number > 0 else { return nil }
            step = number
        }
        return stride(from: 0, to: length, by: step).map { offset in
            let number = begin + offset
            return number <= range.upperBound ? number : number - cycle
        }
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.count <= 3 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
