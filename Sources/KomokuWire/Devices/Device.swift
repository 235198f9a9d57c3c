public import Komoku

/// A device of the hub's catalogue.
public struct Device: Shape, Hashable, WireValue {
    /// What its family calls it for good: a Zigbee address, a MAC.
    public var id = ""
    public var name = ""
    public var manufacturer: String?
    public var model: String?
    /// How it was found: `zigbee2mqtt`.
    public var source = ""
    /// False once it is gone; it stays in the catalogue until it is forgotten.
    public var isPresent = true
    /// Nil where nobody knows.
    public var isOnline: Bool?
    /// The id of the bridge through which it speaks.
    public var via: String?
    /// Being offline is its normal state.
    public var sleeps = false
    public var lastSeen: Timestamp?
    public var properties: [DeviceProperty] = []
    /// What its discovery holds that cannot be used.
    public var unsupported: [Unsupported] = []

    public init() {}

    /// A part that was left out, and why.
    public struct Unsupported: Shape, Hashable, WireValue {
        public var what = ""
        public var reason = ""

        public init() {}
        package init(_ what: String, because reason: String) { (self.what, self.reason) = (what, reason) }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("what", &what)
            try visit.always("reason", &reason)
        }
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("device", &id)
        try visit.required("name", &name)
        try visit.nullable("manufacturer", &manufacturer)
        try visit.nullable("model", &model)
        try visit.always("source", &source)
        try visit.always("present", &isPresent)
        try visit.nullable("online", &isOnline)
        try visit.nullable("via", &via)
        try visit.always("sleeps", &sleeps)
        try visit.nullable("last_seen", &lastSeen)
        try visit.list("properties", &properties)
        try visit.list("unsupported", &unsupported)
    }

    package var cursor: DeviceCursor { DeviceCursor(name: name, id: id) }
}

/// The answer to `devices`: some of the catalogue.
package struct DevicesPage: Shape, Hashable {
    package var devices: [Device] = []
    /// Not nil where it does not hold all of them.
    package var next: DeviceCursor?

    package init() {}

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("devices", &devices, .required)
        try visit.optional("next", &next)
    }

    /// From this many bytes on an answer is full, and the next one goes on.
    package static let size = 512 << 10

    /// The text of as many devices as go into an answer.
    ///
    /// - Parameter more: whether others follow those that are given.
    package static func bytes(of devices: some Sequence<Device>, more: Bool) -> [UInt8] {
        var bytes = Array(#"{"devices":["#.utf8)
        var last: DeviceCursor?
        var isCut = more
        for device in devices {
            if bytes.count >= size {
                isCut = true
                break
            }
            if last != nil { bytes.append(UInt8(ascii: ",")) }
            device.json.write(into: &bytes)
            last = device.cursor
        }
        bytes.append(UInt8(ascii: "]"))
        if isCut, let last {
            bytes.append(contentsOf: #","next":"#.utf8)
            last.wire.write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
