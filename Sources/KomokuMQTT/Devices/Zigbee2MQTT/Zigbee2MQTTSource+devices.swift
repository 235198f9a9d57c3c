internal import Komoku
internal import KomokuHub

/// `bridge/devices`: all devices, complete each time.
extension Zigbee2MQTTSource {
    /// The most devices of one bridge.
    static let maximumDevices = 4096

    /// A broker drops what is larger than the hub takes, and nobody hears of it: a bridge that speaks and has no list.
    func passed(to time: Timestamp, isSettled: Bool, _ news: inout DeviceNews) {
        guard isSettled, hasSpoken, !hasListed else { return }
        guard let since = listMissing, since <= time else { return listMissing = time }
        guard time - since >= Self.patience else { return }
        // Once is enough.
        hasListed = true
        news.complain(
            of: "\(base)/bridge/devices",
            "the bridge speaks, but its list of devices has not come: it may be larger than 'mqtt.max_message' allows; "
                + "raise that, or restart the bridge")
    }

    private static let patience = Duration.seconds(10)

    func takeDevices(_ message: DeviceMessage, _ news: inout DeviceNews) {
        if !message.isRestored { hasListed = true }
        if message.payload.isEmpty { return }
        guard isNew(message) else { return }
        describeBridge(&news)
        do throws(JSON.Invalid) {
            var scanner = FieldScanner(paths: [], takesNoNumbers: false, gathersItems: true)
            try scanner.scan(message.payload)
            guard let items = scanner.items else { return news.refuse("the list of devices is no array") }
            takeDevices(items, message, &news)
        } catch {
            hashes[message.topic] = nil
            news.refuse("the list of devices is not JSON (\(error.reason) at byte \(error.offset)): the last one stays")
        }
    }

    private func takeDevices(_ items: [Range<Int>], _ message: DeviceMessage, _ news: inout DeviceNews) {
        // A bridge that has just started may not know its devices yet: they are gone once it says so while it is online.
        // The coordinator is always in the list of one that does.
        isEmptyListWaiting = items.isEmpty && isBridgeOnline != true
        if isEmptyListWaiting { return }
        var entries: [ZigbeeEntry] = []
        var isComplete = items.count <= Self.maximumDevices
        if !isComplete {
            news.leaveOut(devices: items.count - Self.maximumDevices)
            news.refuse("more than \(Self.maximumDevices) devices: the rest is left out")
        }
        var scanner = ZigbeeEntry.scanner
        for item in items.prefix(Self.maximumDevices) {
            let bytes = UnsafeBufferPointer(rebasing: message.payload[item])
            if let entry = ZigbeeEntry(bytes, &scanner) {
                entries.append(entry)
            } else {
                isComplete = false
                news.refuse("a device that is no object, or has no 'ieee_address': nothing is taken for gone")
            }
        }
        remember(message, as: hashes[message.topic] ?? 0, &news)
        apply(entries, isComplete: isComplete, &news)
    }

    /// - Parameter isComplete: whoever is not among the entries is gone.
    func apply(_ entries: [ZigbeeEntry], isComplete: Bool, _ news: inout DeviceNews) {
        isEmptyListWaiting = false
        hasDevices = true
        var present: Set<DeviceID> = []
        var changed: [ZigbeeDevice] = []
        for entry in entries {
            guard present.insert(entry.address).inserted else {
                news.refuse("the device '\(entry.address)' is there twice: the first one counts")
                continue
            }
            if entry.isCoordinator { continue }
            let device = devices[entry.address] ?? ZigbeeDevice(id: entry.address)
            if devices[entry.address] != nil, device.hash == entry.hash { continue }
            devices[entry.address] = device
            forgetName(of: device)
            let wasDisabled = device.isDisabled
            entry.fill(device, &models)
            if wasDisabled != device.isDisabled { news.topicsChanged() }
            changed.append(device)
        }
        if isComplete {
            for device in devices.values where !present.contains(device.id) { remove(device, &news) }
        }
        forgetModels()
        // Names can be swapped, so all are known before any device is described.
        for device in changed { byName[Array(device.name.utf8)] = device }
        if !changed.isEmpty || !news.updates.isEmpty { giveNamesBack() }
        for device in changed {
            describe(device, &news)
            observeOnline(device, &news)
        }
        if !changed.isEmpty || !news.updates.isEmpty { makeGroups(&news) }
    }

    /// Nobody is of them any more.
    private func forgetModels() {
        for key in Array(models.keys) {
            if isKnownUniquelyReferenced(&models[key]) { models[key] = nil }
        }
    }

    /// Two devices may have had one name for a while: the one that keeps it has it to itself again.
    private func giveNamesBack() {
        for (_, device) in devices.sorted(by: { $0.key < $1.key }) {
            let name = Array(device.name.utf8)
            if byName[name].map(\.isGroup) ?? true { byName[name] = device }
        }
    }
}
