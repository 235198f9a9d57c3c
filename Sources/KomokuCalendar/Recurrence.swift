import Komoku

/// How an event comes again: an `RRULE` (RFC 5545, section 3.3.10). Lists are sorted and hold each number once.
struct Recurrence: Hashable, Sendable {
    enum Frequency: Int, Hashable, Sendable, Comparable {
        case secondly, minutely, hourly, daily, weekly, monthly, yearly

        static func < (left: Frequency, right: Frequency) -> Bool { left.rawValue < right.rawValue }
    }

    /// The last moment at which it may begin.
    enum Until: Hashable, Sendable {
        case time(Timestamp)
        /// Seconds since 1970 as the event's clock shows them.
        case local(Int)
    }

    /// A weekday of each week, or the nth one of a month or year; counted from the end below zero.
    struct Weekday: Hashable, Sendable {
        var ordinal: Int?
        /// 1 is Monday.
        var day: Int
    }

    var frequency: Frequency
    var interval = 1
    var count: Int?
    var until: Until?
    var months: [Int] = []
    var weekNumbers: [Int] = []
    var yearDays: [Int] = []
    var monthDays: [Int] = []
    var weekdays: [Weekday] = []
    var hours: [Int] = []
    var minutes: [Int] = []
    var seconds: [Int] = []
    var positions: [Int] = []
    /// 1 is Monday.
    var weekStart = 1

    init(_ frequency: Frequency) {
        self.frequency = frequency
    }

    /// With what the rule leaves to the first time: an event of each month comes on the day on which it came first.
    func completed(by start: LocalDateTime) -> Recurrence {
        var rule = self
        if weekNumbers.isEmpty, yearDays.isEmpty, monthDays.isEmpty, weekdays.isEmpty {
            switch frequency {
            case .yearly:
                if months.isEmpty { rule.months = [start.date.month] }
                rule.monthDays = [start.date.day]
            case .monthly: rule.monthDays = [start.date.day]
            case .weekly: rule.weekdays = [Weekday(ordinal: nil, day: start.date.weekday)]
            default: break
            }
        }
        if hours.isEmpty, frequency > .hourly { rule.hours = [start.hour] }
        if minutes.isEmpty, frequency > .minutely { rule.minutes = [start.minute] }
        if seconds.isEmpty, frequency > .secondly { rule.seconds = [start.second] }
        return rule
    }

    /// Whether nothing but the frequency and the interval says when it comes.
    var isPlain: Bool {
        months.isEmpty && weekNumbers.isEmpty && yearDays.isEmpty && monthDays.isEmpty && weekdays.isEmpty
            && hours.isEmpty && minutes.isEmpty && seconds.isEmpty && positions.isEmpty
    }

    /// The seconds between two times of a plain rule; nil of months and years, which differ.
    var step: Int? {
        switch frequency {
        case .secondly: interval
        case .minutely: interval * 60
        case .hourly: interval * 3600
        case .daily: interval * 86_400
        case .weekly: interval * 7 * 86_400
        case .monthly, .yearly: nil
        }
    }
}
