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

    /// `random` and `choice`.
    package static let chance = Offers(rawValue: 16)

    /// `any`, `sum` and their like over patterns.
    package static let keys = Offers(rawValue: 32)

    /// `calendar`, `holiday` and their like.
    package static let calendars = Offers(rawValue: 64)

    package static let all: Offers = [.history, .state, .clock, .sun, .chance, .keys, .calendars]

    /// Why a function of the group is refused where it is not offered: the end of "'avg' …".
    var refusal: (reason: String, remedy: String?) {
        switch self {
        case .history: ("looks into recorded values, which cannot be read here", nil)
        case .state: ("asks for the state of keys and devices, which is not known here", nil)
        case .keys: ("looks at keys, which cannot be read here", nil)
        case .calendars: ("asks for calendars, which are not known here", nil)
        case .chance: ("is left to chance, which cannot be used here", nil)
        case .sun: ("needs the sun, which is not known here", "where rules stand, give hub.location")
        default: ("asks for the time, which cannot be used here", nil)
        }
    }
}
