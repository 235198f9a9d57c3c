extension ZoneRule {
    /// Reads `CET-1CEST,M3.5.0,M10.5.0/3`, `IST-5:30`, `<+1030>-10:30<+11>-11,M10.1.0,M4.1.0`.
    init(parsing text: String) throws(Zone.Invalid) {
        var scan = RuleScan(text)
        guard text.utf8.count <= 256, let rule = scan.rule() else {
            throw Zone.Invalid("'\(text.prefix(80))' is not a time zone rule; write it as CET-1CEST,M3.5.0,M10.5.0/3")
        }
        self = rule
    }
}

/// Reads the parts of a rule from its front.
private struct RuleScan {
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        rest = Array(text.utf8)[...]
    }

    mutating func rule() -> ZoneRule? {
        guard let name = abbreviation(), let west = offset() else { return nil }
        let standard = Zone.Kind(offset: -west, isSummer: false, abbreviation: name)
        if rest.isEmpty { return ZoneRule(standard: standard, summer: nil) }
        guard let summerName = abbreviation() else { return nil }
        var summer = Zone.Kind(offset: 3600 - west, isSummer: true, abbreviation: summerName)
        if rest.first != UInt8(ascii: ",") {
            guard let west = offset() else { return nil }
            summer.offset = -west
        }
        guard skip(","), let begin = day(), skip(","), let end = day(), rest.isEmpty else { return nil }
        return ZoneRule(standard: standard, summer: ZoneRule.Summer(kind: summer, begin: begin, end: end))
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// Three letters or more, or anything between `<` and `>`.
    private mutating func abbreviation() -> String? {
        let isQuoted = skip("<")
        let name = rest.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): isQuoted
            default: false
            }
        }
        rest = rest.dropFirst(name.count)
        guard name.count >= 3, name.count <= 16, !isQuoted || skip(">") else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    /// Seconds west of UTC, at most 24 hours.
    private mutating func offset() -> Int? { time(upTo: 24) }

    /// `[+-]h[:m[:s]]` in seconds.
    private mutating func time(upTo limit: Int) -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard var seconds = number(0...limit).map({ $0 * 3600 }) else { return nil }
        for unit in [60, 1] where skip(":") {
            guard let part = number(0...59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return range.contains(number) ? number : nil
    }

    /// `Jn`, `n` or `Mm.w.d`, and `/time`.
    private mutating func day() -> ZoneRule.Day? {
        guard let form = form() else { return nil }
        var day = ZoneRule.Day(form: form)
        if skip("/") {
            guard let seconds = time(upTo: 167) else { return nil }
            day.seconds = seconds
        }
        return day
    }

    private mutating func form() -> ZoneRule.Day.Form? {
        if skip("J") { return number(1...365).map { .julian($0) } }
        guard skip("M") else { return number(0...365).map { .ofYear($0) } }
        guard let month = number(1...12), skip("."), let week = number(1...5), skip("."), let weekday = number(0...6)
        else { return nil }
        return .ofMonth(month, week: week, weekday: weekday)
    }
}
