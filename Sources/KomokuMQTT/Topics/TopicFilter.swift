/// What an MQTT client subscribes to: levels, `+` for any one, `#` at the end for the rest.
package struct TopicFilter: Hashable, Sendable {
    enum Level: Hashable, Sendable {
        case literal([UInt8])
        case one
        case rest
    }

    let levels: [Level]

    init(levels: [Level]) {
        self.levels = levels
    }

    /// As MQTT spells it.
    package var text: String {
        levels.map { level in
            switch level {
            case .literal(let bytes): String(decoding: bytes, as: UTF8.self)
            case .one: "+"
            case .rest: "#"
            }
        }.joined(separator: "/")
    }

    /// Whether some topic matches both.
    package func overlaps(_ other: TopicFilter) -> Bool {
        guard Self.firstLevelsMeet(levels.first, other.levels.first) else { return false }
        var (a, b) = (levels[...], other.levels[...])
        while true {
            // `a/#` matches `a` too.
            if a.first == .rest || b.first == .rest { return true }
            guard let x = a.popFirst() else { return b.isEmpty }
            guard let y = b.popFirst() else { return false }
            if case .literal(let left) = x, case .literal(let right) = y, left != right { return false }
        }
    }

    /// Wildcards at the start leave out `$SYS` and its like.
    private static func firstLevelsMeet(_ a: Level?, _ b: Level?) -> Bool {
        func isSystem(_ level: Level?) -> Bool {
            if case .literal(let bytes)? = level { bytes.first == UInt8(ascii: "$") } else { false }
        }
        return isSystem(a) == isSystem(b)
    }

    /// The narrowest filter for every topic that either matches.
    func joined(with other: TopicFilter) -> TopicFilter {
        var result: [Level] = []
        for index in 0..<max(levels.count, other.levels.count) {
            guard index < levels.count, index < other.levels.count, levels[index] != .rest,
                other.levels[index] != .rest
            else { return TopicFilter(levels: result + [.rest]) }
            result.append(levels[index] == other.levels[index] ? levels[index] : .one)
        }
        return TopicFilter(levels: result)
    }

    /// Filters of which no two overlap, for every topic that one of `filters` matches.
    ///
    /// A broker may send a message once for each subscription that matches it, and nothing in MQTT 3.1.1 tells such copies
    /// from two messages: a pressed button would count twice. So overlapping filters become one that covers both.
    static func disjoint(_ filters: some Sequence<(filter: TopicFilter, qos: Int32)>) -> [(TopicFilter, Int32)] {
        var result: [(filter: TopicFilter, qos: Int32)] = []
        for entry in filters {
            var entry = entry
            // What a joined filter covers grows, so it is compared with all of them again.
            while let index = result.firstIndex(where: { $0.filter.overlaps(entry.filter) }) {
                let other = result.remove(at: index)
                entry = (entry.filter.joined(with: other.filter), max(entry.qos, other.qos))
            }
            result.append(entry)
        }
        return result
    }
}

extension TopicFilter: CustomStringConvertible {
    package var description: String { text }
}
