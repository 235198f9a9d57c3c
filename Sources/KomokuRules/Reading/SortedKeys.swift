import Komoku

/// Key names in their order, to find those that a pattern matches without a look at all of them.
struct SortedKeys {
    let names: [KeyName]
    /// Places of names by their last segment: most patterns that begin with a wildcard end with a word.
    private let places: [Substring: [Int]]

    init(_ names: some Sequence<KeyName>) {
        self.names = Set(names).sorted()
        var places: [Substring: [Int]] = [:]
        for (place, name) in self.names.enumerated() {
            places[Self.lastSegment(of: name.text), default: []].append(place)
        }
        self.places = places
    }

    private static func lastSegment(of text: String) -> Substring {
        text.utf8.lastIndex(of: UInt8(ascii: ".")).map { text[text.utf8.index(after: $0)...] } ?? text[...]
    }

    /// In their order.
    func matching(_ pattern: KeyPattern) -> [KeyName] {
        let prefix = Self.literalStart(of: pattern)
        let last = Self.lastSegment(of: pattern.text)
        if prefix.isEmpty, last.utf8.first != UInt8(ascii: "*") {
            // Equal by canonical equivalence too; the pattern compares bytes.
            return (places[last] ?? []).map { names[$0] }.filter(pattern.matches)
        }
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
