import Komoku

/// A wireless button. A press is momentary: nothing says when it ends.
struct WirelessButton: Device {
    private var node: ZigbeeNode
    private(set) var due = 0.0

    init(_ name: String, battery: Double) { node = ZigbeeNode(name, .button, battery: battery, linkQuality: 60) }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] {
        due = world.time + 4
        return [node.announcement]
    }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + world.random.number(in: 20...60)
        let action = world.random.happens(0.7) ? "single" : world.random.happens(0.5) ? "double" : "hold"
        return [node.report([("action", .string(action))], random: &world.random)]
    }
}
