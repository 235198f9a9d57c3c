internal import ArgumentParser
internal import Komoku
internal import KomokuSystem
internal import Synchronization

/// Times as people write and read them: in the hub's zone, or in the one that was asked for.
enum LocalTime {
    static var now: Timestamp { WallClock.now }

    private static let chosen = Mutex(SystemZone.own)

    /// In which dates are read and written; this machine's until another one is known.
    static var zone: Zone { chosen.withLock { $0 } }

    /// Writes and reads dates in another zone from here on.
    static func use(_ zone: Zone) { chosen.withLock { $0 = zone } }

    /// The same by its name.
    ///
    /// - Returns: false where this machine does not know it; nothing changes then.
    static func use(zone name: String) -> Bool {
        guard let zone = try? SystemZone.named(name) else { return false }
        use(zone)
        return true
    }

    /// Whose clocks the times are shown by: `Europe/Warsaw`.
    static var zoneName: String {
        let zone = zone
        return zone.name.utf8.elementsEqual("local".utf8) ? zone.ruleText ?? "the hub's time" : zone.name
    }

    /// The heading of a column of times: `time (Europe/Warsaw)`.
    static func heading(_ word: String) -> String { "\(word) (\(zoneName))" }

    /// What stands above texts with times in them.
    static var remark: String { "times are those of \(zoneName)" }

    /// Reads a time that somebody wrote; a date in the zone in which it would be shown.
    ///
    /// - Throws: `ValidationError`.
    static func read(
        _ text: String, now: Timestamp = now, _ choice: WrittenTime.Choice = .first
    ) throws -> Timestamp {
        try WrittenTime(text, now: now).moment(in: zone, choice)
    }

    /// `2026-01-31 08:30:12`; with `CEST` or the like behind it where clocks show that twice.
    static func text(_ time: Timestamp) -> String { marked(time, "%Y-%m-%d %H:%M:%S") }

    /// `08:30:12` of today, else with the date.
    static func short(_ time: Timestamp, now: Timestamp) -> String {
        zone.local(time).date == zone.local(now).date ? clock(time) : text(time)
    }

    /// `08:30:12`.
    static func clock(_ time: Timestamp) -> String { marked(time, "%H:%M:%S") }

    private static func marked(_ time: Timestamp, _ format: String) -> String {
        let zone = zone
        guard case .twice = zone.moments(of: zone.local(time)) else { return ClockText.text(time, format, in: zone) }
        return ClockText.text(time, format + " %Z", in: zone)
    }

    /// `12s ago`, `3h ago`; `in 5m` for what is ahead.
    static func age(of time: Timestamp, now: Timestamp = now) -> String {
        let seconds = (now - time).microseconds / 1_000_000
        let text =
            switch seconds.magnitude {
            case ..<120: "\(seconds.magnitude)s"
            case ..<7200: "\(seconds.magnitude / 60)m"
            case ..<172_800: "\(seconds.magnitude / 3600)h"
            default: "\(seconds.magnitude / 86_400)d"
            }
        return seconds < 0 ? "in \(text)" : "\(text) ago"
    }

    /// `2026-01-31T08:30:12.25+01:00`.
    static func iso(_ time: Timestamp) -> String {
        let micros = ((time.microseconds % 1_000_000) + 1_000_000) % 1_000_000
        var fraction = String(String(micros + 1_000_000).dropFirst())
        while fraction.last == "0" { fraction.removeLast() }
        return format(time, "%Y-%m-%dT%H:%M:%S") + (fraction.isEmpty ? "" : "." + fraction) + format(time, "%z")
    }

    /// In the words of strftime(3), as far as `ClockText` knows them.
    static func format(_ time: Timestamp, _ format: String) -> String { ClockText.text(time, format, in: zone) }
}
