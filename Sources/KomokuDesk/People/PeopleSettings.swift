package import Komoku
package import KomokuHub

/// What the sections `people` and `zones` say.
package struct PeopleSettings: Hashable, Sendable {
    /// What says where somebody is.
    package enum Tracker: Hashable, Sendable {
        /// A boolean, uptime or string key.
        case key(KeyName)
    }

    package struct Person: Hashable, Sendable {
        /// A part of the names of keys.
        package var name: String
        package var label: String
        package var awayAfter: Duration
        package var trackers: [Tracker]
    }

    package var people: [Person] = []
    /// The home among them, where it is known.
    package var zones: [HouseZone] = []

    package init() {}

    static let usualAwayAfter = Duration.seconds(300)
    static let most = 100
    static let mostZones = 100
    static let mostTrackers = 32

    /// The names of places that are not the home.
    var zoneNames: [String] { zones.map(\.name).filter { $0 != HouseZone.home } }

    /// The keys of all persons, with what is known of them before anything was heard.
    package var keys: [Hub.Configuration.KeyEntry] { people.flatMap { $0.keys(zones: zoneNames) } }
}

extension PeopleSettings.Person {
    private enum Leaf: String, CaseIterable {
        case state, home
    }

    /// `people.anna.state`: `home`, `away`, the name of a zone.
    var stateKey: KeyName? { key(.state) }
    /// `people.anna.home`.
    var homeKey: KeyName? { key(.home) }

    private func key(_ leaf: Leaf) -> KeyName? { KeyName("people.\(name).\(leaf.rawValue)") }

    fileprivate func keys(zones: [String]) -> [Hub.Configuration.KeyEntry] {
        Leaf.allCases.compactMap { leaf in
            guard let key = key(leaf) else { return nil }
            let type: KeyType
            var options: [JSON.Member] = []
            switch leaf {
            case .state:
                type = .string
                options.append(JSON.Member("values", .array((["home", "away"] + zones).map { .string($0) })))
            case .home: type = .boolean
            }
            return Hub.Configuration.KeyEntry(pattern: KeyPattern(key), type: type, options: options)
        }
    }
}
