import Komoku

/// Finds the zones that a file names.
struct ZoneTable {
    /// A zone by its name in the system's table; nil where there is none.
    typealias Finder = (String) -> Zone?

    /// Of times that name none.
    let house: Zone
    private let find: Finder
    private let definitions: ZoneDefinitions
    private var found: [String: Zone] = [:]
    private(set) var faults = CalendarFaults()
    private var unknown: Set<String> = []

    init(house: Zone, _ definitions: ZoneDefinitions, find: @escaping Finder) {
        (self.house, self.definitions, self.find) = (house, definitions, find)
    }

    /// The zone that a line names; the house's where it names none, or one that nobody knows.
    mutating func zone(of line: ContentLine) -> Zone {
        guard let id = line.parameters["TZID"], !id.isEmpty else { return house }
        if let zone = found[id] { return zone }
        if let zone = search(id) {
            if found.count < 1000 { found[id] = zone }
            return zone
        }
        if unknown.count < 1000, unknown.insert(id).inserted {
            faults.add(
                line.number, "there is no time zone '\(id.prefix(80))', so the hub's own is taken",
                remedy: "write TZID=Europe/Warsaw, or define it by VTIMEZONE")
        }
        return house
    }

    private func search(_ id: String) -> Zone? {
        let names = [id, Self.tail(of: id), definitions.location(of: id), WindowsZones.name(for: id)]
        for case let name? in names {
            if name.utf8.elementsEqual("UTC".utf8) { return .utc }
            if let zone = find(name) { return zone }
        }
        return definitions.zone(id)
    }

    /// `/mozilla.org/20050126_1/Europe/Berlin` ends with a name that is known elsewhere.
    private static func tail(of id: String) -> String? {
        let parts = id.split(separator: "/")
        guard id.hasPrefix("/"), parts.count > 2 else { return nil }
        return parts.suffix(2).joined(separator: "/")
    }
}
