import Komoku

/// A Zigbee device that keeps what it is told and reports it: a blind, a valve, a lock, a lamp with colours.
struct Appliance: Device {
    /// What a property takes.
    enum Range: Sendable {
        case words([String])
        case numbers(ClosedRange<Double>)
        /// `{"hue":…,"saturation":…}`
        case colour
    }

    private var node: ZigbeeNode
    private let ranges: [String: Range]
    private var fields: [(name: String, value: JSON)]
    /// What it senses itself, and what follows of what it was told.
    private let senses: @Sendable (inout [(name: String, value: JSON)], inout World) -> Void
    private(set) var due = 0.0

    init(
        _ name: String, _ model: ZigbeeModel, battery: Double? = nil, takes ranges: [String: Range] = [:],
        begins fields: [(name: String, value: JSON)],
        senses: @escaping @Sendable (inout [(name: String, value: JSON)], inout World) -> Void = { _, _ in }
    ) {
        node = ZigbeeNode(name, model, battery: battery, linkQuality: 120)
        (self.ranges, self.fields, self.senses) = (ranges, fields, senses)
    }

    func zigbeeEntry(address: Int) -> JSON? { node.entry(address: address) }

    mutating func begin(in world: inout World) -> [Message] { [node.announcement] + act(in: &world) }

    mutating func act(in world: inout World) -> [Message] {
        due = world.time + world.random.number(in: 25...40)
        return [report(in: &world)]
    }

    mutating func receive(_ message: Message, in world: inout World) -> [Message] {
        if message.topic == node.topic + "/get" { return [report(in: &world)] }
        guard message.topic == node.topic + "/set", let told = try? JSON(parsing: message.payload) else { return [] }
        for member in told.object ?? [] { take(member) }
        return [report(in: &world)]
    }

    private mutating func take(_ member: JSON.Member) {
        guard let range = ranges[member.name] else { return }
        switch range {
        case .words(let words):
            guard let word = member.value.string, words.contains(word) else { return }
            fields[member.name] = .string(word)
            if let place = Self.places[word] { fields["position"] = .number(place) }
        case .numbers(let limits):
            guard let number = member.value.number, number.isFinite else { return }
            fields[member.name] = .number(min(limits.upperBound, max(limits.lowerBound, number)))
            if member.name == "position" { fields["state"] = number > 0 ? "OPEN" : "CLOSE" }
        case .colour:
            guard let hue = member.value["hue"]?.number, let saturation = member.value["saturation"]?.number else {
                return
            }
            fields[member.name] = ["hue": .number(hue), "saturation": .number(saturation)]
        }
    }

    /// Where a word moves a blind.
    private static let places: [String: Double] = ["OPEN": 100, "CLOSE": 0]

    private mutating func report(in world: inout World) -> Message {
        senses(&fields, &world)
        return node.report(fields.map { ($0.name, $0.value) }, random: &world.random)
    }
}

extension [(name: String, value: JSON)] {
    subscript(name: String) -> JSON? {
        get { first { $0.name == name }?.value }
        set {
            guard let newValue else { return }
            if let index = firstIndex(where: { $0.name == name }) {
                self[index].value = newValue
            } else {
                append((name, newValue))
            }
        }
    }
}

extension Appliance {
    /// A blind: OPEN, CLOSE and STOP, or how far open it is in percent.
    static let blind = Appliance(
        "bedroom_blind", .blind, takes: ["state": .words(["OPEN", "CLOSE", "STOP"]), "position": .numbers(0...100)],
        begins: [("position", 80), ("state", "OPEN")])

    /// The valve of a radiator.
    static let radiator = Appliance(
        "bathroom_radiator", .radiator, battery: 62,
        takes: [
            "occupied_heating_setpoint": .numbers(5...30), "system_mode": .words(["off", "heat", "auto"]),
            "child_lock": .words(["LOCK", "UNLOCK"]),
        ],
        begins: [
            ("occupied_heating_setpoint", 22), ("system_mode", "heat"), ("child_lock", "UNLOCK"),
            ("local_temperature", 21), ("running_state", "idle"), ("pi_heating_demand", 0),
        ]
    ) { fields, world in
        let warmth = world.temperature(in: .bathroom).rounded(decimals: 1)
        let isOff = fields["system_mode"]?.string == "off"
        let missing = isOff ? 0 : (fields["occupied_heating_setpoint"]?.number ?? 20) - warmth
        fields["local_temperature"] = .number(warmth)
        fields["running_state"] = missing > 0.2 ? "heat" : "idle"
        fields["pi_heating_demand"] = .number(min(100, max(0, (missing * 40).rounded())))
    }

    static let colourLamp = Appliance(
        "bedside_lamp", .colourLamp,
        takes: [
            "state": .words(["ON", "OFF"]), "brightness": .numbers(0...254), "color_temp": .numbers(153...500),
            "color": .colour,
        ],
        begins: [
            ("state", "OFF"), ("brightness", 90), ("color_temp", 370), ("color", ["hue": 32, "saturation": 70]),
        ])

    static let lock = Appliance(
        "front_door_lock", .lock, battery: 81, takes: ["state": .words(["LOCK", "UNLOCK"])],
        begins: [("state", "LOCK")]
    ) { fields, _ in
        fields["lock_state"] = fields["state"]?.string == "UNLOCK" ? "unlocked" : "locked"
    }

    /// Its battery is nearly empty, so that there is something to be done.
    static let leak = Appliance(
        "bathroom_leak", .leak, battery: 8, begins: [("water_leak", false), ("battery_low", true)])
}
