internal import Komoku
internal import KomokuHub

/// How values without a declared type are read: the first one says it, and one that does not fit may widen it.
enum InferredValue {
    /// The type that a leaf gives its property; nil where it is no value.
    static func type(of leaf: JSON) -> KeyType? {
        switch leaf {
        case .number: .numeric
        case .bool: .boolean
        // A number in quotes is meant as a text: `"1.10"` is a version. Words such as `open` are what they say.
        case .string(let text): Value.infer(text).map { $0.type == .boolean ? .boolean : .string }
        case .null, .array, .object: nil
        }
    }

    /// The type that a whole payload gives its property.
    static func type(ofPayload text: String) -> KeyType? {
        unquoted(text) == nil ? Value.infer(text)?.type : .string
    }

    static func decoder(_ type: KeyType) -> DeviceDecoder {
        .custom { input in outcome(input, type) }
    }

    /// The same for a whole payload, which may be a text of JSON with its quotation marks.
    static func payloadDecoder(_ type: KeyType) -> DeviceDecoder {
        .custom { input in outcome(DeviceInput.text(unquoted(input.text) ?? input.text), type) }
    }

    /// Nil where it is no text of JSON.
    static func unquoted(_ text: String) -> String? {
        text.utf8.first == UInt8(ascii: "\"") ? try? JSON(parsing: text).string : nil
    }

    /// A word for a number is an error message, not a value.
    static func outcome(_ input: DeviceInput, _ type: KeyType) -> DeviceOutcome {
        if case .composite = input { return .refused("an object or a list") }
        if case .bool = input, type == .numeric { return .refused("'\(input.text)' is no number") }
        let text = input.text
        guard Value.infer(text) != nil else { return .nothing }
        if let value = Value.infer(text, as: type) { return .value(value) }
        return .misfit("'\(text.prefix(40))' does not fit the type \(type.rawValue)")
    }

    static func outcome(_ leaf: JSON, _ type: KeyType) -> DeviceOutcome {
        DeviceInput(leaf).map { outcome($0, type) } ?? .nothing
    }

    /// Every leaf with its dotted path, items counted from 1; at most `limit`.
    static func leaves(of json: JSON, limit: Int = InferredDevice.maximumProperties) -> [(path: String, leaf: JSON)] {
        var leaves: [(path: String, leaf: JSON)] = []
        gather(json, "", limit, &leaves)
        return leaves
    }

    private static func gather(_ json: JSON, _ path: String, _ limit: Int, _ leaves: inout [(path: String, leaf: JSON)])
    {
        guard leaves.count < limit, path.utf8.count <= InferredDevice.maximumName else { return }
        func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        switch json {
        case .object(let members): for member in members { gather(member.value, below(member.name), limit, &leaves) }
        case .array(let items):
            for (index, item) in items.enumerated() { gather(item, below("\(index + 1)"), limit, &leaves) }
        default: if !path.isEmpty { leaves.append((path, json)) }
        }
    }

    /// The unit that a sender's name for a value implies: `temperature_C`, `tempc`.
    static func unit(of name: String) -> String? {
        if let unit = names[name] { return unit }
        return suffixes.first { name.utf8.count > $0.0.utf8.count && name.hasSuffix($0.0) }?.1
    }

    private static let names = [
        "humidity": "%", "moisture": "%", "hum": "%", "batt": "%", "tempc": "°C", "tempf": "°F", "volt": "V",
        "rssi": "dBm", "lux": "lx", "pres": "hPa", "snr": "dB", "moi": "%", "co2": "ppm", "tempc2": "°C",
        "tempf2": "°F", "tempc3": "°C", "tempc4": "°C", "pm25": "µg/m³", "pm10": "µg/m³", "weight": "kg",
        "fer": "µS/cm",
    ]

    private static let suffixes = [
        ("_mm_h", "mm/h"), ("_in_h", "in/h"), ("_ug_m3", "µg/m³"), ("_ppm", "ppm"), ("_ppb", "ppb"), ("_pct", "%"),
        ("_mV", "mV"), ("_mA", "mA"), ("_cm", "cm"), ("_km", "km"), ("_Hz", "Hz"), ("_VA", "VA"), ("_kW", "kW"),
        ("_km_h", "km/h"), ("_mi_h", "mph"), ("_m_s", "m/s"), ("_hPa", "hPa"), ("_kPa", "kPa"), ("_PSI", "psi"),
        ("_lux", "lx"), ("_mm", "mm"), ("_kWh", "kWh"), ("_W", "W"), ("_V", "V"), ("_A", "A"), ("_C", "°C"),
        ("_F", "°F"), ("_deg", "°"), ("_dB", "dB"), ("_in", "in"),
    ]
}

extension DeviceInput {
    /// Nil where the leaf is `null`.
    init?(_ leaf: JSON) {
        switch leaf {
        case .null: return nil
        case .number(let number): self = .number(number)
        case .bool(let bool): self = .bool(bool)
        case .string(let text): self = .text(text)
        case .array, .object: self = .composite(leaf.text)
        }
    }
}
