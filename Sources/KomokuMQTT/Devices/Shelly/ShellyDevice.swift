internal import Komoku
internal import KomokuHub

/// One device under one topic, of either generation. Belongs to its source.
final class ShellyDevice {
    let id: DeviceID
    /// `shellies/shelly1-A4CF12F45C2A`, `shellyplus1pm-7c87ce65ab10`.
    let prefix: String
    var model: String?
    /// How it calls itself in answers; of the second generation and later.
    var source: String?
    private(set) var properties: [ShellyProperty] = []
    private var origins: [ShellyProperty.Origin: Int] = [:]
    private var components: [String: [Int]] = [:]
    private var names: Set<String> = []
    /// Leaves that are no properties, by the topic behind the device's.
    private(set) var unused: [String: Set<String>] = [:]
    private var unusedCount = 0
    /// The newest press of each input of the first generation: its count and what it was.
    var presses: [String: String] = [:]
    /// The newest presses of the second, each with its time.
    private var recent: [String] = []
    /// Repeated and late notifications change nothing.
    var guardian = MessageGuard(path: "params.ts", .time)
    /// As the hub knows it.
    var description: DeviceDescription?

    static let maximumProperties = 512
    /// The most leaves that are known to be no properties.
    private static let maximumUnused = 1024
    private static let maximumRecent = 32

    init(id: DeviceID, prefix: String) {
        self.id = id
        self.prefix = prefix
    }

    /// It answers calls.
    var takesCalls: Bool {
        source != nil || !components.isEmpty || !prefix.utf8.starts(with: "\(ShellyTopic.root)/".utf8)
    }

    /// It runs on a battery: it wakes, reports and goes. Those that listen all the time are none of them.
    var sleeps: Bool {
        if names.contains("sensor.battery") { return !id.text.lowercased().contains("motion") }
        return names.contains { $0.hasPrefix("devicepower:") }
    }

    /// - Returns: false where it is known or there are too many.
    func add(_ property: ShellyProperty) -> Bool {
        guard properties.count < Self.maximumProperties, names.insert(property.name).inserted else { return false }
        origins[property.origin] = properties.count
        if case .component(let component, _) = property.origin {
            components[component, default: []].append(properties.count)
        }
        properties.append(property)
        return true
    }

    func property(from origin: ShellyProperty.Origin) -> ShellyProperty? { origins[origin].map { properties[$0] } }

    /// The leaves of a component that are properties.
    func properties(of component: String) -> [ShellyProperty] { (components[component] ?? []).map { properties[$0] } }

    func id(of property: ShellyProperty) -> PropertyID { PropertyID(id, property.name) }

    /// Whether leaves may still become properties.
    var learns: Bool { properties.count < Self.maximumProperties && unusedCount < Self.maximumUnused }

    /// These leaves of a topic are no properties.
    func disregard(_ paths: some Sequence<String>, of rest: String) {
        for path in paths where learns && path.utf8.count <= 255 {
            if unused[rest, default: []].insert(path).inserted { unusedCount += 1 }
        }
    }

    /// - Returns: whether a press with this stamp was not there yet.
    func isNewPress(_ stamp: String) -> Bool {
        if recent.contains(where: { $0.utf8.elementsEqual(stamp.utf8) }) { return false }
        if recent.count >= Self.maximumRecent { recent.removeFirst() }
        recent.append(stamp)
        return true
    }

    func currentDescription() -> DeviceDescription {
        var result = DeviceDescription(id: id, source: "shelly", name: id.text)
        result.manufacturer = "Shelly"
        result.model = model
        result.sleeps = sleeps
        result.properties = [.online] + properties.map(\.description)
        return result
    }

    func commands() -> [String: DeviceCommand] {
        var result: [String: DeviceCommand] = [:]
        for property in properties {
            if let command = property.command { result[property.name] = command(prefix) }
        }
        return result
    }
}
