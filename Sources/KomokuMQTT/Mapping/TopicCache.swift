/// The plans of topics seen before, found by the bytes of the topic without making a text of them.
struct TopicCache {
    private struct Entry {
        let hash: Int
        let topic: [UInt8]
        let plan: TopicPlan
    }

    /// Beyond this it starts anew: topics that a stranger invents must not fill the memory.
    static let capacity = 65_536
    /// Likewise, for the bytes of the topics.
    static let maximumBytes = 16 << 20

    private var entries: [Entry] = []
    /// Open addressing; an index of `entries` or -1. A power of two in length, at least twice as long as `entries`.
    private var slots: [Int32] = Array(repeating: -1, count: 64)

    private var bytes = 0

    var count: Int { entries.count }

    /// The plan of a topic; `make` is called where it is new.
    mutating func plan(for topic: UnsafeRawBufferPointer, make: (String) -> TopicPlan) -> TopicPlan {
        var hasher = Hasher()
        hasher.combine(bytes: topic)
        let hash = hasher.finalize()
        var slot = hash & (slots.count - 1)
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if entry.hash == hash, entry.topic.count == topic.count, entry.topic.elementsEqual(topic) {
                return entry.plan
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        let plan = make(String(decoding: topic, as: UTF8.self))
        insert(Entry(hash: hash, topic: Array(topic), plan: plan), at: slot)
        return plan
    }

    private mutating func insert(_ entry: Entry, at slot: Int) {
        if entries.count >= Self.capacity || bytes + entry.topic.count > Self.maximumBytes {
            return self = TopicCache()
        }
        bytes += entry.topic.count
        slots[slot] = Int32(entries.count)
        entries.append(entry)
        if entries.count * 2 > slots.count { grow() }
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (index, entry) in entries.enumerated() {
            var slot = entry.hash & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index)
        }
    }
}
