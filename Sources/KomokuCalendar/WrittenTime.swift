import Komoku

/// A date, or a date and a time, as iCalendar writes them: `20261224`, `20261224T180000`, `20261224T170000Z`.
struct WrittenTime: Hashable {
    let local: LocalDateTime
    let isDate: Bool
    let isUTC: Bool

    init?(parsing text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(17))
        guard let date = Self.date(bytes[...]) else { return nil }
        if bytes.count == 8 {
            (local, isDate, isUTC) = (LocalDateTime(date), true, false)
            return
        }
        guard bytes.count >= 15, bytes[8] == UInt8(ascii: "T") || bytes[8] == UInt8(ascii: "t"),
            let hour = Self.number(bytes[9..<11]), let minute = Self.number(bytes[11..<13]),
            let second = Self.number(bytes[13..<15]), hour < 24, minute < 60, second <= 60
        else { return nil }
        let isUTC = bytes.count == 16 && (bytes[15] == UInt8(ascii: "Z") || bytes[15] == UInt8(ascii: "z"))
        guard bytes.count == 15 || isUTC else { return nil }
        local = LocalDateTime(date, hour: hour, minute: minute, second: min(second, 59))
        (isDate, self.isUTC) = (false, isUTC)
    }

    private static func date(_ bytes: ArraySlice<UInt8>) -> CivilDate? {
        guard bytes.count >= 8, let year = number(bytes[0..<4]), let month = number(bytes[4..<6]),
            let day = number(bytes[6..<8])
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

/// How long an event is: days and a time of the clock, then seconds that pass whatever the clock does.
struct EventLength: Hashable, Sendable {
    /// Seconds of the clock on the wall.
    var shown = 0
    var passing = 0

    /// No event is longer: a century.
    static let most = 3_200_000_000

    /// Reads `P1DT2H`, `P2W`, `PT15M`; weeks and days are those of the calendar (RFC 5545, section 3.3.6).
    ///
    /// - Returns: nil for what is no duration, or goes back.
    init?(parsing text: String) {
        var rest = Substring(text.uppercased())
        if rest.first == "+" { rest.removeFirst() }
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var isTime = false
        while let first = rest.first {
            if first == "T" {
                rest.removeFirst()
                isTime = true
                continue
            }
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            guard 1...10 ~= digits.utf8.count, let number = Int(digits), let unit = rest.popFirst(),
                let seconds = Self.seconds(of: unit, isTime)
            else { return nil }
            if isTime { passing += number * seconds } else { shown += number * seconds }
            guard shown <= Self.most, passing <= Self.most else { return nil }
        }
    }

    init(shown: Int = 0, passing: Int = 0) {
        (self.shown, self.passing) = (shown, passing)
    }

    private static func seconds(of unit: Character, _ isTime: Bool) -> Int? {
        switch (unit, isTime) {
        case ("W", false): 7 * 86_400
        case ("D", false): 86_400
        case ("H", true): 3600
        case ("M", true): 60
        case ("S", true): 1
        default: nil
        }
    }
}
