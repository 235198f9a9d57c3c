internal import Komoku
internal import KomokuHub

/// What the hub keeps of a device over restarts: a Shelly does not describe itself, its topics do as they come.
///
/// | member | holds |
/// | --- | --- |
/// | `model`, `source` | as announced, and as the device calls itself |
/// | `properties` | in their order: `topic relay/0`, `field light/0/status brightness`, `field info thermostat.0.tmp F`, `leaf switch:0 apower numeric`, `events input:0` |
enum ShellyMemory {
    static func document(of device: ShellyDevice) -> JSON {
        let texts = [("model", device.model), ("source", device.source)]
        let members = texts.compactMap { name, text in text.map { JSON.Member(name, .string($0)) } }
        return .object(members + [JSON.Member("properties", .array(device.properties.map { .string(text(of: $0)) }))])
    }

    private static func text(of property: ShellyProperty) -> String {
        switch property.origin {
        case .topic(let rest): "topic \(rest)"
        case .field(let rest, let member):
            "field \(rest) \(member)" + (property.description.unit == "°F" ? " F" : "")
        case .component(let name, let path): "leaf \(name) \(path) \(property.description.type.rawValue)"
        case .events(let name): "events \(name)"
        }
    }

    /// Makes the device what it was.
    static func restore(_ document: JSON, into device: ShellyDevice) {
        device.model = document["model"]?.string ?? device.model
        device.source = document["source"]?.string ?? device.source
        for item in document["properties"]?.array?.prefix(ShellyDevice.maximumProperties) ?? [] {
            if let property = property(item.string ?? "") { _ = device.add(property) }
        }
    }

    private static func property(_ text: String) -> ShellyProperty? {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("topic", 2): return ShellyPlain.property(words[1])
        case ("field", 3) where ShellyDocument.isDocument(words[1]): return ShellyDocument.property(words[1], words[2])
        case ("field", 4): return ShellyDocument.property(words[1], words[2], isFahrenheit: words[3] == "F")
        case ("field", 3): return ShellyPlain.isLightStatus(words[1]) ? ShellyPlain.field(words[1], words[2]) : nil
        case ("leaf", 4):
            return KeyType(rawValue: words[3]).flatMap { ShellyComponent(words[1])?.property(words[2], $0) }
        case ("events", 2): return ShellyComponent(words[1])?.presses
        default: return nil
        }
    }
}
