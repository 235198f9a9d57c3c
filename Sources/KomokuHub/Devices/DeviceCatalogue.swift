internal import Komoku
internal import KomokuStore

/// The devices that the hub knows, the first parts of their keys, and which key each of their properties is.
struct DeviceCatalogue {
    private(set) var devices: [DeviceID: CatalogueDevice] = [:]
    /// Those of properties that are gone too.
    private(set) var keys: [PropertyID: PropertyKey] = [:]
    /// The keys that are properties, also of those that are gone.
    private(set) var owned: Set<KeyID> = []
    /// What properties were that are gone, by key.
    private(set) var gone: [KeyID: PropertyDescription] = [:]
    /// Whose the first parts of keys are.
    private var parts: [KeyName: [DeviceID]] = [:]
    private var waiting: Set<DeviceID> = []
    /// Devices whose part has to be found.
    private var renamed: Set<DeviceID> = []
    private var new: Set<DeviceID> = []
    /// The deleted keys of properties, by the names that they had: a put makes them again.
    private var lost: [KeyName: PropertyID] = [:]
    /// By name; nil until somebody asks after a name has come or gone.
    private var order: [OrderedDevice]?
    /// Whether somebody was told that there are too many devices, or keys of devices.
    var hasToldFull = false

    /// Whether a device is described as it was; the catalogue then shares the description's memory with who gave it.
    mutating func isKnown(_ description: DeviceDescription) -> Bool {
        guard let device = devices[description.id], device.isPresent, device.description == description else {
            return false
        }
        devices[description.id]?.description = description
        device.shared?.list = description.properties
        return true
    }

    /// Says which object the keys of a device share.
    mutating func share(_ properties: DeviceProperties) {
        devices[properties.device]?.shared = properties
    }

    func isOwned(_ key: KeyID) -> Bool { owned.contains(key) }

    // MARK: Devices

    /// Takes over a description. The device has its part after `assignParts`.
    ///
    /// - Returns: the properties that the device had and has no more.
    mutating func describe(_ description: DeviceDescription, _ base: CatalogueDevice.Base) -> [PropertyDescription] {
        let id = description.id
        guard var device = devices[id] else {
            devices[id] = CatalogueDevice(description: description, base: base, part: base.name)
            new.insert(id)
            order = nil
            return []
        }
        if !device.description.name.utf8.elementsEqual(description.name.utf8) { order = nil }
        let names = Set(description.properties.map { PropertyID(id, $0.name) })
        let gone = device.description.properties.filter { !names.contains(PropertyID(id, $0.name)) }
        device.gone = device.gone.filter { !names.contains(PropertyID(id, $0.name)) } + gone
        while device.gone.count > Self.maximumGone { drop(device.gone.removeFirst(), of: id) }
        for property in gone { mark(property, of: id, isGone: true) }
        for property in description.properties { mark(property, of: id, isGone: false) }
        device.description = description
        device.isPresent = true
        devices[id] = device
        rename(id, base)
        return gone
    }

    /// What a device had and has no more is bounded: of so many the oldest are no longer its own.
    private static let maximumGone = Hub.Configuration.maximumPropertiesOfDevice

    private mutating func drop(_ description: PropertyDescription, of id: DeviceID) {
        guard let key = keys.removeValue(forKey: PropertyID(id, description.name))?.id else { return }
        owned.remove(key)
        gone[key] = nil
    }

    private mutating func mark(_ description: PropertyDescription, of id: DeviceID, isGone: Bool) {
        let property = PropertyID(id, description.name)
        keys[property]?.isGone = isGone
        if let key = keys[property]?.id { gone[key] = isGone ? description : nil }
    }

    /// Asks for another first part.
    mutating func rename(_ id: DeviceID, _ base: CatalogueDevice.Base) {
        guard let device = devices[id], device.base != base else { return }
        release(device.part, id)
        devices[id]?.base = base
        renamed.insert(id)
    }

    mutating func leave(_ id: DeviceID, lastSeen: Timestamp?) {
        devices[id]?.isPresent = false
        devices[id]?.lastSeen = lastSeen
    }

    /// - Returns: what its properties were.
    mutating func remove(_ id: DeviceID) -> [PropertyKey] {
        guard let device = devices.removeValue(forKey: id) else { return [] }
        release(device.part, id)
        waiting.remove(id)
        order = nil
        let properties = device.description.properties + device.gone
        let removed = properties.compactMap { keys.removeValue(forKey: PropertyID(id, $0.name)) }
        for key in removed.compactMap(\.id) {
            owned.remove(key)
            gone[key] = nil
        }
        return removed
    }

    /// A property is its device's no more, because another device's took over its key.
    mutating func giveUp(_ property: PropertyID) {
        if let key = keys.removeValue(forKey: property)?.id {
            owned.remove(key)
            gone[key] = nil
        }
        let isIt = { (description: PropertyDescription) in description.name.utf8.elementsEqual(property.name.utf8) }
        devices[property.device]?.description.properties.removeAll(where: isIt)
        devices[property.device]?.gone.removeAll(where: isIt)
    }

    // MARK: Parts

    /// The devices that were renamed or wait for another name.
    var unsettled: Set<DeviceID> { renamed.union(waiting) }

    /// Finds the first part of keys for the devices that need one: who waits for it, then who was renamed, then who is new,
    /// each by id.
    ///
    /// - Returns: the devices that have another one than before.
    mutating func assignParts() -> Set<DeviceID> {
        guard !renamed.isEmpty || !new.isEmpty else { return [] }
        // One that waited takes the part that is free now, and leaves another one, for which somebody may wait.
        var moved: Set<DeviceID> = []
        while let id = waiting.subtracting(renamed).sorted().first(where: isFree) {
            guard let device = devices[id] else { break }
            release(device.part, id)
            assign(id, mayWait: true)
            moved.insert(id)
        }
        for id in renamed.sorted() { assign(id, mayWait: true) }
        for id in new.sorted() { assign(id, mayWait: false) }
        moved.formUnion(renamed.union(new))
        (renamed, new) = ([], [])
        return moved
    }

    private func isFree(_ id: DeviceID) -> Bool { devices[id].map { parts[$0.base.name] == nil } ?? false }

    private mutating func assign(_ id: DeviceID, mayWait: Bool) {
        guard let base = devices[id]?.base else { return }
        let part = base.isConfigured ? base.name : part(for: base.name, of: id)
        let isWaiting = mayWait && part != base.name
        devices[id]?.part = part
        devices[id]?.isWaiting = isWaiting
        if isWaiting { waiting.insert(id) } else { waiting.remove(id) }
        parts[part, default: []].append(id)
    }

    private func part(for base: KeyName, of id: DeviceID) -> KeyName {
        if parts[base] == nil { return base }
        let limit = DeviceNames.maximumPart
        let tails = Slug.tails(of: id)
        for tail in tails {
            let part = Slug.suffixed(base, tail, within: limit)
            if parts[part] == nil { return part }
        }
        var last = tails.last.map { Slug.suffixed(base, $0, within: limit) } ?? base
        for number in 2... {
            // Where ids end alike, or in nothing that a name may hold, thousands would count up to each other.
            if number == Self.maximumNumber { last = Slug.suffixed(last, Slug.hash(id.text), within: limit) }
            let part = Slug.suffixed(last, "\(number)", within: limit)
            if parts[part] == nil { return part }
        }
        return last
    }

    private static let maximumNumber = 10

    private mutating func release(_ part: KeyName, _ id: DeviceID) {
        guard var holders = parts[part] else { return }
        holders.removeAll { $0 == id }
        parts[part] = holders.isEmpty ? nil : holders
    }

    // MARK: Order

    /// The devices by name, then by id.
    mutating func inOrder() -> [OrderedDevice] {
        if let order { return order }
        let sorted = devices.values.map { OrderedDevice(name: $0.description.name, id: $0.description.id) }.sorted()
        order = sorted
        return sorted
    }

    // MARK: Keys

    /// The key of a property was deleted.
    mutating func lose(_ name: KeyName, _ property: PropertyID) {
        if keys[property] != nil { lost[name] = property }
    }

    /// The property whose key had a name when it was deleted; asked once.
    mutating func find(_ name: KeyName) -> PropertyID? { lost.isEmpty ? nil : lost.removeValue(forKey: name) }

    /// Says which key a property is.
    mutating func set(_ key: PropertyKey, of property: PropertyID) {
        if let before = keys[property]?.id, before != key.id {
            owned.remove(before)
            gone[before] = nil
        }
        if let id = key.id { owned.insert(id) }
        keys[property] = key
    }

    /// Takes over a device from the database.
    mutating func restore(_ device: CatalogueDevice, _ keys: [(PropertyID, PropertyKey)]) {
        let id = device.description.id
        devices[id] = device
        order = nil
        parts[device.part, default: []].append(id)
        if device.isWaiting { waiting.insert(id) }
        for (property, key) in keys {
            var key = key
            // Two of a damaged file must not share one.
            if let id = key.id, owned.contains(id) { key.id = nil }
            set(key, of: property)
        }
        for property in device.gone { mark(property, of: id, isGone: true) }
    }

    /// The devices, those that have keys already first, then by id: who comes first has the choice of names.
    func inNamingOrder(_ ids: Set<DeviceID>) -> [DeviceID] {
        let new = ids.filter { id in
            guard let device = devices[id] else { return true }
            return device.gone.isEmpty
                && !device.description.properties.contains { keys[PropertyID(id, $0.name)] != nil }
        }
        return ids.subtracting(new).sorted() + new.sorted()
    }
}
