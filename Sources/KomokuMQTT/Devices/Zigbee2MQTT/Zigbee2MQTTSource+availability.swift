internal import Komoku
internal import KomokuHub

/// Who is there: the bridge, and each device behind it.
extension Zigbee2MQTTSource {
    func takeState(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if message.payload.isEmpty { return }
        guard let isOnline = ZigbeeAvailability.word(message) else {
            return news.refuse("the bridge's state is neither 'online' nor 'offline'")
        }
        describeBridge(&news)
        isBridgeOnline = isOnline
        news.observe(PropertyID(bridge, "online"), .boolean(isOnline))
        if isOnline, isEmptyListWaiting { apply([], isComplete: true, &news) }
        for device in all { observeOnline(device, &news) }
    }

    func takeAvailability(_ message: DeviceMessage, _ rest: Substring.UTF8View, _ news: inout DeviceNews) {
        guard rest.count > Self.availability.count,
            rest.suffix(Self.availability.count).elementsEqual(Self.availability)
        else { return }
        let name = Array(rest.dropLast(Self.availability.count))
        let isOnline = message.payload.isEmpty ? nil : ZigbeeAvailability.word(message)
        if isOnline == nil, !message.payload.isEmpty {
            return news.refuse("an availability is neither 'online' nor 'offline'")
        }
        availability.set(isOnline, name)
        guard isOnline != nil, let device = byName[name] else { return }
        // The first one tells that the device has an availability of its own.
        describe(device, &news)
        observeOnline(device, &news)
    }

    static let availability = Array("/availability".utf8)

    /// Devices in the order of their addresses, then groups.
    var all: [ZigbeeDevice] {
        devices.sorted { $0.key < $1.key }.map(\.value) + groups.sorted { $0.key < $1.key }.map(\.value)
    }

    /// A device is there if the bridge is and its own availability says so. Without one each message says so.
    func observeOnline(_ device: ZigbeeDevice, _ news: inout DeviceNews) {
        guard device.description?.properties.first == online(device), online(device) != nil else { return }
        let own = device.isDisabled ? false : availability[device.name]
        guard let isOnline = isBridgeOnline == false ? false : own else { return }
        news.observe(PropertyID(device.id, "online"), .boolean(isOnline))
    }

    /// The device's `online`; nil for a group that never said so.
    func online(_ device: ZigbeeDevice) -> PropertyDescription? {
        if availability[device.name] != nil { return .online }
        if device.isGroup { return nil }
        var online = PropertyDescription.online
        if facts.hasAvailability == false, !device.isDisabled { online.maxTime = ZigbeeDevice.patience }
        return online
    }

    /// Tells the hub what a device is like, where that is not what it was told before.
    func describe(_ device: ZigbeeDevice, _ news: inout DeviceNews) {
        let description = device.described(base: base, online: online(device), via: via)
        // Two names may be one text and still be two topics.
        let hasSameName = device.describedName.utf8.elementsEqual(device.name.utf8)
        if hasSameName, description == device.description, device.features == device.describedFeatures { return }
        device.description = description
        device.describedFeatures = device.features
        device.describedName = device.name
        news.describe(description, commands: device.commands(base: base))
        // Groups are known by a number behind the last colon.
        let id = device.isGroup ? device.id.text.split(separator: ":").last.map(String.init) : device.id.text
        if let id { news.offer(care(for: id, isGroup: device.isGroup), for: device.id) }
    }
}
