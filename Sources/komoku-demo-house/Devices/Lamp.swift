import Komoku

/// A Zigbee lamp. It obeys `<topic>/set`, plain (`ON`) and as JSON (`state`, `brightness`, `on_time` in seconds), and
/// reports what it did.
struct Lamp: Device {
    private var node: ZigbeeNode
    private let room: Room
    private var isOn = false
    private var brightness = 254.0
    private var offTime: Double?
    private var nextReport = 0.0

    init(_ room: Room) {
        node = ZigbeeNode("\(room.rawValue)_lamp", .lamp, linkQuality: 140)
        self.room = room
    }

    var due: Double { min(nextReport, offTime ?? .infinity) }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] { [node.announcement] + act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        if let time = offTime, time <= world.time { isOn = false }
        return [state(in: &world)]
    }

    mutating func receive(_ message: Message, in world: inout World) -> [Message] {
        if message.topic == node.topic + "/get" { return [state(in: &world)] }
        guard message.topic == node.topic + "/set" else { return [] }
        if let command = SwitchCommand(message.payload) {
            isOn = command.result(from: isOn)
            offTime = nil
        } else if let fields = try? JSON(parsing: message.payload) {
            obey(fields, at: world.time)
        } else {
            return []
        }
        return [state(in: &world)]
    }

    private mutating func obey(_ fields: JSON, at time: Double) {
        if let level = fields["brightness"]?.number {
            brightness = min(254, max(1, level.rounded()))
            isOn = level >= 1
        }
        if let word = fields["state"]?.string, let command = SwitchCommand(word) { isOn = command.result(from: isOn) }
        offTime = fields["on_time"]?.number.map { time + min(86_400, max(0, $0)) }
    }

    private mutating func state(in world: inout World) -> Message {
        if !isOn { offTime = nil }
        nextReport = world.time + world.random.number(in: 12...20)
        world.lampLight[room] = isOn ? 160 * brightness / 254 : 0
        return node.report(
            [("state", isOn ? "ON" : "OFF"), ("brightness", .number(brightness))], random: &world.random)
    }
}
