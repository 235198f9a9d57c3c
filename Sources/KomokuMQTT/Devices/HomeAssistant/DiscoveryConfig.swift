internal import Komoku

/// The settings of one entity, by their long names and with the base put in.
struct DiscoveryConfig {
    private(set) var members: [String: JSON] = [:]

    /// The longest topic, text and list that are taken over.
    static let maximumTopic = 1024
    static let maximumText = 255
    static let maximumList = 256

    /// - Parameter shared: settings of the whole message; those of the entity win.
    init(_ object: [JSON.Member], shared: [JSON.Member] = []) {
        for member in shared + object { members[DiscoveryAbbreviations.entity(Self.name(member))] = member.value }
        let base = members["~"]?.string
        members["availability"] = members["availability"].map(Self.listed)
        guard let base else { return }
        for (name, value) in members {
            if name.hasSuffix("topic") { members[name] = Self.put(base, into: value) }
        }
        let signals = members["availability"]?.array?.map { signal in
            JSON.object(
                (signal.object ?? []).map {
                    $0.name == "topic" ? JSON.Member($0.name, Self.put(base, into: $0.value)) : $0
                })
        }
        members["availability"] = signals.map { .array($0) }
    }

    /// Some publishers leave a blank at its end.
    private static func name(_ member: JSON.Member) -> String {
        member.name.hasSuffix(" ") ? JinjaFunction.trimmed(member.name, .both) : member.name
    }

    private static func listed(_ availability: JSON) -> JSON {
        let signals = availability.array ?? (availability.object == nil ? [] : [availability])
        return .array(
            signals.prefix(maximumList).compactMap { signal in
                signal.object.map { .object($0.map { JSON.Member(DiscoveryAbbreviations.entity($0.name), $0.value) }) }
            })
    }

    private static func put(_ base: String, into value: JSON) -> JSON {
        guard let topic = value.string else { return value }
        if topic.utf8.first == UInt8(ascii: "~") { return .string(base + topic.dropFirst()) }
        if topic.utf8.last == UInt8(ascii: "~") { return .string(topic.dropLast() + base) }
        return value
    }

    // MARK: Settings

    subscript(name: String) -> JSON? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    func text(_ name: String) -> String? { self[name].flatMap(Self.text) }
    func number(_ name: String) -> Double? {
        self[name].flatMap { $0.number ?? $0.string.flatMap { DecimalNumber.parse(Array($0.utf8)) } }
    }
    func bool(_ name: String) -> Bool? { self[name]?.bool ?? self[name]?.string.flatMap(Value.boolean) }

    /// A list of texts; nil where there is none.
    func texts(_ name: String) -> [String]? {
        self[name]?.array?.prefix(Self.maximumList).compactMap { Self.text($0)?.clipped(to: Self.maximumText) }
    }

    /// As Python turns a setting into a text.
    static func text(_ json: JSON) -> String? {
        switch json {
        case .string(let text): text
        case .bool(let bool): bool ? "True" : "False"
        case .number(let number): DecimalNumber.text(number)
        default: nil
        }
    }

    /// What means the setting in a payload: JSON's `true` is the text `True` behind a template and `true` without.
    func words(_ name: String, default word: String) -> [String] {
        switch self[name] {
        case .bool(let bool)?: bool ? ["True", "true"] : ["False", "false"]
        case let json?: [Self.text(json) ?? word]
        case nil: [word]
        }
    }
}

extension String {
    /// Its start, in at most so many bytes of UTF-8.
    func clipped(to count: Int) -> String {
        if utf8.count <= count { return self }
        var result = ""
        var size = 0
        for scalar in unicodeScalars {
            size += UTF8.width(scalar)
            if size > count { break }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

/// A text that is compared byte by byte, for dictionaries.
struct ByteText: Hashable, Comparable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func == (left: ByteText, right: ByteText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
    static func < (left: ByteText, right: ByteText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
