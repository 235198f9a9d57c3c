package import Komoku
package import KomokuHub

/// What the sections `people` and `zones` say.
package struct PeopleSettings: Hashable, Sendable {
    /// What says where somebody is.
    package enum Tracker: Hashable, Sendable {
        /// A boolean, uptime or string key.
        case key(KeyName)
        /// A phone with the app OwnTracks, by the last levels of its topic: `anna/phone`.
        case ownTracks(String)
        /// A machine of the network, by its address, that is asked again and again.
        case ping(String, every: Duration)
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

    /// The first levels of the topics of OwnTracks.
    package var ownTracksBase = "owntracks"

    package init() {}

    static let usualAwayAfter = Duration.seconds(300)
    static let most = 100
    static let mostZones = 100
    static let mostTrackers = 32

    /// The names of places that are not the home.
    var zoneNames: [String] { zones.map(\.name).filter { $0 != HouseZone.home } }

    /// The keys of all persons, with what is known of them before anything was heard.
    package var keys: [Hub.Configuration.KeyEntry] { people.flatMap { $0.keys(zones: zoneNames, home: home) } }

    var home: HouseZone? { zones.first { $0.name == HouseZone.home } }

    /// The machines that are asked whether they are there.
    package var pings: [(address: String, every: Duration)] {
        people.flatMap(\.trackers).compactMap { tracker in
            if case .ping(let address, let every) = tracker { (address, every) } else { nil }
        }
    }

    /// Somebody is tracked by that app.
    package var hasOwnTracks: Bool { people.contains(where: \.hasPosition) }
}

extension PeopleSettings.Person {
    /// The last part of the name of a key.
    enum Leaf: String, CaseIterable {
        /// `home`, `away`, the name of a zone.
        case state
        case home
        // Of the newest position.
        case latitude, longitude, accuracy, battery
        /// Metres from the home.
        case distance

        fileprivate var unit: String? {
            switch self {
            case .state, .home: nil
            case .latitude, .longitude: "°"
            case .accuracy, .distance: "m"
            case .battery: "%"
            }
        }
    }

    /// `people.anna.state`.
    func key(_ leaf: Leaf) -> KeyName? { KeyName("people.\(name).\(leaf.rawValue)") }

    var hasPosition: Bool { trackers.contains { if case .ownTracks = $0 { true } else { false } } }

    fileprivate func keys(zones: [String], home: HouseZone?) -> [Hub.Configuration.KeyEntry] {
        leaves(home).compactMap { leaf in
            guard let key = key(leaf) else { return nil }
            var options = leaf.unit.map { [JSON.Member("unit", .string($0))] } ?? []
            if leaf == .state {
                options.append(JSON.Member("values", .array((["home", "away"] + zones).map { .string($0) })))
            }
            let type: KeyType = leaf == .state ? .string : leaf == .home ? .boolean : .numeric
            return Hub.Configuration.KeyEntry(pattern: KeyPattern(key), type: type, options: options)
        }
    }

    private func leaves(_ home: HouseZone?) -> [Leaf] {
        guard hasPosition else { return [.state, .home] }
        return Leaf.allCases.filter { $0 != .distance || home != nil }
    }
}
