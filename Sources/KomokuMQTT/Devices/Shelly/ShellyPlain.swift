internal import Komoku
internal import KomokuHub

/// The topics of the first generation: `relay/0`, `sensor/temperature`, each with one plain value.
enum ShellyPlain {
    /// The property whose value is the payload; nil where the topic is none's.
    static func property(_ rest: String) -> ShellyProperty? {
        let levels = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard rest.utf8.count <= 64, let first = levels.first else { return nil }
        let name = levels.joined(separator: ".")
        let origin = ShellyProperty.Origin.topic(rest)
        switch levels.count {
        case 1: return single(first, origin, name)
        case 2 where first == "sensor": return sensor(levels[1], origin, name)
        case 2 where isNumber(levels[1]): return numbered(first, rest, name)
        case 3 where isNumber(levels[1]) && parts.contains(first): return part(of: first, levels[2], rest, name)
        default: return nil
        }
    }

    private static let parts: Set<Substring> = ["relay", "emeter", "roller", "light", "color", "white", "ext_switch"]

    private static func isNumber(_ text: Substring) -> Bool {
        (1...3).contains(text.utf8.count)
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func single(_ word: Substring, _ origin: ShellyProperty.Origin, _ name: String) -> ShellyProperty? {
        switch word {
        case "temperature": .number(origin, name, "°C", sentinels: [999])
        case "voltage": .number(origin, name, "V")
        case "overtemperature", "overload", "loaderror": .boolean(origin, name).with(.diagnostic)
        case "temperature_status": .text(origin, name).with(.diagnostic)
        default: nil
        }
    }

    private static func sensor(_ word: Substring, _ origin: ShellyProperty.Origin, _ name: String) -> ShellyProperty? {
        switch word {
        case "temperature": .number(origin, name, "°C", sentinels: [999])
        case "humidity": .number(origin, name, "%", sentinels: [999])
        case "battery": .number(origin, name, "%", range: 0...100, sentinels: [-1])
        case "lux": .number(origin, name, "lx", sentinels: [-1])
        case "tilt": .number(origin, name, "°", sentinels: [-1])
        case "concentration": .number(origin, name, "ppm", sentinels: [-1])
        case "flood", "smoke", "vibration", "motion", "ext_power", "charger": .boolean(origin, name)
        case "state": .boolean(origin, name, on: ["open"], off: ["close", "closed"]).about("opening")
        case "gas", "illumination", "self_test", "alarm_state": .text(origin, name)
        case "error": .text(origin, name).with(.diagnostic)
        case "act_reasons": .text(origin, name).with(.diagnostic)
        default: nil
        }
    }

    private static func numbered(_ word: Substring, _ rest: String, _ name: String) -> ShellyProperty? {
        let origin = ShellyProperty.Origin.topic(rest)
        switch word {
        case "relay": return switching(.boolean(origin, name, on: ["on"], off: ["off", "overpower"]), rest)
        case "light", "color", "white":
            return switching(.boolean(origin, name, on: ["on"], off: ["off", "overpower"]), rest)
        case "roller":
            return .text(origin, name, values: ["open", "close", "stop"])
                .writable { .text("\($0)/\(rest)/command") }
        case "input", "longpush", "ext_switch": return .boolean(origin, name)
        case "input_event": return .events(origin, name)
        case "ext_temperature": return .number(origin, name, "°C", sentinels: [999])
        case "ext_humidity": return .number(origin, name, "%", sentinels: [999])
        case "adc": return .number(origin, name, "V")
        default: return nil
        }
    }

    private static func switching(_ property: ShellyProperty, _ rest: String) -> ShellyProperty {
        property.writable { .text("\($0)/\(rest)/command", .boolean(on: "on", off: "off")) }
    }

    private static func part(
        of word: Substring, _ part: Substring, _ rest: String, _ name: String
    ) -> ShellyProperty? {
        let origin = ShellyProperty.Origin.topic(rest)
        if word == "roller", part == "pos" {
            let parent = rest.dropLast("/pos".count)
            return .number(origin, name, "%", range: 0...100, sentinels: [-1])
                .writable { .text("\($0)/\(parent)/command/pos") }
        }
        switch part {
        case "power": return .number(origin, name, "W")
        // Since the last start, in Watt-minutes: 60,000 of them are a kWh.
        case "energy", "returned_energy": return .number(origin, name, "Wmin")
        case "total", "total_returned": return .number(origin, name, "Wh")
        case "voltage": return .number(origin, name, "V")
        case "current": return .number(origin, name, "A")
        case "pf": return .number(origin, name, nil)
        case "reactive_power": return .number(origin, name, "VAr")
        case "overpower_value": return .number(origin, name, "W").with(.diagnostic)
        case "stop_reason": return .text(origin, name).with(.diagnostic)
        default: return nil
        }
    }

    // MARK: Lights

    /// Whether the payload is the JSON of a light: `light/0/status`.
    static func isLightStatus(_ rest: String) -> Bool {
        let levels = rest.split(separator: "/", omittingEmptySubsequences: false)
        return levels.count == 3 && levels[2] == "status" && isNumber(levels[1]) && lights.contains(levels[0])
    }

    private static let lights: Set<Substring> = ["light", "color", "white"]

    /// A member of a light's JSON.
    static func field(_ rest: String, _ member: String) -> ShellyProperty? {
        let light = String(rest.dropLast("/status".count))
        let name = "\(light.split(separator: "/").joined(separator: ".")).\(member)"
        let origin = ShellyProperty.Origin.field(rest, member)
        let property: ShellyProperty
        switch member {
        case "brightness", "gain": property = .number(origin, name, "%", range: 0...100)
        case "red", "green", "blue", "white": property = .number(origin, name, nil, range: 0...255)
        case "temp": property = .number(origin, name, "K")
        case "effect": property = .number(origin, name, nil)
        case "mode": property = .text(origin, name, values: ["white", "color"])
        default: return nil
        }
        return property.writable { .json("\($0)/\(light)/set", member) }
    }
}
