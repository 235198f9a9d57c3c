package import Komoku

/// `devices`: all, some at a time, or one.
package struct DevicesRequest: Shape, Hashable {
    /// Only this device, by its id, its name or the first part of its keys.
    package var device: String?
    /// Only devices behind this one.
    package var after: DeviceCursor?
    package var limit: Int?

    /// An answer has no more than this many devices, so that a large catalogue is read in several turns of the hub.
    package static let mostDevices = 256

    package init() {}
    package init(device: String? = nil, after: DeviceCursor? = nil) { (self.device, self.after) = (device, after) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("device", &device)
        try visit.optional("after", &after)
        try visit.count("limit", &limit, in: 1...Int(Int32.max))
    }
}

/// Where a list of devices goes on: the catalogue is ordered by name, then by id, both byte by byte: `[NAME,ID]`.
package struct DeviceCursor: Hashable, Comparable, Sendable, WireValue {
    package let name: String
    package let id: String

    package init(name: String, id: String) { (self.name, self.id) = (name, id) }

    package init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let items = json.array, items.count == 2, let name = items[0].string, let id = items[1].string else {
            throw .invalidQuery("'after' is the 'next' of the answer before")
        }
        self.init(name: name, id: id)
    }

    package var wire: JSON { [.string(name), .string(id)] }

    package static func == (left: Self, right: Self) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8) && left.id.utf8.elementsEqual(right.id.utf8)
    }

    package static func < (left: Self, right: Self) -> Bool {
        if left.name.utf8.elementsEqual(right.name.utf8) {
            return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
        }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in id.utf8 { hasher.combine(byte) }
    }
}

/// `forget`: a device by its id, its name or the first part of its keys.
package struct ForgetRequest: Shape, Hashable {
    package var device = ""

    package init() {}
    package init(_ device: String) { self.device = device }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("device", &device)
    }
}

/// `rename_device`: the bridge of a device calls it by another name; the device as with `forget`.
package struct RenameDeviceRequest: Shape, Hashable {
    package var device = ""
    package var name = ""

    package init() {}
    package init(_ device: String, to name: String) { (self.device, self.name) = (device, name) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("device", &device)
        try visit.required("name", &name)
    }
}

/// `remove_device`: it leaves its network; forced, its bridge forgets it even if it does not answer.
package struct RemoveDeviceRequest: Shape, Hashable {
    package var device = ""
    package var isForced = false

    package init() {}
    package init(_ device: String, isForced: Bool = false) { (self.device, self.isForced) = (device, isForced) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("device", &device)
        try visit.unless(false, "force", &isForced)
    }
}

/// `replace`: a new device takes the place of a dead one; both as with `forget`.
package struct ReplaceRequest: Shape, Hashable {
    package var device = ""
    package var successor = ""

    package init() {}
    package init(_ device: String, with successor: String) { (self.device, self.successor) = (device, successor) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("device", &device)
        try visit.required("with", &successor)
    }
}

/// The answer to `replace`.
public struct DeviceReplacement: Shape, Hashable {
    /// The ids of the dead device and of the new one.
    public var device = ""
    public var successor = ""
    /// The keys that the new device feeds, and those that it has nothing for.
    public var keys: [String] = []
    public var left: [String] = []

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("device", &device)
        try visit.required("with", &successor)
        try visit.always("keys", &keys)
        try visit.always("left", &left)
    }
}
