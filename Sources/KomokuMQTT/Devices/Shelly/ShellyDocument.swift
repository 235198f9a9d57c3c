internal import Komoku
internal import KomokuHub

/// Devices of the first generation that tell all of their state in one document: the radiator valve under `info`, the motion
/// sensors under `status`. Others say under `info` what their own topics say too.
enum ShellyDocument {
    struct Reading {
        let property: ShellyProperty
        /// Nil where the device itself does not trust it.
        let value: JSON?
    }

    /// Whether a topic carries such a document.
    static func isDocument(_ rest: String) -> Bool { rest == "info" || rest == "status" }

    static func readings(_ rest: String, _ json: JSON) -> [Reading] {
        switch rest {
        case "info": valve(json)
        case "status": json["motion"]?.bool == nil ? [] : motion(json)
        default: []
        }
    }

    /// Most of what comes under `info` is of no valve, and long.
    static func isWorthReading(_ rest: String, _ payload: UnsafeBufferPointer<UInt8>) -> Bool {
        guard rest == "info" else { return true }
        let word = Array("\"thermostats\"".utf8)
        guard payload.count >= word.count else { return false }
        return (0...payload.count - word.count).contains { start in
            payload[start] == word[0] && payload[start + 1] == word[1]
                && payload[start..<start + word.count].elementsEqual(word)
        }
    }

    private static func motion(_ json: JSON) -> [Reading] {
        reading("status", ["motion", "vibration", "active", "lux"], json) + battery("status", json["bat"])
            + temperature("status", "tmp", json["tmp"])
    }

    private static func valve(_ json: JSON) -> [Reading] {
        guard let valves = json["thermostats"]?.array, !valves.isEmpty else { return [] }
        let parts = valves.prefix(8).enumerated().flatMap { number, valve -> [Reading] in
            let name = "thermostat.\(number)"
            return reading("info", ["pos", "schedule", "boost_minutes", "window_open"].map { "\(name).\($0)" }, valve)
                + temperature("info", "\(name).target_t", valve["target_t"])
                + temperature("info", "\(name).tmp", valve["tmp"])
        }
        return parts + reading("info", ["charger", "calibrated"], json) + battery("info", json["bat"])
    }

    /// Members by the last part of their names.
    private static func reading(_ rest: String, _ names: [String], _ json: JSON) -> [Reading] {
        names.compactMap { name in
            guard let value = json[name.split(separator: ".").last.map(String.init) ?? name], !value.isNull else {
                return nil
            }
            return property(rest, name).map { Reading(property: $0, value: value) }
        }
    }

    /// `88`, or `{"value":88,"voltage":2.9}`.
    private static func battery(_ rest: String, _ json: JSON?) -> [Reading] {
        guard let value = json?["value"] ?? json, value.number != nil, let property = property(rest, "battery") else {
            return []
        }
        return [Reading(property: property, value: value)]
    }

    /// `{"value":20.5,"units":"C","is_valid":true}`.
    private static func temperature(_ rest: String, _ name: String, _ json: JSON?) -> [Reading] {
        guard let value = json?["value"], value.number != nil,
            let property = property(rest, name, isFahrenheit: json?["units"]?.string == "F")
        else { return [] }
        return [Reading(property: property, value: json?["is_valid"]?.bool == false ? nil : value)]
    }

    // MARK: Properties

    /// Nil where there is none of that name.
    static func property(_ rest: String, _ name: String, isFahrenheit: Bool = false) -> ShellyProperty? {
        guard isDocument(rest), name.utf8.count <= 64 else { return nil }
        let origin = ShellyProperty.Origin.field(rest, name)
        let levels = name.split(separator: ".")
        if levels.count == 3, levels[0] == "thermostat", let number = Int(levels[1]), 0...7 ~= number {
            return valve(levels[2], number, origin, name, isFahrenheit ? "°F" : "°C")
        }
        switch name {
        case "motion", "vibration", "active", "charger", "calibrated": return .boolean(origin, name)
        case "lux": return .number(origin, name, "lx", sentinels: [-1])
        case "battery": return .number(origin, name, "%", range: 0...100, sentinels: [-1])
        case "tmp": return .number(origin, name, isFahrenheit ? "°F" : "°C", sentinels: [999])
        default: return nil
        }
    }

    private static func valve(
        _ word: Substring, _ number: Int, _ origin: ShellyProperty.Origin, _ name: String, _ unit: String
    ) -> ShellyProperty? {
        let topic = "thermostat/\(number)/command"
        switch word {
        case "tmp": return .number(origin, name, unit, sentinels: [999])
        case "target_t":
            var target = ShellyProperty.number(origin, name, unit)
            (target.description.minimum, target.description.maximum) = unit == "°C" ? (4, 31) : (39, 88)
            return target.writable { .text("\($0)/\(topic)/target_t") }
        case "pos":
            return .number(origin, name, "%", range: 0...100, sentinels: [-1])
                .writable { .text("\($0)/\(topic)/valve_pos") }
        case "schedule":
            return .boolean(origin, name).writable { .text("\($0)/\(topic)/schedule", .boolean(on: "1", off: "0")) }
        case "boost_minutes":
            return .number(origin, name, "min", range: 0...1440).writable { .text("\($0)/\(topic)/boost_minutes") }
        case "window_open": return .boolean(origin, name)
        default: return nil
        }
    }
}
