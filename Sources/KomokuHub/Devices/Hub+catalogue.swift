internal import Komoku
internal import KomokuStore
internal import Logging

extension Hub {
    /// Every device of the catalogue, by name.
    package func devices() -> [DeviceInfo] { devices(after: nil, limit: .max) }

    /// The first `limit` devices behind one, in the order of `devices()`.
    package func devices(after: (name: String, id: DeviceID)?, limit: Int) -> [DeviceInfo] {
        let order = catalogue.inOrder()
        let after = after.map { OrderedDevice(name: $0.name, id: $0.id) }
        let start = after.map { after in order.partitioningIndex { after < $0 } } ?? 0
        return order[start...].prefix(max(0, limit)).compactMap { catalogue.devices[$0.id].map(info) }
    }

    /// A device by its id, its name or the first part of its keys; nil where there is none, or more than one.
    package func device(_ text: String) -> DeviceInfo? {
        if let device = catalogue.devices[DeviceID(text)] { return info(device) }
        let named = catalogue.devices.values.filter { $0.description.name.utf8.elementsEqual(text.utf8) }
        if !named.isEmpty { return named.count == 1 ? info(named[0]) : nil }
        let called = catalogue.devices.values.filter { $0.part.text.utf8.elementsEqual(text.utf8) }
        return called.count == 1 ? info(called[0]) : nil
    }

    private func info(_ device: CatalogueDevice) -> DeviceInfo {
        let (description, id) = (device.description, device.description.id)
        let properties =
            description.properties.compactMap { info($0, of: id) } + device.gone.compactMap { info($0, of: id) }
        return DeviceInfo(
            id: id, name: description.name, manufacturer: description.manufacturer, model: description.model,
            source: description.source, via: description.via, sleeps: description.sleeps, isPresent: device.isPresent,
            isOnline: isOnline(id), lastSeen: device.isPresent ? lastSeen(of: id) : device.lastSeen,
            properties: properties, unsupported: description.unsupported)
    }

    private func info(_ description: PropertyDescription, of id: DeviceID) -> PropertyInfo? {
        guard let key = catalogue.keys[PropertyID(id, description.name)] else { return nil }
        var description = description
        // Nobody would hear a put.
        if key.isGone { description.isWritable = false }
        guard let index = living(key) else {
            return PropertyInfo(
                description: description, key: key.given, type: description.type, last: nil, isStale: false,
                isPresent: !key.isGone, command: nil)
        }
        let state = table[index]
        description.unit = state.settings.effective.unit
        return PropertyInfo(
            description: description, key: state.name, type: state.type, last: state.last, isStale: state.isStale,
            isPresent: !key.isGone, command: state.command)
    }

    func isOnline(_ id: DeviceID) -> Bool? {
        guard let key = catalogue.keys[PropertyID(id, PropertyDescription.online.name)], !key.isGone,
            let index = living(key), case .boolean(let value) = table[index].last?.value
        else { return nil }
        return value
    }

    /// The newest time of what its properties said; nil is never.
    func lastSeen(of id: DeviceID) -> Timestamp? {
        guard let device = catalogue.devices[id] else { return nil }
        let times = device.description.properties.lazy.compactMap { property -> Timestamp? in
            guard let key = self.catalogue.keys[PropertyID(id, property.name)], let index = self.living(key) else {
                return nil
            }
            return self.table[index].heard
        }
        return ([device.lastSeen].compactMap(\.self) + times).max()
    }

    /// Takes over the devices of the database, and what the configuration calls them now.
    func restoreDevices() {
        var stored: [DeviceWrite] = []
        do throws(Store.Error) {
            stored = try store.devices { [logger] id in Self.tellUnread(id, logger) }
        } catch {
            logger.error("devices cannot be read", metadata: ["error": "\(error)"])
        }
        for row in stored {
            let id = DeviceID(row.id)
            guard let data = row.data, let (device, keys) = CatalogueDevice.read(data, id: id) else {
                Self.tellUnread(row.id, logger)
                continue
            }
            catalogue.restore(device, keys.map { ($0, sharingNames(of: $1)) })
            attach(id)
            for property in device.gone { refreshSettings(of: PropertyID(id, property.name)) }
        }
        renameDevices()
    }

    /// A key's name is one in memory, however often it was read.
    private func sharingNames(of key: PropertyKey) -> PropertyKey {
        var key = key
        if key.given == key.wanted { key.given = key.wanted }
        guard let index = living(key) else { return key }
        let name = table[index].name
        if key.wanted == name { key.wanted = name }
        if key.given == name { key.given = name }
        return key
    }

    private static func tellUnread(_ id: String, _ logger: Logger) {
        logger.error("a device cannot be read", metadata: ["device.id": "\(id.prefix(80))"])
    }

    /// Gives all devices and their keys the names that the configuration has for them.
    func renameDevices() {
        for (id, device) in catalogue.devices {
            if let base = base(of: device.description) { catalogue.rename(id, base) }
        }
        let moved = assignParts()
        for id in assignKeys(catalogue.devices.keys.sorted()).union(moved) { keep(id) }
    }
}
