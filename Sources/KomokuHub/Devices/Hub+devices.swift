internal import Komoku
internal import KomokuStore
internal import Logging

extension Hub {
    /// Takes over what sources say about devices, in order.
    ///
    /// What follows for the names of keys depends on all updates together, never on their order.
    package func apply(_ updates: [DeviceUpdate]) {
        readClocks()
        if !updates.isEmpty { settling.heard(at: reading.tick) }
        var news: [DeviceID: DeviceUpdates] = [:]
        for update in updates {
            switch update {
            case .described(let description):
                if news[description.id] == nil, catalogue.isKnown(description) { continue }
                news[description.id] = DeviceUpdates(description: description, isPresent: true)
            case .removed(let id):
                if news[id] == nil, catalogue.devices[id]?.isPresent != true { continue }
                news[id, default: DeviceUpdates()].isPresent = false
            case .remembered(let topic, let payload):
                batch.discoveries.append(DiscoveryWrite(topic: topic, payload: payload))
            }
        }
        guard !news.isEmpty else { return }
        takeOver(news)
        finishHandling()
    }

    private struct DeviceUpdates {
        /// The newest one; nil where there was none.
        var description: DeviceDescription?
        var isPresent = false
    }

    private func takeOver(_ news: [DeviceID: DeviceUpdates]) {
        var changed: Set<DeviceID> = []
        for (id, update) in news.sorted(by: { $0.key < $1.key }) {
            if let description = update.description.map(bounded), admits(description), let base = base(of: description)
            {
                for property in catalogue.describe(description, base) { detach(PropertyID(id, property.name)) }
            }
            if catalogue.devices[id] != nil { changed.insert(id) }
        }
        changed.formUnion(assignParts())
        _ = assignKeys(catalogue.inNamingOrder(changed))
        for (id, update) in news.sorted(by: { $0.key < $1.key }) where !update.isPresent { leave(id) }
        for id in changed { keep(id) }
    }

    private func bounded(_ description: DeviceDescription) -> DeviceDescription {
        var known: Set<PropertyID> = []
        let limit = Configuration.maximumPropertiesOfDevice
        let properties = description.properties.filter { known.insert(PropertyID(description.id, $0.name)).inserted }
        // As a rule nothing is left out, and the description stays one with what its source keeps.
        if properties.count == description.properties.count, properties.count <= limit { return description }
        var bounded = description
        bounded.properties = Array(properties.prefix(limit))
        return bounded
    }

    private func admits(_ description: DeviceDescription) -> Bool {
        let known = catalogue.devices[description.id]
        let devices = catalogue.devices.count + (known == nil ? 1 : 0)
        let properties =
            catalogue.keys.count + description.properties.count - (known?.description.properties.count ?? 0)
        if devices <= configuration.maximumDevices, properties <= configuration.maximumProperties { return true }
        tellFull("a device is left out: there are too many devices or properties", description.id)
        return false
    }

    func tellFull(_ phrase: Logger.Message, _ id: DeviceID) {
        guard !catalogue.hasToldFull else { return }
        catalogue.hasToldFull = true
        logger.error(
            phrase,
            metadata: [
                "device.id": "\(id.shown)", "devices": "\(catalogue.devices.count)",
                "properties": "\(catalogue.keys.count)", "devices.limit": "\(configuration.maximumDevices)",
                "properties.limit": "\(configuration.maximumProperties)", "keys.limit": "\(configuration.maximumKeys)",
            ])
    }

    /// Devices whose source is switched off have left: nobody hears them. They stay until they are forgotten.
    func leaveSwitchedOff() {
        guard let sources = configuration.deviceSources else { return }
        let silent = catalogue.devices.filter { $0.value.isPresent && !sources.contains($0.value.description.source) }
        for id in silent.keys.sorted() {
            leave(id)
            keep(id)
        }
        guard !silent.isEmpty else { return }
        logger.notice("devices are switched off in the configuration", metadata: ["devices": "\(silent.count)"])
        finishHandling()
    }

    /// The source said that a device is gone, or is switched off itself.
    private func leave(_ id: DeviceID) {
        guard catalogue.devices[id]?.isPresent == true else { return }
        catalogue.leave(id, lastSeen: lastSeen(of: id))
        guard let index = index(of: PropertyID(id, PropertyDescription.online.name)), table[index].type.isBoolean,
            table[index].last?.value == .boolean(true)
        else { return }
        accept(.boolean(false), at: nil, of: index, provenance: .derived, cause: .expiry)
    }

    /// The key of a property that its device has; nil where there is none such. A key that was deleted is made again.
    func index(of property: PropertyID) -> Int? {
        guard let key = catalogue.keys[property], !key.isGone else { return nil }
        if let index = living(key) { return index }
        if assignKeys([property.device]).contains(property.device) { keep(property.device) }
        return catalogue.keys[property].flatMap(living)
    }

    /// The key of a property; nil where its device has none such.
    package func key(of property: PropertyID) -> KeyInfo? {
        guard let key = catalogue.keys[property], !key.isGone, let index = living(key) else { return nil }
        return self.key(table[index].name)
    }

    /// The index of a property's key; nil where it was deleted, or could not be made.
    func living(_ key: PropertyKey) -> Int? {
        guard let index = key.id?.index, table.indices.contains(index), !table[index].isRetired else { return nil }
        return index
    }

    /// Takes a device out of the catalogue. Its keys and their history stay until they are deleted.
    ///
    /// - Throws: a sentence, where there is none such or it is still present.
    package func forget(_ id: DeviceID) throws(CommandRefusal) {
        guard let device = catalogue.devices[id] else { throw CommandRefusal("there is no device '\(id.shown)'") }
        if device.isPresent {
            throw CommandRefusal(
                "'\(device.description.name)' is still there: remove it at \(device.description.source) first")
        }
        for property in device.description.properties { detach(PropertyID(id, property.name)) }
        _ = catalogue.remove(id)
        table.namesChanged()
        batch.devices.append(DeviceWrite(id: id.text, data: nil))
    }

    /// The discovery messages that were remembered, in the order of their topics: those that are in the database.
    package func takeDiscoveries() -> [(topic: String, payload: [UInt8])] {
        do {
            return try store.discoveries().map { ($0.topic, $0.payload ?? []) }
        } catch {
            logger.error("discovery messages cannot be read", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Writes a device with the next batch.
    func keep(_ id: DeviceID) {
        guard let device = catalogue.devices[id] else { return }
        batch.devices.append(DeviceWrite(id: id.text, data: device.json(catalogue.keys)))
    }
}

extension DeviceID {
    /// For a line of the log.
    var shown: String { String(text.prefix(80)) }
}
