import Glibc
import Komoku

/// What all Zigbee devices behind zigbee2mqtt share: the topic, the radio, the battery.
struct ZigbeeNode: Sendable {
    let name: String
    private let model: ZigbeeModel
    /// Percent; nil is mains.
    private var battery: Double?
    private var linkQuality: Double

    init(_ name: String, _ model: ZigbeeModel, battery: Double? = nil, linkQuality: Double = 110) {
        self.name = name
        self.model = model
        self.battery = battery
        self.linkQuality = linkQuality
    }

    var topic: String { "zigbee2mqtt/\(name)" }

    func entry(address: Int) -> JSON { model.entry(name: name, address: address) }

    /// zigbee2mqtt keeps availability at the broker, states not.
    var announcement: Message { Message(topic + "/availability", ["state": "online"], isRetained: true) }

    /// A state message: its own fields and those of radio and battery, sorted by name as zigbee2mqtt sorts them.
    mutating func report(_ fields: [(String, JSON)], random: inout SeededGenerator) -> Message {
        linkQuality = min(255, max(20, linkQuality + random.number(in: -8...8)))
        var fields = fields + [("linkquality", .number(linkQuality.rounded()))]
        if let charge = battery {
            battery = max(5, charge - 0.0005)
            fields.append(("battery", .number(charge.rounded())))
            // Millivolts of a CR2032 between empty and full.
            fields.append(("voltage", .number((2_500 + charge * 5.5).rounded())))
        }
        fields.sort { $0.0 < $1.0 }
        return Message(topic, .object(fields.map { JSON.Member($0.0, $0.1) }))
    }
}

extension Double {
    /// Rounded to so many decimals, as a device sends it.
    func rounded(decimals: Int) -> Double {
        let scale = pow(10, Double(decimals))
        return (self * scale).rounded() / scale
    }
}
