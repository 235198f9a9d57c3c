import Komoku

/// A washing machine behind a Tasmota plug that measures it. At the beginning it spins already, so that the end of a
/// programme is soon to be seen.
struct Washer: Device {
    private var relay = TasmotaRelay("washer", isOn: true)
    private var programmeStart = -WashProgramme.spinning
    /// kWh.
    private var total = 1_322.104
    private var today = 0.431
    private var lastReport = 0.0
    private var nextState = 0.0
    private(set) var due = 0.0

    mutating func begin(in world: inout World) -> [Message] {
        let telemetry = sensor(in: &world)
        let sensors = (try? JSON(parsing: telemetry.payload)) ?? [:]
        return relay.announcements(mac: "5CCF7F0A0B02", label: "Washer", module: "Sonoff Pow R2", sensors: sensors)
            + act(in: &world)
    }

    mutating func act(in world: inout World) -> [Message] {
        if world.time > programmeStart + WashProgramme.seconds + 150 { programmeStart = world.time }
        due = world.time + 2
        var messages = [sensor(in: &world)]
        if world.time >= nextState {
            nextState = world.time + 20
            messages.append(relay.state(in: world))
        }
        return messages
    }

    mutating func receive(_ message: Message, in world: inout World) -> [Message] { relay.receive(message) ?? [] }

    private mutating func sensor(in world: inout World) -> Message {
        let drawn = WashProgramme.power(after: world.time - programmeStart)
        let power = relay.isOn ? drawn * world.random.number(in: 0.97...1.03) : 0
        let voltage = world.random.number(in: 227...233).rounded()
        let used = power * (world.time - lastReport) / 3_600_000
        (total, today, lastReport) = (total + used, today + used, world.time)
        return Message(
            "tele/washer/SENSOR",
            [
                "Time": .string(TasmotaRelay.clock(world.epoch)),
                "ENERGY": [
                    "TotalStartTime": "2024-11-02T10:15:00", "Total": .number(total.rounded(decimals: 3)),
                    "Yesterday": 1.104, "Today": .number(today.rounded(decimals: 3)),
                    "Power": .number(power < 10 ? power.rounded(decimals: 1) : power.rounded()),
                    "Factor": .number(power > 5 ? 0.94 : 0.31), "Voltage": .number(voltage),
                    "Current": .number((power / voltage).rounded(decimals: 3)),
                ],
            ])
    }
}
