/// A hash table of slot numbers with linear probing; hashes and equality are the owner's. Some ten bytes an entry, where
/// a `Dictionary` that holds its keys takes fifty.
struct ProbeTable {
    /// Empty, or the number of a slot; `gone` where one was removed.
    private var entries: [Int32] = []
    /// Entries that are not empty.
    private var filled = 0

    private static let empty: Int32 = -1
    private static let gone: Int32 = -2

    func find(_ hash: Int, _ isEqual: (Int32) -> Bool) -> Int32? {
        guard !entries.isEmpty else { return nil }
        var position = hash & (entries.count - 1)
        while entries[position] != Self.empty {
            if entries[position] >= 0, isEqual(entries[position]) { return entries[position] }
            position = (position + 1) & (entries.count - 1)
        }
        return nil
    }

    /// Whether it has to be made anew before the next insertion.
    var isFull: Bool { (filled + 1) * 4 > entries.count * 3 }

    init() {}

    /// A table with room for as many again.
    init(_ content: [(slot: Int32, hash: Int)]) {
        var size = 16
        while size < (content.count + 1) * 2 { size *= 2 }
        entries = [Int32](repeating: Self.empty, count: size)
        for (slot, hash) in content { insert(slot, hash) }
    }

    mutating func insert(_ slot: Int32, _ hash: Int) {
        var position = hash & (entries.count - 1)
        while entries[position] >= 0 { position = (position + 1) & (entries.count - 1) }
        if entries[position] == Self.empty { filled += 1 }
        entries[position] = slot
    }

    mutating func remove(_ slot: Int32, _ hash: Int) {
        guard !entries.isEmpty else { return }
        var position = hash & (entries.count - 1)
        while entries[position] != Self.empty {
            if entries[position] == slot {
                entries[position] = Self.gone
                return
            }
            position = (position + 1) & (entries.count - 1)
        }
    }
}
