internal import Komoku
internal import KomokuHub
internal import KomokuWire

extension PropertyControl {
    /// What a page shows for a property: of its type, of what it is a part of, and last of what it is called.
    ///
    /// - Parameter type: of its key.
    init(_ property: PropertyDescription, type: KeyType) {
        let leaf = Self.leaf(of: property)
        if property.isEvent {
            self = .event
        } else if property.isWritable {
            self = Self.told(property, type: type, leaf: leaf)
        } else if property.unit == "%", leaf.hasPrefix("battery") || property.deviceClass == "battery" {
            self = .battery
        } else {
            self = type == .boolean || type == .uptime ? .binarySensor : .sensor
        }
    }

    /// The last part of a name, without the number or the word of an endpoint behind it: `dimmer` of `Light1.Dimmer2`.
    private static func leaf(of property: PropertyDescription) -> String {
        var last = property.name.split(separator: ".").last.map(String.init) ?? property.name
        if let family = property.family, let group = property.group, group.hasPrefix(family + "_"),
            last.hasSuffix(group.dropFirst(family.count))
        {
            last = String(last.dropLast(group.count - family.count))
        }
        return String(last.lowercased().reversed().drop { $0.isNumber || $0 == "_" }.reversed())
    }

    private static func told(_ property: PropertyDescription, type: KeyType, leaf: String) -> PropertyControl {
        let family = property.family ?? property.deviceClass ?? ""
        switch type {
        case .boolean, .uptime: return property.hasState ? state(of: family, leaf) : .button
        case .numeric, .counter: return number(family, leaf, property)
        case .string: return text(family, leaf, property)
        }
    }

    private static func state(of family: String, _ leaf: String) -> PropertyControl {
        switch family {
        case "light": .light
        case "lock": leaf == "child_lock" ? .switch : .lock
        case "fan": .fan
        default: .switch
        }
    }

    private static func number(_ family: String, _ leaf: String, _ property: PropertyDescription) -> PropertyControl {
        // What a light does when it is switched on is a setting of its own.
        if property.category == .config { return .number }
        if leaf == "color_temp" || leaf == "color_temperature" || leaf == "ct" || leaf == "colour_temperature"
            || leaf == "temp" && family == "light"
        {
            return .colourTemperature
        }
        if isColour(property.name) { return .colour }
        if ["brightness", "dimmer", "bri", "gain"].contains(leaf) { return .brightness }
        if family == "cover" || family == "valve" || property.name.lowercased().contains("shutter") {
            if leaf.contains("tilt") || leaf.contains("slat") { return .tilt }
            if ["position", "target_pos", "pos", "current_pos"].contains(leaf) { return .position }
        }
        if leaf == "position", property.unit == "%" { return .position }
        if leaf.contains("setpoint") || leaf == "target_temperature" || leaf == "target_c" || leaf == "target_t"
            || ["climate", "water_heater"].contains(family) && leaf.contains("temperature")
                && !leaf.contains("calibration")
        {
            return .setpoint
        }
        return .number
    }

    private static func isColour(_ name: String) -> Bool {
        let levels = name.lowercased().split(separator: ".")
        guard levels.count > 1, let last = levels.last else {
            return ["hue", "saturation"].contains(levels.last ?? "")
        }
        let above = levels[levels.count - 2]
        return above.hasPrefix("color") && !above.hasPrefix("color_option")
            && ["x", "y", "hue", "saturation", "h", "s", "r", "g", "b", "red", "green", "blue"].contains(last)
    }

    private static func text(_ family: String, _ leaf: String, _ property: PropertyDescription) -> PropertyControl {
        let values = property.values ?? []
        if ["color", "colour", "hsbcolor", "rgb", "hex"].contains(leaf) { return .colour }
        if !property.hasState, values.count == 1 { return .button }
        let words = Set(values.map { $0.lowercased() })
        if words.contains("open"), words.contains("close") { return .cover }
        if family == "lock", words.contains("lock") { return .lock }
        if property.hasState, ["climate", "water_heater"].contains(family),
            ["system_mode", "mode", "hvac_mode"].contains(leaf)
        {
            return .climate
        }
        return values.isEmpty ? .text : .select
    }
}

extension Device {
    /// What belongs together without its source having said so: a lamp's switch, and how bright and of what colour it is.
    static func grouped(_ properties: [DeviceProperty]) -> [DeviceProperty] {
        let isLoose = { (property: DeviceProperty) in property.isWritable && property.group == nil }
        let lights: Set<PropertyControl> = [.brightness, .colour, .colourTemperature]
        guard properties.contains(where: { isLoose($0) && lights.contains($0.control ?? .sensor) }) else {
            return properties
        }
        // With several switches nobody knows which one is the lamp's.
        let switches = properties.filter { isLoose($0) && $0.control == .switch && $0.category == nil }
        return properties.map { property in
            var property = property
            guard isLoose(property), let control = property.control else { return property }
            if lights.contains(control) { property.group = "light" }
            if switches.count == 1, property.name.utf8.elementsEqual(switches[0].name.utf8) {
                (property.group, property.control) = ("light", .light)
            }
            return property
        }
    }
}
