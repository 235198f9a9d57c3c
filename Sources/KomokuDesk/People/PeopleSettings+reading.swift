internal import Komoku
package import KomokuHub
package import KomokuYAML

extension PeopleSettings {
    /// Reads both sections; what is wrong goes to the reader's report.
    ///
    /// - Parameter hub: where the house is, and what it says of keys.
    package static func read(_ root: SettingsReader, hub: Hub.Configuration) -> PeopleSettings {
        var settings = PeopleSettings()
        settings.zones = zones(root, home: hub.location)
        guard let section = root.mapping("people") else { return settings }
        for entry in section.entries {
            guard let name = entry.key.value(.keyWord("the name of a person, such as 'anna'")) else { continue }
            if let person = person(name, entry.value) { settings.people.append(person) }
        }
        if settings.people.count > most { section.error("there are more than \(most) people") }
        settings.checkKeys(section, hub)
        if settings.hasOwnTracks, settings.home == nil {
            section.error(
                "nobody knows where the home is, which positions are compared with",
                remedy: "write 'location: {latitude: …, longitude: …}' under 'hub', or a zone 'home'")
        }
        return settings
    }

    // MARK: Zones

    private static func zones(_ root: SettingsReader, home: Hub.Configuration.Location?) -> [HouseZone] {
        var zones: [HouseZone] = []
        let section = root.mapping("zones")
        for entry in section?.entries ?? [] {
            guard let name = entry.key.value(.keyWord("the name of a zone, such as 'work'")),
                let zone = zone(name, entry, home: home)
            else { continue }
            zones.append(zone)
        }
        if let section, zones.count > mostZones { section.error("there are more than \(mostZones) zones") }
        if let home, !zones.contains(where: { $0.name == HouseZone.home }) {
            zones.insert(
                HouseZone(
                    HouseZone.home, latitude: home.latitude, longitude: home.longitude, radius: HouseZone.usualRadius),
                at: 0)
        }
        return zones
    }

    private static func zone(
        _ name: String, _ entry: SettingsReader.Entry, home: Hub.Configuration.Location?
    ) -> HouseZone? {
        if ["away", "unknown"].contains(name) {
            entry.key.error("'\(name)' cannot be the name of a zone", remedy: "it is what a person is who is in none")
            return nil
        }
        guard let reader = entry.value.reader() else { return nil }
        defer { reader.finish() }
        let isHome = name == HouseZone.home
        let radius = reader.value("radius", .number(in: 10...100_000), default: HouseZone.usualRadius)
        let isPlaced = reader.has("latitude") || reader.has("longitude")
        if isHome, !isPlaced, let home {
            reader.declare("latitude", "longitude")
            return HouseZone(name, latitude: home.latitude, longitude: home.longitude, radius: radius)
        }
        let latitude = reader.required("latitude", .number(in: -90...90))
        let longitude = reader.required("longitude", .number(in: -180...180))
        guard let latitude, let longitude else { return nil }
        return HouseZone(name, latitude: latitude, longitude: longitude, radius: radius)
    }

    // MARK: Persons

    private static func person(_ name: String, _ setting: Setting) -> Person? {
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        let label = reader.value("label", .nonEmptyString) ?? name.prefix(1).uppercased() + name.dropFirst()
        let awayAfter = reader.value(
            "away_after", .duration(in: .zero...Duration.seconds(366 * 86_400)), default: usualAwayAfter)
        guard let list = reader.setting("trackers") else {
            reader.error("\(reader.subject) needs 'trackers', what says where somebody is")
            return nil
        }
        guard let items = list.items, !items.isEmpty else {
            list.mismatch(expecting: "a list of trackers", remedy: "write 'trackers: [{key: anna.phone.home}]'")
            return nil
        }
        if items.count > mostTrackers {
            list.error("a person has at most \(mostTrackers) trackers")
        }
        var person = Person(name: name, label: label, awayAfter: awayAfter, trackers: [])
        for item in items {
            guard let tracker = tracker(item, of: person) else { continue }
            if person.trackers.contains(tracker) {
                item.error("\(item.subject) is there already", remedy: "name each tracker once")
            } else {
                person.trackers.append(tracker)
            }
        }
        return person
    }

    private static func tracker(_ item: Setting, of person: Person) -> Tracker? {
        guard let reader = item.reader() else { return nil }
        defer { reader.finish() }
        guard let (word, setting) = reader.exactlyOne(of: "key", "owntracks", "ping") else { return nil }
        if word == "owntracks" { return setting.value(.ownTracksDevice).map { .ownTracks($0) } }
        if word == "ping" {
            let every = reader.value("every", .duration(in: .seconds(5)...(.seconds(3600))), default: .seconds(30))
            return setting.value(.machine).map { .ping($0, every: every) }
        }
        guard let key = setting.value(.keyName) else { return nil }
        if [person.key(.state), person.key(.home)].contains(key) {
            setting.error("'\(key)' says where the person is, and is no tracker of it", remedy: "name another key")
            return nil
        }
        return .key(key)
    }

    /// The configuration may say more of their keys, but not that they are something else.
    private func checkKeys(_ section: SettingsReader, _ hub: Hub.Configuration) {
        for key in keys {
            guard let name = key.pattern.name, let type = hub.keys.entry(named: name)?.type, type != key.type else {
                continue
            }
            section.error(
                "'\(name)' is \(key.type?.rawValue ?? "") here, and \(type.rawValue) in 'keys'",
                remedy: "leave out 'type' in 'keys'")
        }
    }
}

extension SettingType where Value == String {
    /// One part of the name of a key.
    fileprivate static func keyWord(_ expectation: String) -> SettingType {
        .text(expectation) { text throws(Setting.Invalid) in
            guard text.utf8.count <= 64, !text.utf8.contains(UInt8(ascii: ".")), KeyName(text) != nil else {
                throw Setting.Invalid(
                    "it is part of the names of keys: letters, digits, '_' and '-', at most 64 bytes",
                    remedy: "'label' is what is shown")
            }
            return text
        }
    }

    /// `192.168.1.20`, `fe80::1%eth0`, `anna-phone`; nothing that a program takes for one of its options.
    fileprivate static var machine: SettingType {
        .text("the address of a machine, such as 192.168.1.20") { text throws(Setting.Invalid) in
            let isPlain = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: ".:-_%".utf8.contains(byte)
                }
            }
            guard isPlain, (1...253).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "-") else {
                throw Setting.Invalid("it is neither an IP address nor a name")
            }
            return text
        }
    }

    /// `anna/phone`.
    fileprivate static var ownTracksDevice: SettingType {
        .text("the user and the device of OwnTracks, such as anna/phone") { text throws(Setting.Invalid) in
            let levels = text.split(separator: "/", omittingEmptySubsequences: false)
            guard levels.count == 2, levels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 100 }),
                !text.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") })
            else {
                throw Setting.Invalid(
                    "it is two levels of a topic", remedy: "of the topic owntracks/anna/phone write anna/phone")
            }
            return text
        }
    }
}
