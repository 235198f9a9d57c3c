public import Komoku

/// A device of the hub's catalogue.
public struct Device: Hashable, Sendable {
    /// As the hub told it.
    public let json: JSON
    /// What its family calls it for good: a Zigbee address, a MAC.
    public let id: String
    public let name: String
    public let manufacturer: String?
    public let model: String?
    /// How it was found: `zigbee2mqtt`.
    public let source: String
    /// False once it is gone; it stays in the catalogue until it is forgotten.
    public let isPresent: Bool
    /// Nil where nobody knows.
    public let isOnline: Bool?
    /// The id of the bridge through which it speaks.
    public let via: String?
    /// Being offline is its normal state.
    public let sleeps: Bool
    public let lastSeen: Timestamp?
    public let properties: [DeviceProperty]
    /// What its discovery holds that cannot be used.
    public let unsupported: [Unsupported]

    /// A part that was left out, and why.
    public struct Unsupported: Hashable, Sendable {
        public let what: String
        public let reason: String
    }

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let id = json["device"]?.string, let name = json["name"]?.string else { return nil }
        self.json = json
        self.id = id
        self.name = name
        manufacturer = json["manufacturer"]?.string
        model = json["model"]?.string
        source = json["source"]?.string ?? ""
        isPresent = json["present"]?.bool ?? true
        isOnline = json["online"]?.bool
        via = json["via"]?.string
        sleeps = json["sleeps"]?.bool ?? false
        lastSeen = json["last_seen"]?.time
        properties = (json["properties"]?.array ?? []).compactMap(DeviceProperty.init)
        unsupported = (json["unsupported"]?.array ?? []).map { item in
            Unsupported(what: item["what"]?.string ?? "", reason: item["reason"]?.string ?? "")
        }
    }
}
