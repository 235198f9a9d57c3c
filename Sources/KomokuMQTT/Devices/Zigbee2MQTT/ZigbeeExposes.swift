internal import Komoku
internal import KomokuHub

/// Reads a definition's `exposes`: every leaf becomes a feature, what cannot be used is listed with the reason.
struct ZigbeeExposes {
    /// The most properties of one device, the longest name of one, and the deepest composites.
    static let maximumCount = 500
    static let maximumName = 255
    static let maximumDepth = 8
    static let maximumWords = 1024

    private(set) var features: [ZigbeeFeature] = []
    private(set) var unsupported: [DeviceDescription.Unsupported] = []
    private var names: Set<[UInt8]> = []

    init() {}

    init(_ exposes: JSON) {
        if exposes.array == nil { reject("exposes", "it is no list") }
        for item in exposes.array ?? [] { read(item, Context()) }
        addColorModes()
        for index in features.indices {
            guard let family = features[index].family else { continue }
            features[index].property.family = family
            features[index].property.group = features[index].endpoint.map { "\(family)_\($0)" } ?? family
        }
    }

    /// Which of its colours a light shows stands in its state, and in no expose.
    private mutating func addColorModes() {
        let colors = features.filter { feature in
            feature.family == "light" && (feature.path.hasPrefix("color_") || feature.path.hasPrefix("color."))
                && !feature.path.hasPrefix("color_temp_startup")
        }
        for endpoint in Set(colors.map(\.endpoint)).sorted(by: { $0 ?? "" < $1 ?? "" }) {
            let name = endpoint.map { "color_mode_\($0)" } ?? "color_mode"
            guard features.count < Self.maximumCount, names.insert(Array(name.utf8)).inserted else { continue }
            var feature = ZigbeeFeature(property: PropertyDescription(name, .string), kind: .text)
            (feature.endpoint, feature.family) = (endpoint, "light")
            features.append(feature)
        }
    }

    /// Where a feature stands.
    private struct Context {
        var prefix = ""
        var depth = 0
        var family: String?
        var endpoint: String?
        /// Of the composites around it.
        var access: Int?
        var isInComposite = false
    }

    private mutating func reject(_ what: String, _ reason: String) {
        guard unsupported.count < 64 else { return }
        let what = String(decoding: what.utf8.prefix(Self.maximumName), as: UTF8.self)
        unsupported.append(.init(what: what, reason: reason))
    }

    private mutating func read(_ item: JSON, _ context: Context) {
        let type = item["type"]?.string ?? ""
        guard item.object != nil else { return reject(context.prefix, "a feature that is no object") }
        guard context.depth < Self.maximumDepth else { return reject(context.prefix, "nested too deeply") }
        var context = context
        context.endpoint = item["endpoint"]?.string ?? context.endpoint
        context.depth += 1
        if type != "composite", item["property"]?.string == nil, let features = item["features"]?.array {
            context.family = type
            for feature in features { read(feature, context) }
        } else if type == "composite" {
            composite(item, context)
        } else {
            leaf(item, type, context)
        }
    }

    private mutating func composite(_ item: JSON, _ context: Context) {
        guard let name = name(of: item, context) else { return }
        guard let parts = item["features"]?.array else { return reject(name, "a composite without features") }
        var context = context
        context.prefix = name + "."
        context.access = item["access"]?.number.flatMap(Int.init(exactly:)) ?? context.access
        context.isInComposite = true
        let start = features.count
        for part in parts { read(part, context) }
        let settable = features[start...].filter { $0.property.isWritable && $0.siblings.isEmpty }.map(\.path)
        for index in start..<features.count where features[index].siblings.isEmpty {
            features[index].siblings = settable
        }
    }

    /// The path of a feature; nil where it can have none.
    private mutating func name(of item: JSON, _ context: Context) -> String? {
        guard let property = item["property"]?.string ?? item["name"]?.string, !property.isEmpty else {
            reject(context.prefix, "a feature without a property")
            return nil
        }
        let name = context.prefix + property
        if name.utf8.count <= Self.maximumName { return name }
        reject(name, "its name is longer than \(Self.maximumName) bytes")
        return nil
    }

    private mutating func leaf(_ item: JSON, _ type: String, _ context: Context) {
        guard let name = name(of: item, context) else { return }
        guard features.count < Self.maximumCount else {
            return reject(name, "the device has more than \(Self.maximumCount) properties")
        }
        let access = item["access"]?.number.flatMap(Int.init(exactly:)) ?? context.access ?? 1
        guard access & 7 != 0 else { return reject(name, "it can be neither read nor set") }
        guard let (kind, valueType) = kind(item, type, name) else { return }
        // Of features that share a leaf the first counts.
        guard names.insert(Array(name.utf8)).inserted else { return }
        var property = PropertyDescription(name, valueType)
        describe(&property, item, kind)
        property.isWritable = access & 2 != 0 && kind != .action
        property.hasState = access & 5 != 0
        if case .numeric(let presets) = kind {
            property.presets = presets.compactMap { preset in
                preset.value.map { PropertyDescription.Preset(name: preset.name, value: $0) }
            }
        }
        var feature = ZigbeeFeature(property: property, kind: kind)
        feature.endpoint = context.endpoint
        feature.family = context.family
        features.append(feature)
    }

    private mutating func kind(_ item: JSON, _ type: String, _ name: String) -> (ZigbeeFeature.Kind, KeyType)? {
        // A press is only reported, and stands at the top of the state.
        let isReported = item["access"]?.number.map { Int(exactly: $0).map { $0 & 2 == 0 } ?? true } ?? true
        if item["name"]?.string == "action" || name == "action", type == "enum" || type == "text", isReported,
            !name.utf8.contains(UInt8(ascii: "."))
        {
            return (.action, .string)
        }
        switch type {
        case "binary":
            let (on, off) = (item["value_on"] ?? "ON", item["value_off"] ?? "OFF")
            if Self.isWord(on), Self.isWord(off), on != off { return (.binary(on: on, off: off), .boolean) }
            reject(name, "its words for true and false cannot be used")
        case "numeric":
            // Where some values are words all of them are texts.
            let words = (item["presets"]?.array ?? []).prefix(64).compactMap { $0["value"]?.string }
            return words.isEmpty ? (.numeric(presets: Self.presets(item["presets"])), .numeric) : (.worded, .string)
        case "enum":
            let words = item["values"]?.array?.prefix(Self.maximumWords) ?? []
            let areTexts = words.allSatisfy { $0.string != nil }
            return (.enumeration(areTexts ? [] : Array(words)), .string)
        case "text": return (.text, .string)
        case "list": return (.list, .string)
        default: reject(name, "features of the type '\(type.prefix(40))' are not known")
        }
        return nil
    }

    private static func isWord(_ json: JSON) -> Bool {
        switch json {
        case .string, .bool, .number: true
        default: false
        }
    }

    private static func presets(_ json: JSON?) -> [ZigbeeFeature.Preset] {
        (json?.array ?? []).prefix(64).compactMap { preset in
            preset["name"]?.string.map { ZigbeeFeature.Preset(name: $0, value: preset["value"]?.number) }
        }
    }

    private func describe(_ property: inout PropertyDescription, _ item: JSON, _ kind: ZigbeeFeature.Kind) {
        property.label = Self.label(item, property.name)
        property.category = item["category"]?.string.flatMap(PropertyDescription.Category.init)
        property.isEvent = kind == .action
        if case .numeric = kind {
            property.unit = item["unit"]?.string.flatMap { $0.isEmpty || $0.utf8.count > 32 ? nil : $0 }
            property.minimum = item["value_min"]?.number
            property.maximum = item["value_max"]?.number
            property.step = item["value_step"]?.number.flatMap { $0 > 0 ? $0 : nil }
        }
        if let words = item["values"]?.array, property.type == .string {
            let texts = words.prefix(Self.maximumWords).compactMap(ZigbeeFeature.Kind.text)
            property.values = texts.isEmpty ? nil : texts
        }
    }

    /// Only where it says more than the name: `Device temperature` does not.
    private static func label(_ item: JSON, _ name: String) -> String? {
        guard let label = item["label"]?.string, !label.isEmpty, label.utf8.count <= maximumName else { return nil }
        let plain = name.utf8.map { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") ? 0x20 : $0 | 0x20 }
        return label.utf8.map({ $0 | 0x20 }).elementsEqual(plain) ? nil : label
    }
}

extension ZigbeeExposes {
    /// What devices say beside their exposes.
    ///
    /// - Parameter hasUpdates: their firmware can be updated over the air.
    mutating func addCommon(hasUpdates: Bool) {
        add("linkquality", .numeric, unit: "lqi") { ($0.minimum, $0.maximum) = (0, 255) }
        guard hasUpdates else { return }
        add("update.state", .string)
        add("update.installed_version", .numeric) { $0.minimum = 0 }
        add("update.latest_version", .numeric) { $0.minimum = 0 }
        add("update.progress", .numeric, unit: "%")
    }

    private mutating func add(
        _ name: String, _ type: KeyType, unit: String? = nil, _ change: (inout PropertyDescription) -> Void = { _ in }
    ) {
        guard names.insert(Array(name.utf8)).inserted else { return }
        var property = PropertyDescription(name, type, unit: unit)
        property.category = .diagnostic
        change(&property)
        features.append(ZigbeeFeature(property: property, kind: type == .numeric ? .numeric(presets: []) : .text))
    }
}
