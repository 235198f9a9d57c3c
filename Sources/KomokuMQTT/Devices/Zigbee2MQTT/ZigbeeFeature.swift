internal import Komoku
internal import KomokuHub

/// One leaf of a definition's `exposes`: a property, where it stands in the state, and how it is told.
struct ZigbeeFeature: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// What the device says for true and for false.
        case binary(on: JSON, off: JSON)
        case numeric(presets: [Preset])
        /// A number, or a word instead of one.
        case worded
        /// The words, where they are not all texts.
        case enumeration([JSON])
        case text
        case list
        /// A press.
        case action
    }

    struct Preset: Hashable, Sendable {
        let name: String
        let value: Double?
    }

    var property: PropertyDescription
    let kind: Kind
    /// The device's word for one of its parts: `left`. It ends the property's name.
    var endpoint: String?
    /// The type of the feature around it: `light`; nil for a feature of its own.
    var family: String?
    /// The paths of the parts of its composite, itself among them; empty outside of composites.
    var siblings: [String] = []

    /// The path in the state message; it is the property's name.
    var path: String { property.name }

    /// The name without the endpoint: what a group calls it.
    var plainPath: String {
        guard let endpoint, path.utf8.count > endpoint.utf8.count + 1 else { return path }
        let suffix = "_" + endpoint
        if path.hasSuffix(suffix) { return String(path.dropLast(suffix.count)) }
        let levels = path.split(separator: ".", maxSplits: 1)
        guard levels.count == 2, levels[0].hasSuffix(suffix) else { return path }
        return "\(levels[0].dropLast(suffix.count)).\(levels[1])"
    }
}

// MARK: - Values

extension ZigbeeFeature {
    /// - Parameters:
    ///   - known: keeps the value of a composite's part.
    ///   - plain: what `plainDecoder` gives.
    func decoder(_ known: ZigbeeKnownValues, _ plain: DeviceDecoder) -> DeviceDecoder {
        guard !siblings.isEmpty, property.isWritable else { return plain }
        return .custom { [path] input in
            let outcome = plain.decode(input)
            if case .value(let value) = outcome { known.keep(value, at: path) }
            return outcome
        }
    }

    /// Makes no difference between devices.
    var plainDecoder: DeviceDecoder {
        switch kind {
        case .binary(let on, let off): .boolean(on: Self.words(on, "true"), off: Self.words(off, "false"))
        case .numeric(let presets): numberDecoder(presets)
        // Devices report words and numbers that their definitions do not list.
        case .enumeration, .text, .worded: .text()
        case .list: .json
        case .action: actionDecoder
        }
    }

    /// A JSON boolean is taken as it is, also where it comes as a word: `contact` has true for closed, whatever "on" is.
    private static func words(_ word: JSON, _ plain: String) -> [String] {
        switch word {
        case .string(let text): [text, plain]
        case .number(let number): [DecimalNumber.text(number)]
        default: [plain]
        }
    }

    /// The range is of what can be put; reports are taken as they come. A preset's word stands for its number.
    private func numberDecoder(_ presets: [Preset]) -> DeviceDecoder {
        let number = DeviceDecoder.number(sentinels: isVersion ? [-1] : [])
        if presets.isEmpty { return number }
        return .custom { input in
            if case .text(let text) = input,
                let value = presets.first(where: { $0.name.utf8.elementsEqual(text.utf8) })?.value
            {
                return .value(.number(value))
            }
            return number.decode(input)
        }
    }

    /// -1 is a version that is not known.
    private var isVersion: Bool { path.hasPrefix("update.") }

    /// Devices send presses that their definitions do not list.
    private var actionDecoder: DeviceDecoder {
        .custom { [values = property.values ?? []] input in
            if case .composite = input { return .refused("an action is a text") }
            let text = input.text
            if values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return .value(.string(text)) }
            return Value.infer(text) == nil ? .nothing : .value(.string(text))
        }
    }
}

// MARK: - Commands

extension ZigbeeFeature {
    /// Nil where it cannot be told.
    func command(_ topic: String, _ known: ZigbeeKnownValues) -> DeviceCommand? {
        guard property.isWritable else { return nil }
        let (kind, path, siblings) = (kind, path, siblings)
        return DeviceCommand(topic: topic) { value in
            guard let word = kind.word(for: value) else { return nil }
            if siblings.isEmpty { return JSON.object([JSON.Member(path, word)]).bytes }
            return Self.composite(path, word, siblings, known).bytes
        }
    }

    /// The part among its siblings as they were last heard.
    private static func composite(
        _ path: String, _ word: JSON, _ siblings: [String], _ known: ZigbeeKnownValues
    ) -> JSON {
        let levels = path.split(separator: ".").map(String.init)
        let members = siblings.compactMap { sibling -> JSON.Member? in
            let name = sibling.split(separator: ".").last.map(String.init) ?? sibling
            if sibling == path { return JSON.Member(name, word) }
            return (known.value(at: sibling)?.json ?? usual(name)).map { JSON.Member(name, $0) }
        }
        return levels.dropLast().reversed().reduce(JSON.object(members)) { .object([JSON.Member($1, $0)]) }
    }

    /// White, for a colour whose other part was never heard.
    private static func usual(_ name: String) -> JSON? {
        switch name {
        case "x": .number(0.3127)
        case "y": .number(0.329)
        case "hue": .number(0)
        case "saturation": .number(100)
        default: nil
        }
    }
}

extension ZigbeeFeature.Kind {
    /// What the device is told for a value; nil where it has no word for it.
    func word(for value: Value) -> JSON? {
        switch self {
        case .binary(.bool, .bool): value.json
        case .binary(let on, let off): value.boolean.map { $0 ? on : off }
        case .numeric, .text, .action: value.json
        case .worded: value.string.map { DecimalNumber.parse(Array($0.utf8)).map { .number($0) } ?? .string($0) }
        case .enumeration(let words):
            words.isEmpty ? value.json : words.first { Self.text($0).map { Value.string($0) } == value }
        case .list: value.string.flatMap { try? JSON(parsing: $0) }.flatMap { $0.array == nil ? nil : $0 }
        }
    }

    /// A word of an enumeration as the property has it.
    static func text(_ word: JSON) -> String? {
        switch word {
        case .string(let text): text
        case .number, .bool: word.text
        default: nil
        }
    }
}
