internal import Komoku
internal import KomokuHub

/// A part of a device of the second generation or later: `switch:0`, `wifi`.
struct ShellyComponent {
    let name: String
    let kind: String
    /// Nil where there is one of its kind only.
    let number: Int?

    /// Nil where no device has such a component, or where it holds nothing of interest.
    init?(_ name: String) {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard name.utf8.count <= 32, let kind = parts.first, Self.kinds.contains(kind) else { return nil }
        self.name = name
        self.kind = String(kind)
        guard parts.count == 2 else {
            guard parts.count == 1, kind == "wifi" else { return nil }
            number = nil
            return
        }
        guard let number = Int(parts[1]), 0...999 ~= number, String(number) == parts[1] else { return nil }
        self.number = number
    }

    private static let kinds: Set<Substring> = [
        "switch", "input", "cover", "light", "rgb", "rgbw", "cct", "rgbcct", "em", "emdata", "em1", "em1data", "pm1",
        "temperature", "humidity", "voltmeter", "illuminance", "devicepower", "flood", "smoke", "thermostat", "number",
        "boolean", "text", "enum", "button", "bthomesensor", "bthomedevice", "blutrv", "wifi",
    ]

    private static let lights = ["light": "Light", "rgb": "RGB", "rgbw": "RGBW", "cct": "CCT", "rgbcct": "RGBCCT"]

    /// What a user made in the device's own interface, or what speaks Bluetooth to it, has one value.
    private static let virtual = ["number": "Number", "boolean": "Boolean", "text": "Text", "enum": "Enum"]

    /// Whether its events are presses.
    var isPressed: Bool { ["input", "button", "bthomedevice", "bthomesensor"].contains(kind) }

    /// A leaf of its status.
    ///
    /// - Parameter type: of the value that was seen; it counts only where the leaf may be anything.
    func property(_ path: String, _ type: KeyType) -> ShellyProperty? {
        let origin = ShellyProperty.Origin.component(name, path)
        let full = "\(name).\(path)"
        switch (kind, path) {
        case ("switch", "output"): return .boolean(origin, full).writable(ShellyCall.setting("Switch.Set", self, "on"))
        case ("cover", _): return cover(path, origin, full) ?? reading(path, origin, full)
        case ("input", "state"), ("flood", "alarm"), ("smoke", "alarm"), ("thermostat", "output"):
            return .boolean(origin, full)
        case ("illuminance", "illumination"): return .text(origin, full)
        case ("wifi", _): return path == "rssi" ? .number(origin, full, "dBm").with(.diagnostic) : nil
        case ("thermostat", "target_C"):
            return target(5...35, origin, full, ShellyCall.configuring("Thermostat", self, path))
        case ("thermostat", "enable"):
            return .boolean(origin, full).writable(ShellyCall.configuring("Thermostat", self, path))
        case ("blutrv", "target_C"): return target(4...30, origin, full, ShellyCall.valve("Trv.SetTarget", self, path))
        case ("blutrv", "pos"): return .number(origin, full, "%", range: 0...100, sentinels: [-1])
        case ("bthomedevice", "rssi"), ("blutrv", "rssi"): return .number(origin, full, "dBm").with(.diagnostic)
        case ("bthomedevice", "battery"), ("blutrv", "battery"): return .number(origin, full, "%")
        case ("bthomesensor", "value"): return anything(type, origin, full)
        default: break
        }
        if let set = Self.lights[kind], let light = light(path, "\(set).Set", origin, full) { return light }
        if let set = Self.virtual[kind] { return path == "value" ? value(origin, full, "\(set).Set") : nil }
        return reading(path, origin, full)
    }

    /// A temperature that is to be reached: what is reported is taken as it comes, what is put is within the range.
    private func target(
        _ range: ClosedRange<Double>, _ origin: ShellyProperty.Origin, _ full: String,
        _ command: @escaping @Sendable (String) -> DeviceCommand
    ) -> ShellyProperty {
        var target = ShellyProperty.number(origin, full, "°C")
        (target.description.minimum, target.description.maximum) = (range.lowerBound, range.upperBound)
        return target.writable(command)
    }

    /// Presses of it.
    var presses: ShellyProperty { .events(.events(name), name) }

    private func cover(_ path: String, _ origin: ShellyProperty.Origin, _ full: String) -> ShellyProperty? {
        let (topic, component) = ("command/\(name)", self)
        switch path {
        case "state":
            let states = ["open", "closed", "opening", "closing", "stopped", "calibrating"]
            var property = ShellyProperty.text(origin, full, values: states)
            property.description.values = states + ["close", "stop"]
            return property.writable { prefix in
                DeviceCommand(topic: "\(prefix)/\(topic)") { Self.coverWord($0.string ?? "").map { Array($0.utf8) } }
            }
        case "current_pos":
            return .number(origin, full, "%", range: 0...100, sentinels: [-1])
                .writable(ShellyCall.setting("Cover.GoToPosition", component, "pos"))
        default: return nil
        }
    }

    private static func coverWord(_ state: String) -> String? {
        switch state {
        case "open", "opening": "open"
        case "close", "closed", "closing": "close"
        case "stop", "stopped": "stop"
        default: nil
        }
    }

    private func light(
        _ path: String, _ method: String, _ origin: ShellyProperty.Origin, _ full: String
    ) -> ShellyProperty? {
        switch path {
        case "output": .boolean(origin, full).writable(ShellyCall.setting(method, self, "on"))
        case "brightness": .number(origin, full, "%", range: 0...100).writable(ShellyCall.setting(method, self, path))
        case "white": .number(origin, full, nil, range: 0...255).writable(ShellyCall.setting(method, self, path))
        case "ct": .number(origin, full, "K").writable(ShellyCall.setting(method, self, path))
        case "rgb":
            ShellyProperty(origin, PropertyDescription(full, .string), .json)
                .writable(ShellyCall.colour(method, self, path))
        default: nil
        }
    }

    private func value(_ origin: ShellyProperty.Origin, _ full: String, _ method: String) -> ShellyProperty {
        let property: ShellyProperty =
            switch kind {
            case "number": .number(origin, full, nil)
            case "boolean": .boolean(origin, full)
            default: .text(origin, full)
            }
        return property.writable(ShellyCall.setting(method, self, "value"))
    }

    private func anything(_ type: KeyType, _ origin: ShellyProperty.Origin, _ full: String) -> ShellyProperty {
        switch type {
        case .boolean, .uptime: .boolean(origin, full)
        case .numeric, .counter: .number(origin, full, nil)
        case .string: .text(origin, full)
        }
    }

    // MARK: Readings

    private func reading(_ path: String, _ origin: ShellyProperty.Origin, _ full: String) -> ShellyProperty? {
        // Of three phases: `a_voltage`.
        let isPhase = kind.hasPrefix("em") && ["a_", "b_", "c_", "n_"].contains { path.hasPrefix($0) }
        guard let unit = Self.units[isPhase ? String(path.dropFirst(2)) : path] else {
            return path == "external.present" ? .boolean(origin, full).with(.diagnostic) : nil
        }
        return .number(origin, full, unit.isEmpty ? nil : unit)
    }

    /// By the leaf's path; empty is none.
    private static let units: [String: String] = [
        "apower": "W", "act_power": "W", "total_act_power": "W", "aprt_power": "VA", "total_aprt_power": "VA",
        "voltage": "V", "battery.V": "V", "current": "A", "total_current": "A", "pf": "", "freq": "Hz",
        "aenergy.total": "Wh", "ret_aenergy.total": "Wh", "total_act": "Wh", "total_act_ret": "Wh",
        "total_act_energy": "Wh", "total_act_ret_energy": "Wh",
        "temperature.tC": "°C", "tC": "°C", "current_C": "°C", "target_C": "°C",
        "rh": "%", "percent": "%", "battery.percent": "%", "lux": "lx",
        "xpercent": "", "xvoltage": "", "counts.total": "", "counts.xtotal": "",
    ]
}
