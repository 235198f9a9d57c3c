internal import Komoku

/// A time as a table of readings has it.
enum ReadingTime: Hashable {
    case moment(Timestamp)
    /// What a clock showed, and microseconds; which moment that was is a matter of the zone.
    case local(LocalDateTime, Int64)

    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size; ISO 8601; a date of
    /// the calendar as `2026-01-31 08:30:12` or `31.01.2026 08:30`, with the time of day or without.
    init(_ text: String) throws(BrokenLine) {
        let text = text.trimmed
        if let moment = try Self.epoch(text) ?? Timestamp(dated: text) {
            self = .moment(moment)
            return
        }
        var scan = DateText(text)
        guard let (time, micros) = try scan.read() else {
            throw BrokenLine(
                "'\(text.prefix(40).description.printable)' is no time; it takes numbers since 1970, ISO 8601, "
                    + "2026-01-31 08:30:00 or 31.01.2026 08:30:00")
        }
        self = .local(time, micros)
    }

    /// The largest number of seconds: the end of the year 9999. Larger numbers count in smaller units.
    private static let mostSeconds: Int64 = 253_402_300_799

    private static func epoch(_ text: String) throws(BrokenLine) -> Timestamp? {
        if let whole = Int64(text) {
            let size = whole.magnitude
            let most = UInt64(mostSeconds)
            // In integers: a double has no room for nanoseconds.
            let micros: Int64? =
                size <= most
                ? whole * 1_000_000
                : size <= most * 1000 ? whole * 1000 : size <= most * 1_000_000 ? whole : whole / 1000
            return micros.map(Timestamp.init(microseconds:))
        }
        guard let number = DecimalNumber.parse(Array(text.utf8)) else { return nil }
        let most = Double(mostSeconds)
        let unit = [1.0, 1e3, 1e6, 1e9].first { number.magnitude / $0 <= most }
        guard let unit, let time = Timestamp(seconds: number / unit) else {
            throw BrokenLine("the time is beyond the years -9999 to 9999")
        }
        return time
    }
}

/// Reads the date and the time of day of a clock.
private struct DateText {
    private var rest: Substring.UTF8View
    private let text: String

    init(_ text: String) {
        self.text = text
        rest = Substring(text).utf8
    }

    /// - Returns: nil where it is no date.
    /// - Throws: where it is one that can be read in two ways, or that the calendar does not have.
    mutating func read() throws(BrokenLine) -> (LocalDateTime, Int64)? {
        guard let first = number(upTo: 4), let mark = rest.popFirst(), [0x2D, 0x2E, 0x2F].contains(mark),
            let second = number(upTo: 2), rest.popFirst() == mark, let third = number(upTo: 4)
        else { return nil }
        let isYearFirst = first.width == 4
        guard isYearFirst || third.width == 4 else { return nil }
        if !isYearFirst, mark != UInt8(ascii: ".") {
            throw BrokenLine(
                "'\(text.prefix(40).description.printable)' can be read with the day or the month first; "
                    + "write 2026-01-31 or 31.01.2026")
        }
        let (year, month, day) =
            isYearFirst ? (first.value, second.value, third.value) : (third.value, second.value, first.value)
        guard let date = CivilDate(year: year, month: month, day: day) else {
            throw BrokenLine("there is no day '\(text.prefix(40).description.printable)'")
        }
        guard let (time, micros) = timeOfDay() else { return nil }
        return (LocalDateTime(date, hour: time[0], minute: time[1], second: time[2]), micros)
    }

    /// Hours, minutes and seconds, 0 where there are none; nil where something else stands there.
    private mutating func timeOfDay() -> ([Int], Int64)? {
        if rest.isEmpty { return ([0, 0, 0], 0) }
        var hasSpace = false
        while let byte = rest.first, [0x20, 0x2C, UInt8(ascii: "T")].contains(byte) {
            rest.removeFirst()
            hasSpace = true
        }
        guard hasSpace, let hour = number(upTo: 2), hour.value < 24, rest.popFirst() == UInt8(ascii: ":"),
            let minute = number(upTo: 2), minute.width == 2, minute.value < 60
        else { return nil }
        guard rest.first == UInt8(ascii: ":") else { return rest.isEmpty ? ([hour.value, minute.value, 0], 0) : nil }
        rest.removeFirst()
        guard let second = number(upTo: 2), second.width == 2, second.value < 61 else { return nil }
        guard let mark = rest.first else { return ([hour.value, minute.value, second.value], 0) }
        rest.removeFirst()
        let digits = Array(rest.prefix { 0x30...0x39 ~= $0 })
        guard mark == UInt8(ascii: ".") || mark == UInt8(ascii: ","), !digits.isEmpty, digits.count == rest.count else {
            return nil
        }
        let micros = (0..<6).reduce(Int64(0)) { $0 * 10 + ($1 < digits.count ? Int64(digits[$1]) - 0x30 : 0) }
        return ([hour.value, minute.value, second.value], micros)
    }

    private mutating func number(upTo width: Int) -> (value: Int, width: Int)? {
        let digits = rest.prefix { 0x30...0x39 ~= $0 }
        guard !digits.isEmpty, digits.count <= width else { return nil }
        rest = rest.dropFirst(digits.count)
        return (digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }, digits.count)
    }
}
