import Komoku
import KomokuCalendar
import KomokuExpression
import KomokuYAML

extension RuleReader {
    /// `calendar`: a trigger for each of the calendars that are named.
    func calendar(_ setting: Setting, _ settings: SettingsReader) -> Triggers? {
        let edge = settings.given("event", SettingType<EventCalendar.Edge>.word) ?? .start
        let offset = settings.given("offset", .offset) ?? .zero
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'calendar' is an empty list, so nothing fits") }
        let triggers = items.compactMap { item -> Trigger? in
            guard let name = item.value(.string), isThere(name, item) else { return nil }
            let form = Schedule.Form.calendar(CalendarTrigger(name, edge, offset: offset))
            return Trigger(.schedule(Schedule(form)), position: item.position)
        }
        var scope = Scope()
        for (name, kind) in CalendarTrigger.locals {
            scope.locals[name] = Scope.Declaration(kind, mayBeUnknown: false)
        }
        return Triggers(triggers: triggers, scope: scope)
    }

    private func isThere(_ name: String, _ setting: Setting) -> Bool {
        let known = keys.environment.calendars.names.calendars
        if known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { return true }
        setting.error(
            "there is no calendar '\(name)'",
            remedy: known.isEmpty
                ? "write calendars: {\(name): {file: \(name).ics}} into the configuration"
                : Suggestion.question(for: name, in: known) ?? "there is \(known.prefix(8).joined(separator: ", "))")
        return false
    }

    /// `except: holidays`, `only: holidays`.
    func holidayRule(_ settings: SettingsReader) -> Schedule.HolidayRule {
        let except = settings.given("except", .holidays) != nil
        let only = settings.given("only", .holidays) != nil
        if except, only { settings.error(at: "only", "'only' stands beside 'except'", remedy: "keep one of them") }
        guard except || only else { return .any }
        needHolidays(at: except ? "except" : "only", settings)
        return except ? .except : .only
    }

    func needHolidays(at word: String, _ settings: SettingsReader) {
        if keys.environment.calendars.names.hasHolidays { return }
        settings.error(
            at: word, "there are no holidays",
            remedy: "write holidays: [12-25, easter+1], or {file: holidays.ics}, into the configuration")
    }
}

extension SettingType where Value == Bool {
    /// The word `holidays`.
    fileprivate static var holidays: SettingType {
        .text("holidays") { text throws(Setting.Invalid) in
            guard ["holidays", "holiday"].contains(text.lowercased()) else {
                throw Setting.Invalid(
                    "only holidays can be left out, or be the only days",
                    remedy: "for dates write 'dates', for days 'days'")
            }
            return true
        }
    }
}

extension SettingType where Value == Duration {
    /// `-15m`, `1h`, `+ 2d`: before it or after it.
    fileprivate static var offset: SettingType {
        .text("how long before or after, such as -15m") { text throws(Setting.Invalid) in
            let rest = text.filter { $0 != " " }
            let isBefore = rest.first == "-"
            guard
                let length = try? Duration(
                    parsing: String(isBefore || rest.first == "+" ? rest.dropFirst() : rest[...]))
            else { throw Setting.Invalid("this is not one", remedy: "write -15m for a quarter of an hour before") }
            guard length <= .seconds(366 * 86_400) else { throw Setting.Invalid("it is more than a year") }
            return isBefore ? Duration(microseconds: -length.microseconds) : length
        }
    }
}

/// What stands under `days`.
enum DayWord {
    case weekdays(Set<Int>)
    /// Monday to Friday but for holidays.
    case workdays
    case holidays
}

extension SettingType where Value == DayWord {
    static var dayWord: SettingType {
        SettingType(expectation: SettingType<Set<Int>>.weekdays.expectation) { setting in
            switch setting.node.text?.lowercased() {
            case "workdays", "workday": .workdays
            case "holidays", "holiday": .holidays
            default: setting.value(SettingType<Set<Int>>.weekdays).map { .weekdays($0) }
            }
        }
    }
}

extension Schedule.HolidayRule {
    /// For people, behind the days.
    var written: String {
        switch self {
        case .any: ""
        case .except: " except holidays"
        case .only: " only holidays"
        }
    }
}
