internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import Synchronization

/// What is said of the rooms of the house: by the configuration, and by whoever changed them since. For any thread.
package final class RoomBook: Sendable {
    private struct State {
        var configured: [ConfiguredRoom] = []
        var changes: [String: RoomChange] = [:]
        /// Grows with each change of either.
        var version = 0
        var documents: DocumentShelf?
    }

    private let state = Mutex(State())

    /// The most rooms.
    static let most = 256
    private static let place = DocumentShelf.Place(owner: "hub", name: "rooms")

    package init(_ configured: [ConfiguredRoom] = []) { state.withLock { $0.configured = configured } }

    /// What the configuration says now.
    package func configure(_ rooms: [ConfiguredRoom]) {
        state.withLock { state in
            if state.configured != rooms { (state.configured, state.version) = (rooms, state.version + 1) }
        }
    }

    /// Takes what was changed from the shelf, and keeps it there.
    func open(_ documents: DocumentShelf) {
        let row = try? documents.document(Self.place)
        let json = row.flatMap { try? JSON(parsing: $0.content) } ?? .null
        state.withLock { state in
            state.documents = documents
            for member in json.object ?? [] { state.changes[member.name] = RoomChange(member.value) }
        }
    }

    package var version: Int { state.withLock { $0.version } }

    /// A plan for a house, to be filled with what there is in it.
    var plan: RoomPlan {
        state.withLock { RoomPlan(configured: $0.configured, changes: $0.changes) }
    }

    // MARK: Changes

    /// - Parameter plan: with what there is in the house.
    func set(_ request: SetRoomRequest, _ plan: RoomPlan) throws(Refusal) {
        try change { (changes: inout [String: RoomChange]) throws(Refusal) in
            let rooms = plan.rooms
            guard rooms.count < Self.most || rooms.contains(where: { $0.room == request.room }) else {
                throw Refusal(.invalidValue, "there are \(Self.most) rooms already, and no more; remove one first")
            }
            var change = changes[request.room] ?? RoomChange()
            if change.isRemoved { change = RoomChange() }
            change.name = request.name ?? change.name
            change.icon = request.icon ?? change.icon
            change.order = request.order ?? change.order
            if let devices = request.devices {
                if let stranger = plan.stranger(among: devices) {
                    throw .notFound(
                        "there is no device '\(stranger.prefix(100))'; 'komoku devices' lists those that there are")
                }
                let ids = plan.resolved(devices)
                change.devices = ids
                // Whoever had them before has them no more.
                for id in changes.keys { changes[id]?.devices?.removeAll(where: ids.contains) }
            }
            if let keys = request.keys { change.keys = keys.map { "\($0)" } }
            changes[request.room] = change
        }
    }

    func remove(_ room: String, _ plan: RoomPlan) throws(Refusal) {
        guard plan.rooms.contains(where: { $0.room == room }) else { throw .notFound("there is no room '\(room)'") }
        try change { (changes: inout [String: RoomChange]) throws(Refusal) in
            var change = RoomChange()
            change.isRemoved = true
            changes[room] = change
        }
    }

    /// Forgets all that was changed.
    func reset() throws(Refusal) {
        try change { (changes: inout [String: RoomChange]) throws(Refusal) in changes = [:] }
    }

    private func change(_ body: (inout [String: RoomChange]) throws(Refusal) -> Void) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            var changes = state.changes
            try body(&changes)
            guard changes != state.changes else { return }
            let members = changes.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }
            let isKept = (try? state.documents?.document(Self.place)) != nil
            if isKept || !members.isEmpty {
                let content = members.isEmpty ? nil : JSON.object(members)
                _ = try state.documents?.put(content, at: Self.place, expecting: nil, most: Self.mostBytes)
            }
            (state.changes, state.version) = (changes, state.version + 1)
        }
    }

    private static let mostBytes = 4 << 20
}

/// As it is kept.
extension RoomChange {
    init(_ json: JSON) {
        self.init()
        (name, icon) = (json["name"]?.string, json["icon"]?.string)
        order = json["order"]?.number.flatMap { Int(exactly: $0) }
        devices = json["devices"]?.array?.compactMap(\.string)
        keys = json["keys"]?.array?.compactMap(\.string)
        isRemoved = json["removed"]?.bool ?? false
    }

    var json: JSON {
        var members: [JSON.Member] = []
        if let name { members.append(JSON.Member("name", .string(name))) }
        if let icon { members.append(JSON.Member("icon", .string(icon))) }
        if let order { members.append(JSON.Member("order", .number(Double(order)))) }
        if let devices { members.append(JSON.Member("devices", .array(devices.map { .string($0) }))) }
        if let keys { members.append(JSON.Member("keys", .array(keys.map { .string($0) }))) }
        if isRemoved { members.append(JSON.Member("removed", true)) }
        return .object(members)
    }
}
