internal import Komoku
internal import KomokuHub

/// The bridge itself: a device of its own.
extension Zigbee2MQTTSource {
    func describeBridge(_ news: inout DeviceNews) {
        if isBridgeDescribed { return }
        isBridgeDescribed = true
        var device = DeviceDescription(id: bridge, source: name, name: "\(base) bridge")
        device.manufacturer = "Zigbee2MQTT"
        device.model = "bridge"
        var permitJoin = PropertyDescription("permit_join", .boolean)
        permitJoin.isWritable = true
        permitJoin.category = .config
        var version = PropertyDescription("version", .string)
        version.category = .diagnostic
        var restart = PropertyDescription("restart_required", .boolean)
        restart.category = .diagnostic
        device.properties = [.online, version, permitJoin, restart]
        news.describe(device, commands: ["permit_join": permitJoinCommand])
    }

    /// Joining is open for 254 s, the longest that Zigbee knows.
    private var permitJoinCommand: DeviceCommand {
        DeviceCommand(topic: "\(base)/bridge/request/permit_join") { value in
            guard let isOpen = value.boolean else { return nil }
            return JSON.object([JSON.Member("time", .number(isOpen ? 254 : 0))]).bytes
        }
    }

    func bindInfo(_ topic: inout DeviceTopic) {
        topic.bind("version", to: PropertyID(bridge, "version"), .text())
        topic.bind("permit_join", to: PropertyID(bridge, "permit_join"), .boolean(on: ["true"], off: ["false"]))
        topic.bind(
            "restart_required", to: PropertyID(bridge, "restart_required"), .boolean(on: ["true"], off: ["false"]))
    }

    func takeInfo(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return }
        describeBridge(&news)
        guard isNew(message) else { return }
        // What is no JSON is refused by the plan, which reads the version and more.
        guard let info = try? message.json(), info.object != nil else { return }
        let facts = ZigbeeBridgeFacts(info)
        // Much of the message changes often and need not be kept.
        remember(message, as: facts.hashValue, &news)
        guard facts != self.facts else { return }
        self.facts = facts
        news.topicsChanged()
        for device in all { describe(device, &news) }
    }

    func takeEvent(_ message: DeviceMessage, _ news: inout DeviceNews) {
        guard !message.isRetained, !message.payload.isEmpty else { return }
        guard let event = try? message.json() else { return news.refuse("the bridge's event is not JSON") }
        guard let address = event["data"]?["ieee_address"]?.string else { return }
        let device = devices[DeviceID(address)]
        if event["type"]?.string == "device_joined", device == nil {
            // A list with it follows at once, unless it is too large by now.
            (hasListed, listMissing) = (false, nil)
        }
        guard event["type"]?.string == "device_leave", let device else { return }
        remove(device, &news)
        // It may come back, and the list be the same as before.
        hashes["\(base)/bridge/devices"] = nil
        makeGroups(&news)
    }

    func remove(_ device: ZigbeeDevice, _ news: inout DeviceNews) {
        devices[device.id] = nil
        forgetName(of: device)
        news.remove(device.id)
    }

    func forgetName(of device: ZigbeeDevice) {
        let name = Array(device.name.utf8)
        if byName[name] === device { byName[name] = nil }
    }
}
