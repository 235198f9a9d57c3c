internal import Komoku
internal import KomokuWire

/// What the section `rooms` says of a room.
package struct ConfiguredRoom: Hashable, Sendable {
    package var id: String
    package var name: String
    package var icon: String?
    /// Without devices and keys it has those that are called like it.
    package var devices: [String]?
    package var keys: [String]?

    package init(id: String, name: String) { (self.id, self.name) = (id, name) }
}

/// What somebody changed of a room: what he said wins over the configuration, and over what is guessed.
struct RoomChange: Hashable, Sendable {
    var name: String?
    /// Empty is none.
    var icon: String?
    var order: Int?
    /// Ids.
    var devices: [String]?
    var keys: [String]?
    var isRemoved = false
}

/// The rooms of a house: a plain function of what the configuration says, what was changed, and what there is.
struct RoomPlan {
    /// A device as far as rooms know of it.
    struct NamedDevice: Hashable, Sendable {
        let id: String
        let name: String
        /// The first part of its keys.
        let part: String
    }

    var configured: [ConfiguredRoom] = []
    var changes: [String: RoomChange] = [:]
    var devices: [NamedDevice] = []
    /// Those of no device.
    var keys: [KeyName] = []

    /// In their order.
    var rooms: [RoomDescription] {
        var rooms = start
        for (id, change) in changes where !change.isRemoved && !rooms.contains(where: { $0.room == id }) {
            var room = RoomDescription()
            (room.room, room.name, room.order) = (id, id, Int.max)
            rooms.append(room)
        }
        rooms = rooms.filter { changes[$0.room]?.isRemoved != true }.map(changed)
        settle(&rooms)
        // Those without an order of their own are behind the others, as they came.
        let sorted = rooms.enumerated().sorted { left, right in
            (left.element.order, left.element.name, left.offset) < (
                right.element.order, right.element.name, right.offset
            )
        }
        var next = 0
        return sorted.map { item in
            var room = item.element
            if room.order == Int.max { room.order = next }
            next = max(next, room.order) + 1
            return room
        }
    }

    // MARK: Where it starts

    private var start: [RoomDescription] {
        let guessed = RoomGuess.rooms(
            devices: devices.map { RoomGuess.GuessedDevice(id: $0.id, name: $0.name) }, keys: keys)
        guard !configured.isEmpty else {
            return guessed.enumerated().map { index, guess in
                var room = RoomDescription()
                (room.room, room.name, room.icon, room.order) = (guess.id, guess.name, guess.icon, index)
                (room.devices, room.keys) = (guess.devices, guess.keys)
                return room
            }
        }
        let byID = Dictionary(guessed.map { ($0.id, $0) }) { first, _ in first }
        return configured.enumerated().map { index, setting in
            var room = RoomDescription()
            (room.room, room.name, room.icon, room.order) = (setting.id, setting.name, setting.icon, index)
            room.source = .configuration
            if setting.devices == nil, setting.keys == nil {
                (room.devices, room.keys) = (byID[setting.id]?.devices ?? [], byID[setting.id]?.keys ?? [])
            } else {
                (room.devices, room.keys) = (resolved(setting.devices ?? []), setting.keys ?? [])
            }
            if room.icon == nil { room.icon = byID[setting.id]?.icon ?? RoomWords.rooms[RoomName.folded(room.name)] }
            return room
        }
    }

    /// The ids of devices by whatever they are called. What nobody knows yet stays: it may come.
    func resolved(_ texts: [String]) -> [String] {
        let index = DeviceIndex(devices)
        var seen: Set<String> = []
        return texts.map { index.id(of: $0) ?? $0 }.filter { seen.insert($0).inserted }
    }

    /// The first that is neither there nor in a room already, as one that was removed may be.
    func stranger(among texts: [String]) -> String? {
        let index = DeviceIndex(devices)
        let placed = Set(rooms.flatMap(\.devices) + changes.values.flatMap { $0.devices ?? [] })
        return texts.first { index.id(of: $0) == nil && !placed.contains($0) }
    }

    // MARK: What was changed

    private func changed(_ room: RoomDescription) -> RoomDescription {
        guard let change = changes[room.room] else { return room }
        var room = room
        room.source = .changed
        room.name = change.name ?? room.name
        if let icon = change.icon { room.icon = icon.isEmpty ? nil : icon }
        room.order = change.order ?? room.order
        room.devices = change.devices ?? room.devices
        room.keys = change.keys ?? room.keys
        return room
    }

    /// A device is in one room: in one that somebody put it into, else in the first.
    private func settle(_ rooms: inout [RoomDescription]) {
        var places: [String: Int] = [:]
        func claim(_ isChosen: Bool) {
            for (index, room) in rooms.enumerated() where (changes[room.room]?.devices != nil) == isChosen {
                for device in room.devices where places[device] == nil { places[device] = index }
            }
        }
        claim(true)
        claim(false)
        for index in rooms.indices { rooms[index].devices = rooms[index].devices.filter { places[$0] == index } }
    }
}

/// Finds devices by id, name or first part of their keys.
private struct DeviceIndex {
    private var ids: Set<String> = []
    private var names: [String: [String]] = [:]
    private var parts: [String: [String]] = [:]

    init(_ devices: [RoomPlan.NamedDevice]) {
        for device in devices {
            ids.insert(device.id)
            names[device.name, default: []].append(device.id)
            parts[device.part, default: []].append(device.id)
        }
    }

    /// Nil where there is none, or more than one.
    func id(of text: String) -> String? {
        if ids.contains(text) { return text }
        if let named = names[text] { return named.count == 1 ? named[0] : nil }
        return parts[text].flatMap { $0.count == 1 ? $0[0] : nil }
    }
}
