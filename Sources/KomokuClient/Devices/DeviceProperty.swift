public import Komoku

/// A property of a device with its key.
public struct DeviceProperty: Hashable, Sendable {
    /// As its family names it.
    public let name: String
    public let key: String
    public let type: String
    public let unit: String?
    /// Nil where nothing was reported yet.
    public let value: JSON?
    /// Nothing was heard of it for as long as it should be.
    public let isStale: Bool
    /// Puts to the key go to the device.
    public let isWritable: Bool
    /// Every message is a point: a button's presses.
    public let isEvent: Bool
    /// False once the device has it no more.
    public let isPresent: Bool
    public let minimum: Double?
    public let maximum: Double?
    public let step: Double?
    /// The texts that it takes.
    public let values: [String]?
    public let label: String?
    /// `config` or `diagnostic`; nil is what the device is for.
    public let category: String?
    /// When the value was put.
    public let time: Timestamp?
    /// The newest command to it.
    public let command: DeviceCommand?

    init?(_ json: JSON) {
        guard let name = json["property"]?.string, let key = json["key"]?.string else { return nil }
        self.name = name
        self.key = key
        type = json["type"]?.string ?? ""
        unit = json["unit"]?.string
        value = json["value"]?.nonNull
        isStale = json["stale"]?.bool ?? false
        isWritable = json["writable"]?.bool ?? false
        isEvent = json["event"]?.bool ?? false
        isPresent = json["present"]?.bool ?? true
        minimum = json["min"]?.number
        maximum = json["max"]?.number
        step = json["step"]?.number
        values = json["values"]?.array?.compactMap(\.string)
        label = json["label"]?.string
        category = json["category"]?.string
        time = json["last_time"]?.time
        command = json["command"].flatMap(DeviceCommand.init)
    }
}

/// A command to a property of a device.
public struct DeviceCommand: Hashable, Sendable {
    /// What it was told.
    public let value: JSON
    public let time: Timestamp?
    /// `waiting`, `reported`, `differs`, `sent` or `failed`.
    public let state: String
    /// What it reported then.
    public let reported: JSON?
    /// Why it failed.
    public let reason: String?

    init?(_ json: JSON) {
        guard let value = json["value"], let state = json["state"]?.string else { return nil }
        self.value = value
        self.state = state
        time = json["time"]?.time
        reported = json["reported"]?.nonNull
        reason = json["reason"]?.string
    }
}
