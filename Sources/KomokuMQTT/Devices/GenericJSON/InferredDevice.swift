internal import Komoku
internal import KomokuHub

/// A device that nobody described: its properties are those that were seen, of the types that their values so far had.
/// Belongs to the Inbox's thread.
final class InferredDevice {
    static let maximumProperties = 256
    /// Of a device that has a whole tree of topics.
    static let maximumBranches = 1024
    static let maximumName = 255

    let id: DeviceID
    var name: String
    var manufacturer: String?
    var model: String?
    var via: DeviceID?
    private(set) var properties: [PropertyDescription] = []
    /// What commands are told to, by property.
    private(set) var setTopics: [String: String] = [:]
    /// Its topic carries JSON; nil where that is not known, or the device has several topics.
    var isDocument: Bool?
    /// The beginnings of its documents' leaves of which some was never a value: the next message may tell its type.
    var awaited: Set<String> = []
    /// Something is there that the hub was not told.
    var isChanged = true
    /// The last transmission, told twice or more by the sender or by several receivers.
    var lastTransmission: (hash: Int, time: Timestamp)?
    /// The same without what differs between receivers.
    var lastCode: (hash: Int, time: Timestamp)?
    /// Some property was left out, and that was said.
    var isFull = false
    /// The parts of its tree of topics that carry JSON; nil where it has no tree.
    var documents: Set<String>?
    var limit: Int { documents == nil ? Self.maximumProperties : Self.maximumBranches }
    /// By property, a hash of a word that does not fit its type.
    var misfits: [String: Int] = [:]
    private var indices: [[UInt8]: Int] = [:]

    init(id: DeviceID, name: String) {
        self.id = id
        self.name = name
    }

    func property(_ name: String) -> PropertyDescription? {
        indices[Array(name.utf8)].map { properties[$0] }
    }

    /// - Returns: false where there is no room for it.
    func add(_ property: PropertyDescription, setTopic: String? = nil) -> Bool {
        let key = Array(property.name.utf8)
        if indices[key] != nil { return true }
        guard properties.count < limit, !key.isEmpty, key.count <= Self.maximumName else {
            return false
        }
        var property = property
        property.isWritable = setTopic != nil
        property.isGuessed = setTopic == nil && !property.isEvent && property.type != .uptime
        indices[key] = properties.count
        properties.append(property)
        if let setTopic { setTopics[property.name] = setTopic }
        isChanged = true
        return true
    }

    /// Gives a property that it has another type.
    func replace(_ property: PropertyDescription) {
        guard let index = indices[Array(property.name.utf8)] else { return }
        properties[index] = property
        isChanged = true
    }

    /// A gateway that speaks lives: without a last will its `online` falls after an hour of silence.
    static let silence = Duration.seconds(3600)

    /// Gives it the property `online`; with a last will that says when it falls, and nothing else does.
    func addOnline(hasLastWill: Bool) {
        var online = PropertyDescription.online
        online.maxTime = hasLastWill ? nil : Self.silence
        guard let index = indices[Array(online.name.utf8)] else { return _ = add(online) }
        guard hasLastWill, properties[index].maxTime != nil else { return }
        properties[index] = online
        isChanged = true
    }

    var description: DeviceDescription {
        var device = DeviceDescription(id: id, source: "json", name: name)
        (device.manufacturer, device.model, device.via, device.properties) = (manufacturer, model, via, properties)
        return device
    }

    var commands: [String: DeviceCommand] {
        setTopics.mapValues { .text($0, .boolean(on: "ON", off: "OFF")) }.filter { property($0.key)?.type == .boolean }
            .merging(setTopics.mapValues { .text($0) }) { own, _ in own }
    }
}

// MARK: - Memory

extension InferredDevice {
    /// What is kept over restarts: the types must not depend on what comes first after one.
    var memory: JSON {
        var members: [JSON.Member] = [JSON.Member("id", .string(id.text)), JSON.Member("name", .string(name))]
        for (name, text) in [("manufacturer", manufacturer), ("model", model), ("via", via?.text)] {
            if let text { members.append(JSON.Member(name, .string(text))) }
        }
        if let isDocument { members.append(JSON.Member("document", .bool(isDocument))) }
        if let documents {
            members.append(JSON.Member("documents", .array(documents.sorted().map { .string($0) })))
        }
        members.append(JSON.Member("properties", .array(properties.map(remembered))))
        return .object(members)
    }

    private func remembered(_ property: PropertyDescription) -> JSON {
        var members = [
            JSON.Member("name", .string(property.name)), JSON.Member("type", .string(property.type.rawValue)),
        ]
        if let unit = property.unit { members.append(JSON.Member("unit", .string(unit))) }
        if property.isEvent { members.append(JSON.Member("event", true)) }
        if let time = property.maxTime { members.append(JSON.Member("max_time", .number(time.seconds))) }
        if let topic = setTopics[property.name] { members.append(JSON.Member("set", .string(topic))) }
        return .object(members)
    }

    /// Nil where it is no such memory.
    convenience init?(memory: JSON) {
        guard let id = memory["id"]?.string, let name = memory["name"]?.string, !id.isEmpty else { return nil }
        self.init(id: DeviceID(id), name: name)
        manufacturer = memory["manufacturer"]?.string
        model = memory["model"]?.string
        via = memory["via"]?.string.map { DeviceID($0) }
        isDocument = memory["document"]?.bool
        documents = memory["documents"]?.array.map { Set($0.compactMap(\.string)) }
        for item in memory["properties"]?.array ?? [] {
            guard let name = item["name"]?.string, let type = item["type"]?.string.flatMap(KeyType.init) else {
                continue
            }
            var property = PropertyDescription(name, type, unit: item["unit"]?.string)
            property.isEvent = item["event"]?.bool ?? false
            property.maxTime = item["max_time"]?.number.flatMap { Duration(seconds: $0) }
            _ = add(property, setTopic: item["set"]?.string)
        }
    }
}
