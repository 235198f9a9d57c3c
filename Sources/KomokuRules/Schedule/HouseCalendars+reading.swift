package import Komoku
import KomokuCalendar
import KomokuStore
package import KomokuYAML

extension HouseCalendars {
    /// Reads the sections `calendars` and `holidays`. What is wrong in a file of events is a warning, so that a file that somebody else
    /// makes stops nothing: the rest of it counts, and of one that is not there nothing does.
    ///
    /// - Parameters:
    ///   - name: of the hub's zone; nil is the system's own.
    ///   - now: what they will be asked about first.
    package static func read(
        _ settings: SettingsReader, zoneNamed name: String?, now: Timestamp
    ) -> HouseCalendars {
        guard settings.has("calendars") || settings.has("holidays") else {
            settings.declare("calendars")
            settings.declare("holidays")
            return .none
        }
        let zones = ZoneFiles()
        let reading = CalendarReading(zones: zones, zone: (try? zones.zone(named: name ?? "local")) ?? .utc, now: now)
        let calendars = settings.setting("calendars")?.value(.entries(.calendarName, reading.calendar)) ?? []
        let found = Dictionary(calendars.map { ($0.key, $0.value) }) { first, _ in first }
        return HouseCalendars(found, holidays: reading.holidays(settings), zone: reading.zone)
    }
}

/// Reads files of events, and days.
private struct CalendarReading {
    let zones: ZoneFiles
    let zone: Zone
    let now: Timestamp

    /// `{file: school.ics}`, or the path by itself.
    var calendar: SettingType<EventCalendar> {
        SettingType(expectation: "a file of events, such as {file: school.ics}") { setting in
            if setting.node.entries == nil { return file(setting) }
            return setting.value(
                .mapping { settings in
                    guard let path = settings.setting("file") else {
                        settings.error(
                            settings.position, "\(settings.subject) needs 'file'", "write {file: school.ics}")
                        return nil
                    }
                    return file(path)
                })
        }
    }

    /// The events of a file; none after a warning where it cannot be read.
    private func file(_ setting: Setting) -> EventCalendar? {
        guard let path = setting.value(.path) else { return nil }
        let full = SettingsPath.resolve(path, besides: setting.position.file)
        let bytes: [UInt8]
        do throws(FileFailure) {
            bytes = try setting.report.source.files.read(full, limit: EventCalendar.maximumSize)
        } catch {
            setting.warning(
                "'\(path)' cannot be read: \(error.reason); the calendar has no events",
                remedy: "put the file there, then run komoku reload")
            return .empty
        }
        let calendar = EventCalendar(bytes, zone: zone) { [zones] in try? zones.zone(named: $0) }
        for fault in calendar.faults {
            let place = SourcePosition(file: full, line: fault.line, column: 1)
            setting.report.warning(at: place, fault.message, remedy: fault.remedy)
        }
        calendar.prepare(for: now)
        return calendar
    }

    // MARK: Holidays

    func holidays(_ settings: SettingsReader) -> Holidays {
        guard let setting = settings.setting("holidays") else { return .none }
        let items = setting.items ?? (setting.node.isNull ? [] : [setting])
        var (days, calendars) = ([Holidays.Day](), [EventCalendar]())
        for item in items {
            switch holiday(item) {
            case .day(let day)?: days.append(day)
            case .calendar(let calendar)?: calendars.append(calendar)
            case nil: break
            }
        }
        return Holidays(days, calendars: calendars, zone: zone)
    }

    private enum Holiday {
        case day(Holidays.Day)
        case calendar(EventCalendar)
    }

    /// `12-25`, `{date: easter+1, name: Easter Monday}`, `{file: holidays.ics}`.
    private func holiday(_ setting: Setting) -> Holiday? {
        guard setting.node.entries != nil else {
            if let text = setting.node.text, text.hasSuffix(".ics") { return file(setting).map { .calendar($0) } }
            return setting.value(.holiday).map { .day(Holidays.Day($0)) }
        }
        return setting.value(
            .mapping { settings in
                if let path = settings.setting("file") { return file(path).map { .calendar($0) } }
                let name = settings.value("name", .string)
                guard let date = settings.setting("date") else {
                    settings.error(
                        settings.position, "\(settings.subject) needs 'date' or 'file'",
                        "write {date: 12-25, name: Christmas}")
                    return nil
                }
                return date.value(.holiday).map { .day(Holidays.Day($0, name: name)) }
            })
    }
}

extension SettingsReader {
    fileprivate func error(_ position: SourcePosition, _ message: String, _ remedy: String) {
        report.error(at: position, message, remedy: remedy)
    }
}

extension SettingType where Value == String {
    fileprivate static var path: SettingType {
        .text("the path of a file") { text throws(Setting.Invalid) in
            if text.isEmpty { throw Setting.Invalid("it is empty") }
            if text.utf8.contains(0) { throw Setting.Invalid("it holds a zero byte") }
            return text
        }
    }

    /// What rules call a calendar by.
    fileprivate static var calendarName: SettingType {
        .text("a name") { text throws(Setting.Invalid) in
            if text.isEmpty || text.utf8.count > 128 { throw Setting.Invalid("use 1 to 128 bytes") }
            return text
        }
    }
}

extension SettingType where Value == Holidays.Day.Form {
    /// `2026-12-25`, `12-25` of every year, `easter`, `easter+1`, `easter - 2`.
    fileprivate static var holiday: SettingType {
        .text("a date such as 2026-12-25, 12-25 for every year, or easter+1") { text throws(Setting.Invalid) in
            if text.lowercased().hasPrefix("easter") {
                let rest = text.dropFirst("easter".count).filter { $0 != " " }
                guard let days = rest.isEmpty ? 0 : Int(rest), abs(days) <= 70,
                    rest.isEmpty || "+-".contains(rest.prefix(1))
                else { throw Setting.Invalid("write easter+1 or easter-2, at most 70 days away") }
                return .easter(days)
            }
            switch try SettingType<CalendarDay>.day(text) {
            case .once(let date): return .once(date)
            case .yearly(let date): return .yearly(month: date.month, day: date.day)
            }
        }
    }
}
