internal import Komoku
internal import KomokuHub

/// Which ids devices were given, over restarts. A device has the identifier that was heard first, and after a restart its
/// configurations come in another order: without this it would be another device then.
///
/// Only devices whose configurations do not all name their id first are kept, and those with entities that could not have
/// their own name, each as a message of the hub's own whose topic no broker's wildcard reaches: `$homeassistant/<prefix>/<id>`
/// with `{"id": …, "aliases": [ … ], "names": [[key, name, component, own name], … ]}`.
struct DiscoveryMemory {
    private let base: String
    /// By alias, also of devices that are gone: they may come back.
    private var ids: [ByteText: DeviceID] = [:]
    /// By device, what is remembered.
    private var known: [DeviceID: [ByteText]] = [:]
    private var names: [DeviceID: [ByteText: DiscoveredName]] = [:]

    /// The most aliases.
    static let maximumCount = 40_000

    init(source: String, prefix: String) {
        base = "$\(source)/\(prefix)/"
    }

    func isOwn(_ topic: String) -> Bool { topic.utf8.starts(with: base.utf8) }

    func id(of aliases: [ByteText]) -> DeviceID? { aliases.lazy.compactMap { ids[$0] }.first }

    func names(of device: DeviceID) -> [ByteText: DiscoveredName] { names[device] ?? [:] }

    mutating func restore(_ message: DeviceMessage) {
        guard message.isRestored, let json = try? message.json(), let id = json["id"]?.string.map({ DeviceID($0) })
        else { return }
        keep((json["aliases"]?.array ?? []).prefix(256).compactMap { $0.string.map { ByteText($0) } }, of: id)
        for entry in (json["names"]?.array ?? []).prefix(2 * DiscoveryCatalogue.maximumEntities) {
            let texts = (entry.array ?? []).compactMap(\.string)
            guard texts.count == 4 else { continue }
            names[id, default: [:]][ByteText(texts[0])] = DiscoveredName(
                name: texts[1], component: texts[2], own: texts[3])
        }
    }

    private mutating func keep(_ aliases: [ByteText], of id: DeviceID) {
        known[id] = aliases
        for alias in aliases where ids.count < Self.maximumCount { ids[alias] = id }
    }

    /// A device is as it is now, or gone.
    mutating func note(_ device: DiscoveryCatalogue.Device?, _ id: DeviceID, _ news: inout DeviceNews) {
        guard let device, !device.entities.isEmpty else {
            if known.removeValue(forKey: id) != nil { news.forget(topic(id)) }
            return
        }
        let isPlain = device.entities.values.allSatisfy { $0.deviceID == id }
        let contested = Self.contested(device)
        if isPlain, known[id] == nil, contested.isEmpty, names[id] == nil { return }
        let aliases = device.aliases.sorted()
        if known[id] == aliases, names[id] ?? [:] == contested { return }
        keep(aliases, of: id)
        names[id] = contested.isEmpty ? nil : contested
        var members = [
            JSON.Member("id", .string(id.text)), JSON.Member("aliases", .array(aliases.map { .string($0.text) })),
        ]
        if !contested.isEmpty {
            let list = contested.sorted { $0.key < $1.key }.map { key, name in
                JSON.array([key.text, name.name, name.component, name.own].map { .string($0) })
            }
            members.append(JSON.Member("names", .array(list)))
        }
        JSON.object(members).bytes.withUnsafeBufferPointer { payload in
            news.remember(DeviceMessage(topic: topic(id), payload: payload, time: Timestamp(microseconds: 0)))
        }
    }

    /// The names that would not be the same if all entities came anew: of those that have another one than their own, of who
    /// has that, and of who is gone.
    private static func contested(_ device: DiscoveryCatalogue.Device) -> [ByteText: DiscoveredName] {
        let strangers = device.entities.filter { key, entity in
            !(device.names[key]?.name.utf8.elementsEqual(entity.name.utf8) ?? true)
        }
        let wanted = Set(strangers.values.map { ByteText($0.name) })
        return device.names.filter { key, name in
            strangers[key] != nil || device.entities[key] == nil || wanted.contains(ByteText(name.name))
        }
    }

    private func topic(_ id: DeviceID) -> String { base + id.text }
}

extension DiscoveredEntity {
    /// As its own configuration has it.
    var deviceID: DeviceID { DeviceID((device?.id ?? name).clipped(to: DiscoveryConfig.maximumText)) }

    /// What it has in common with others of its device.
    var aliases: [ByteText] { device?.aliases ?? [ByteText("id " + name)] }
}
