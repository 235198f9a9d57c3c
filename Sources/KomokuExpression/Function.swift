/// What can be called.
package enum Function: String, Hashable, Sendable, CaseIterable {
    // Numbers.
    case min, max, clamp, round, floor, ceil, abs, format
    // Texts.
    case lower, upper, trim, length, contains, matches, replace, substring, number, text, bool
    case startsWith = "starts_with"
    case endsWith = "ends_with"
    case splitPart = "split_part"
    // Recorded values; `min` and `max` also.
    case avg, sum, delta, rate, count, last, previous, age, at, fraction, duration, changed
    // State.
    case stale, known, online
    // Time.
    case now, hour, minute, weekday, date, month, day, sunrise, sunset, elevation, azimuth
    case isNight = "is_night"
    case nextSunrise = "next_sunrise"
    case nextSunset = "next_sunset"
    case previousSunrise = "previous_sunrise"
    case previousSunset = "previous_sunset"
    case timeBetween = "time_between"

    /// How it is called, for messages.
    var usage: String {
        switch self {
        case .min, .max: "\(rawValue)(a, b, …)"
        case .clamp: "clamp(a, least, greatest)"
        case .round: "round(a) or round(a, decimals)"
        case .floor, .ceil, .abs: "\(rawValue)(a)"
        case .lower, .upper, .trim, .length: "\(rawValue)(text)"
        case .contains, .startsWith, .endsWith: "\(rawValue)(text, part)"
        case .matches: "matches(text, 'pattern*')"
        case .format: "format(a, decimals)"
        case .replace: "replace(text, part, other)"
        case .substring: "substring(text, start) or substring(text, start, count)"
        case .splitPart: "split_part(text, separator, place)"
        case .number, .text, .bool: "\(rawValue)(value)"
        case .avg, .sum, .delta, .rate, .count, .changed: "\(rawValue)(key, 10m)"
        case .last, .previous, .age, .stale: "\(rawValue)(key)"
        case .known: "known(key)"
        case .at: "at(key, 1h) or at(key, time)"
        case .fraction, .duration: "\(rawValue)(key, 1d) or \(rawValue)(key = value, 1d)"
        case .online: "online('device')"
        case .now, .hour, .minute, .weekday, .date, .month, .day, .sunrise, .sunset, .elevation, .azimuth, .isNight,
            .nextSunrise, .nextSunset, .previousSunrise, .previousSunset:
            rawValue
        case .timeBetween: "time_between('22:00', '06:00')"
        }
    }

    /// How many arguments it takes.
    var counts: ClosedRange<Int> {
        switch self {
        case .min, .max: 2...64
        case .round: 1...2
        case .substring: 2...3
        case .clamp, .replace, .splitPart: 3...3
        case .floor, .ceil, .abs, .lower, .upper, .trim, .length, .number, .text, .bool: 1...1
        case .last, .previous, .age, .stale, .known, .online: 1...1
        case .now, .hour, .minute, .weekday, .date, .month, .day, .sunrise, .sunset, .elevation, .azimuth, .isNight,
            .nextSunrise, .nextSunset, .previousSunrise, .previousSunset:
            0...0
        case .contains, .startsWith, .endsWith, .matches, .format, .avg, .sum, .delta, .rate, .count, .at, .fraction,
            .duration,
            .changed, .timeBetween:
            2...2
        }
    }

    /// What the place of the expression has to offer for it; empty for what needs nothing but its arguments.
    var needs: Offers {
        switch self {
        case .avg, .sum, .delta, .rate, .count, .last, .previous, .age, .at, .fraction, .duration, .changed: .history
        case .stale, .online: .state
        case .now, .hour, .minute, .weekday, .date, .month, .day, .timeBetween: .clock
        case .sunrise, .sunset, .elevation, .azimuth, .isNight, .nextSunrise, .nextSunset, .previousSunrise,
            .previousSunset:
            .sun
        default: []
        }
    }
}

/// What the place of an expression offers beside its names: the groups of references that its lookup can resolve.
package struct Offers: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `HistoryCall`.
    package static let history = Offers(rawValue: 1)
    /// `StateCall`.
    package static let state = Offers(rawValue: 2)
    /// `ClockCall` without the sun.
    package static let clock = Offers(rawValue: 4)
    /// `sunrise`, `sunset`, `elevation` and their like: the hub's location is known.
    package static let sun = Offers(rawValue: 8)

    package static let all: Offers = [.history, .state, .clock, .sun]

    /// Why a function of the group is refused where it is not offered: the end of "'avg' …".
    var refusal: (reason: String, remedy: String?) {
        switch self {
        case .history: ("looks into recorded values, which cannot be read here", nil)
        case .state: ("asks for the state of keys and devices, which is not known here", nil)
        case .sun: ("needs the sun, which is not known here", "where rules stand, give hub.location")
        default: ("asks for the time, which cannot be used here", nil)
        }
    }
}
