import Komoku

/// Motion and light of a room. It reports a movement at once, the end of it some time later, and the light in between.
struct MotionSensor: Device {
    /// How long after the last movement it says that there is none, in seconds.
    static let hold = 15.0

    private var node: ZigbeeNode
    private let room: Room
    private var isOccupied = false
    private var nextReport = 0.0
    private(set) var due = 0.0

    init(_ room: Room, battery: Double) {
        node = ZigbeeNode("\(room.rawValue)_motion", .motion, battery: battery, linkQuality: 80)
        self.room = room
    }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] { [node.announcement] + act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + 0.5
        let moved = world.lastMovement(in: room)
        let isNew = moved.map { $0 > world.time - 0.5 } ?? false
        let wasOccupied = isOccupied
        isOccupied = moved.map { world.time - $0 < Self.hold } ?? false
        guard isNew || isOccupied != wasOccupied || world.time >= nextReport else { return [] }
        nextReport = world.time + world.random.number(in: 6...12)
        let light = world.light(in: room) * world.random.number(in: 0.97...1.03)
        return [
            node.report(
                [("occupancy", .bool(isOccupied)), ("illuminance", .number(light.rounded()))], random: &world.random)
        ]
    }
}
