import Komoku
import KomokuCalendar
import KomokuRules

extension HouseCalendars {
    /// For each calendar a line: how many events it has, and which one is next; and the next holiday.
    func report(at now: Timestamp) -> [String] {
        let lines = calendars.sorted { $0.key < $1.key }.map { name, calendar in
            let count = calendar.count == 1 ? "1 event" : "\(calendar.count) events"
            guard let next = calendar.next(.start, after: now), let event = calendar.events(.start, at: next).first
            else {
                return "calendar \(name): \(count), none to come"
            }
            let summary = (calendar.text(of: event).summary ?? "without a name").shortened
            return "calendar \(name): \(count), next \(time(next, isAllDay: event.isAllDay)) \(summary)"
        }
        guard !holidays.isEmpty else { return lines }
        let today = zone.local(now).daysSince1970
        // What comes each year does within a leap year's four.
        let next = (1...1462).lazy.map { CivilDate(daysSince1970: today + $0) }.first { holidays.contains($0) }
        guard let next else { return lines + ["holidays: none to come"] }
        let name = (holidays.name(of: next) ?? "").shortened
        return lines + ["holidays: next \(next)\(name.isEmpty ? "" : " \(name)")"]
    }

    private func time(_ time: Timestamp, isAllDay: Bool) -> String {
        let local = zone.local(time)
        return isAllDay ? local.date.description : String(local.description.prefix(16))
    }
}

extension String {
    /// On one line.
    fileprivate var shortened: String { String(printable.prefix(60)) }
}
