import Komoku

/// Walks through the times of a rule, ascending, as the event's clock shows them; nothing is kept of those that are past.
///
/// The times of one period (a year, an hour) are days and times of day; only one of the periods is at hand at a time. A look
/// for the next one gives up after some steps or years: a rule may never come, as the 30th of February does not.
struct RecurrenceCursor: Sendable {
    private let rule: Recurrence
    private let days: DayRule
    /// Seconds since 1970 as the clock shows them, as all times here.
    private let start: Int
    private let startUnit: Int
    private let last: Int
    /// Times of day, of rules that go by days or more.
    private let times: [Int]
    /// Counted in intervals from the one that the start is in.
    private var period: Int
    private var found: [Int] = []
    /// Of `found`, and of `times` on that day.
    private var place = (day: 0, time: 0)
    private var bound: Int
    /// There may be more, but not for a century, or not that it can be found.
    private(set) var gaveUp = false
    private var isOver = false

    /// How many periods without a time are looked through for the next one.
    static let patience = 50_000
    /// How far apart two times of a rule may be, in days: a century.
    private static let horizon = 36_600

    /// - Parameters:
    ///   - rule: completed by the start.
    ///   - last: the last time that counts.
    ///   - bound: what is before it is passed over.
    init(_ rule: Recurrence, start: LocalDateTime, last: Int, from bound: Int) {
        (self.rule, self.days) = (rule, DayRule(rule))
        self.start = start.secondsSince1970
        self.last = last
        self.bound = max(bound, start.secondsSince1970)
        var times: [Int] = []
        if rule.frequency >= .daily {
            for hour in rule.hours {
                for minute in rule.minutes { times += rule.seconds.map { hour * 3600 + minute * 60 + $0 } }
            }
        }
        self.times = times
        startUnit = Self.unit(of: start.secondsSince1970, rule)
        period = max(0, (Self.unit(of: self.bound, rule) - startUnit) / rule.interval)
    }

    /// The number, since 1970, of the second, day, month … that a time is in.
    private static func unit(of seconds: Int, _ rule: Recurrence) -> Int {
        switch rule.frequency {
        case .secondly: return seconds
        case .minutely: return seconds.floored(by: 60)
        case .hourly: return seconds.floored(by: 3600)
        case .daily: return seconds.floored(by: 86_400)
        // 1970-01-01 was the fourth day of a week that begins on Monday.
        case .weekly: return (seconds.floored(by: 86_400) + 3 - (rule.weekStart - 1)).floored(by: 7)
        case .monthly:
            let date = CivilDate(daysSince1970: seconds.floored(by: 86_400))
            return date.year * 12 + date.month - 1
        case .yearly: return CivilDate(daysSince1970: seconds.floored(by: 86_400)).year
        }
    }

    private var currentUnit: Int { startUnit + period * rule.interval }

    /// Passes over what is before a time.
    mutating func skip(to time: Int) {
        guard rule.frequency < .daily, time > bound else { return }
        (bound, found, place) = (time, [], (0, 0))
        period = max(period, (Self.unit(of: time, rule) - startUnit) / rule.interval)
    }

    mutating func next() -> Int? {
        while let time = take() {
            if time > last { break }
            if time >= bound { return time }
        }
        isOver = true
        return nil
    }

    private mutating func take() -> Int? {
        if isOver { return nil }
        if rule.frequency < .daily { return takeTime() }
        var left = Self.patience
        while place.day >= found.count {
            let days = days(ofUnit: currentUnit)
            let first = days.lowerBound
            left -= days.count
            guard left > 0, first - max(bound, start).floored(by: 86_400) <= Self.horizon else {
                gaveUp = true
                return nil
            }
            if first > last.floored(by: 86_400) { return nil }
            fill()
        }
        if !rule.positions.isEmpty {
            // Then these are times, and not days.
            defer { place.day += 1 }
            bound = max(bound, found[place.day])
            return found[place.day]
        }
        let time = found[place.day] * 86_400 + times[place.time]
        place.time += 1
        if place.time == times.count { place = (place.day + 1, 0) }
        bound = max(bound, time)
        return time
    }

    /// The days of a period.
    private func days(ofUnit unit: Int) -> Range<Int> {
        switch rule.frequency {
        case .weekly:
            let first = unit * 7 - 3 + (rule.weekStart - 1)
            return first..<first + 7
        case .monthly:
            let (year, month) = (unit.floored(by: 12), unit.remainder(by: 12) + 1)
            return CivilDate.firstDay(ofMonth: month, year: year)..<CivilDate.firstDay(ofMonth: month + 1, year: year)
        case .yearly:
            return CivilDate.firstDay(ofMonth: 1, year: unit)..<CivilDate.firstDay(ofMonth: 1, year: unit + 1)
        default: return unit..<unit + 1
        }
    }

    private mutating func fill() {
        let unit = currentUnit
        if rule.frequency == .yearly, !rule.months.isEmpty {
            found = rule.months.flatMap { month in
                let first = CivilDate.firstDay(ofMonth: month, year: unit)
                return (first..<CivilDate.firstDay(ofMonth: month + 1, year: unit)).filter { days.contains($0) }
            }
        } else {
            found = days(ofUnit: unit).filter { days.contains($0) }
        }
        place = (0, 0)
        period += 1
        if !rule.positions.isEmpty {
            let (days, times) = (found, times)
            found = Self.places(rule.positions, of: days.count * times.count).map {
                days[$0 / times.count] * 86_400 + times[$0 % times.count]
            }
        }
    }

    /// The indices that positions stand for, ascending: 1 is the first, -1 the last.
    private static func places(_ positions: [Int], of count: Int) -> [Int] {
        let places = positions.map { $0 > 0 ? $0 - 1 : count + $0 }
        return Set(places.filter { 0..<count ~= $0 }).sorted()
    }
}

// MARK: Hours, minutes and seconds

extension RecurrenceCursor {
    private mutating func takeTime() -> Int? {
        var left = Self.patience
        while place.day >= found.count {
            left -= 1
            let time = currentUnit * unitLength
            guard left > 0, (time - max(bound, start)) / 86_400 <= Self.horizon else {
                gaveUp = true
                return nil
            }
            if time > last { return nil }
            if let later = skip(time) {
                period = max(period + 1, (later - startUnit + rule.interval - 1) / rule.interval)
            } else {
                fillTimes(time)
            }
        }
        defer { place.day += 1 }
        bound = max(bound, found[place.day])
        return found[place.day]
    }

    private var unitLength: Int {
        switch rule.frequency {
        case .hourly: 3600
        case .minutely: 60
        default: 1
        }
    }

    /// The unit at which to go on where the rule has nothing on that day, or in that hour or minute.
    private func skip(_ time: Int) -> Int? {
        func unit(of seconds: Int) -> Int { Self.unit(of: seconds, rule) }
        let (day, second) = (time.floored(by: 86_400), time.remainder(by: 86_400))
        if !days.isOpen, !days.contains(day) { return unit(of: (day + 1) * 86_400) }
        if !rule.hours.isEmpty, !rule.hours.contains(second / 3600) { return unit(of: time - second % 3600 + 3600) }
        if rule.frequency < .hourly, !rule.minutes.isEmpty, !rule.minutes.contains(second / 60 % 60) {
            return unit(of: time - second % 60 + 60)
        }
        return nil
    }

    /// The times of an hour, a minute or a second.
    private mutating func fillTimes(_ time: Int) {
        switch rule.frequency {
        case .hourly: found = rule.minutes.flatMap { minute in rule.seconds.map { time + minute * 60 + $0 } }
        case .minutely: found = rule.seconds.map { time + $0 }
        default: found = rule.seconds.isEmpty || rule.seconds.contains(time.remainder(by: 60)) ? [time] : []
        }
        if !rule.positions.isEmpty {
            let all = found
            found = Self.places(rule.positions, of: all.count).map { all[$0] }
        }
        place = (0, 0)
        period += 1
    }
}
