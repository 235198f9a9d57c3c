import Komoku

extension Function {
    /// Of the sections `calendars` and `holidays` of the configuration.
    static let calendars: [Function] = [
        ofCalendar("calendar", gives: "boolean", "whether an event of the calendar is on: `not calendar('school')`") {
            checker, name in
            checker.read(.calendar(.isOn(name)), .init(.boolean, mayBeUnknown: false))
        },
        ofCalendar(
            "calendar_event", gives: "text",
            "the name of the event that is on, of several the one that began last; unknown if none is on"
        ) { checker, name in checker.read(.calendar(.event(name)), .init(.text)) },
        ofCalendar(
            "calendar_next", gives: "seconds since 1970",
            "when the next event begins: `calendar_next('bins') - now < 12h`; unknown if there is none"
        ) { checker, name in
            var checked = checker.read(.calendar(.next(name)), .init(.number))
            checked.measure = .instant
            return checked
        },
        ofHolidays("holiday", gives: "boolean", "whether today is a holiday; `holiday(1)` is about tomorrow") {
            checker, days in
            checker.read(.calendar(.holiday(days)), .init(.boolean, mayBeUnknown: false))
        },
        ofHolidays("holiday_name", gives: "text", "what that holiday is called; unknown if the day is none") {
            checker, days in
            checker.read(.calendar(.holidayName(days)), .init(.text))
        },
    ]

    private static func ofCalendar(
        _ name: String, gives: String, _ about: String,
        _ read: @escaping @Sendable (inout Checker, String) -> Checker.Checked
    ) -> Function {
        Function(name, [.special("'school'")], needs: .calendars, gives: gives, about) { checker, call in
            checker.calendar(call.arguments[0], of: call).map { read(&checker, $0) }
        }
    }

    private static func ofHolidays(
        _ name: String, gives: String, _ about: String,
        _ read: @escaping @Sendable (inout Checker, Int) -> Checker.Checked
    ) -> Function {
        Function(name, [.special("days").optional], needs: .calendars, gives: gives, about) { checker, call in
            guard checker.environment.calendars.hasHolidays else {
                checker.fault(
                    at: call.syntax, "there are no holidays",
                    remedy: "write holidays: [12-25, easter+1], or {file: holidays.ics}, into the configuration")
                return nil
            }
            guard let argument = call.arguments.first else { return read(&checker, 0) }
            guard case .number(let days)? = checker.check(argument)?.constant, let whole = Int(exactly: days),
                abs(whole) <= 366
            else {
                checker.fault(
                    at: argument, "\(call.name) takes a number of days from -366 to 366", remedy: "1 is tomorrow")
                return nil
            }
            return read(&checker, whole)
        }
    }
}

extension Checker {
    fileprivate mutating func calendar(_ syntax: Syntax, of call: Function.Call) -> String? {
        guard let name = check(syntax)?.code.constant?.string else {
            fault(at: syntax, "\(call.name) takes the name of a calendar", remedy: "write \(call.name)('school')")
            return nil
        }
        let known = environment.calendars.calendars
        if Self.contains(known, name) { return name }
        fault(
            at: syntax, "there is no calendar '\(name.prefix(40))'",
            remedy: known.isEmpty
                ? "write calendars: {\(name.prefix(40)): {file: \(name.prefix(40)).ics}} into the configuration"
                : Suggestion.question(for: name, in: known)
                    ?? "there is \(known.sorted().prefix(8).joined(separator: ", "))")
        return nil
    }
}
