/// What a clock on the wall shows: a date and a time of day, in whole seconds.
public struct LocalDateTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds that the clock would have counted since it showed 1970-01-01 00:00, were it never put forward or back.
    public let secondsSince1970: Int

    /// - Parameter secondsSince1970: is cut to some 290,000 years around 1970.
    public init(secondsSince1970: Int) {
        self.secondsSince1970 = min(max(secondsSince1970, -Self.farthest), Self.farthest)
    }

    public init(_ date: CivilDate, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.init(secondsSince1970: date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second)
    }

    /// What 64 bits of microseconds reach, and a week more.
    private static let farthest = 9_223_372_640_000

    public var date: CivilDate { CivilDate(daysSince1970: daysSince1970) }
    public var daysSince1970: Int { secondsSince1970.floored(by: 86_400) }
    /// 0 up to, and without, 86,400.
    public var secondOfDay: Int { secondsSince1970.remainder(by: 86_400) }
    public var hour: Int { secondOfDay / 3600 }
    public var minute: Int { secondOfDay / 60 % 60 }
    public var second: Int { secondOfDay % 60 }

    public static func < (left: LocalDateTime, right: LocalDateTime) -> Bool {
        left.secondsSince1970 < right.secondsSince1970
    }

    /// `2026-01-31 08:30:00`.
    public var description: String {
        "\(date) \([hour, minute, second].map { CivilDate.padded($0, 2) }.joined(separator: ":"))"
    }
}
