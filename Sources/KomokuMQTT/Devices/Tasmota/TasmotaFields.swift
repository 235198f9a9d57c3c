import Komoku
import KomokuHub

/// Makes the fields of a device.
struct TasmotaFields {
    let config: TasmotaConfig
    let topics: TasmotaTopics
    let words: TasmotaWords

    init(_ config: TasmotaConfig, _ topics: TasmotaTopics) {
        self.config = config
        self.topics = topics
        words = TasmotaWords(config)
    }

    // MARK: State

    /// The names in STATE and RESULT that the configuration promises.
    var keys: [String] {
        let outputs = config.outputs.enumerated().filter { $0.element != .none }
        var keys: [String] = []
        for (index, output) in outputs where output == .relay || output == .light {
            keys.append(outputs.count == 1 ? "POWER" : "POWER\(index + 1)")
        }
        if config.isFan { keys.append("FanSpeed") }
        return keys + lightKeys(outputs.count { $0.element == .light })
    }

    private func lightKeys(_ lights: Int) -> [String] {
        guard config.lightType > 0 || (config.isTuya && lights > 0) else { return [] }
        if config.options.contains(68) { return (0..<lights).map { "Channel\($0 + 1)" } }
        var keys = !config.isLinked && config.lightType >= 4 ? ["Dimmer1", "Dimmer2"] : ["Dimmer"]
        if config.lightType >= 3 { keys += ["Color", "HSBColor"] }
        if config.lightType >= 4 { keys.append("White") }
        if [2, 5].contains(config.lightType) { keys.append("CT") }
        return keys + (0..<min(max(config.lightType, 0), 5)).map { "Channel.\($0 + 1)" }
    }

    /// Whether a name in STATE is one of these, for a device that no discovery explains.
    static func isKey(_ path: String) -> Bool {
        let word = path.prefix { !$0.isNumber }
        guard let number = path.count == word.count ? 0 : Int(path.dropFirst(word.count)) else { return false }
        switch word {
        case "POWER": return number <= 32
        case "Dimmer": return number <= 4
        case "Channel", "Channel.": return 1...5 ~= number
        case "Color", "HSBColor", "White", "CT", "FanSpeed": return number == 0
        default: return false
        }
    }

    func field(key: String) -> TasmotaField {
        if key.hasPrefix("POWER") { return power(key) }
        var command = key.filter { $0 != "." }
        if key == "Dimmer", config.isTuya { command = "Dimmer3" }
        var origins: [TasmotaField.Origin] = [.state(key)]
        if config.options.contains(68), key.hasPrefix("Channel") {
            // The same light under other names of other versions.
            origins += [.state("Dimmer\(key.dropFirst(7))"), .state("Channel.\(key.dropFirst(7))")]
        }
        var field = TasmotaField(property(key: key), .number(), origins)
        field.decoder = decoder(key, field.property)
        field.property.isWritable = true
        field.command = .text(topics.commands + command)
        return field
    }

    /// With one output only both names are used, as the owner chose (SetOption26).
    private func power(_ key: String) -> TasmotaField {
        let names = key == "POWER" || key == "POWER1" ? ["POWER", "POWER1"] : [key]
        var property = PropertyDescription(key, .boolean)
        property.isWritable = true
        var field = TasmotaField(
            property, words.decoder, names.map { .state($0) } + names.map { .power($0) })
        field.command = .text(topics.commands + key, .boolean(on: "ON", off: "OFF"))
        return field
    }

    private func property(key: String) -> PropertyDescription {
        switch key {
        case "Color", "HSBColor": return PropertyDescription(key, .string)
        case "CT": return number(key, "mired", 153...500)
        case "FanSpeed": return number(key, nil, 0...3)
        default: return number(key, "%", 0...100)
        }
    }

    private func number(_ name: String, _ unit: String?, _ range: ClosedRange<Double>) -> PropertyDescription {
        var property = PropertyDescription(name, .numeric, unit: unit)
        property.minimum = range.lowerBound
        property.maximum = range.upperBound
        property.step = 1
        return property
    }

    private func decoder(_ key: String, _ property: PropertyDescription) -> DeviceDecoder {
        guard property.type == .numeric, let low = property.minimum, let high = property.maximum else { return .text() }
        // No colour temperature while the light shows a colour.
        return .number(range: low...high, sentinels: key == "CT" ? [0] : [])
    }

    // MARK: Sensors

    /// - Parameter state: what stands in STATE, perhaps as well.
    func fields(_ leaves: [TasmotaLeaf], state: [TasmotaLeaf], _ units: TasmotaUnits) -> [TasmotaField] {
        let sensors = Set(leaves.map { Array($0.path.utf8) })
        let reported = Set(state.map { Array($0.path.utf8) })
        return leaves.map { leaf in
            var origins: [TasmotaField.Origin] = [.sensor(leaf.path)]
            // A list that was announced may come as a number: that is its first item.
            if let list = Self.list(leaf.path), !sensors.contains(Array(list.utf8)) { origins.append(.list(list)) }
            if reported.contains(Array(leaf.path.utf8)) { origins.append(.state(leaf.path)) }
            return field(leaf, origins, units)
        } + state.filter { !sensors.contains(Array($0.path.utf8)) }.map { field($0, [.state($0.path)], units) }
    }

    /// The path of the list whose first item stands at a path.
    private static func list(_ path: String) -> String? {
        path.utf8.count > 2 && path.hasSuffix(".1") ? String(path.dropLast(2)) : nil
    }

    private func field(_ leaf: TasmotaLeaf, _ origins: [TasmotaField.Origin], _ units: TasmotaUnits) -> TasmotaField {
        let isSwitch = leaf.kind == .boolean && !leaf.path.contains(".")
        var field = TasmotaField(property(leaf, units), .number(), origins)
        if isSwitch { field.origins.append(.result(leaf.path + ".Action")) }
        switch leaf.kind {
        case .number: break
        case .boolean: field.decoder = isSwitch ? words.stateOnly : words.decoder
        case .text, .event: field.decoder = .text()
        }
        field.isTelemetry = leaf.kind != .event
        return field
    }

    private func property(_ leaf: TasmotaLeaf, _ units: TasmotaUnits) -> PropertyDescription {
        switch leaf.kind {
        case .number: return PropertyDescription(leaf.path, .numeric, unit: units.unit(leaf.path))
        case .boolean: return PropertyDescription(leaf.path, .boolean)
        case .text, .event:
            var property = PropertyDescription(leaf.path, .string)
            property.isEvent = leaf.kind == .event
            if leaf.path.hasSuffix(".Id") { property.category = .diagnostic }
            return property
        }
    }

    /// About the device itself; each STATE has it.
    var diagnostics: [TasmotaField] {
        [("Wifi.RSSI", "%"), ("Wifi.Signal", "dBm")].map { path, unit in
            var property = PropertyDescription(path, .numeric, unit: unit)
            property.category = .diagnostic
            var field = TasmotaField(property, .number(), [.state(path)])
            field.isTelemetry = true
            return field
        }
    }
}
