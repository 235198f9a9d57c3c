internal import Komoku

/// What a broker's messages say about which families of devices speak there: gathers them, and suggests a configuration.
/// Bounded in topics and bytes.
package struct DiscoverySuggestion: Sendable {
    /// The most topics that are kept apart, and the bytes of one payload that are looked at.
    package static let maximumTopics = 20_000
    package static let maximumPayload = 64 << 10

    /// What was seen of one family below one base topic.
    struct Family: Hashable {
        let word: String
        /// The base, the prefix, the domain.
        let base: String
    }

    private var topics: Set<[UInt8]> = []
    package private(set) var messages = 0
    /// More topics came than are kept apart.
    package private(set) var isCut = false
    /// Devices by family; for families without discovery the first levels of their topics.
    private(set) var devices: [Family: Set<String>] = [:]
    /// Topics that no family explains: what is in them, and an example.
    private(set) var unknown: [String: UnknownTopic] = [:]

    /// The first levels of the topics of hubs like this one: what they publish is nobody's news.
    private(set) var bases: Set<String> = ["komoku"]

    struct UnknownTopic {
        var isJSON: Bool
        var count = 1
    }

    package init() {}

    package var topicCount: Int { topics.count }

    /// Takes one message as it came.
    package mutating func take(_ topic: String, _ payload: some Collection<UInt8>, isRetained: Bool = false) {
        messages += 1
        let bytes = Array(topic.utf8)
        let isNew = !topics.contains(bytes)
        if isNew {
            guard topics.count < Self.maximumTopics else {
                isCut = true
                return
            }
            topics.insert(bytes)
        }
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if isRetained { noteStatus(levels, payload) }
        if explain(levels, payload) { return }
        guard levels.first?.utf8.first != UInt8(ascii: "$") else { return }
        unknown[topic, default: UnknownTopic(isJSON: Self.isObject(payload), count: 0)].count += 1
    }

    /// Whether one of the families speaks so.
    private mutating func explain(_ levels: [String], _ payload: some Collection<UInt8>) -> Bool {
        zigbee(levels, payload) || tasmota(levels) || homeAssistant(levels, payload) || homie(levels) || shelly(levels)
    }

    /// `BASE/status`, as this hub says whether it is there. ESPHome does likewise: see `isOurs`.
    private mutating func noteStatus(_ levels: [String], _ payload: some Collection<UInt8>) {
        guard levels.count > 1, levels.last == "status", bases.count < Self.maximumBases,
            ["online", "offline"].contains(where: { $0.utf8.elementsEqual(payload) })
        else { return }
        bases.insert(levels.dropLast().joined(separator: "/"))
    }

    private static let maximumBases = 1024

    private mutating func note(_ word: String, _ base: some Sequence<String>, _ device: String?) -> Bool {
        let family = Family(word: word, base: base.joined(separator: "/"))
        if let device {
            devices[family, default: []].insert(device)
        } else {
            devices[family, default: []].formUnion([])
        }
        return true
    }

    private mutating func zigbee(_ levels: [String], _ payload: some Collection<UInt8>) -> Bool {
        guard let bridge = levels.lastIndex(of: "bridge"), bridge > 0, bridge + 1 < levels.count,
            ["info", "devices", "groups"].contains(levels[bridge + 1]), levels.count == bridge + 2
        else { return false }
        let base = levels[..<bridge]
        guard levels[bridge + 1] == "devices" else { return note("zigbee2mqtt", base, nil) }
        // Each device has one, the coordinator too; half a list says as much.
        let marker = Array("\"ieee_address\":\"0x".utf8)
        for address in Self.texts(behind: marker, length: 16, in: Array(payload.prefix(4 << 20))) {
            _ = note("zigbee2mqtt", base, address)
        }
        return note("zigbee2mqtt", base, nil)
    }

    private mutating func tasmota(_ levels: [String]) -> Bool {
        guard levels.count >= 3, let last = levels.last, last == "config" || last == "sensors",
            case let mac = levels[levels.count - 2], mac.utf8.count == 12, mac.allSatisfy(\.isHexDigit)
        else { return false }
        return note("tasmota", levels.dropLast(2), mac)
    }

    private mutating func homeAssistant(_ levels: [String], _ payload: some Collection<UInt8>) -> Bool {
        guard levels.count >= 4, levels.last == "config" else { return false }
        let body = try? JSON(parsing: String(decoding: payload.prefix(Self.maximumPayload), as: UTF8.self))
        // With a node in the topic or without.
        let start = [levels.count - 4, levels.count - 3].first { $0 > 0 && Self.components.contains(levels[$0]) }
        guard let start, body?.object != nil else { return false }
        let device = (body?["device"] ?? body?["dev"]) ?? .null
        let ids = device["identifiers"] ?? device["ids"]
        let id = ids?.string ?? ids?.array?.first?.string ?? levels[levels.count - 2]
        let maker = (device["manufacturer"] ?? device["mf"])?.string ?? ""
        let origin = (body?["origin"] ?? body?["o"])?["name"]?.string
        if origin == Announcement.House.origin { return true }
        let isESPHome =
            maker.lowercased().contains("espressif")
            || (device["sw"] ?? device["sw_version"])?.string?.contains("esphome") == true
        return note(isESPHome ? "esphome" : "homeassistant", levels[..<start], id)
    }

    static let components: Set = [
        "alarm_control_panel", "binary_sensor", "button", "camera", "climate", "cover", "device", "device_automation",
        "device_tracker", "event", "fan", "humidifier", "image", "lawn_mower", "light", "lock", "notify", "number",
        "scene", "select", "sensor", "siren", "switch", "tag", "text", "update", "vacuum", "valve", "water_heater",
    ]

    private mutating func homie(_ levels: [String]) -> Bool {
        guard let attribute = levels.last else { return false }
        if levels.count == 4, levels[1] == "5", attribute == "$state" || attribute == "$description" {
            return note("homie", [levels[0]], levels[2])
        }
        guard levels.count == 3, attribute == "$homie" || attribute == "$nodes" else { return false }
        return note("homie", [levels[0]], levels[1])
    }

    private mutating func shelly(_ levels: [String]) -> Bool {
        if levels.count >= 3, levels[0] == "shellies" { return note("shelly", [], levels[1]) }
        if levels.count == 2, levels[1] == "online", levels[0].utf8.starts(with: "shelly".utf8) {
            return note("shelly", [], levels[0])
        }
        guard levels.count >= 3, levels.suffix(2) == ["events", "rpc"] else { return false }
        return note("shelly", [], levels.dropLast(2).joined(separator: "/"))
    }

    private static func texts(behind marker: [UInt8], length: Int, in bytes: [UInt8]) -> [String] {
        var found: [String] = []
        var index = 0
        while index + marker.count + length <= bytes.count {
            if bytes[index] == marker[0], bytes[index...].starts(with: marker) {
                index += marker.count
                found.append(String(decoding: bytes[index..<(index + length)], as: UTF8.self))
            }
            index += 1
        }
        return found
    }

    private static func isObject(_ payload: some Collection<UInt8>) -> Bool {
        guard payload.first == UInt8(ascii: "{"), payload.count <= maximumPayload else { return false }
        return (try? JSON(parsing: String(decoding: payload, as: UTF8.self)))?.object != nil
    }
}
