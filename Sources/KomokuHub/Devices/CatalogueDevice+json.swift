package import Komoku
internal import KomokuStore

/// How a device is kept; see `docs/store-format.md`.
extension CatalogueDevice {
    func json(_ keys: [PropertyID: PropertyKey]) -> JSON {
        var members = JSONMembers()
        members.add("name", description.name)
        members.add("source", description.source)
        members.add("manufacturer", description.manufacturer)
        members.add("model", description.model)
        members.add("via", description.via?.text)
        members.add("sleeps", description.sleeps)
        members.add("base", base.name.text)
        members.add("part", part.text)
        members.add("configured", base.isConfigured)
        members.add("waits", isWaiting)
        if !isPresent { members.add("present", .bool(false)) }
        members.add("seen", lastSeen?.seconds)
        let id = description.id
        let properties =
            description.properties.map { $0.json(keys[PropertyID(id, $0.name)]) }
            + gone.map { $0.json(keys[PropertyID(id, $0.name)]) }
        members.add("properties", .array(properties))
        if !description.unsupported.isEmpty {
            members.add("unsupported", .array(description.unsupported.map(\.json)))
        }
        return .object(members.all)
    }

    /// - Returns: the device and which keys its properties are; nil where the JSON is none.
    static func read(_ json: JSON, id: DeviceID) -> (CatalogueDevice, [(PropertyID, PropertyKey)])? {
        guard let name = json["name"]?.string, let source = json["source"]?.string,
            let part = json["part"]?.string.flatMap(KeyName.init)
        else { return nil }
        var description = DeviceDescription(id: id, source: source, name: name)
        description.manufacturer = json["manufacturer"]?.string
        description.model = json["model"]?.string
        description.via = json["via"]?.string.map(DeviceID.init)
        description.sleeps = json["sleeps"]?.bool ?? false
        description.unsupported = (json["unsupported"]?.array ?? []).compactMap(DeviceDescription.Unsupported.init)
        let base = Base(
            name: json["base"]?.string.flatMap(KeyName.init) ?? part, isConfigured: json["configured"]?.bool ?? false)
        var device = CatalogueDevice(description: description, base: base, part: part)
        device.isPresent = json["present"]?.bool ?? true
        device.isWaiting = json["waits"]?.bool ?? false
        device.lastSeen = json["seen"]?.number.flatMap(Timestamp.init(seconds:))
        let keys = device.readProperties(json["properties"]?.array ?? [])
        return (device, keys)
    }

    private mutating func readProperties(_ list: [JSON]) -> [(PropertyID, PropertyKey)] {
        var keys: [(PropertyID, PropertyKey)] = []
        for json in list {
            guard let property = PropertyDescription(json) else { continue }
            let isGone = json["gone"]?.bool ?? false
            if isGone { gone.append(property) } else { description.properties.append(property) }
            guard let wanted = json["wanted"]?.string.flatMap(KeyName.init) else { continue }
            let id = json["key"]?.number.flatMap { Int32(exactly: $0) }.map(KeyID.init(rawValue:))
            let given = json["given"]?.string.flatMap(KeyName.init) ?? wanted
            keys.append(
                (
                    PropertyID(description.id, property.name),
                    PropertyKey(id: id, wanted: wanted, given: given, isGone: isGone)
                ))
        }
        return keys
    }
}

extension PropertyDescription {
    fileprivate func json(_ key: PropertyKey?) -> JSON {
        var members = JSONMembers()
        members.add("name", name)
        members.add("key", key?.id.map { Double($0.rawValue) })
        members.add("wanted", key?.wanted.text)
        if let key, key.given != key.wanted { members.add("given", key.given.text) }
        members.add("gone", key?.isGone ?? false)
        members.add("label", label)
        members.add("type", type.rawValue)
        members.add("unit", unit)
        members.add("minimum", minimum)
        members.add("maximum", maximum)
        members.add("step", step)
        if let values { members.add("values", .array(values.map { .string($0) })) }
        if !presets.isEmpty { members.add("presets", .array(presets.map(\.json))) }
        members.add("event", isEvent)
        members.add("max_time", maxTime?.seconds)
        members.add("expect_every", expectEvery?.seconds)
        members.add("writable", isWritable)
        members.add("guessed", isGuessed)
        if !hasState { members.add("state", .bool(false)) }
        members.add("category", category?.rawValue)
        members.add("class", deviceClass)
        members.add("family", family)
        members.add("group", group)
        return .object(members.all)
    }

    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string, let type = json["type"]?.string.flatMap(KeyType.init(rawValue:)) else {
            return nil
        }
        self.init(name, type, unit: json["unit"]?.string)
        label = json["label"]?.string
        (minimum, maximum, step) = (json["minimum"]?.number, json["maximum"]?.number, json["step"]?.number)
        values = json["values"]?.array?.compactMap(\.string)
        presets = (json["presets"]?.array ?? []).compactMap(Preset.init)
        isEvent = json["event"]?.bool ?? false
        maxTime = json["max_time"]?.number.flatMap(Duration.init(seconds:))
        expectEvery = json["expect_every"]?.number.flatMap(Duration.init(seconds:))
        isWritable = json["writable"]?.bool ?? false
        isGuessed = json["guessed"]?.bool ?? false
        hasState = json["state"]?.bool ?? true
        category = json["category"]?.string.flatMap(Category.init(rawValue:))
        deviceClass = json["class"]?.string
        (family, group) = (json["family"]?.string, json["group"]?.string)
    }
}

extension PropertyDescription.Preset {
    package var json: JSON { ["name": .string(name), "value": .number(value)] }

    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string, let value = json["value"]?.number else { return nil }
        self.init(name: name, value: value)
    }
}

extension DeviceDescription.Unsupported {
    fileprivate var json: JSON { ["what": .string(what), "reason": .string(reason)] }

    fileprivate init?(_ json: JSON) {
        guard let what = json["what"]?.string else { return nil }
        self.init(what: what, reason: json["reason"]?.string ?? "")
    }
}

/// Members of an object without those that say nothing.
private struct JSONMembers {
    private(set) var all: [JSON.Member] = []

    mutating func add(_ name: String, _ value: JSON) { all.append(JSON.Member(name, value)) }

    mutating func add(_ name: String, _ text: String?) {
        if let text { add(name, .string(text)) }
    }

    mutating func add(_ name: String, _ flag: Bool) {
        if flag { add(name, .bool(true)) }
    }

    mutating func add(_ name: String, _ number: Double?) {
        if let number, number.isFinite { add(name, .number(number)) }
    }
}
