package import Komoku

/// A room of the house with what is in it.
public struct RoomDescription: Shape, Hashable, WireValue {
    public enum Source: String, Hashable, Sendable, CaseIterable, OpenWord {
        case configuration, guessed
        /// Somebody changed it, or made it, since.
        case changed
        /// A newer hub knows more.
        case other
    }

    /// Its id: `living_room`.
    public var room = ""
    public var name = ""
    /// A word for a picture: `pot`.
    public var icon: String?
    /// Rooms are listed by it.
    public var order = 0
    /// Ids of devices; a device is in one room.
    public var devices: [String] = []
    /// Patterns of keys that are of no device, or names.
    public var keys: [String] = []
    public var source = Source.guessed

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("room", &room)
        try visit.required("name", &name)
        try visit.nullable("icon", &icon)
        try visit.always("order", &order)
        try visit.list("devices", &devices)
        try visit.list("keys", &keys)
        try visit.always("source", &source)
    }
}

/// The answer to `rooms`.
public struct RoomsList: Shape, Hashable {
    public var rooms: [RoomDescription] = []

    public init() {}
    package init(_ rooms: [RoomDescription]) { self.rooms = rooms }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("rooms", &rooms, .required)
    }
}

/// `remove_room`.
package struct RoomRequest: Shape, Hashable {
    package var room = ""

    package init() {}
    package init(_ room: String) { self.room = room }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("room", &room)
        try visit.checkRoom(room)
    }
}

/// `set_room`: makes one, or changes what is said of one.
package struct SetRoomRequest: Shape, Hashable {
    package var room = ""
    package var name: String?
    package var icon: String?
    package var order: Int?
    /// Ids, names or first parts of keys; all of those that are in it.
    package var devices: [String]?
    package var keys: [KeyPattern]?

    /// The most entries of a list.
    package static let most = 4096

    package init() {}

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("room", &room)
        try visit.optional("name", &name)
        try visit.optional("icon", &icon)
        try visit.count("order", &order, in: -1_000_000...1_000_000)
        try visit.optional("devices", &devices)
        try visit.optional("keys", &keys)
        try visit.checkRoom(room)
        guard visit.isReading else { return }
        if let name, !(1...200).contains(name.utf8.count) {
            try visit.refuse(.invalidQuery("the 'name' of a room has 1 to 200 bytes"))
        }
        if let icon, !icon.isEmpty, !DocumentName.isOne(icon) {
            try visit.refuse(.invalidQuery("'icon' is a word of a-z, 0-9, _ and -, or empty for none"))
        }
        let count = max(devices?.count ?? 0, keys?.count ?? 0)
        if count > Self.most || devices?.contains(where: { !(1...255).contains($0.utf8.count) }) ?? false {
            try visit.refuse(
                .invalidQuery("a room has at most \(Self.most) 'devices' and 'keys', of 1 to 255 bytes each"))
        }
    }
}

extension MemberVisitor {
    fileprivate func checkRoom(_ room: String) throws(Fault) {
        guard isReading, !DocumentName.isOne(room) else { return }
        try refuse(
            .invalidQuery("'\(room.prefix(100))' is no id of a room: 1 to 64 of the characters a-z, 0-9, _ and -"))
    }
}
