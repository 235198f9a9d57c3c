internal import Komoku
internal import KomokuHub

/// One property of a Shelly, with where it is heard and how it is told.
struct ShellyProperty {
    enum Origin: Hashable {
        /// The payload of a topic behind the device's: `relay/0`.
        case topic(String)
        /// A member of the JSON payload of a topic: `brightness` of `light/0/status`.
        case field(String, String)
        /// A leaf of a component: `aenergy.total` of `switch:0`.
        case component(String, String)
        /// Presses of a component: `input:0`.
        case events(String)
    }

    let origin: Origin
    var description: PropertyDescription
    var decoder: DeviceDecoder
    /// Made of the device's topic.
    var command: (@Sendable (String) -> DeviceCommand)?

    init(_ origin: Origin, _ description: PropertyDescription, _ decoder: DeviceDecoder) {
        self.origin = origin
        self.description = description
        self.decoder = decoder
    }

    var name: String { description.name }

    /// A number with a unit.
    static func number(
        _ origin: Origin, _ name: String, _ unit: String?, range: ClosedRange<Double>? = nil, sentinels: [Double] = []
    ) -> ShellyProperty {
        var description = PropertyDescription(name, .numeric, unit: unit)
        (description.minimum, description.maximum) = (range?.lowerBound, range?.upperBound)
        return ShellyProperty(origin, description, .number(range: range, sentinels: sentinels))
    }

    static func boolean(
        _ origin: Origin, _ name: String, on: [String] = ["1", "true", "on"], off: [String] = ["0", "false", "off"]
    ) -> ShellyProperty {
        ShellyProperty(origin, PropertyDescription(name, .boolean), .boolean(on: on, off: off))
    }

    static func text(_ origin: Origin, _ name: String, values: [String]? = nil) -> ShellyProperty {
        var description = PropertyDescription(name, .string)
        description.values = values
        return ShellyProperty(origin, description, .text(values: values))
    }

    /// Presses.
    static func events(_ origin: Origin, _ name: String) -> ShellyProperty {
        var description = PropertyDescription(name, .string)
        description.isEvent = true
        return ShellyProperty(origin, description, .text())
    }

    func about(_ deviceClass: String) -> ShellyProperty {
        var result = self
        result.description.deviceClass = deviceClass
        return result
    }

    func with(_ category: PropertyDescription.Category) -> ShellyProperty {
        var result = self
        result.description.category = category
        return result
    }

    func writable(_ command: @escaping @Sendable (String) -> DeviceCommand) -> ShellyProperty {
        var result = self
        result.description.isWritable = true
        result.command = command
        return result
    }
}
