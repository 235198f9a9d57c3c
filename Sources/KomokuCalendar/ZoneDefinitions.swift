import Komoku

/// The zones that a file defines (`VTIMEZONE`), for those whose names nobody else knows.
struct ZoneDefinitions {
    private var zones: [String: Draft] = [:]

    private static let most = 200

    /// A zone as its lines say it.
    struct Draft {
        var id: String?
        /// `Europe/Berlin`, where the file says what its own name means.
        var location: String?
        var (standard, summer) = (Part?.none, Part?.none)
        private var part: Part?

        /// Standard or summer time, from the first day on which it was in force.
        struct Part {
            var isSummer: Bool
            var start: LocalDateTime?
            /// Seconds east of UTC.
            var offset: Int?
            var rule: Recurrence?
        }

        mutating func begin(_ name: String) {
            endPart()
            part = name == "STANDARD" || name == "DAYLIGHT" ? Part(isSummer: name == "DAYLIGHT") : nil
        }

        /// Of several the one that came into force last counts.
        mutating func endPart() {
            guard let part, let start = part.start, part.offset != nil else { return }
            if part.isSummer {
                if summer?.start.map({ $0 <= start }) ?? true { summer = part }
            } else if standard?.start.map({ $0 <= start }) ?? true {
                standard = part
            }
            self.part = nil
        }

        mutating func take(_ line: ContentLine) {
            switch line.name {
            case "TZID": id = id ?? line.plain
            case "X-LIC-LOCATION": location = location ?? line.plain
            case "DTSTART": part?.start = WrittenTime(parsing: line.plain)?.local
            case "TZOFFSETTO": part?.offset = Self.offset(line.plain)
            case "RRULE": part?.rule = try? Recurrence(parsing: line.plain) { _ in .local(.max) }
            default: break
            }
        }

        /// `+0100`, `-033000`.
        private static func offset(_ text: String) -> Int? {
            let digits = text.dropFirst()
            guard let sign = text.first, "+-".contains(sign), [4, 6].contains(digits.utf8.count),
                let number = Int(digits), number >= 0
            else { return nil }
            let whole = digits.utf8.count == 4 ? number * 100 : number
            let seconds = whole / 10_000 * 3600 + whole / 100 % 100 * 60 + whole % 100
            return seconds <= 24 * 3600 ? (sign == "-" ? -seconds : seconds) : nil
        }
    }

    mutating func add(_ draft: Draft) {
        var draft = draft
        draft.endPart()
        guard let id = draft.id, zones.count < Self.most else { return }
        zones[id] = draft
    }

    /// The name that the file gives a zone of its own.
    func location(of id: String) -> String? { zones[id]?.location }

    /// A zone as the file has it, by its newest rules; nil where it has none of that name, or none that can be used.
    func zone(_ id: String) -> Zone? {
        guard let draft = zones[id], let standard = draft.standard?.offset ?? draft.summer?.offset else { return nil }
        var rule = "<STD>" + Self.posix(standard)
        if let summer = draft.summer, let offset = summer.offset, let begin = Self.day(summer),
            let end = draft.standard.flatMap(Self.day)
        {
            rule += "<DST>\(Self.posix(offset)),\(begin),\(end)"
        }
        return try? Zone(name: id, rule: rule)
    }

    /// Hours, minutes and seconds west of UTC.
    private static func posix(_ east: Int) -> String {
        let west = abs(east)
        return (east > 0 ? "-" : "") + "\(west / 3600):\(west / 60 % 60):\(west % 60)"
    }

    /// `M3.5.0/2:0:0`: the last Sunday of March at two.
    private static func day(_ part: Draft.Part) -> String? {
        guard let rule = part.rule, rule.frequency == .yearly, let month = rule.months.first,
            let weekday = rule.weekdays.first, let ordinal = weekday.ordinal, ordinal == -1 || 1...4 ~= ordinal,
            let start = part.start
        else { return nil }
        let (week, time) = (ordinal == -1 ? 5 : ordinal, "\(start.hour):\(start.minute):\(start.second)")
        return "M\(month).\(week).\(weekday.day % 7)/\(time)"
    }
}
