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
    func assignKeys(_ ids: [DeviceID]) -> Set<DeviceID> {
        var assignment = Assignment(
            naming: KeyNaming { [self] name in
                index(of: name).map { index in
                    let (id, type) = (table[index].id, table[index].type)
                    return KeyNaming.Holder(id: id, type: type, isOwned: catalogue.isOwned(id))
                }
            })
        for id in ids { look(at: id, &assignment) }
        move(&assignment)
        make(&assignment)
        for id in ids { attach(id) }
        return assignment.changed
    }

    private struct Assignment {
        var naming: KeyNaming
        /// Keys that get another name, or of another type.
        var moving: [Candidate] = []
        var homeless: [Candidate] = []
        var changed: Set<DeviceID> = []
    }

    private struct Candidate {
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

    private func look(at id: DeviceID, _ assignment: inout Assignment) {
        guard let device = catalogue.devices[id] else { return }
        for property in device.description.properties.inNamingOrder + device.gone {
            guard let wanted = wantedName(device.part, property.name) else { continue }
            let name = PropertyID(id, property.name)
            let key = catalogue.keys[name]
            let candidate = Candidate(property: name, wanted: wanted, description: property, key: key)
            if let key, let index = living(key) {
                look(at: candidate, key, index, &assignment)
            } else if key?.isGone != true {
                assignment.homeless.append(candidate)
            }
        }
    }

    private func look(at candidate: Candidate, _ key: PropertyKey, _ index: Int, _ assignment: inout Assignment) {
        var candidate = candidate
        let name = table[index].name
        candidate.changesType =
            !key.isGone && !suits(table[index].type, candidate.description, name)
            && !isDeclared(candidate.description, index)
        // A name that a person chose stays.
        candidate.staysNamed = key.wanted == candidate.wanted || name != key.given || name == candidate.wanted
        if key.wanted != candidate.wanted {
            var key = key
            key.wanted = candidate.wanted
            if name == candidate.wanted { key.given = name }
            candidate.key = key
            catalogue.set(key, of: candidate.property)
            assignment.changed.insert(candidate.property.device)
        }
        if candidate.staysNamed { assignment.naming.stay(name) }
        guard !candidate.staysNamed || candidate.changesType else { return }
        assignment.naming.leave(table[index].id)
        assignment.moving.append(candidate)
    }

    private func move(_ assignment: inout Assignment) {
        var moves: [(KeyID, KeyName)] = []
        var renewed: [(Candidate, KeyName)] = []
        var heirs: [KeyID: KeyName] = [:]
        for candidate in assignment.moving {
            guard var key = candidate.key, let index = living(key) else { continue }
            let name = candidate.staysNamed ? table[index].name : assignment.naming.name(candidate.wanted)
            if !candidate.staysNamed { key.given = name }
            var target = name
            if candidate.changesType {
                target = assignment.naming.name(Slug.suffixed(name, "was_\(table[index].type.rawValue)"))
                tellType(candidate, name, target, index)
                renewed.append((candidate, name))
                heirs[table[index].id] = name
            }
            moves.append((table[index].id, target))
            catalogue.set(key, of: candidate.property)
            assignment.changed.insert(candidate.property.device)
        }
        moveKeys(moves, heirs: heirs)
        for (candidate, name) in renewed { renew(candidate, name) }
    }

    /// Makes another key of the name for a property whose type is another one.
    private func renew(_ candidate: Candidate, _ name: KeyName) {
        guard var key = catalogue.keys[candidate.property] else { return }
        if let index = living(key) {
            keepUnit(at: index)
            detach(at: index)
        }
        key.id = create(candidate, name, type(of: name, candidate.description))
        catalogue.set(key, of: candidate.property)
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

    private func tellType(_ candidate: Candidate, _ name: KeyName, _ old: KeyName, _ index: Int) {
        logger.warning(
            "a property has another type: its history so far has another name",
            metadata: [
                "device.id": "\(candidate.property.device.shown)", "key": "\(name)", "key.old": "\(old)",
                "type": "\(candidate.type.rawValue)", "type.old": "\(table[index].type.rawValue)",
            ])
    }

    private func make(_ assignment: inout Assignment) {
        for candidate in assignment.homeless {
            let type = type(of: candidate.wanted, candidate.description)
            let (name, id) = find(candidate, type, &assignment)
            if id == nil { tellFull("a property is left out: there are too many keys", candidate.property.device) }
            let key = PropertyKey(id: id, wanted: candidate.wanted, given: name)
            guard key != candidate.key else { continue }
            catalogue.set(key, of: candidate.property)
            assignment.changed.insert(candidate.property.device)
        }
    }

    private func find(_ candidate: Candidate, _ type: KeyType, _ assignment: inout Assignment) -> (KeyName, KeyID?) {
        switch assignment.naming.name(candidate.wanted, adopting: type) {
        case .adopted(let name, let id): (name, id)
        case .free(let name): (name, create(candidate, name, type))
        }
    }

    private func create(_ candidate: Candidate, _ name: KeyName, _ type: KeyType) -> KeyID? {
        let device = KeyDevice(DeviceProperties(candidate.property.device, [candidate.description]), at: 0)
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
        for (number, description) in properties.list.enumerated() {
            guard let key = catalogue.keys[PropertyID(id, description.name)], let index = living(key) else { continue }
            attach(KeyDevice(properties, at: number), at: index)
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
