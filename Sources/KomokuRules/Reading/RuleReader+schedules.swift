import Komoku
import KomokuExpression
import KomokuYAML

extension RuleReader {
    /// `at`: a trigger for each time.
    func at(_ setting: Setting, _ settings: SettingsReader) -> Triggers? {
        let (days, holidays) = days(settings)
        let change = settings.given("clock_change", SettingType<Schedule.ClockChange>.word) ?? .once
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'at' is an empty list, so it never comes") }
        let triggers = items.compactMap { item in
            (item.node.text.flatMap(keyMoment) == nil ? item.value(.moment) : keyMoment(item)).map { moment in
                if case .sun(let event, _) = moment, !keys.environment.offers.contains(.sun) {
                    item.error("'\(event.rawValue)' needs the place of the hub", remedy: "give hub.location")
                }
                var schedule = Schedule(.daily(moment, days), clockChange: change)
                schedule.holidays = holidays
                return Trigger(.schedule(schedule), position: item.position)
            }
        }
        return Triggers(triggers: triggers, scope: Scope())
    }

    /// `house.wake_up`, `phone.next_alarm - 30m`; nil for what is no key.
    private func keyMoment(_ text: String) -> (key: KeyName, offset: String)? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard let first = parts.first, let key = KeyName(KeyPlace.text(String(first), item: scope.item)),
            !Sun.Event.allCases.contains(where: { $0.rawValue.utf8.elementsEqual(key.text.utf8) }),
            key.looksNamed || keys.isThere(key)
        else { return nil }
        return (key, parts.count > 1 ? String(parts[1]) : "")
    }

    private func keyMoment(_ setting: Setting) -> Schedule.Moment? {
        guard let (key, rest) = setting.node.text.flatMap(keyMoment) else { return nil }
        guard let declaration = keys.declaration(key) else {
            setting.error("there is no key '\(key)'", remedy: keys.question(for: key.text))
            return nil
        }
        warnOfMissing(key, setting)
        note(KeyPattern(key), setting)
        if declaration.kind == .boolean || declaration.isEvent == true {
            let found = declaration.isEvent == true ? "an event" : "true or false"
            setting.error(
                "'\(key)' is \(found), and no time",
                remedy: "a time is a text such as 07:30, or a number of seconds since 1970")
            return nil
        }
        return setting.value(
            .text("a key with a time") { _ throws(Setting.Invalid) in
                Schedule.Moment.key(key, offset: try SettingType<Schedule.Moment>.offset(rest[...]))
            })
    }

    func repeated(_ word: String, _ setting: Setting, _ settings: SettingsReader) -> Triggers? {
        if word == "every" {
            return setting.value(.span(in: .seconds(1)...Expression.longestDuration)).map {
                Triggers(.schedule(Schedule(.every($0))), setting)
            }
        }
        let change = settings.given("clock_change", SettingType<Schedule.ClockChange>.word) ?? .once
        let cron = setting.value(
            .text("five fields: minute hour day month weekday") { text throws(Setting.Invalid) in
                do throws(Cron.Invalid) {
                    return try Cron(parsing: text)
                } catch {
                    throw Setting.Invalid(error.description, offset: error.offset)
                }
            })
        let holidays = holidayRule(settings)
        return cron.map {
            var schedule = Schedule(.cron($0), clockChange: change)
            schedule.holidays = holidays
            return Triggers(.schedule(schedule), setting)
        }
    }

    private func days(_ settings: SettingsReader) -> (Schedule.Days, Schedule.HolidayRule) {
        var (days, holidays) = (Schedule.Days(), holidayRule(settings))
        if let words = settings.given("days", .oneOrMore(of: .dayWord)) { take(words, &days, &holidays, settings) }
        guard let dates = settings.given("dates", .oneOrMore(of: .calendarDay)) else { return (days, holidays) }
        if dates.isEmpty { empty("dates", settings) }
        days.dates = Set(dates.compactMap { if case .once(let date) = $0 { date } else { nil } })
        days.yearly = Set(dates.compactMap { if case .yearly(let date) = $0 { date } else { nil } })
        if let weekdays = days.weekdays, let once = days.dates, !once.isEmpty, days.yearly?.isEmpty ?? true,
            !once.contains(where: { weekdays.contains($0.weekday) })
        {
            settings.error(at: "dates", "none of these dates is on one of the 'days', so it never comes")
        }
        return (days, holidays)
    }

    private func take(
        _ words: [DayWord], _ days: inout Schedule.Days, _ holidays: inout Schedule.HolidayRule,
        _ settings: SettingsReader
    ) {
        var weekdays: Set<Int> = []
        for word in words {
            switch word {
            case .weekdays(let found): weekdays.formUnion(found)
            case .holidays: days.holidays = true
            case .workdays:
                weekdays.formUnion(1...5)
                holidays = .except
                if words.count > 1 {
                    settings.error(
                        at: "days", "'workdays' stands beside other days",
                        remedy: "write it by itself, or the days with except: holidays")
                }
            }
        }
        if words.isEmpty { empty("days", settings) }
        if days.holidays || holidays == .except && !settings.has("except") { needHolidays(at: "days", settings) }
        days.weekdays = weekdays
    }

    private func empty(_ word: String, _ settings: SettingsReader) {
        guard settings.setting(word)?.items?.isEmpty ?? false else { return }
        settings.error(at: word, "'\(word)' is an empty list, so it never comes")
    }
}

extension KeyName {
    /// Whether it is more likely a key that is misspelt than a time that is: `house.wakeup`, not `7.30`.
    fileprivate var looksNamed: Bool {
        text.utf8.contains(UInt8(ascii: ".")) && !text.utf8.allSatisfy { $0 < UInt8(ascii: "A") }
    }
}

extension SettingType where Value == Schedule.Moment {
    /// `07:30`, `07:30:15`, `sunset`, `sunrise + 1h`.
    static var moment: SettingType {
        .text("a time such as 07:30, sunset or sunrise + 30m") { text throws(Setting.Invalid) in
            if let event = Sun.Event.allCases.first(where: { text.hasPrefix($0.rawValue) }) {
                return .sun(event, offset: try offset(text.dropFirst(event.rawValue.count)))
            }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let numbers = parts.compactMap { $0.utf8.count <= 2 ? UInt8($0) : nil }.map(Int.init)
            guard numbers.count == parts.count, 2...3 ~= parts.count else {
                throw Setting.Invalid("it is no time of day", remedy: SpokenTime.remedy(for: text))
            }
            guard numbers[0] < 24, numbers[1] < 60, numbers.count < 3 || numbers[2] < 60 else {
                throw Setting.Invalid(
                    "a day goes from 00:00 to 23:59:59", remedy: numbers[0] == 24 ? "write 00:00" : nil)
            }
            return .clock(numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0))
        }
    }

    /// ` - 30m`; nothing is none.
    static func offset(_ text: Substring) throws(Setting.Invalid) -> Duration {
        let rest = text.filter { $0 != " " }
        if rest.isEmpty { return .zero }
        guard let sign = rest.first, sign == "+" || sign == "-",
            let offset = try? Duration(parsing: String(rest.dropFirst()))
        else { throw Setting.Invalid("write it as sunset - 30m") }
        guard offset <= .seconds(86_400) else { throw Setting.Invalid("it is more than a day away from the sun") }
        return sign == "-" ? Duration(microseconds: -offset.microseconds) : offset
    }
}

extension SettingType where Value == Set<Int> {
    private static var names: [String] { ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }
    private static var fullNames: [String] {
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    }

    /// `mon`, `Monday`, `mon-fri`, `sat-mon`; 1 is Monday.
    static var weekdays: SettingType {
        .text("days such as mon or mon-fri") { text throws(Setting.Invalid) in
            let ends = text.lowercased().split(separator: "-", omittingEmptySubsequences: false).map {
                end in
                names.firstIndex { end.utf8.elementsEqual($0.utf8) }
                    ?? fullNames.firstIndex { end.utf8.elementsEqual($0.utf8) }
            }
            guard 1...2 ~= ends.count, let first = ends.first ?? nil, let last = ends.last ?? nil else {
                throw Setting.Invalid("days are mon, tue, wed, thu, fri, sat, sun", remedy: remedy(for: text))
            }
            return first <= last ? Set(first + 1...last + 1) : Set(first + 1...7).union(1...last + 1)
        }
    }

    private static func remedy(for text: String) -> String? {
        switch text.lowercased() {
        case "weekdays", "weekday": return "write mon-fri"
        case "weekend", "weekends": return "write [sat, sun]"
        case "daily", "all", "everyday", "*": return "leave 'days' out"
        default: break
        }
        if let number = Int(text), 1...7 ~= number { return "1 is mon, 7 sun: write \(names[number - 1])" }
        if text.contains(",") {
            return
                "write a list: [\(text.split(separator: ",").map { $0.filter { $0 != " " } }.joined(separator: ", "))]"
        }
        return Suggestion.question(for: text, in: names + fullNames)
    }
}
