package import Komoku
package import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// The rooms of the house.
extension Desk {
    func askRooms(_ command: Command, for rights: Rights, in hub: isolated Hub, _ then: @escaping Answer) {
        let names = rights.readsAll ? hub.houseNames() : visibleNames(to: rights, in: hub)
        let plan = rooms.plan
        // Guessing looks at every name.
        work.async { [self] in
            var plan = plan
            plan.fill(names)
            switch command {
            case .rooms: then(.shape(RoomsList(plan.rooms(for: rights))))
            case .setRoom(let request): change(then) { [plan] () throws(Refusal) in try rooms.set(request, plan) }
            case .removeRoom(let request):
                change(then) { [plan] () throws(Refusal) in try rooms.remove(request.room, plan) }
            default: then(.error(.invalidQuery))
            }
        }
    }

    /// Answers when it is on disk.
    private func change(_ then: @escaping Answer, _ body: () throws(Refusal) -> Void) {
        do throws(Refusal) { try body() } catch { return then(.error(error)) }
        tellOfRooms()
        hub.enqueue { hub in hub.whenDurable { then($0 == .durable ? .ok : .unstored) } }
    }

    func resetRooms() throws(Refusal) {
        try rooms.reset()
        tellOfRooms()
    }

    private func tellOfRooms() { notices.post(Notice(.rooms, for: .everybody, ["rooms": .object([])])) }

    /// What he may not read has no part in what is guessed.
    private func visibleNames(to rights: Rights, in hub: isolated Hub) -> (devices: [DeviceListing], keys: [KeyName]) {
        let seen = Set(
            hub.devices().filter { $0.properties.contains { rights.mayRead($0.key) } }.map(\.id))
        let all = hub.houseNames()
        return (all.devices.filter { seen.contains($0.id) }, all.keys.filter { rights.mayRead($0) })
    }

    /// The room of each key, for whoever may know all. Made on any thread of what the hub gave.
    package static func rooms(
        of keys: [KeyListing], _ book: RoomBook, _ names: (devices: [DeviceListing], keys: [KeyName])
    ) -> [KeyName: String] {
        var plan = book.plan
        plan.fill(names)
        return plan.rooms(of: keys.map { ($0.name, $0.deviceID?.text) })
    }
}

extension RoomPlan {
    mutating func fill(_ names: (devices: [DeviceListing], keys: [KeyName])) {
        devices = names.devices.map { NamedDevice(id: $0.id.text, name: $0.name, part: $0.part.text) }
        keys = names.keys
    }

    /// As somebody may see them: who may not read all sees rooms in which there is something for him, and of patterns the keys.
    func rooms(for rights: Rights) -> [RoomDescription] {
        guard !rights.readsAll else { return rooms }
        let known = Set(devices.map(\.id))
        return rooms.compactMap { room in
            var room = room
            room.devices = room.devices.filter(known.contains)
            let patterns = room.keys.compactMap { try? KeyPattern(validating: $0) }
            room.keys = keys.filter { key in patterns.contains { $0.matches(key) } }.prefix(Self.mostKeys).map(\.text)
            return room.devices.isEmpty && room.keys.isEmpty ? nil : room
        }
    }

    private static let mostKeys = 256

    /// The rooms that keys are in: one that names the key, the device's, one of whose patterns the key is.
    func rooms(of all: [(key: KeyName, device: String?)]) -> [KeyName: String] {
        let rooms = rooms
        var (named, places): ([KeyName: String], [String: String]) = ([:], [:])
        var patterns: [(pattern: KeyPattern, room: String)] = []
        for room in rooms {
            for device in room.devices { places[device] = room.room }
            for text in room.keys {
                guard let pattern = try? KeyPattern(validating: text) else { continue }
                if let name = pattern.name {
                    if named[name] == nil { named[name] = room.room }
                } else {
                    patterns.append((pattern, room.room))
                }
            }
        }
        var found: [KeyName: String] = [:]
        for (key, device) in all {
            found[key] =
                named[key] ?? device.flatMap { places[$0] }
                ?? patterns.first { $0.pattern.matches(key) }?.room
        }
        return found
    }
}
