import Komoku

/// Times as tests write them: `06:30`, `06:30:15`, `2026-03-27 06:30`, in the zone of the hub.
struct RuleTestTime {
    /// Where nothing else is said a test begins at noon of a Thursday.
    static let usualStart = "2026-01-01 12:00"

    let date: CivilDate?
    /// Seconds since midnight as the clock shows them.
    let second: Int

    init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard let last = parts.last, parts.count <= 2, let second = Self.second(last) else { return nil }
        self.second = second
        guard parts.count == 2 else {
            date = nil
            return
        }
        let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let year = numbers[0], let month = numbers[1], let day = numbers[2],
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        self.date = date
    }

    private static func second(_ text: Substring) -> Int? {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(numbers.count), let hour = numbers[0], let minute = numbers[1],
            let second = numbers.count == 3 ? numbers[2] : 0, (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// The moment; without a date the next such time after `now`.
    ///
    /// - Returns: nil where it is not after `now`.
    func moment(after now: Timestamp, in zone: Zone) -> Timestamp? {
        if let date {
            let moment = zone.moments(of: LocalDateTime(date, second: second)).first
            return moment > now ? moment : nil
        }
        let today = zone.local(now).daysSince1970
        return (today...today + 2).lazy
            .map { zone.moments(of: LocalDateTime(CivilDate(daysSince1970: $0), second: second)).first }
            .first { $0 > now }
    }
}
