import Komoku

/// A Zigbee plug with a desk behind it, measured every few seconds.
struct Plug: Device {
    private var node: ZigbeeNode
    private var isOn = true
    private var load = 62.0
    /// kWh.
    private var energy = 214.37
    private var lastReport = 0.0
    private(set) var due = 0.0

    init(_ name: String) { node = ZigbeeNode(name, .plug, linkQuality: 170) }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] { [node.announcement] + act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        if world.random.happens(0.1) { load = world.random.number(in: 25...180) }
        return [report(in: &world)]
    }

    mutating func receive(_ message: Message, in world: inout World) -> [Message] {
        guard message.topic == node.topic + "/set" else { return [] }
        let word = (try? JSON(parsing: message.payload))?["state"]?.string ?? message.payload
        guard let command = SwitchCommand(word) else { return [] }
        isOn = command.result(from: isOn)
        return [report(in: &world)]
    }

    private mutating func report(in world: inout World) -> Message {
        let power = isOn ? load * world.random.number(in: 0.98...1.02) : 0
        let voltage = world.random.number(in: 228...233)
        energy += power * (world.time - lastReport) / 3_600_000
        lastReport = world.time
        due = world.time + world.random.number(in: 2...4)
        return node.report(
            [
                ("state", isOn ? "ON" : "OFF"), ("power", .number(power.rounded(decimals: 1))),
                ("current", .number((power / voltage).rounded(decimals: 2))),
                ("energy", .number(energy.rounded(decimals: 2))), ("voltage", .number(voltage.rounded())),
            ], random: &world.random)
    }
}
