internal import Komoku
internal import KomokuHub

/// How one key is told to Home Assistant: its entity and the retained configuration of that.
struct Announcement {
    /// What is the same for every key of a hub.
    struct House {
        /// The name of the hub.
        let hub: String
        /// The first levels of the hub's own topics.
        let base: String
        let version: String

        /// The owner's mark, by which our own discovery leaves these out.
        static let origin = "komoku"
    }

    /// What is known of a key beyond the key itself.
    struct Facts {
        /// Where its value is published.
        var stateTopic: String
        var isWritable: Bool
        var minimum: Double?
        var maximum: Double?
        var step: Double?
    }

    let house: House
    let key: KeyInfo
    let facts: Facts

    /// Home Assistant's word for the kind of entity.
    var component: String {
        if key.options.isEvent { return "event" }
        switch key.type {
        case .boolean: return isWritable ? "switch" : "binary_sensor"
        case .uptime: return "binary_sensor"
        case .counter: return "sensor"
        case .numeric: return isWritable && hasRange ? "number" : "sensor"
        case .string:
            guard isWritable else { return "sensor" }
            return key.options.values == nil ? "text" : "select"
        }
    }

    /// Home Assistant refuses a range without width.
    private var hasRange: Bool {
        guard let minimum = facts.minimum, let maximum = facts.maximum else { return false }
        return minimum < maximum
    }

    /// Nobody can command a key whose topic has more levels than the hub listens to.
    private var isWritable: Bool {
        facts.isWritable
            && key.name.text.utf8.lazy.filter { $0 == UInt8(ascii: ".") }.count < MappingSet.maximumCommandLevels
    }

    /// `homeassistant/sensor/komoku_home/kitchen_temperature/config`.
    ///
    /// - Parameter suffix: tells apart two keys that would have the same.
    func topic(prefix: String, suffix: String = "") -> String {
        "\(prefix)/\(component)/komoku_\(Self.plain(house.hub))/\(Self.plain(key.name.text))\(suffix)/config"
    }

    /// Letters, digits, `_` and `-` are all that an object id may have.
    private static func plain(_ text: String) -> String {
        String(
            decoding: text.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): byte
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }
}

// MARK: - The configuration

extension Announcement {
    var payload: [UInt8] {
        JSON.object(common + entity + [JSON.Member("device", device), JSON.Member("origin", origin)]).bytes
    }

    private var segments: [Substring] { key.name.text.split(separator: ".") }

    private var common: [JSON.Member] {
        let path = TopicTemplate.path(of: key.name)
        var members = [
            JSON.Member(
                "name", .string(segments.count > 1 ? segments.dropFirst().joined(separator: " ") : key.name.text)),
            JSON.Member("unique_id", .string("komoku_\(house.hub)_\(key.name.text)")),
            JSON.Member("state_topic", .string(facts.stateTopic)),
            JSON.Member("availability_topic", .string(house.base + "/status")),
            JSON.Member("payload_available", "online"), JSON.Member("payload_not_available", "offline"),
        ]
        if ["switch", "number", "select", "text"].contains(component) {
            members.append(JSON.Member("command_topic", .string("\(house.base)/\(path)/set")))
        }
        return members
    }

    private var entity: [JSON.Member] {
        switch component {
        case "switch", "binary_sensor": [JSON.Member("payload_on", "true"), JSON.Member("payload_off", "false")]
        case "number": numeric + bounds
        case "select": [JSON.Member("options", texts)]
        case "event": event
        case "sensor": key.type == .string ? choice : numeric + [JSON.Member("state_class", .string(stateClass))]
        default: []
        }
    }

    private var stateClass: String { key.type == .counter ? "total_increasing" : "measurement" }

    private var texts: JSON { .array((key.options.values ?? []).map { .string($0) }) }

    private var choice: [JSON.Member] {
        key.options.values == nil ? [] : [JSON.Member("device_class", "enum"), JSON.Member("options", texts)]
    }

    private var numeric: [JSON.Member] {
        guard let unit = key.options.unit else { return [] }
        var members = [JSON.Member("unit_of_measurement", .string(unit))]
        // An energy that is no meter's reading has no class that Home Assistant takes.
        if let kind = Self.deviceClasses[unit], kind != "energy" || key.type == .counter {
            members.append(JSON.Member("device_class", .string(kind)))
        }
        return members
    }

    private var bounds: [JSON.Member] {
        [("min", facts.minimum), ("max", facts.maximum), ("step", facts.step)].compactMap { name, value in
            value.map { JSON.Member(name, .number($0)) }
        }
    }

    /// Only texts that are listed are told; without a list every press is one event, its text an attribute.
    private var event: [JSON.Member] {
        guard key.options.values == nil else {
            return [
                JSON.Member("event_types", texts),
                JSON.Member("value_template", "{\"event_type\": {{ value | tojson }}}"),
            ]
        }
        return [
            JSON.Member("event_types", ["event"]),
            JSON.Member("value_template", "{\"event_type\": \"event\", \"value\": {{ value | tojson }}}"),
        ]
    }

    private var device: JSON {
        let segment = segments.first.map(String.init) ?? key.name.text
        return .object([
            JSON.Member("identifiers", [.string("komoku_\(house.hub)_\(segment)")]),
            JSON.Member("name", .string(segment)),
        ])
    }

    private var origin: JSON {
        .object([JSON.Member("name", .string(House.origin)), JSON.Member("sw_version", .string(house.version))])
    }

    /// Units that belong to one class of Home Assistant's only; `%` and `ppm` may be anything.
    private static let deviceClasses = [
        "°C": "temperature", "°F": "temperature", "K": "temperature", "W": "power", "kW": "power", "Wh": "energy",
        "kWh": "energy", "MWh": "energy", "V": "voltage", "mV": "voltage", "A": "current", "mA": "current",
        "lx": "illuminance", "Hz": "frequency", "VA": "apparent_power", "var": "reactive_power", "hPa": "pressure",
        "kPa": "pressure", "Pa": "pressure", "mbar": "pressure", "bar": "pressure", "dBm": "signal_strength",
        "s": "duration", "min": "duration", "h": "duration", "d": "duration", "km/h": "speed", "m/s": "speed",
    ]
}
