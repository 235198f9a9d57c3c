/// Filters for every topic that one of those given matches: one that another one covers is left out.
///
/// A broker may send a message once for each subscription that matches it. With MQTT 5 the subscription's identifier tells
/// such copies from two messages (`MessageCopies`). Nothing does in MQTT 3.1.1, and a pressed button would count twice: there
/// two filters of which neither covers the other become one that covers both, so that no two overlap.
struct DisjointFilters {
    typealias Entry = (filter: TopicFilter, qos: Int32)

    private var result: [Entry?] = []
    /// Some topic matches two of them; never where they were joined.
    private(set) var overlap = false
    /// Those with wildcards, by their levels. Others overlap only with these and with their equals.
    private let wildcards = Node()
    private var literals: [TopicFilter: Int] = [:]

    private final class Node {
        var literals: [[UInt8]: Node] = [:]
        var one: Node?
        /// The indices of the filters that end here, and that end here with `#`.
        var end: Int?
        var rest: Int?
    }

    init(_ filters: some Sequence<Entry>, joining: Bool = true) {
        let filters = Array(filters)
        let wide = filters.filter { !$0.filter.isLiteral }
        if joining {
            for entry in wide { join(entry) }
        } else {
            // What covers another one comes before it.
            for entry in wide.sorted(by: { $0.filter.width < $1.filter.width }) { addUnlessCovered(entry) }
        }
        for entry in filters where entry.filter.isLiteral { addLiteral(entry) }
    }

    /// Those with wildcards first.
    var entries: [Entry] { result.compactMap(\.self) }

    private mutating func addLiteral(_ entry: Entry) {
        let same = literals[entry.filter] ?? Self.find(entry.filter.levels[...], below: wildcards, isFirst: true)
        if let same, let other = result[same] {
            result[same] = (other.filter, max(other.qos, entry.qos))
        } else {
            literals[entry.filter] = result.count
            result.append(entry)
        }
    }

    private mutating func addUnlessCovered(_ entry: Entry) {
        if let index = Self.covering(entry.filter.levels[...], below: wildcards, isFirst: true),
            let other = result[index]
        {
            result[index] = (other.filter, max(other.qos, entry.qos))
            return
        }
        if Self.find(entry.filter.levels[...], below: wildcards, isFirst: true) != nil { overlap = true }
        put(result.count, for: entry.filter)
        result.append(entry)
    }

    private mutating func join(_ entry: Entry) {
        var entry = entry
        // What a joined filter covers grows, so it is compared with all of them again.
        while let index = Self.find(entry.filter.levels[...], below: wildcards, isFirst: true),
            let other = result[index]
        {
            put(nil, for: other.filter)
            result[index] = nil
            entry = (entry.filter.joined(with: other.filter), max(entry.qos, other.qos))
        }
        put(result.count, for: entry.filter)
        result.append(entry)
    }

    private func put(_ index: Int?, for filter: TopicFilter) {
        var node = wildcards
        for level in filter.levels {
            switch level {
            case .rest:
                node.rest = index
                return
            case .one: node = Self.child(&node.one)
            case .literal(let bytes): node = Self.child(&node.literals[bytes])
            }
        }
        node.end = index
    }

    private static func child(_ slot: inout Node?) -> Node {
        let node = slot ?? Node()
        slot = node
        return node
    }

    /// A filter that every topic matches that `levels` matches.
    private static func covering(
        _ levels: ArraySlice<TopicFilter.Level>, below node: Node, isFirst: Bool = false
    ) -> Int? {
        let isSystem = isFirst && levels.first?.isSystem == true
        if let rest = node.rest, !isSystem { return rest }
        guard let level = levels.first else { return node.end }
        let behind = levels.dropFirst()
        switch level {
        case .rest: return nil
        case .one: return node.one.flatMap { covering(behind, below: $0) }
        case .literal(let bytes):
            if let found = node.literals[bytes].flatMap({ covering(behind, below: $0) }) { return found }
            return isSystem ? nil : node.one.flatMap { covering(behind, below: $0) }
        }
    }

    /// A filter that some topic matches as well as `levels`. `a/#` matches `a` too.
    private static func find(_ levels: ArraySlice<TopicFilter.Level>, below node: Node, isFirst: Bool = false) -> Int? {
        let isSystem = isFirst && levels.first?.isSystem == true
        if let rest = node.rest, !isSystem { return rest }
        guard let level = levels.first else { return node.end }
        let behind = levels.dropFirst()
        switch level {
        case .literal(let bytes):
            if let found = node.literals[bytes].flatMap({ find(behind, below: $0) }) { return found }
            return isSystem ? nil : node.one.flatMap { find(behind, below: $0) }
        case .one:
            if let found = node.one.flatMap({ find(behind, below: $0) }) { return found }
            return Self.first(of: node, isFirst) { find(behind, below: $0) }
        case .rest: return any(below: node, isFirst)
        }
    }

    private static func any(below node: Node, _ isFirst: Bool = false) -> Int? {
        node.end ?? node.rest ?? node.one.flatMap { any(below: $0) } ?? first(of: node, isFirst) { any(below: $0) }
    }

    private static func first(of node: Node, _ isFirst: Bool, _ find: (Node) -> Int?) -> Int? {
        for (bytes, child) in node.literals where !isFirst || bytes.first != UInt8(ascii: "$") {
            if let found = find(child) { return found }
        }
        return nil
    }
}
