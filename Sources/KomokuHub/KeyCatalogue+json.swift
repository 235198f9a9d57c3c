package import Komoku

extension KeyCatalogue {
    /// Why a text is no catalogue; a clause.
    package struct Invalid: Error, Hashable, Sendable {
        package let reason: String
    }

    /// Adds what the answers of the hub to `keys` and `devices` hold, as `komoku keys --json` and `komoku devices --json` print
    /// them. What devices say of a key counts more than what stands with the key.
    package mutating func add(_ json: JSON) throws(Invalid) {
        switch json {
        case .array(let items):
            for item in items { try add(device: item) }
        case .object(let members):
            let keys = json["keys"], devices = json["devices"]
            if keys == nil, devices == nil {
                try add(keys: members)
            } else {
                if case .object(let members)? = keys { try add(keys: members) }
                if case .array(let items)? = keys { for item in items { try add(key: item) } }
                for item in devices?.array ?? [] { try add(device: item) }
                for item in json["renames"]?.array ?? [] {
                    guard let name = item["key"]?.string.flatMap({ KeyName($0) }) else { continue }
                    formerNames[name] = FormerName(listed: item)
                }
            }
        default: throw Invalid(reason: "it is no object of keys and no list of devices")
        }
    }

    private mutating func add(keys: [JSON.Member]) throws(Invalid) {
        for member in keys { try add(member.name, member.value) }
    }

    private mutating func add(key: JSON) throws(Invalid) {
        guard let name = (key["key"] ?? key["name"])?.string else { throw Invalid(reason: "a key has no name") }
        try add(name, key)
    }

    private mutating func add(_ text: String, _ key: JSON) throws(Invalid) {
        guard let name = KeyName(text), let type = key["type"]?.string.flatMap(KeyType.init) else {
            throw Invalid(reason: "'\(text.prefix(80))' is no key with a type")
        }
        // What devices say may have come before.
        var entry = self[name] ?? Entry(type)
        entry.type = type
        let options = key["opts"] ?? key["options"]
        entry.unit = options?["unit"]?.string ?? entry.unit
        entry.values = options?["values"]?.array?.compactMap(\.string) ?? entry.values
        entry.isEvent = options?["event"]?.bool ?? entry.isEvent
        entry.isTimed = type == .uptime || options?["expect_every"].map { !$0.isNull } ?? entry.isTimed
        entry.hasValue = key["value"].map { !$0.isNull } ?? entry.hasValue
        if key["writable"]?.bool ?? false {
            entry.access = .command
        } else if key["device"]?.string != nil {
            entry.access = .report
        }
        self[name] = entry
    }

    private mutating func add(device: JSON) throws(Invalid) {
        guard let properties = device["properties"]?.array else { throw Invalid(reason: "a device has no properties") }
        for property in properties where property["present"]?.bool ?? true {
            guard let name = property["key"]?.string.flatMap({ KeyName($0) }),
                let type = property["type"]?.string.flatMap(KeyType.init)
            else { throw Invalid(reason: "a property has no key with a type") }
            var entry = self[name] ?? Entry(type)
            entry.type = type
            entry.unit = property["unit"]?.string ?? entry.unit
            if type == .string, let values = property["values"]?.array, !values.isEmpty {
                entry.values = values.compactMap(\.string)
            }
            if property["presets"]?.array?.isEmpty ?? true {
                entry.minimum = property["min"]?.number ?? entry.minimum
                entry.maximum = property["max"]?.number ?? entry.maximum
            }
            entry.isEvent = property["event"]?.bool ?? entry.isEvent
            entry.isTimed = entry.isTimed || type == .uptime || property["expect_every"]?.number != nil
            entry.hasValue = entry.hasValue || property["value"].map { !$0.isNull } ?? false
            entry.access = property["writable"]?.bool ?? false ? .command : .report
            entry.deviceClass = property["class"]?.string ?? entry.deviceClass
            entry.isSetting = property["category"]?.string == "config"
            self[name] = entry
        }
    }
}
