package import Komoku

/// A question about the present moment in the hub's zone.
package enum ClockCall: Hashable, Sendable {
    /// Seconds since 1970.
    case now
    /// 0 to 23.
    case hour
    /// 0 to 59.
    case minute
    /// 1, Monday, to 7.
    case weekday
    /// Text: `2026-11-21`.
    case date
    /// 1 to 12.
    case month
    /// Of the month, from 1.
    case day
    /// Boolean: whether the clock shows `from` or later, and less than `to`. Over midnight where `from` is later than
    /// `to`; never where they are equal.
    case timeBetween(from: TimeOfDay, to: TimeOfDay)
    /// Of the present day, seconds since 1970; unknown where the sun does not rise or set that day.
    case sunrise, sunset
    /// Of the sun above the horizon, in degrees.
    case elevation
    /// Of the sun, in degrees from north over east.
    case azimuth
    /// Boolean: whether the sun is down, as `sunset` and `sunrise` count it; in polar day and night too.
    case isNight
    /// The first rising or setting after the present moment, or the last one up to it: seconds since 1970; unknown where
    /// there is none in a year.
    case nextSunrise, nextSunset, previousSunrise, previousSunset

    /// A time on the clock's face.
    package struct TimeOfDay: Hashable, Sendable, CustomStringConvertible {
        /// 0 to 86,399.
        package let seconds: Int

        /// Reads `22:00` or `22:00:30`; nil for anything else.
        init?(_ text: String) {
            let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Self.number)
            guard 2...3 ~= parts.count, let hour = parts[0], let minute = parts[1], hour < 24, minute < 60,
                let second = parts.count > 2 ? parts[2] : 0, second < 60
            else { return nil }
            seconds = hour * 3600 + minute * 60 + second
        }

        private static func number(_ digits: Substring.UTF8View) -> Int? {
            guard 1...2 ~= digits.count, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
            else { return nil }
            return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }

        package var description: String {
            let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
            let shown = parts[2] == 0 ? parts.dropLast() : parts[...]
            return shown.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
        }
    }
}

extension ClockCall {
    /// The answer where only the time and the zone are needed; nil for the sun.
    package func value(at time: Timestamp, in zone: Zone) -> Value? {
        if case .now = self { return .number(time.seconds) }
        let local = zone.local(time)
        return switch self {
        case .now, .sunrise, .sunset, .elevation, .azimuth, .isNight, .nextSunrise, .nextSunset, .previousSunrise,
            .previousSunset:
            nil
        case .hour: .number(Double(local.hour))
        case .minute: .number(Double(local.minute))
        case .weekday: .number(Double(local.date.weekday))
        case .date: .string(local.date.description)
        case .month: .number(Double(local.date.month))
        case .day: .number(Double(local.date.day))
        case .timeBetween(let from, let to): .boolean(Self.isBetween(local.secondOfDay, from.seconds, to.seconds))
        }
    }

    private static func isBetween(_ second: Int, _ from: Int, _ to: Int) -> Bool {
        from <= to ? from <= second && second < to : from <= second || second < to
    }
}

extension ClockCall: CustomStringConvertible {
    package var description: String {
        switch self {
        case .now: "now"
        case .hour: "hour"
        case .minute: "minute"
        case .weekday: "weekday"
        case .date: "date"
        case .month: "month"
        case .day: "day"
        case .timeBetween(let from, let to): "time_between('\(from)', '\(to)')"
        case .sunrise: "sunrise"
        case .sunset: "sunset"
        case .elevation: "elevation"
        case .azimuth: "azimuth"
        case .isNight: "is_night"
        case .nextSunrise: "next_sunrise"
        case .nextSunset: "next_sunset"
        case .previousSunrise: "previous_sunrise"
        case .previousSunset: "previous_sunset"
        }
    }
}
