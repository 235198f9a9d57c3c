import Komoku

/// Key names in their order, to find those that a pattern matches without a look at all of them.
struct SortedKeys {
    let names: [KeyName]

    init(_ names: some Sequence<KeyName>) {
        self.names = Set(names).sorted()
    }

    /// In their order.
    func matching(_ pattern: KeyPattern) -> [KeyName] {
        let prefix = Self.literalStart(of: pattern)
        let start = firstIndex(notBefore: prefix)
        var end = start
        while end < names.count, names[end].text.utf8.starts(with: prefix) { end += 1 }
        return names[start..<end].filter(pattern.matches)
    }

    /// The bytes with which all that match begin; `a.**` matches `a` too.
    private static func literalStart(of pattern: KeyPattern) -> [UInt8] {
        let literals = pattern.text.utf8.split(separator: UInt8(ascii: ".")).prefix { $0.first != UInt8(ascii: "*") }
        return Array(literals.joined(separator: [UInt8(ascii: ".")]))
    }

    private func firstIndex(notBefore prefix: [UInt8]) -> Int {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle].text.utf8.lexicographicallyPrecedes(prefix) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
