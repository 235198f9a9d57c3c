extension Timestamp {
    /// Reads `2026-01-31 08:30:00 +0100` or ISO 8601 with an offset: `2026-01-31T08:30:00.5+01:00`, `…Z`.
    ///
    /// - Returns: nil for anything else, and for a date that the calendar does not have.
    public init?(dated text: String) {
        guard let date = Self.date(text), let offset = date.offset else { return nil }
        self.init(microseconds: Int64(date.seconds - offset) * 1_000_000 + Int64(date.fraction))
    }

    /// Reads the same, and `2026-01-31T08:30:00` without an offset as clocks of a zone show it. What they show twice is the
    /// later of the two that is not after `latest`.
    ///
    /// - Parameter zone: nil takes only what has an offset.
    public init?(dated text: String, in zone: Zone?, notAfter latest: Timestamp) {
        guard let date = Self.date(text) else { return nil }
        guard date.offset == nil else {
            self.init(dated: text)
            return
        }
        guard let zone else { return nil }
        let fraction = Duration(microseconds: Int64(date.fraction))
        switch zone.moments(of: LocalDateTime(secondsSince1970: date.seconds)) {
        case .once(let time), .never(let time): self = time + fraction
        case .twice(let first, let second): self = (second + fraction <= latest ? second : first) + fraction
        }
    }

    /// Seconds since 1970 as its clock shows them, microseconds, and seconds east of UTC.
    private static func date(_ text: String) -> (seconds: Int, fraction: Int, offset: Int?)? {
        var scan = DateScan(text)
        guard let year = scan.digits(4), scan.skip("-"), let month = scan.digits(2), scan.skip("-"),
            let day = scan.digits(2), scan.skip("T") || scan.skip("t") || scan.skip(" "),
            let hour = scan.digits(2), scan.skip(":"), let minute = scan.digits(2)
        else { return nil }
        let second = scan.skip(":") ? scan.digits(2) : 0
        let fraction = scan.fraction()
        guard let second, let fraction, (1...12).contains(month), (1...days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let offset = scan.isAtEnd ? nil : scan.offset()
        guard scan.isAtEnd else { return nil }
        let days = daysSince1970(year: year, month: month, day: day)
        return (days * 86_400 + hour * 3600 + minute * 60 + second, fraction, offset)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Days of the proleptic Gregorian calendar, counted in 400-year eras that begin in March (Hinnant, `days_from_civil`).
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// Reads the parts of a date from the front of a text.
private struct DateScan {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// Exactly so many digits.
    mutating func digits(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    /// Microseconds behind a dot, 0 where there is none; finer digits are dropped.
    mutating func fraction() -> Int? {
        guard skip(".") || skip(",") else { return 0 }
        let digits = rest.prefix { 0x30...0x39 ~= $0 }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        let kept = digits.prefix(6)
        return kept.reduce(0) { $0 * 10 + Int($1) - 0x30 } * Self.powersOfTen[6 - kept.count]
    }

    private static let powersOfTen = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

    /// Seconds east of UTC from `Z`, `+0100`, `+01:00` or `+01`, with a space before it or none.
    mutating func offset() -> Int? {
        _ = skip(" ")
        if skip("Z") || skip("z") { return 0 }
        let isWest = skip("-")
        guard isWest || skip("+"), let hours = digits(2) else { return nil }
        let minutes = skip(":") || !isAtEnd ? digits(2) : 0
        guard let minutes, hours < 24, minutes < 60 else { return nil }
        return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
