/// A pattern of MQTT topics: `sensors/{room}/{quantity}`.
///
/// | level | stands for |
/// | --- | --- |
/// | `{name}` | one level, kept under that name |
/// | `{name+}` | one or more levels, kept under that name |
/// | `+` | one level, kept under its number, from 1 |
/// | `#` | any number of levels, none included; only at the end; kept under its number |
/// | anything else | itself |
///
/// As MQTT says, a wildcard in the first level matches no topic that starts with `$`.
package struct TopicPattern: Hashable, Sendable {
    enum Level: Hashable, Sendable {
        case literal([UInt8])
        case one
        case oneOrMore
        case rest
    }

    /// As it was written.
    package let text: String
    let levels: [Level]
    /// The names of what is captured, in the order of the levels: `room`, `1`.
    package let captures: [String]

    /// The longest topic that MQTT carries, in bytes of UTF-8.
    package static let maximumLength = 65_535

    /// Why a text is no pattern.
    package struct Invalid: Error, Hashable, Sendable {
        package let reason: String
        package let remedy: String?
        /// Bytes of UTF-8 before the fault.
        package let offset: Int
    }

    package init(validating text: String) throws(Invalid) {
        var reader = TopicPatternReader(text: text)
        try reader.read()
        self.text = text
        levels = reader.levels
        captures = reader.captures
    }

    /// What the topic's levels hold, in the order of `captures`; nil where the pattern does not match.
    package func match(_ topic: String) -> [String]? {
        let parts = Array(topic.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if topic.utf8.first == UInt8(ascii: "$"), literalStart == 0 { return nil }
        return match(levels[...], parts[...])
    }

    /// How many levels at the start are the same in every topic that matches.
    var literalStart: Int {
        levels.prefix { if case .literal = $0 { true } else { false } }.count
    }

    /// There is at most one level of several, so what stands behind it is counted from the end.
    private func match(_ levels: ArraySlice<Level>, _ parts: ArraySlice<ArraySlice<UInt8>>) -> [String]? {
        var captured: [String] = []
        var parts = parts
        for (index, level) in zip(levels.indices, levels) {
            let behind = levels.endIndex - index - 1
            switch level {
            case .literal(let bytes):
                guard let part = parts.popFirst(), part.elementsEqual(bytes) else { return nil }
            case .one:
                guard let part = parts.popFirst() else { return nil }
                captured.append(String(decoding: part, as: UTF8.self))
            case .oneOrMore:
                guard parts.count > behind else { return nil }
                captured.append(Self.join(parts.dropLast(behind)))
                parts = parts.suffix(behind)
            case .rest:
                captured.append(Self.join(parts))
                return captured
            }
        }
        return parts.isEmpty ? captured : nil
    }

    private static func join(_ parts: ArraySlice<ArraySlice<UInt8>>) -> String {
        String(decoding: Array(parts.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self)
    }

    /// What to subscribe to for every topic that matches, and perhaps some more.
    package var filter: TopicFilter {
        var filter: [TopicFilter.Level] = []
        for level in levels {
            switch level {
            case .literal(let bytes): filter.append(.literal(bytes))
            case .one: filter.append(.one)
            case .oneOrMore: return TopicFilter(levels: filter + [.one, .rest])
            case .rest: return TopicFilter(levels: filter + [.rest])
            }
        }
        return TopicFilter(levels: filter)
    }
}

extension TopicPattern: CustomStringConvertible {
    package var description: String { text }
}
