import KomokuYAML

/// What rules took from the environment, and the names that carry it: those that `vars`, `set` and the `with` of a call give such
/// a value, or one of another such name.
struct HiddenValues {
    private(set) var values: Set<String> = []
    private(set) var names: Set<String> = []

    private static let givers = ActionTable.givers.union(["vars"])

    init(of nodes: [YAMLNode]) {
        for node in nodes { values.formUnion(node.substituted) }
        if values.isEmpty { return }
        var count = -1
        while count < names.count {
            count = names.count
            for node in nodes { follow(node) }
        }
    }

    private mutating func follow(_ node: YAMLNode) {
        for item in node.sequence ?? [] { follow(item) }
        for entry in node.entries ?? [] {
            if let word = entry.key.text, Self.givers.contains(word) {
                for given in entry.value.entries ?? [] where carries(given.value) {
                    if let name = given.key.text { names.insert(name) }
                }
            } else if entry.key.text == "each", carries(entry.value) {
                names.insert(node["as"]?.text ?? "item")
            }
            follow(entry.value)
        }
    }

    private func carries(_ node: YAMLNode) -> Bool {
        if node.holdsSubstitution { return true }
        if let text = node.text { return names.contains { text.hasWord($0) } }
        return (node.sequence ?? node.entries?.map(\.value) ?? []).contains { carries($0) }
    }
}

extension String {
    /// Whether a name stands in it by itself.
    fileprivate func hasWord(_ name: String) -> Bool {
        utf8.split(whereSeparator: { byte in
            let isLetter = (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
            return !isLetter && byte != UInt8(ascii: "_") && !(0x30...0x39).contains(byte) && byte < 0x80
        }).contains { $0.elementsEqual(name.utf8) }
    }
}
