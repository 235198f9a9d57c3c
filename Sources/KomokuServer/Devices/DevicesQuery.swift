internal import Komoku
internal import KomokuHub

/// What `devices` asks for.
struct DevicesQuery: Hashable, Sendable {
    /// A place in the catalogue, which is ordered by name, then by id.
    struct Place: Hashable, Sendable {
        let name: String
        let id: DeviceID

        init(name: String, id: DeviceID) {
            self.name = name
            self.id = id
        }
    }

    /// Only this device, by its id, its name or the first part of its keys.
    var device: String?
    /// Only devices behind this place.
    var after: Place?
    /// The most devices in an answer.
    var limit = Self.mostDevices

    /// An answer has no more than this many devices, so that a large catalogue is read in several turns of the hub.
    static let mostDevices = 256

    init(_ body: JSON) throws(Refusal) {
        guard body.object != nil || body.isNull else { throw .invalidQuery }
        device = try body.text("device")
        if let after = body["after"], !after.isNull { self.after = try Place(after) }
        if let limit = try body.count("limit", in: 1...Int(Int32.max)) { self.limit = min(limit, Self.mostDevices) }
    }
}

extension DevicesQuery.Place: Comparable {
    static func == (left: Self, right: Self) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.id == right.id
    }

    static func < (left: Self, right: Self) -> Bool {
        if left.name.utf8.elementsEqual(right.name.utf8) { return left.id < right.id }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    func hash(into hasher: inout Hasher) { id.hash(into: &hasher) }

    fileprivate init(_ json: JSON) throws(Refusal) {
        guard let items = json.array, items.count == 2, let name = items[0].string, let id = items[1].string else {
            throw .invalidQuery("'after' is the 'next' of the answer before")
        }
        self.init(name: name, id: DeviceID(id))
    }

    var json: JSON { [.string(name), .string(id.text)] }
}

extension DeviceInfo {
    var place: DevicesQuery.Place { DevicesQuery.Place(name: name, id: id) }
}

extension Hub {
    /// The devices that a query asks for.
    ///
    /// - Returns: at most `limit`, and whether there are more.
    func slice(_ query: DevicesQuery) -> (devices: ArraySlice<DeviceInfo>, more: Bool) {
        let found = devices(after: query.after.map { ($0.name, $0.id) }, limit: query.limit + 1)
        return (found.prefix(query.limit), found.count > query.limit)
    }
}
