import Komoku

/// Something in the house that publishes by itself and, where it can be commanded, answers.
protocol Device: Sendable {
    /// Its entry in what zigbee2mqtt says of its devices; nil for others.
    func zigbeeEntry(address: Int) -> JSON?
    /// When it has something to do next, in seconds since the beginning.
    var due: Double { get }
    /// What it publishes when it is switched on.
    mutating func begin(in world: inout World) -> [Message]
    /// Does what is due, and moves `due` on.
    mutating func act(in world: inout World) -> [Message]
    /// What it answers to a message; nothing where it is not for this device.
    mutating func receive(_ message: Message, in world: inout World) -> [Message]
}

extension Device {
    func zigbeeEntry(address: Int) -> JSON? { nil }

    mutating func receive(_ message: Message, in world: inout World) -> [Message] { [] }
}
