internal import Komoku
internal import KomokuHub

/// One device under one topic. Belongs to its source.
final class HomieDevice {
    struct Binding {
        let property: PropertyID
        let decoder: DeviceDecoder
        let isEvent: Bool
    }

    let domain: String
    let version: Int
    let name: String
    let prefix: String
    /// Given once it is described.
    var id: DeviceID?
    var state: HomieState?
    /// It was asleep once: being offline is its normal state.
    var sleeps = false
    /// What it says of itself came whole: attributes that are missing are missing for good.
    var isSettled = false
    /// When an attribute or the state was another than before.
    var changed: Timestamp?
    /// Version 3 and 4.
    var attributes = HomieAttributes()
    /// Version 5, with a hash of what it was read from and what could not be used of it.
    var model: HomieModel?
    var document: Int?
    var complaints: [String] = []
    private(set) var alerts: [String] = []
    /// As the hub knows it.
    var description: DeviceDescription?
    /// By the topic behind the device's: `outdoor/temperature`.
    private(set) var bindings: [String: Binding] = [:]

    /// The most kinds of alerts of one device.
    private static let maximumAlerts = 64

    init(_ topic: HomieTopic) {
        domain = topic.domain
        version = topic.version
        name = topic.device
        prefix = topic.prefix
    }

    /// - Returns: whether it was not known before; nil where there are too many.
    func addAlert(_ alert: String) -> Bool? {
        if alerts.contains(alert) { return false }
        guard alerts.count < Self.maximumAlerts else { return nil }
        alerts.append(alert)
        return true
    }

    static func alertName(_ alert: String) -> String { "$alert.\(alert)" }

    /// What it is by now; nil while it is still saying so.
    func currentModel() -> HomieModel? {
        if version >= 5 { return state == nil ? nil : model }
        // Attributes change while it is in `init`; a broker replays them in any order.
        guard state != .initialising, state != nil || isSettled else { return nil }
        var isComplete = false
        let model = attributes.model(isComplete: &isComplete)
        return isComplete || isSettled ? model : nil
    }

    /// Whether nothing more of it is to be expected, though something is missing.
    func isOverdue(at time: Timestamp) -> Bool {
        guard version < 5, !isSettled, state != .initialising, attributes.hasNodes, let changed else { return false }
        return time - changed >= Self.patience || time < changed
    }

    /// Attributes follow one another within moments.
    private static let patience = Duration.seconds(5)

    /// The model as the hub wants it; the bindings are those of it from now on.
    func describe(_ model: HomieModel, as id: DeviceID, via: DeviceID?) -> (DeviceDescription, [String: DeviceCommand])
    {
        var result = DeviceDescription(id: id, source: "homie", name: model.name ?? name)
        result.via = via
        result.sleeps = sleeps
        result.properties = [.online]
        result.unsupported = complaints.map { .init(what: "$description", reason: $0) }
        var commands: [String: DeviceCommand] = [:]
        bindings = [:]
        for node in model.nodes {
            for property in node.properties {
                add(property, of: node, to: &result, &commands)
            }
        }
        for alert in alerts {
            var property = PropertyDescription(Self.alertName(alert), .string)
            property.category = .diagnostic
            result.properties.append(property)
        }
        return (result, commands)
    }

    private func add(
        _ property: HomieProperty, of node: HomieNode, to result: inout DeviceDescription,
        _ commands: inout [String: DeviceCommand]
    ) {
        let name = "\(node.id).\(property.id)"
        let type = HomieDatatype(property: property, version: version)
        let label = [node.name, property.name].compactMap(\.self).joined(separator: " ")
        guard name.utf8.count <= HomieName.maximumLength,
            let description = type.description(name: name, label: HomieName.label(label))
        else {
            let reason = "the datatype '\(property.datatype)' is not known"
            result.unsupported.append(.init(what: name, reason: reason))
            return
        }
        result.properties.append(description)
        let path = "\(node.id)/\(property.id)"
        bindings[path] = Binding(
            property: PropertyID(result.id, name), decoder: type.decoder, isEvent: description.isEvent)
        if property.isSettable { commands[name] = type.command("\(prefix)/\(path)/set") }
    }
}
