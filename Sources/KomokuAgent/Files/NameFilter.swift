internal import KomokuWire

/// Which of the machine's things are told of.
package struct NameFilter: Hashable, Sendable {
    /// Patterns with `*`; empty is every one.
    package var include: [String]
    package var exclude: [String]

    package init(include: [String] = [], exclude: [String] = []) { (self.include, self.exclude) = (include, exclude) }

    init(_ names: AgentNames) { self.init(include: names.include, exclude: names.exclude) }

    package func allows(_ name: String) -> Bool {
        (include.isEmpty || include.contains { Self.matches(name, $0) }) && !exclude.contains { Self.matches(name, $0) }
    }

    /// `*` is any text; in time that grows with the product of both lengths.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let (text, parts) = (Array(name.utf8), Array(pattern.utf8))
        var (place, part, star, mark) = (0, 0, -1, 0)
        while place < text.count {
            if part < parts.count, parts[part] == UInt8(ascii: "*") {
                (star, mark) = (part, place)
                part += 1
            } else if part < parts.count, parts[part] == text[place] {
                place += 1
                part += 1
            } else if star >= 0 {
                mark += 1
                (part, place) = (star + 1, mark)
            } else {
                return false
            }
        }
        return parts[part...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
