/// Filters with `+`, found by a topic that they match: a walk down its levels, whatever their number.
struct FilterTree {
    private var nodes: [Node] = [Node()]
    private var filters: Set<ByteText> = []
    /// Nodes that perhaps nobody needs any more.
    private var idle = 0

    private struct Node {
        var words: [ByteText: Int] = [:]
        var any: Int?
        /// The filter that ends here.
        var filter: ByteText?
    }

    /// The most filters that one topic may match: `+` beside words doubles their number at each level.
    static let maximumMatches = 256

    mutating func insert(_ filter: ByteText) {
        guard filters.insert(filter).inserted else { return }
        var index = 0
        for level in Self.levels(filter.text) { index = child(level, of: index) }
        nodes[index].filter = filter
    }

    /// Its nodes stay, for it often comes back; where too many are idle all are made anew.
    mutating func remove(_ filter: ByteText) {
        guard filters.remove(filter) != nil else { return }
        var index: Int? = 0
        let levels = Self.levels(filter.text)
        for level in levels {
            index = index.flatMap { level == Self.plus ? nodes[$0].any : nodes[$0].words[level] }
        }
        if let index { nodes[index].filter = nil }
        idle += levels.count
        guard idle > nodes.count + Self.patience else { return }
        let rest = filters
        self = FilterTree()
        for filter in rest { insert(filter) }
    }

    private static let patience = 1024

    /// The filters that match a topic, in the order of their texts.
    func matches(_ topic: String) -> [ByteText] {
        if filters.isEmpty { return [] }
        var indices = [0]
        for (number, level) in Self.levels(topic).enumerated() {
            // A wildcard at the start leaves out `$SYS` and its like.
            let isSystem = number == 0 && level.text.utf8.first == UInt8(ascii: "$")
            indices = indices.flatMap { index in
                [nodes[index].words[level], isSystem ? nil : nodes[index].any].compactMap(\.self)
            }
            indices = Array(indices.prefix(Self.maximumMatches))
        }
        return indices.compactMap { nodes[$0].filter }.sorted()
    }

    private static let plus = ByteText("+")

    private static func levels(_ text: String) -> [ByteText] {
        text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { ByteText(String(Substring($0))) }
    }

    private mutating func child(_ level: ByteText, of index: Int) -> Int {
        if let known = level == Self.plus ? nodes[index].any : nodes[index].words[level] { return known }
        nodes.append(Node())
        let child = nodes.count - 1
        if level == Self.plus { nodes[index].any = child } else { nodes[index].words[level] = child }
        return child
    }
}
