import Komoku

/// A contact at a door: true is closed, as zigbee2mqtt says it. People open it when they come by.
struct DoorContact: Device {
    private var node: ZigbeeNode
    private let room: Room
    private var isClosed = true
    private(set) var due = 0.0

    init(_ name: String, beside room: Room, battery: Double) {
        node = ZigbeeNode(name, .contact, battery: battery, linkQuality: 95)
        self.room = room
    }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] { [node.announcement] + act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        if !isClosed {
            isClosed = true
        } else if due > 0, world.isOccupied(room), world.random.happens(0.5) {
            isClosed = false
        }
        due = world.time + (isClosed ? world.random.number(in: 8...20) : world.random.number(in: 2...6))
        return [node.report([("contact", .bool(isClosed))], random: &world.random)]
    }
}
