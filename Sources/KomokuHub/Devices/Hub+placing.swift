internal import Komoku
internal import KomokuStore
internal import Logging

/// Which keys the properties of devices are.
extension Hub {
    /// What the first part of a device's keys should be.
    func base(of description: DeviceDescription) -> CatalogueDevice.Base? {
        if let part = configuration.deviceNames.part(of: description.id, named: description.name) {
            return CatalogueDevice.Base(name: part, isConfigured: true)
        }
        return Slug.device(description.name, description.id).map { CatalogueDevice.Base(name: $0, isConfigured: false) }
    }

    /// - Returns: the devices whose keys have another first part than before, and new ones.
    func assignParts() -> Set<DeviceID> {
        var before: [DeviceID: KeyName] = [:]
        for id in catalogue.unsettled { before[id] = catalogue.devices[id]?.part }
        let assigned = catalogue.assignParts()
        for id in assigned.sorted() {
            guard let old = before[id], let part = catalogue.devices[id]?.part, old != part else { continue }
            logger.info(
                "a device has another name, and its keys with it",
                metadata: ["device.id": "\(id.shown)", "name": "\(part)", "name.old": "\(old)"])
        }
        return assigned
    }

    private func wantedName(_ part: KeyName, _ property: String) -> KeyName? {
        guard let key = Slug.key(part, property) else { return nil }
        return configuration.deviceNames.name(insteadOf: key) ?? key
    }

    /// Gives each property of devices its key, and each key its name: those that exist move first, then new ones are made.
    ///
    /// - Parameter ids: who comes first has its choice.
    /// - Returns: the devices of which a property has another key, or its key another name.
    func place(_ ids: [DeviceID]) -> Set<DeviceID> {
        var placing = Placing(
            naming: KeyNaming { [self] name in
                index(of: name).map { index in
                    let (id, type) = (table[index].id, table[index].type)
                    return KeyNaming.Holder(id: id, type: type, isOwned: catalogue.isOwned(id))
                }
            })
        for id in ids { look(at: id, &placing) }
        move(&placing)
        make(&placing)
        for id in ids { attach(id) }
        return placing.changed
    }

    private struct Placing {
        var naming: KeyNaming
        /// Keys that get another name, or of another type.
        var moving: [Place] = []
        var homeless: [Place] = []
        var changed: Set<DeviceID> = []
    }

    private struct Place {
        let property: PropertyID
        let wanted: KeyName
        let description: PropertyDescription
        var type: KeyType { description.type }
        /// The key that it has.
        var key: PropertyKey?
        /// The name of that key does not change, only its type.
        var staysNamed = false
        /// The key holds other values than the property now has.
        var changesType = false
    }

    private func look(at id: DeviceID, _ placing: inout Placing) {
        guard let device = catalogue.devices[id] else { return }
        for property in device.description.properties.inNamingOrder + device.gone {
            guard let wanted = wantedName(device.part, property.name) else { continue }
            let name = PropertyID(id, property.name)
            let key = catalogue.keys[name]
            let place = Place(property: name, wanted: wanted, description: property, key: key)
            if let key, let index = living(key) {
                look(at: place, key, index, &placing)
            } else if key?.isGone != true {
                placing.homeless.append(place)
            }
        }
    }

    private func look(at place: Place, _ key: PropertyKey, _ index: Int, _ placing: inout Placing) {
        var place = place
        let name = table[index].name
        place.changesType =
            !key.isGone && !suits(table[index].type, place.description, name) && !isDeclared(place.description, index)
        // A name that a person chose stays.
        place.staysNamed = key.wanted == place.wanted || name != key.given || name == place.wanted
        if key.wanted != place.wanted {
            var key = key
            key.wanted = place.wanted
            if name == place.wanted { key.given = name }
            place.key = key
            catalogue.set(key, of: place.property)
            placing.changed.insert(place.property.device)
        }
        if place.staysNamed { placing.naming.stay(name) }
        guard !place.staysNamed || place.changesType else { return }
        placing.naming.leave(table[index].id)
        placing.moving.append(place)
    }

    private func move(_ placing: inout Placing) {
        var moves: [(KeyID, KeyName)] = []
        var renewed: [(Place, KeyName)] = []
        var heirs: [KeyID: KeyName] = [:]
        for place in placing.moving {
            guard var key = place.key, let index = living(key) else { continue }
            let name = place.staysNamed ? table[index].name : placing.naming.name(place.wanted)
            if !place.staysNamed { key.given = name }
            var target = name
            if place.changesType {
                target = placing.naming.name(Slug.suffixed(name, "was_\(table[index].type.rawValue)"))
                tellType(place, name, target, index)
                renewed.append((place, name))
                heirs[table[index].id] = name
            }
            moves.append((table[index].id, target))
            catalogue.set(key, of: place.property)
            placing.changed.insert(place.property.device)
        }
        moveKeys(moves, heirs: heirs)
        for (place, name) in renewed { renew(place, name) }
    }

    /// Makes another key of the name for a property whose type is another one.
    private func renew(_ place: Place, _ name: KeyName) {
        guard var key = catalogue.keys[place.property] else { return }
        if let index = living(key) {
            keepUnit(at: index)
            detach(at: index)
        }
        key.id = create(place, name, type(of: name, place.description))
        catalogue.set(key, of: place.property)
        table.namesChanged()
    }

    /// The unit stays with what was measured in it.
    private func keepUnit(at index: Int) {
        guard let unit = table[index].device?.description.unit,
            let defined = try? KeyOptions([JSON.Member("unit", .string(unit))])
                .merging(table[index].settings.defined.defined)
        else { return }
        table[index].settings = settings(
            for: table[index].name, defined: defined, feeding: feeding(of: table[index].id))
        batch.keys.append(record(at: index))
    }

    private func tellType(_ place: Place, _ name: KeyName, _ old: KeyName, _ index: Int) {
        logger.warning(
            "a property has another type: its history so far has another name",
            metadata: [
                "device.id": "\(place.property.device.shown)", "key": "\(name)", "key.old": "\(old)",
                "type": "\(place.type.rawValue)", "type.old": "\(table[index].type.rawValue)",
            ])
    }

    private func make(_ placing: inout Placing) {
        for place in placing.homeless {
            let type = type(of: place.wanted, place.description)
            let (name, id) = find(place, type, &placing)
            if id == nil { tellFull("a property is left out: there are too many keys", place.property.device) }
            let key = PropertyKey(id: id, wanted: place.wanted, given: name)
            guard key != place.key else { continue }
            catalogue.set(key, of: place.property)
            placing.changed.insert(place.property.device)
        }
    }

    private func find(_ place: Place, _ type: KeyType, _ placing: inout Placing) -> (KeyName, KeyID?) {
        switch placing.naming.name(place.wanted, adopting: type) {
        case .adopted(let name, let id): (name, id)
        case .free(let name): (name, create(place, name, type))
        }
    }

    private func create(_ place: Place, _ name: KeyName, _ type: KeyType) -> KeyID? {
        let device = KeyDevice(DeviceProperties(place.property.device, [place.description]), at: 0)
        return create(name, type: type, device: device).map { table[$0].id }
    }

    /// The type of a new key: what the configuration says, where values of it can be those of the property, or where the
    /// property's own type is a guess.
    private func type(of name: KeyName, _ property: PropertyDescription) -> KeyType {
        configuration.type(of: name).flatMap { property.isGuessed || $0.isAlike(property.type) ? $0 : nil }
            ?? property.type
    }

    /// Whether a key of a type holds what the property says: by itself, or because the configuration wants it so.
    private func suits(_ held: KeyType, _ wanted: PropertyDescription, _ name: KeyName) -> Bool {
        held.isExchangeable(with: wanted.type) || held.isExchangeable(with: type(of: name, wanted))
    }

    /// Whether a person said of the key what it is, with options, so that its type is more than a guess.
    private func isDeclared(_ property: PropertyDescription, _ index: Int) -> Bool {
        property.isGuessed && !table[index].settings.defined.defined.isEmpty
    }

    /// Tells the keys of a device what they are.
    func attach(_ id: DeviceID) {
        guard let device = catalogue.devices[id] else { return }
        let properties = DeviceProperties(id, device.description.properties)
        catalogue.share(properties)
        for (place, description) in properties.list.enumerated() {
            guard let key = catalogue.keys[PropertyID(id, description.name)], let index = living(key) else { continue }
            attach(KeyDevice(properties, at: place), at: index)
        }
    }

    private func attach(_ device: KeyDevice, at index: Int) {
        let before = table[index].device
        // Also where it is equal: what it was kept in may go.
        table[index].device = device
        if let before, before.property == device.property, before.description == device.description { return }
        refreshSettings(at: index)
        guard let before, before.property == device.property, before.description.unit != device.description.unit
        else { return }
        logger.info(
            "a property has another unit",
            metadata: [
                "device.id": "\(device.property.device.shown)", "key": "\(table[index].name)",
                "unit": "\(device.description.unit ?? "")", "unit.old": "\(before.description.unit ?? "")",
            ])
    }

    /// The key of a property is a device's no more; its options are what they were made of without it.
    func detach(_ property: PropertyID) {
        table.namesChanged()
        if let index = catalogue.keys[property].flatMap(living) { detach(at: index) }
    }

    private func detach(at index: Int) {
        table[index].device = nil
        refreshSettings(at: index)
    }

    func refreshSettings(of property: PropertyID) {
        if let index = catalogue.keys[property].flatMap(living) { refreshSettings(at: index) }
    }

    /// The history of a property was merged into another key: what comes next goes there too, unless that is a property.
    func handOverProperty(_ from: KeyID, to into: KeyID) {
        if let old = replacing.removeValue(forKey: into) {
            catalogue.giveUp(old)
            keep(old.device)
        }
        guard let device = table[from.index].device, !catalogue.isOwned(into),
            var key = catalogue.keys[device.property], key.id == from
        else { return }
        key.id = into
        // A person chose the key: it keeps its name.
        catalogue.set(key, of: device.property)
        table.namesChanged()
        attach(device, at: into.index)
        keep(device.property.device)
    }
}

extension [PropertyDescription] {
    /// Those that are called as their keys will be have the first choice.
    fileprivate var inNamingOrder: [PropertyDescription] {
        let named = map { (property: $0, isExact: Slug.property($0.name).utf8.elementsEqual($0.name.utf8)) }
        return named.sorted { left, right in
            left.isExact == right.isExact
                ? left.property.name.utf8.lexicographicallyPrecedes(right.property.name.utf8) : left.isExact
        }.map(\.property)
    }
}
