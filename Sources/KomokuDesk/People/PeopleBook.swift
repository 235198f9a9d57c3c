package import KomokuHub
package import Komoku
internal import KomokuStore

/// Tells where the people of the configuration are. It lives on the hub's thread.
package final class PeopleBook: Sendable {
    struct Fix: Hashable {
        var position: Position
        var battery: Double?
    }

    /// A person and what is known of the place.
    struct Standing {
        var person: PeopleSettings.Person
        var presence: Presence
        /// As it was kept last.
        var kept: JSON
        /// The newest that any tracker said, with its battery.
        var newest: Fix?
        /// As the keys have it.
        var told: Fix?
    }

    // Every method that touches it takes the hub as isolated parameter, so only the hub's thread does; before its start nobody
    // else does.
    nonisolated(unsafe) private var settings: PeopleSettings
    nonisolated(unsafe) private var standings: [Standing] = []
    /// Whether machines are there, by their addresses; nil inside is that nobody can say.
    nonisolated(unsafe) private var pings: [String: Bool?] = [:]
    nonisolated(unsafe) private var isStarted = false
    /// For the broker to say what it retains.
    nonisolated(unsafe) private var isWaiting = false

    static let behaviour = "people"
    /// Clocks may be set: that is seen within this time.
    private static let patience = Duration.seconds(30)

    package init(_ settings: PeopleSettings = PeopleSettings()) { self.settings = settings }

    /// Takes up what an earlier process had in hand. A boot task; the keys of the configuration are there.
    func start(in hub: isolated Hub) {
        guard !isStarted else { return }
        isStarted = true
        hub.addHandler(self, keys: [.all])
        var known: [String: JSON] = [:]
        try? hub.store.eachCell(of: [Self.behaviour]) { known[$0.id] = try? JSON(parsing: $0.data) }
        let now = Presence.Moment(hub)
        standings = settings.people.map { person in
            let kept = known[person.name] ?? .null
            return Standing(
                person: person, presence: Presence(kept, awayAfter: person.awayAfter, at: now), kept: kept)
        }
        for name in known.keys { forget(name, in: hub) }
        // What is due by now waits for what the broker retains: somebody may have come home meanwhile.
        if !standings.isEmpty { hub.setAlarm(at: now.monotonic, for: self) }
    }

    /// Takes over what the configuration says now.
    package func configure(_ new: PeopleSettings, in hub: isolated Hub) {
        settings = new
        guard isStarted else { return }
        let known = Dictionary(standings.map { ($0.person.name, $0) }, uniquingKeysWith: { $1 })
        standings = new.people.map { person in
            var standing =
                known[person.name]
                ?? Standing(person: person, presence: Presence(awayAfter: person.awayAfter), kept: .null)
            standing.person = person
            standing.presence.awayAfter = person.awayAfter
            return standing
        }
        for name in known.keys { forget(name, in: hub) }
        hub.forgetWatchers(of: nil)
        settleAll(in: hub)
    }

    /// Keeps nothing of somebody who is not in the configuration any more.
    private func forget(_ name: String, in hub: isolated Hub) {
        if settings.people.contains(where: { $0.name == name }) { return }
        hub.append(cell: CellWrite(behaviour: Self.behaviour, id: name, data: nil, due: nil, failure: nil))
    }

    // MARK: What trackers say

    /// A machine was asked whether it is there.
    ///
    /// - Parameter isThere: nil where nobody can say.
    package func heard(ping address: String, isThere: Bool?, in hub: isolated Hub) {
        pings[address] = .some(isThere)
        for index in standings.indices {
            let isConcerned = standings[index].person.trackers.contains {
                if case .ping(address, _) = $0 { true } else { false }
            }
            if isConcerned { settle(index, in: hub) }
        }
        setAlarm(in: hub)
    }

    /// Asks every tracker of a person.
    private func listen(_ index: Int, in hub: isolated Hub) {
        standings[index].presence.keep(
            trackers: Set(standings[index].person.trackers.map(\.id)), zones: Set(settings.zoneNames))
        standings[index].newest = nil
        for tracker in standings[index].person.trackers {
            switch tracker {
            case .ownTracks(let phone): listen(index, to: phone, tracker.id, in: hub)
            case .ping(let address, _):
                // Until it was asked, what an earlier process heard stands.
                if let isThere = pings[address] {
                    standings[index].presence.hear(isThere.map { $0 ? .home : .elsewhere }, from: tracker.id)
                }
            case .key(let name):
                standings[index].presence.hear(
                    Presence.Word(hub.key(hub.presentName(of: name))), from: tracker.id)
            }
        }
    }

    /// The last position stands until there is a newer one, unless its keys go stale.
    private func listen(_ index: Int, to phone: String, _ id: String, in hub: isolated Hub) {
        func point(_ leaf: PeopleSettings.Person.Leaf) -> (number: Double, time: Timestamp, isStale: Bool)? {
            let key = hub.key(of: PropertyID(device(phone), leaf.rawValue))
            guard let last = key?.last, let number = last.value?.number else { return nil }
            return (number, last.time, key?.isStale ?? false)
        }
        guard let latitude = point(.latitude), let longitude = point(.longitude), !latitude.isStale, !longitude.isStale
        else {
            return standings[index].presence.hear(nil, from: id)
        }
        // What the newest message did not say is of an older place.
        let accuracy = point(.accuracy).flatMap { $0.time == latitude.time ? $0.number : nil }
        let position = Position(
            latitude: latitude.number, longitude: longitude.number, accuracy: accuracy, time: latitude.time)
        if position.time >= standings[index].newest?.position.time ?? .distantPast {
            standings[index].newest = Fix(position: position, battery: point(.battery)?.number)
        }
        if let word = position.word(in: settings.zones) {
            standings[index].presence.hear(word, from: id, measured: position.time)
        }
    }

    private func device(_ phone: String) -> DeviceID { DeviceID("\(settings.ownTracksBase)/\(phone)") }

    // MARK: What follows

    private func settleAll(in hub: isolated Hub) {
        for index in standings.indices { settle(index, in: hub) }
        setAlarm(in: hub)
    }

    private func settle(_ index: Int, in hub: isolated Hub) {
        listen(index, in: hub)
        standings[index].presence.settle(at: Presence.Moment(hub), endsWaits: hub.isSettled)
        let standing = standings[index]
        let kept = standing.presence.json
        if kept != standing.kept {
            standings[index].kept = kept
            hub.append(
                cell: CellWrite(
                    behaviour: Self.behaviour, id: standing.person.name, data: kept, due: nil, failure: nil))
        }
        tell(standing, in: hub)
        standings[index].told = standing.newest
    }

    private func tell(_ standing: Standing, in hub: isolated Hub) {
        let state = standing.presence.state
        if let key = standing.person.key(.state) { hub.tell(state.map { .string($0.word) }, to: key) }
        if let key = standing.person.key(.home) { hub.tell(state.map { .boolean($0 == .home) }, to: key) }
        if let fix = standing.newest, fix != standing.told { tell(fix, of: standing.person, in: hub) }
    }

    private func tell(_ fix: Fix, of person: PeopleSettings.Person, in hub: isolated Hub) {
        let position = fix.position
        let distance = settings.home.map { ($0.distance(to: position) * 10).rounded() / 10 }
        let values: [(PeopleSettings.Person.Leaf, Double?)] = [
            (.latitude, position.latitude), (.longitude, position.longitude), (.accuracy, position.accuracy),
            (.battery, fix.battery), (.distance, distance),
        ]
        for case (let leaf, let number?) in values {
            guard let key = person.key(leaf) else { continue }
            if let last = hub.last(key),
                last.time > position.time || last.time == position.time && last.value == .number(number)
            {
                continue
            }
            try? hub.put(key, .number(number), at: position.time, cause: .clock)
        }
    }

    private func setAlarm(in hub: isolated Hub) {
        guard !standings.isEmpty else { return hub.setAlarm(at: nil, for: self) }
        let now = Presence.Moment(hub)
        let dues = standings.compactMap { $0.presence.alarm(after: now) }
        hub.setAlarm(at: min(dues.min() ?? .max, now.monotonic &+ Self.patience.microseconds), for: self)
    }
}

extension PeopleBook: AlarmHandler, ChangeHandler {
    package func alarm(in hub: isolated Hub) {
        settleAll(in: hub)
        guard !hub.isSettled, !isWaiting else { return }
        isWaiting = true
        hub.onceSettled { [self] hub in
            isWaiting = false
            settleAll(in: hub)
        }
    }

    package func isConcerned(by key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool {
        standings.contains { isTracker(key, of: $0.person, in: hub) }
    }

    private func isTracker(_ key: KeyName, of person: PeopleSettings.Person, in hub: isolated Hub) -> Bool {
        person.trackers.contains { tracker in
            switch tracker {
            case .key(let name): hub.presentName(of: name) == key
            case .ownTracks(let phone): hub.key(key)?.property?.device == device(phone)
            case .ping: false
            }
        }
    }

    package func handle(_ change: Change, in hub: isolated Hub) { heard(change.key, in: hub) }

    package func handle(_ event: FreshnessEvent, in hub: isolated Hub) { heard(event.key, in: hub) }

    package func handle(deleted key: KeyName, in hub: isolated Hub) { heard(key, in: hub) }

    private func heard(_ key: KeyName, in hub: isolated Hub) {
        for index in standings.indices where isTracker(key, of: standings[index].person, in: hub) {
            settle(index, in: hub)
        }
        setAlarm(in: hub)
    }
}

extension PeopleSettings.Tracker {
    /// What it is kept by.
    var id: String {
        switch self {
        case .key(let name): "key \(name)"
        case .ownTracks(let phone): "owntracks \(phone)"
        case .ping(let address, _): "ping \(address)"
        }
    }
}
