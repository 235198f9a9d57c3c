/// What an MQTT client subscribes to: levels, `+` for any one, `#` at the end for the rest.
package struct TopicFilter: Hashable, Sendable {
    enum Level: Hashable, Sendable {
        case literal([UInt8])
        case one
        case rest

        /// No wildcard stands beside other characters.
        fileprivate var isPlain: Bool {
            guard case .literal(let bytes) = self else { return true }
            return !bytes.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
        }

        /// It starts as `$SYS` does, which a wildcard leaves out.
        var isSystem: Bool { if case .literal(let bytes) = self { bytes.first == UInt8(ascii: "$") } else { false } }
    }

    let levels: [Level]

    init(levels: [Level]) {
        self.levels = levels
    }

    /// As MQTT spells it; nil where no broker would take it.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.count <= TopicPattern.maximumLength, !bytes.contains(where: Self.isControl) else {
            return nil
        }
        let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        levels = parts.map { part in
            part.elementsEqual("+".utf8) ? .one : part.elementsEqual("#".utf8) ? .rest : .literal(Array(part))
        }
        guard levels.count <= Self.maximumLevels, !levels.dropLast().contains(.rest), levels.allSatisfy(\.isPlain)
        else { return nil }
    }

    /// Mosquitto takes no more.
    static let maximumLevels = 200

    /// Brokers refuse control characters, or hang up.
    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// It stands for one topic.
    var isLiteral: Bool { levels.allSatisfy { if case .literal = $0 { true } else { false } } }

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
        (a?.isSystem ?? false) == (b?.isSystem ?? false)
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
}

extension TopicFilter {
    /// Smaller the more topics it may cover: a filter that covers another one has a smaller one.
    var width: Width {
        Width(
            hasNoRest: levels.last != .rest, levels: levels.count, named: levels.count { $0 != .one })
    }

    struct Width: Comparable {
        let hasNoRest: Bool
        let levels: Int
        let named: Int

        static func < (left: Width, right: Width) -> Bool {
            (left.hasNoRest ? 1 : 0, left.levels, left.named) < (right.hasNoRest ? 1 : 0, right.levels, right.named)
        }
    }

    /// A number that stands for the filter in a broker's session, the same in every process: 2 to 268,435,455. Filters without
    /// wildcards never overlap, and share 1.
    var subscriptionIdentifier: UInt32 {
        if isLiteral { return 1 }
        // FNV-1a, folded to 28 bits.
        var hash: UInt32 = 2_166_136_261
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return max(2, (hash >> 28) ^ (hash & 0x0FFF_FFFF))
    }
}

extension TopicFilter: CustomStringConvertible {
    package var description: String { text }
}
