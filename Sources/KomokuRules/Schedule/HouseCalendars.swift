package import Komoku
package import KomokuCalendar
package import KomokuExpression

/// The calendars and holidays that rules go by.
package struct HouseCalendars: Sendable {
    package var calendars: [String: EventCalendar]
    package var holidays: Holidays
    /// Of holidays the day is that of this zone.
    package var zone: Zone

    package static let none = HouseCalendars([:])

    package init(_ calendars: [String: EventCalendar], holidays: Holidays = .none, zone: Zone = .utc) {
        (self.calendars, self.holidays, self.zone) = (calendars, holidays, zone)
    }

    package var names: CalendarNames {
        CalendarNames(calendars: calendars.keys.sorted(), hasHolidays: !holidays.isEmpty)
    }

    /// What an expression asks; a calendar that is not there has no events.
    package func value(of call: CalendarCall, at time: Timestamp) -> Value? {
        switch call {
        case .isOn(let name): return .boolean(calendars[name]?.isOn(at: time) ?? false)
        case .event(let name):
            guard let calendar = calendars[name], let last = calendar.running(at: time).last else { return nil }
            return .string(calendar.text(of: last).summary ?? "")
        case .next(let name): return (calendars[name]?.next(.start, after: time)).map { .number($0.seconds) }
        case .change(let name): return (calendars[name]?.nextChange(after: time)).map { .number($0.seconds) }
        case .holiday(let days): return .boolean(holidays.contains(date(at: time, days)))
        case .holidayName(let days): return holidays.name(of: date(at: time, days)).map { .string($0) }
        }
    }

    private func date(at time: Timestamp, _ days: Int) -> CivilDate {
        CivilDate(daysSince1970: zone.local(time).daysSince1970 + days)
    }
}

extension HouseCalendars {
    /// When a trigger is due, from the events of a calendar.
    func next(_ trigger: CalendarTrigger, after time: Timestamp) -> Timestamp? {
        calendars[trigger.calendar]?.next(trigger.edge, after: time - trigger.offset).map { $0 + trigger.offset }
    }

    /// What a run is told of the events for which a trigger is due at a moment.
    func details(_ trigger: CalendarTrigger, dueAt time: Timestamp) -> [[String: Value]] {
        guard let calendar = calendars[trigger.calendar] else { return [] }
        return calendar.events(trigger.edge, at: time - trigger.offset).map { occurrence in
            let text = calendar.text(of: occurrence)
            return [
                "trigger.calendar": .string(trigger.calendar), "trigger.event": .string(trigger.edge.rawValue),
                "trigger.summary": .string(text.summary ?? ""), "trigger.location": .string(text.location ?? ""),
                "trigger.description": .string(text.description ?? ""),
                "trigger.start": .number(occurrence.start.seconds), "trigger.end": .number(occurrence.end.seconds),
                "trigger.all_day": .boolean(occurrence.isAllDay),
            ]
        }
    }
}

/// `{calendar: bins, event: start, offset: -12h}`.
package struct CalendarTrigger: Hashable, Sendable {
    package var calendar: String
    package var edge: EventCalendar.Edge
    /// Below zero before it.
    package var offset: Duration

    /// What a run knows of the event.
    static let locals: [String: ValueKind] = [
        "trigger.calendar": .text, "trigger.event": .text, "trigger.summary": .text, "trigger.location": .text,
        "trigger.description": .text, "trigger.start": .number, "trigger.end": .number, "trigger.all_day": .boolean,
    ]

    /// For people: `bins start -12h`.
    var written: String {
        "\(calendar) \(edge.rawValue)" + (offset == .zero ? "" : offset < .zero ? " \(offset)" : " +\(offset)")
    }

    package init(_ calendar: String, _ edge: EventCalendar.Edge = .start, offset: Duration = .zero) {
        (self.calendar, self.edge, self.offset) = (calendar, edge, offset)
    }
}
