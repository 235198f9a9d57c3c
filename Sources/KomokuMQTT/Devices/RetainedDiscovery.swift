internal import Komoku

/// Which discovery messages the broker keeps. After a replay those that it kept before and does not bring any more were
/// deleted while nobody listened: their devices are gone.
///
/// Only what once came as a replay counts: who announces without retaining would be taken for gone at each start. So it is
/// remembered, as a message of the hub's own, `$retained`: the hashes of the topics in order, 8 bytes each, little-endian.
struct RetainedDiscovery {
    static let topic = "$retained"
    /// The most topics.
    static let maximumCount = 50_000

    /// The topics by their hashes.
    private var kept: [UInt64: String] = [:]
    /// Of an earlier run; their topics come one by one.
    private var earlier: Set<UInt64> = []
    /// Kept, and not heard since the replay began.
    private var missing: Set<UInt64> = []
    private var saved: [UInt64] = []
    /// How many the replay has brought.
    private(set) var confirmed = 0

    /// Nothing is waited for.
    var isIdle: Bool { missing.isEmpty }

    // MARK: Over restarts

    mutating func restore(_ payload: UnsafeBufferPointer<UInt8>) {
        saved = stride(from: 0, to: min(payload.count, 8 * Self.maximumCount) / 8 * 8, by: 8).map { start in
            (0..<8).reduce(0) { $0 | UInt64(payload[start + $1]) << (8 * UInt64($1)) }
        }
        earlier = Set(saved)
    }

    /// A discovery message that the hub remembers.
    mutating func restore(topic: String) {
        let hash = Self.hash(topic)
        if earlier.contains(hash) { kept[hash] = topic }
    }

    /// What is to be remembered now; nil where that is what it was.
    mutating func takeMemory() -> [UInt8]? {
        let hashes = kept.keys.sorted()
        if hashes == saved { return nil }
        saved = hashes
        return hashes.flatMap { hash in (0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) } }
    }

    // MARK: A replay

    mutating func begin() {
        missing = Set(kept.keys)
        confirmed = 0
    }

    mutating func heard(_ message: DeviceMessage) {
        let hash = Self.hash(message.topic)
        missing.remove(hash)
        if message.payload.isEmpty {
            kept[hash] = nil
        } else if message.isRetained {
            confirmed += 1
            if kept.count < Self.maximumCount { kept[hash] = message.topic }
        }
    }

    /// The replay is over.
    ///
    /// - Returns: the topics of what is gone, in order.
    mutating func end() -> [String] {
        defer { missing = [] }
        return missing.compactMap { kept.removeValue(forKey: $0) }.sorted()
    }

    /// The same in every process: FNV-1a.
    private static func hash(_ topic: String) -> UInt64 {
        topic.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
