extension TopicFilter {
    /// Whether a message on a topic comes to those who subscribed to this.
    func matches(_ topic: String) -> Bool {
        let wanted = topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // Wildcards at the start leave out `$SYS` and its like.
        if topic.utf8.first == UInt8(ascii: "$"), levels.first?.isSystem != true { return false }
        for (index, level) in levels.enumerated() {
            if level == .rest { return true }
            guard index < wanted.count else { return false }
            if case .literal(let bytes) = level, !bytes.elementsEqual(wanted[index]) { return false }
        }
        return levels.count == wanted.count
    }

    /// How many levels there are before the first wildcard.
    var literalStart: Int {
        levels.firstIndex { if case .literal = $0 { false } else { true } } ?? levels.count
    }
}
