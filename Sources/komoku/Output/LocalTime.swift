internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuSystem

/// Times as people write and read them, in the zone of this machine.
enum LocalTime {
    static var now: Timestamp { WallClock.now }

    /// Reads a duration before now (`90s`, `1h`), seconds since 1970, or a date with or without a time and an offset.
    ///
    /// - Throws: `ValidationError`.
    static func read(_ text: String, now: Timestamp = now) throws -> Timestamp {
        // Before durations: 0 is 1970, as 1 is a second later.
        if let number = DecimalNumber.parse(Array(text.utf8)), let time = Timestamp(seconds: number) { return time }
        if let duration = try? Komoku.Duration(parsing: text) { return now - duration }
        if let time = Timestamp(dated: text) ?? localDate(text) { return time }
        throw ValidationError(
            "'\(text)' is not a time; write 1h (ago), 2026-01-31, '2026-01-31 08:30' or seconds since 1970")
    }

    /// `2026-01-31`, `2026-01-31 08:30`, `2026-01-31T08:30:12.5`, in the zone of this machine.
    static func localDate(_ text: String) -> Timestamp? {
        var rest = Substring(text)
        guard let day = numbers(&rest, [4, 2, 2], separator: "-"), (1...12).contains(day[1]), (1...31).contains(day[2])
        else { return nil }
        var time = [0, 0, 0]
        if let first = rest.first, first == "T" || first == " " {
            rest.removeFirst()
            guard let found = numbers(&rest, [2, 2, 2], separator: ":", least: 2) else { return nil }
            time = found + Array(repeating: 0, count: 3 - found.count)
        }
        guard time[0] < 24, time[1] < 60, time[2] < 61, let micros = fraction(&rest), rest.isEmpty else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(day[0] - 1900), Int32(day[1] - 1), Int32(day[2]))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(time[0]), Int32(time[1]), Int32(time[2]))
        parts.tm_isdst = -1
        let seconds = mktime(&parts)
        // The system turns the 31st of a short month into the next month: no such date.
        guard parts.tm_mday == Int32(day[2]) else { return nil }
        return Timestamp(microseconds: Int64(seconds) * 1_000_000 + micros)
    }

    /// Numbers of so many digits with a separator between them.
    private static func numbers(
        _ rest: inout Substring, _ widths: [Int], separator: Character, least: Int? = nil
    ) -> [Int]? {
        var numbers: [Int] = []
        for width in widths {
            if !numbers.isEmpty {
                guard rest.first == separator else { break }
                rest.removeFirst()
            }
            let digits = rest.prefix(width)
            guard digits.count == width, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits)
            else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(width)
        }
        return numbers.count >= least ?? widths.count ? numbers : nil
    }

    /// Microseconds behind a dot; 0 where there is none.
    private static func fraction(_ rest: inout Substring) -> Int64? {
        guard rest.first == "." else { return 0 }
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count + 1)
        return Int64(digits.prefix(6) + String(repeating: "0", count: max(0, 6 - digits.count)))
    }

    /// `2026-01-31 08:30:12`.
    static func text(_ time: Timestamp) -> String { format(time, "%Y-%m-%d %H:%M:%S") }

    /// Writes and reads dates in another zone from here on.
    ///
    /// - Returns: false where this machine does not know it; nothing changes then.
    static func use(zone: String) -> Bool {
        let isName = zone.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !zone.hasPrefix("/") && !zone.contains("..")
        guard !zone.isEmpty, isName, access("/usr/share/zoneinfo/" + zone, R_OK) == 0 else { return false }
        setenv("TZ", zone, 1)
        tzset()
        return true
    }

    /// `08:30:12`.
    static func clock(_ time: Timestamp) -> String { format(time, "%H:%M:%S") }

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
        let offset = format(time, "%z")
        let micros = ((time.microseconds % 1_000_000) + 1_000_000) % 1_000_000
        var fraction = String(String(micros + 1_000_000).dropFirst())
        while fraction.last == "0" { fraction.removeLast() }
        let zone = offset == "+0000" ? "Z" : "\(offset.prefix(3)):\(offset.suffix(2))"
        return format(time, "%Y-%m-%dT%H:%M:%S") + (fraction.isEmpty ? "" : "." + fraction) + zone
    }

    /// In the words of strftime(3).
    static func format(_ time: Timestamp, _ format: String) -> String {
        var parts = tm()
        // Whole seconds towards the past: 0.9 s is still that second.
        var seconds = time_t((time.microseconds - (time.microseconds < 0 ? 999_999 : 0)) / 1_000_000)
        guard localtime_r(&seconds, &parts) != nil else { return "?" }
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
