package import Komoku

/// What a mapping says about a key that it can make.
package struct MappedKey: Hashable, Sendable {
    /// Nil where the first payload decides.
    package let type: KeyType?
    package let options: [JSON.Member]
    /// The mapping names this very key, rather than making it from a topic's levels.
    package let isNamed: Bool
}

/// What the mappings say of the keys that they can make.
package struct MappedKeys: Sendable {
    private var named: [KeyName: MappedKey] = [:]
    private var templates: [(key: KeyTemplate, made: MappedKey)] = []

    init(_ mappings: [Mapping]) {
        for field in mappings.lazy.flatMap(\.fields) {
            let made = MappedKey(type: field.type, options: field.options, isNamed: field.key.name != nil)
            guard let name = field.key.name else {
                templates.append((field.key, made))
                continue
            }
            if named[name] == nil { named[name] = made }
        }
    }

    /// Nil where none can make the key. A mapping that names it comes before templates.
    package subscript(_ name: KeyName) -> MappedKey? {
        named[name] ?? templates.first { $0.key.canMake(name) }?.made
    }
}

extension MQTTConfiguration {
    package var mappedKeys: MappedKeys { MappedKeys(mappings) }

    /// The keys that mappings and commands name without captures and wildcards.
    package var namedKeys: [KeyName] {
        mappings.flatMap(\.fields).compactMap(\.key.name) + commands.flatMap(\.keys).compactMap(\.name)
    }
}

extension KeyTemplate {
    /// Whether some topic gives this name. A capture stands for any bytes here, dots too, since one may hold several levels.
    func canMake(_ name: KeyName) -> Bool {
        var rest = Array(name.text.utf8)[...]
        var isOpen = false
        for part in parts {
            switch part {
            case .capture:
                // Each capture takes one byte at least; the literal behind it says how many more.
                guard !rest.isEmpty else { return false }
                rest = rest.dropFirst()
                isOpen = true
            case .literal(let text):
                guard let found = Self.find(Array(text.utf8), in: rest, anywhere: isOpen) else { return false }
                rest = rest[found...]
                isOpen = false
            }
        }
        guard case .literal(let last) = parts.last else { return isOpen || rest.isEmpty }
        return rest.isEmpty || (parts.count > 1 && name.text.utf8.reversed().starts(with: last.utf8.reversed()))
    }

    /// The index behind the first occurrence.
    private static func find(_ literal: [UInt8], in bytes: ArraySlice<UInt8>, anywhere: Bool) -> Int? {
        var start = bytes.startIndex
        while start + literal.count <= bytes.endIndex {
            if bytes[start...].starts(with: literal) { return start + literal.count }
            guard anywhere else { return nil }
            start += 1
        }
        return nil
    }
}
