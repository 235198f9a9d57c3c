internal import Komoku
internal import KomokuHub

/// Makes one device of its entities: names that differ, a description, and what its topics mean.
struct DeviceBuilder {
    private let device: DiscoveryCatalogue.Device
    var description: DeviceDescription
    private(set) var commands: [String: DeviceCommand] = [:]
    private(set) var meanings: [ByteText: DiscoveryIndex.Meaning] = [:]
    private(set) var availability: [DiscoveredAvailability] = []
    private var taken: Set<ByteText> = []
    private var indices: [ByteText: Int] = [:]
    /// The next number for a name that many have.
    private var numbers: [ByteText: Int] = [:]
    private var inputs: Set<String> = []
    /// What entities are called, by their keys: those that had a name before keep it.
    private(set) var names: [ByteText: DiscoveredName]

    static let maximumProperties = 512

    init(_ device: DiscoveryCatalogue.Device, source: String) {
        self.device = device
        names = device.names
        description = DeviceDescription(id: device.id, source: source, name: device.name ?? device.id.text)
        description.manufacturer = device.manufacturer
        description.model = device.model
    }

    mutating func build() {
        // By topic, so that names are the same after each start.
        let entities = device.entities.values.sorted {
            (ByteText($0.topic), $0.key) < (ByteText($1.topic), $1.key)
        }
        var seen: Set<DiscoveredAvailability> = []
        availability = entities.compactMap(\.availability).filter { seen.insert($0).inserted }
        if !availability.isEmpty { addOnline() }
        if device.name == nil, entities.first?.device == nil, let label = entities.first?.label {
            description.name = label
        }
        for entity in entities {
            if let known = names[entity.key], known.isOf(entity) { taken.insert(ByteText(known.name)) }
        }
        for entity in entities { add(entity) }
    }

    private mutating func addOnline() {
        description.properties.append(.online)
        taken.insert(ByteText("online"))
        for signal in availability.flatMap(\.signals) {
            meanings[signal.topic, default: .init()].availability.insert(signal)
        }
    }

    private mutating func add(_ entity: DiscoveredEntity) {
        description.unsupported += entity.unsupported.prefix(max(0, 256 - description.unsupported.count))
        let base = name(for: entity)
        for property in entity.properties {
            let name = property.suffix.isEmpty ? base : "\(base).\(property.suffix)"
            var part = property
            part.description.family = entity.component
            if entity.properties.count > 1, !entity.isTrigger { part.description.group = base }
            add(part, named: name, isShared: entity.isTrigger)
        }
    }

    /// The entity's own name, or one with more in it where another has that.
    private mutating func name(for entity: DiscoveredEntity) -> String {
        if let known = names[entity.key], known.isOf(entity) { return known.name }
        let name = newName(for: entity)
        names[entity.key] = DiscoveredName(name: name, component: entity.component, own: entity.name)
        return name
    }

    /// Not that of an entity of another component, also where that is gone: its key has a history.
    private mutating func newName(for entity: DiscoveredEntity) -> String {
        let present = Set(device.entities.keys)
        for (key, name) in names where name.component != entity.component && !present.contains(key) {
            taken.insert(ByteText(name.name))
        }
        let own = entity.name
        if entity.isTrigger {
            let isOfTriggers = names.values.contains { $0.isTrigger && $0.name.utf8.elementsEqual(own.utf8) }
            let isFree = indices[ByteText(own)] != nil || isOfTriggers || !taken.contains(ByteText(own))
            let name = isFree ? own : "\(own)_trigger"
            taken.insert(ByteText(name))
            return name
        }
        let wide = entity.node.map { "\($0)_\(own)" } ?? own
        for name in [own, "\(own)_\(entity.component)", wide, "\(wide)_\(entity.component)"]
        where taken.insert(ByteText(name)).inserted { return name }
        // From where the last one ended: many may have one name.
        var number = numbers[ByteText(own)] ?? 2
        while !taken.insert(ByteText("\(own)_\(number)")).inserted { number += 1 }
        numbers[ByteText(own)] = number + 1
        return "\(own)_\(number)"
    }

    private mutating func add(_ property: DiscoveredProperty, named name: String, isShared: Bool) {
        if isShared, let index = indices[ByteText(name)] {
            let known = description.properties[index].values ?? []
            let new = (property.description.values ?? []).filter { value in
                !known.contains { $0.utf8.elementsEqual(value.utf8) }
            }
            description.properties[index].values = known + new
        } else {
            guard description.properties.count < Self.maximumProperties else { return refuse(name) }
            var described = property.description
            described.name = name
            if isShared { indices[ByteText(name)] = description.properties.count }
            description.properties.append(described)
        }
        commands[name] = property.command
        let id = PropertyID(device.id, name)
        for input in property.inputs {
            if let sameness = input.sameness, !inputs.insert(name + "\u{0}" + sameness).inserted { continue }
            let binding = DiscoveryIndex.Binding(
                property: id, isEvent: property.description.isEvent, input: input)
            meanings[ByteText(input.topic), default: .init()].bindings.append(binding)
        }
    }

    private mutating func refuse(_ name: String) {
        guard description.unsupported.count < 256 else { return }
        let reason = "the device has more than \(Self.maximumProperties) properties"
        description.unsupported.append(.init(what: name, reason: reason))
    }
}
