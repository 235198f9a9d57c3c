import Komoku

/// A simulated house: what its devices publish, from a seed. It knows no clock and no broker.
///
/// The same seed, start and calls give the same messages.
struct House: Sendable {
    private var world: World
    private var devices: [any Device]
    private var hasBegun = false

    /// - Parameter start: seconds since 1970 UTC at which it begins.
    init(seed: UInt64, start: Int64) {
        world = World(start: start, seed: seed)
        devices = [
            ClimateSensor(.kitchen, battery: 87), ClimateSensor(.bedroom, battery: 64),
            ClimateSensor(.bathroom, battery: 91), ClimateSensor(.garden, battery: 42),
            MotionSensor(.hall, battery: 78), MotionSensor(.kitchen, battery: 100),
            MotionSensor(.bathroom, battery: 55), DoorContact("front_door", beside: .hall, battery: 71),
            DoorContact("balcony_door", beside: .kitchen, battery: 33), WirelessButton("bedroom_button", battery: 96),
            Lamp(.hall), Lamp(.kitchen), Lamp(.bedroom), Plug("desk_plug"), Washer(), PorchLight(), GardenStation(),
            Heartbeat(), HouseMeter(), Appliance.blind, Appliance.radiator, Appliance.colourLamp, Appliance.lock,
            Appliance.leak, SolarMeters(),
        ]
    }

    /// The topics on which its devices take commands.
    static let commandTopics = [
        "zigbee2mqtt/+/set", "zigbee2mqtt/+/get", "zigbee2mqtt/bridge/request/#", "cmnd/+/POWER",
    ]

    /// What zigbee2mqtt leaves with the broker as its last will.
    static let will = Message("zigbee2mqtt/bridge/state", ["state": "offline"], isRetained: true)

    /// What is said when the house goes, in good order.
    static let farewell = ["washer", "porch"].map { TasmotaRelay($0, isOn: false).farewell } + [will]

    /// Everything published until then, in order of time. How the time is cut into calls makes no difference: the world
    /// only moves on when a device looks at it, twice a second at least.
    ///
    /// - Parameter time: seconds since the beginning; an earlier one than before does nothing.
    mutating func advance(to time: Double) -> [Message] {
        var messages = begin()
        while let index = devices.indices.min(by: { devices[$0].due < devices[$1].due }), devices[index].due <= time {
            world.advance(to: devices[index].due)
            messages += devices[index].act(in: &world)
        }
        return messages
    }

    /// What the devices answer to a message, a command to one of them or not.
    mutating func receive(topic: String, payload: String) -> [Message] {
        let message = Message(topic, payload)
        if let rest = topic.split(separator: "/", maxSplits: 3).dropFirst(3).first,
            topic.hasPrefix("zigbee2mqtt/bridge/request/")
        {
            return answer(String(rest), (try? JSON(parsing: payload)) ?? .null)
        }
        return devices.indices.flatMap { devices[$0].receive(message, in: &world) }
    }

    /// What the bridge answers: it opens for new devices, and keeps those that it has as they are.
    private func answer(_ request: String, _ told: JSON) -> [Message] {
        let isJoining = request == "permit_join"
        var members = [
            JSON.Member("data", isJoining ? told : [:]), JSON.Member("status", isJoining ? "ok" : "error"),
        ]
        if !isJoining { members.append(JSON.Member("error", "a simulated house keeps its devices as they are")) }
        if let transaction = told["transaction"] { members.append(JSON.Member("transaction", transaction)) }
        let answer = Message("zigbee2mqtt/bridge/response/\(request)", .object(members))
        guard isJoining else { return [answer] }
        return [Self.info(isOpen: (told["time"]?.number ?? 0) > 0), answer]
    }

    private static func info(isOpen: Bool) -> Message {
        Message(
            "zigbee2mqtt/bridge/info",
            ["version": "2.6.1", "permit_join": .bool(isOpen), "restart_required": false, "config": [:]],
            isRetained: true)
    }

    private static let coordinator: JSON = [
        "ieee_address": "0x00124b0024c3a901", "friendly_name": "Coordinator", "type": "Coordinator", "supported": true,
        "disabled": false, "interview_completed": true, "definition": .null,
    ]

    private mutating func begin() -> [Message] {
        guard !hasBegun else { return [] }
        hasBegun = true
        let entries = devices.enumerated().compactMap { $0.element.zigbeeEntry(address: 0x0a_2b_00 + $0.offset) }
        let bridge = [
            Message("zigbee2mqtt/bridge/state", ["state": "online"], isRetained: true), Self.info(isOpen: false),
            Message("zigbee2mqtt/bridge/devices", .array([Self.coordinator] + entries), isRetained: true),
        ]
        return bridge + devices.indices.flatMap { devices[$0].begin(in: &world) }
    }
}
