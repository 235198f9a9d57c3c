import Komoku
import KomokuHub

/// A Zigbee device behind a bridge.
struct TasmotaChild: Hashable {
    enum Kind: String, Hashable {
        case number, boolean, text, event
    }

    struct Attribute: Hashable {
        let name: String
        let kind: Kind
    }

    /// `0x7120`; it may change when the device joins again.
    let address: String
    var name: String
    var attributes: [Attribute] = []
    var isDescribed = false

    /// The most children of a bridge and attributes of a child.
    static let maximumCount = 256
    static let maximumAttributes = 64

    private static let skipped: Set<String> = [
        "Device", "Name", "Endpoint", "Group", "IEEEAddr", "ModelId", "Manufacturer", "Time",
    ]
    private static let booleans: Set<String> = [
        "Occupancy", "Contact", "Motion", "Tamper", "Fire", "Water", "Vibration",
    ]
    private static let events: Set<String> = [
        "Click", "click", "ArrowClick", "Action", "action", "RecallScene", "DimmerUp", "DimmerDown", "DimmerMove",
        "DimmerStep", "DimmerStepUp", "DimmerStepDown", "DimmerStop",
    ]
    private static let numbers: Set<String> = ["LinkQuality", "Dimmer", "CT", "Hue", "Sat", "X", "Y"]

    init(address: String, name: String) {
        self.address = address
        self.name = name
    }

    /// Takes a value of an attribute; nil where it is none, or where there are too many.
    mutating func read(_ name: String, _ json: JSON) -> (kind: Kind, value: Value)? {
        guard
            let kind = attributes.first(where: { $0.name.utf8.elementsEqual(name.utf8) })?.kind
                ?? Self.kind(name, json),
            let value = Self.value(json, kind)
        else { return nil }
        let attribute = Attribute(name: name, kind: kind)
        if !attributes.contains(attribute) {
            guard attributes.count < Self.maximumAttributes else { return nil }
            attributes.append(attribute)
        }
        return (kind, value)
    }

    private static func kind(_ name: String, _ json: JSON) -> Kind? {
        // Raw clusters: `0006!01`, `0006/4001`.
        if skipped.contains(name) || name.isEmpty || name.utf8.count > 64 || name.contains("!") || name.contains("/") {
            return nil
        }
        if events.contains(name) { return .event }
        let word = String(name.reversed().drop { $0.isNumber }.reversed())
        if word == "Power" || booleans.contains(word) { return .boolean }
        if numbers.contains(word) || TasmotaUnits.isNumeric(word) { return .number }
        switch json {
        case .number: return .number
        case .bool: return .boolean
        case .string: return .text
        default: return nil
        }
    }

    private static func value(_ json: JSON, _ kind: Kind) -> Value? {
        switch (kind, json) {
        case (.number, .number(let number)): .number(number)
        case (.number, .string(let text)): Value.infer(text, as: .numeric)
        case (.boolean, .bool(let bool)): .boolean(bool)
        // 2 is what a remote says: toggle.
        case (.boolean, .number(let number)): number == 0 ? .boolean(false) : number == 1 ? .boolean(true) : nil
        case (.boolean, .string(let text)): Value.boolean(named: text).map { .boolean($0) }
        case (.text, .string(let text)), (.event, .string(let text)):
            Value.infer(text) == nil || text.utf8.count > Value.maximumStringLength ? nil : .string(text)
        case (.text, .number), (.event, .number), (.event, .bool): .string(json.text)
        default: nil
        }
    }

    // MARK: What others are told

    func id(of bridge: DeviceID) -> DeviceID { DeviceID("\(bridge.text):\(address)") }

    func description(of bridge: DeviceID) -> DeviceDescription {
        var description = DeviceDescription(id: id(of: bridge), source: TasmotaSource.word, name: name)
        description.via = bridge
        description.properties = attributes.map(property)
        return description
    }

    private func property(_ attribute: Attribute) -> PropertyDescription {
        let name = attribute.name
        switch attribute.kind {
        case .number:
            var property = PropertyDescription(name, .numeric, unit: TasmotaUnits().unit(name))
            property.isWritable = isWritable(attribute)
            if name == "LinkQuality" { property.category = .diagnostic }
            return property
        case .boolean:
            var property = PropertyDescription(name, .boolean)
            property.isWritable = isWritable(attribute)
            return property
        case .text, .event:
            var property = PropertyDescription(name, .string)
            property.isEvent = attribute.kind == .event
            return property
        }
    }

    private func isWritable(_ attribute: Attribute) -> Bool {
        attribute.name == "Dimmer" || attribute.name == "CT"
            || (attribute.kind == .boolean && attribute.name.hasPrefix("Power"))
    }

    /// - Parameter topic: of the bridge's commands.
    func commands(_ topic: String) -> [String: DeviceCommand] {
        let writable = attributes.filter(isWritable)
        return Dictionary(
            writable.map { attribute in
                let path = "Send.\(attribute.name)"
                return (
                    attribute.name,
                    .json(topic + "ZbSend", path, others: [JSON.Member("Device", .string(address))])
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Over restarts

    var json: JSON {
        [
            "device": .string(address), "name": .string(name),
            "attributes": .array(attributes.map { [.string($0.name), .string($0.kind.rawValue)] }),
        ]
    }

    init?(_ json: JSON) {
        guard let address = json["device"]?.string, !address.isEmpty, address.utf8.count <= 64,
            let name = json["name"]?.string.flatMap(TasmotaConfig.short)
        else { return nil }
        self.init(address: address, name: name)
        for item in (json["attributes"]?.array ?? []).prefix(Self.maximumAttributes) {
            guard let pair = item.array, pair.count == 2, let name = pair[0].string, name.utf8.count <= 64,
                let kind = pair[1].string.flatMap(Kind.init)
            else { continue }
            attributes.append(Attribute(name: name, kind: kind))
        }
    }
}
