internal import Komoku

/// A moment as Python's `datetime` has it: with the offset of its clock, or naive.
struct JinjaTime: Hashable, Sendable {
    /// What its clock shows, in microseconds since 1970 as it counts them.
    let wall: Int
    /// Seconds east of UTC; nil is naive.
    let offset: Int?

    /// What Python's calendar holds, the years 1 to 9999.
    static let range = -62_135_596_800_000_000...253_402_300_799_999_999

    /// - Returns: nil where Python's calendar does not reach.
    init?(wall: Int, offset: Int?) {
        guard Self.range ~= wall, (offset ?? 0).magnitude < 86_400 else { return nil }
        (self.wall, self.offset) = (wall, offset)
    }

    /// A moment as the clocks of a zone show it.
    init?(moment: Int, in zone: Zone) {
        guard Self.range ~= moment else { return nil }
        let offset = zone.offset(at: Timestamp(microseconds: Int64(moment)))
        self.init(wall: moment + offset * 1_000_000, offset: offset)
    }

    /// What naive clocks show.
    init?(_ date: CivilDate, second: Int = 0, microsecond: Int = 0, offset: Int? = nil) {
        guard 1...9999 ~= date.year else { return nil }
        self.init(wall: (date.daysSince1970 * 86_400 + second) * 1_000_000 + microsecond, offset: offset)
    }

    var isAware: Bool { offset != nil }

    /// Microseconds since 1970 in UTC, of a naive one as if its clock were UTC's.
    var moment: Int { wall - (offset ?? 0) * 1_000_000 }

    /// The moment of a naive time on the clocks of a zone.
    func moment(in zone: Zone) -> Int {
        if isAware { return moment }
        let seconds = Self.floored(wall, by: 1_000_000)
        let found = zone.moments(of: LocalDateTime(secondsSince1970: seconds)).first
        return Int(found.microseconds) + wall - seconds * 1_000_000
    }

    func moved(by span: Int) -> JinjaTime? {
        let (sum, isOverflow) = wall.addingReportingOverflow(span)
        return isOverflow ? nil : JinjaTime(wall: sum, offset: offset)
    }

    static func == (a: JinjaTime, b: JinjaTime) -> Bool { a.isAware == b.isAware && a.moment == b.moment }

    func hash(into hasher: inout Hasher) { hasher.combine(moment) }

    // MARK: Parts

    var local: LocalDateTime { LocalDateTime(secondsSince1970: Self.floored(wall, by: 1_000_000)) }
    var microsecond: Int { wall - Self.floored(wall, by: 1_000_000) * 1_000_000 }

    static func floored(_ number: Int, by divisor: Int) -> Int {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    func attribute(_ name: String) -> JinjaValue {
        let local = local
        switch name {
        case "year": return .int(local.date.year)
        case "month": return .int(local.date.month)
        case "day": return .int(local.date.day)
        case "hour": return .int(local.hour)
        case "minute": return .int(local.minute)
        case "second": return .int(local.second)
        case "microsecond": return .int(microsecond)
        default: return .undefined
        }
    }

    // MARK: Texts

    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    static func padded(_ number: Int, _ width: Int = 2) -> String { padded(String(number), width) }

    /// `2026-01-31T08:30:00.5+01:00`
    func isoText(separator: String = "T") -> String {
        let local = local
        var text =
            dateText + separator
            + [local.hour, local.minute, local.second].map { Self.padded($0) }
            .joined(separator: ":")
        if microsecond != 0 { text += "." + Self.padded(microsecond, 6) }
        return text + offsetText(":")
    }

    var dateText: String {
        let date = local.date
        return "\(Self.padded(date.year, 4))-\(Self.padded(date.month))-\(Self.padded(date.day))"
    }

    /// `+01:00`, with seconds where there are some; empty for a naive time.
    func offsetText(_ colon: String) -> String {
        guard let offset else { return "" }
        let size = abs(offset)
        let text = (offset < 0 ? "-" : "+") + Self.padded(size / 3600) + colon + Self.padded(size / 60 % 60)
        return size % 60 == 0 ? text : text + colon + Self.padded(size % 60)
    }

    var representation: String {
        let (date, local) = (local.date, local)
        var parts = [date.year, date.month, date.day, local.hour, local.minute]
        if local.second != 0 || microsecond != 0 { parts.append(local.second) }
        if microsecond != 0 { parts.append(microsecond) }
        return "datetime.datetime(" + parts.map(String.init).joined(separator: ", ") + ")"
    }
}

// MARK: - Lengths of time

extension JinjaTime {
    private static let day = 86_400_000_000

    /// As Python prints a `timedelta`: `1 day, 2:03:04.000005`.
    static func text(ofSpan span: Int) -> String {
        let days = floored(span, by: day)
        let rest = span - days * day
        let (seconds, microseconds) = (rest / 1_000_000, rest % 1_000_000)
        var text = days == 0 ? "" : "\(days) day\(abs(days) == 1 ? "" : "s"), "
        text += "\(seconds / 3600):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
        return microseconds == 0 ? text : text + "." + padded(microseconds, 6)
    }

    /// `days=1, seconds=7384`
    static func parts(ofSpan span: Int) -> String {
        let (days, seconds, microseconds) = split(span)
        let parts = [("days", days), ("seconds", seconds), ("microseconds", microseconds)].filter { $0.1 != 0 }
        return parts.isEmpty ? "0" : parts.map { "\($0.0)=\($0.1)" }.joined(separator: ", ")
    }

    private static func split(_ span: Int) -> (days: Int, seconds: Int, microseconds: Int) {
        let days = floored(span, by: day)
        let rest = span - days * day
        return (days, rest / 1_000_000, rest % 1_000_000)
    }

    static func attribute(_ name: String, ofSpan span: Int) -> JinjaValue {
        let parts = split(span)
        switch name {
        case "days": return .int(parts.days)
        case "seconds": return .int(parts.seconds)
        case "microseconds": return .int(parts.microseconds)
        default: return .undefined
        }
    }
}
