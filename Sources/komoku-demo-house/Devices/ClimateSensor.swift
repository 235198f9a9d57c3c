import Komoku

/// Temperature and humidity of a room, every few seconds.
struct ClimateSensor: Device {
    private var node: ZigbeeNode
    private let room: Room
    private(set) var due = 0.0

    init(_ room: Room, battery: Double) {
        node = ZigbeeNode("\(room.rawValue)_climate", .climate, battery: battery)
        self.room = room
    }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] { [node.announcement] + act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + world.random.number(in: 2...5)
        let temperature = world.temperature(in: room) + world.random.number(in: -0.02...0.02)
        return [
            node.report(
                [
                    ("temperature", .number(temperature.rounded(decimals: 2))),
                    ("humidity", .number(world.humidity(in: room).rounded(decimals: 1))),
                ], random: &world.random)
        ]
    }
}
