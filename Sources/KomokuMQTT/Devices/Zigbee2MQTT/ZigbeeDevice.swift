internal import Komoku
internal import KomokuHub

/// A device or group of one zigbee2mqtt, as its source knows it. Belongs to the Inbox's thread.
final class ZigbeeDevice {
    let id: DeviceID
    let isGroup: Bool
    /// The friendly name: the topic below the base.
    var name = ""
    /// Of its entry in `bridge/devices`; unchanged entries are not read again.
    var hash = 0
    var common = ZigbeeModel()
    var manufacturer: String?
    var model: String?
    /// It sends nothing.
    var isDisabled = false
    /// As it was last told to the hub, and what its commands were made of.
    var description: DeviceDescription?
    var describedFeatures: [ZigbeeFeature] = []
    var describedName = ""
    let known = ZigbeeKnownValues()
    /// `last_seen` is zigbee2mqtt's own clock; it stands in every message where the option is on.
    let guardian = MessageGuard(path: "last_seen", .time)

    init(id: DeviceID, isGroup: Bool = false) {
        self.id = id
        self.isGroup = isGroup
    }

    var features: [ZigbeeFeature] { common.features }

    /// zigbee2mqtt publishes nothing for such a name, and no command can reach it.
    var hasTopic: Bool {
        !name.utf8.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") || $0 == 0 }
    }
}

extension ZigbeeDevice {
    /// What a device is without an availability of its own: there, for so long after each message. Sleepy ones report at
    /// least daily.
    static let patience = Duration.seconds(25 * 3600)

    func described(base: String, online: PropertyDescription?, via: DeviceID?) -> DeviceDescription {
        var text = name
        while text.utf8.count > ZigbeeExposes.maximumName { text.removeLast() }
        var device = DeviceDescription(id: id, source: "zigbee2mqtt", name: text.isEmpty ? id.text : text)
        device.manufacturer = manufacturer
        device.model = model
        device.via = via
        device.unsupported = common.unsupported
        device.properties = common.properties(online)
        if !hasTopic {
            let reason = "zigbee2mqtt publishes nothing under a name with '+' or '#': give it another one"
            device.unsupported.append(.init(what: text, reason: reason))
            for index in device.properties.indices { device.properties[index].isWritable = false }
        }
        return device
    }

    func commands(base: String) -> [String: DeviceCommand] {
        guard hasTopic else { return [:] }
        let topic = "\(base)/\(name)/set"
        var commands: [String: DeviceCommand] = [:]
        for feature in features {
            commands[feature.path] = feature.command(topic, known)
        }
        return commands
    }
}
