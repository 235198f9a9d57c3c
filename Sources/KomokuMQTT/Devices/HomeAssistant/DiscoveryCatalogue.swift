internal import Komoku
internal import KomokuHub

/// The entities and the devices that they make up. Belongs to its source.
final class DiscoveryCatalogue {
    /// Entities that share an identifier or a connection.
    final class Device {
        let id: DeviceID
        var aliases: Set<ByteText> = []
        /// By their keys.
        var entities: [ByteText: DiscoveredEntity] = [:]
        var name: String?
        var manufacturer: String?
        var model: String?
        var via: String?
        var described: DeviceDescription
        var commands: [String: DeviceCommand] = [:]
        var availability: [DiscoveredAvailability] = []
        /// What its entities are called, also those that are gone.
        var names: [ByteText: DiscoveredName] = [:]
        /// Where it is in the index.
        var topics: Set<ByteText> = []

        init(_ id: DeviceID, source: String) {
            self.id = id
            described = DeviceDescription(id: id, source: source, name: id.text)
        }
    }

    var source = "homeassistant"
    private(set) var index = DiscoveryIndex()
    /// What ids devices had in earlier runs.
    var memory: DiscoveryMemory

    init(memory: DiscoveryMemory = DiscoveryMemory(source: "homeassistant", prefix: "homeassistant")) {
        self.memory = memory
    }

    private var devices: [DeviceID: Device] = [:]
    private var aliases: [ByteText: DeviceID] = [:]
    /// Which configuration an entity is taken from, and those that want it too.
    private var holders: [ByteText: (topic: ByteText, device: DeviceID, isMigrating: Bool)] = [:]
    private var others: [ByteText: [DiscoveredEntity]] = [:]
    private var listeners: [DiscoveredAvailability.Signal: Set<DeviceID>] = [:]
    private var templates: [DiscoveredAvailability.Signal: JinjaTemplate] = [:]
    /// What is to be said of.
    private var touched: Set<DeviceID> = []

    var count: Int { holders.count }

    func device(_ id: DeviceID) -> Device? { devices[id] }

    func devices(listeningTo signal: DiscoveredAvailability.Signal) -> Set<DeviceID> { listeners[signal] ?? [] }

    func template(of signal: DiscoveredAvailability.Signal) -> JinjaTemplate? { templates[signal] }

    // MARK: Entities

    /// The next configuration with their unique ids is theirs.
    func startMigration(of keys: [ByteText]) {
        for key in keys { holders[key]?.isMigrating = true }
    }

    /// Takes over what a configuration says now. A unique id that another one has is taken over from it only live: among
    /// retained messages nobody knows which is the newer.
    ///
    /// - Returns: why entities are not taken over, as sentences, and how many of them are too many.
    func replace(
        _ before: [ByteText], of topic: ByteText, by entities: [DiscoveredEntity],
        replacing isWeaker: (_ holder: ByteText) -> Bool
    ) -> (reasons: [String], tooMany: Int) {
        let kept = Set(entities.map(\.key))
        for key in before where !kept.contains(key) { withdraw(key, from: topic) }
        var refused: (reasons: [String], tooMany: Int) = ([], 0)
        for entity in entities {
            others[entity.key]?.removeAll { $0.topic.utf8.elementsEqual(topic.text.utf8) }
            if let holder = holders[entity.key], holder.topic != topic, !holder.isMigrating, !isWeaker(holder.topic) {
                // Entities that want it too wait for it, some of them.
                if others[entity.key, default: []].count < 16 { others[entity.key, default: []].append(entity) }
                refused.reasons.append("the unique_id is taken by \(holder.topic.text)")
            } else if !put(entity, of: topic) {
                refused.tooMany += 1
                refused.reasons.append("the device has more than \(Self.maximumEntities) entities")
            }
        }
        return refused
    }

    private func withdraw(_ key: ByteText, from topic: ByteText) {
        others[key]?.removeAll { $0.topic.utf8.elementsEqual(topic.text.utf8) }
        guard let holder = holders[key], holder.topic == topic else { return }
        remove(key, from: holder.device)
        holders[key] = nil
        if let next = others[key]?.first {
            others[key]?.removeFirst()
            _ = put(next, of: ByteText(next.topic))
        }
        if others[key]?.isEmpty ?? false { others[key] = nil }
    }

    private func remove(_ key: ByteText, from id: DeviceID) {
        devices[id]?.entities[key] = nil
        touched.insert(id)
    }

    /// Each message of a device reads all of its entities again.
    static let maximumEntities = 512

    /// - Returns: whether there is room for it.
    private func put(_ entity: DiscoveredEntity, of topic: ByteText) -> Bool {
        let device = device(of: entity)
        let isFull = device.entities[entity.key] == nil && device.entities.count >= Self.maximumEntities
        if let old = holders[entity.key], old.device != device.id { remove(entity.key, from: old.device) }
        touched.insert(device.id)
        if isFull {
            holders[entity.key] = nil
            return false
        }
        device.entities[entity.key] = entity
        device.name = entity.device?.name ?? device.name
        device.manufacturer = entity.device?.manufacturer ?? device.manufacturer
        device.model = entity.device?.model ?? device.model
        device.via = entity.device?.via ?? device.via
        holders[entity.key] = (topic, device.id, false)
        return true
    }

    /// The device of an entity: the one that shares an alias, or a new one. Where it connects two, they become one.
    private func device(of entity: DiscoveredEntity) -> Device {
        let wanted = entity.aliases
        let id = memory.id(of: wanted) ?? entity.deviceID
        let found = Set(wanted.compactMap { aliases[$0] }).sorted { order($0) < order($1) }
        let device = found.first.flatMap { devices[$0] } ?? devices[id] ?? Device(id, source: source)
        if devices[device.id] == nil {
            devices[device.id] = device
            device.names = memory.names(of: device.id)
            orders[device.id] = nextOrder
            nextOrder += 1
        }
        for other in found.dropFirst() { merge(other, into: device) }
        for alias in wanted.prefix(128) where device.aliases.count < 256 {
            device.aliases.insert(alias)
            aliases[alias] = device.id
        }
        return device
    }

    /// In which order devices were heard of.
    private var orders: [DeviceID: Int] = [:]
    private var nextOrder = 0
    private func order(_ id: DeviceID) -> Int { orders[id] ?? .max }

    private func merge(_ other: DeviceID, into device: Device) {
        guard let old = devices[other] else { return }
        for (key, entity) in old.entities {
            if device.entities.count < Self.maximumEntities {
                device.entities[key] = entity
                holders[key]?.device = device.id
            } else {
                holders[key] = nil
            }
        }
        for alias in old.aliases {
            device.aliases.insert(alias)
            aliases[alias] = device.id
        }
        old.aliases = []
        old.entities = [:]
        touched.insert(other)
    }

    // MARK: Changes

    /// What is to be said since the last call. What has to be remembered of it is said at once.
    func takeChanges(_ news: inout DeviceNews) -> (changed: [Device], gone: [DeviceID], topicsHaveChanged: Bool) {
        var (changed, gone): ([Device], [DeviceID]) = ([], [])
        for id in touched.sorted() {
            guard let device = devices[id] else { continue }
            let isNew = device.topics.isEmpty && device.described.properties.isEmpty
            if device.entities.isEmpty {
                memory.note(device, id, &news)
                drop(device)
                gone.append(id)
            } else {
                if rebuild(device) || isNew { changed.append(device) }
                memory.note(device, id, &news)
            }
        }
        let any = !touched.isEmpty
        touched = []
        return (changed, gone, any)
    }

    private func drop(_ device: Device) {
        unlist(device)
        for alias in device.aliases where aliases[alias] == device.id { aliases[alias] = nil }
        devices[device.id] = nil
        orders[device.id] = nil
    }

    private func unlist(_ device: Device) {
        for topic in device.topics { index.set(nil, of: device.id, at: topic) }
        for signal in device.availability.flatMap(\.signals) {
            listeners[signal]?.remove(device.id)
            if listeners[signal]?.isEmpty ?? false {
                listeners[signal] = nil
                templates[signal] = nil
            }
        }
    }

    /// - Returns: whether its description differs from before.
    private func rebuild(_ device: Device) -> Bool {
        unlist(device)
        var builder = DeviceBuilder(device, source: source)
        builder.build()
        device.availability = builder.availability
        device.names =
            builder.names.count <= 2 * Self.maximumEntities
            ? builder.names : builder.names.filter { device.entities[$0.key] != nil }
        device.commands = builder.commands
        device.topics = Set(builder.meanings.keys)
        for (topic, meaning) in builder.meanings { index.set(meaning, of: device.id, at: topic) }
        for signal in device.availability.flatMap(\.signals) {
            listeners[signal, default: []].insert(device.id)
            if templates[signal] == nil, let text = signal.template {
                templates[signal] = try? JinjaTemplate.parse(text)
            }
        }
        builder.description.via = device.via.map { aliases[ByteText("id " + $0)] ?? DeviceID($0) }
        // A command is no part of the description, so it is told again whenever there are any.
        let isDifferent = builder.description != device.described || !builder.commands.isEmpty
        device.described = builder.description
        return isDifferent
    }
}
