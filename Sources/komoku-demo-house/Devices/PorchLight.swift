/// A lamp at the door behind a plain Tasmota relay.
struct PorchLight: Device {
    private var relay = TasmotaRelay("porch", isOn: false)
    private(set) var due = 0.0

    mutating func begin(in world: inout World) -> [Message] {
        relay.announcements(mac: "5CCF7F0A0B01", label: "Porch", module: "Sonoff Basic") + act(in: &world)
    }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + 10
        return [relay.state(in: world)]
    }

    mutating func receive(_ message: Message, in world: inout World) -> [Message] { relay.receive(message) ?? [] }
}
