package import Komoku
package import KomokuExpression
package import KomokuHub

/// The keys that rules may speak of, as the daemon knows them from the rest of the configuration and the database.
package struct RuleEnvironment {
    package typealias Declaration = TypeEnvironment.Declaration

    package struct FormerName: Hashable, Sendable {
        /// What the key is called now.
        package var name: KeyName
        /// A clause behind the old name: `was renamed to hall.climate on 2026-11-30`.
        package var fate: String

        package init(_ name: KeyName, fate: String) {
            self.name = name
            self.fate = fate
        }
    }

    /// What a key is; nil where nothing can produce it. `Declaration.dynamic` where only the running hub knows its type.
    package var key: (KeyName) -> Declaration?
    /// The keys that a misspelt name may mean, and those that a pattern stands for.
    package var candidates: () -> [KeyName]
    /// What expressions can ask for beside keys; without `.sun` where the hub does not know its place.
    package var offers: Offers
    /// Whether devices may bring keys that nobody knows of yet.
    package var mayDiscover: Bool
    /// Whether a key that may be without a value is warned about where nothing stands in for it.
    package var warnsOfUnknown: Bool
    /// Whether a key has a value now, in the running hub or in its database: of such a one nothing is said where nothing stands
    /// in for it.
    package var hasValue: (KeyName) -> Bool
    /// Whether all keys of the house are known, and this is none of them and none that the configuration names: it may still
    /// come, and a slip of the pen is more likely.
    package var isMissing: (KeyName) -> Bool = { _ in false }
    /// What became of a name that a key had before, and that none has now.
    package var formerName: (KeyName) -> FormerName? = { _ in nil }
    /// Whether all keys of the house are known.
    package var knowsHouse = false
    /// What the house knows of a key; nil where it is not known, or has not got it.
    package var entry: (KeyName) -> KeyCatalogue.Entry? = { _ in nil }
    package var calendars = HouseCalendars.none

    package init(
        key: @escaping (KeyName) -> Declaration?, candidates: @escaping () -> [KeyName], offers: Offers = .all,
        mayDiscover: Bool = false, warnsOfUnknown: Bool = true, hasValue: @escaping (KeyName) -> Bool = { _ in false }
    ) {
        self.key = key
        self.candidates = candidates
        self.offers = offers
        self.mayDiscover = mayDiscover
        self.warnsOfUnknown = warnsOfUnknown
        self.hasValue = hasValue
    }
}
