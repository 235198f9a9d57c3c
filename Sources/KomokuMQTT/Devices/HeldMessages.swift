internal import Komoku

/// The last message of each topic that nobody can explain yet.
struct HeldMessages {
    struct Entry {
        let topic: String
        let payload: [UInt8]
        let isRetained: Bool
        let time: Timestamp

        /// It is no news: a press of minutes ago must not count as one of now.
        func isHistory(at now: Timestamp) -> Bool { isRetained || now - time > HeldMessages.newsLast }
    }

    /// How long a message that waits is still news; discovery follows within seconds as a rule.
    static let newsLast = Duration.seconds(60)

    /// The most topics and bytes that are kept.
    static let maximumCount = 4096
    static let maximumBytes = 4 << 20

    private var entries: [[UInt8]: Entry] = [:]
    private var bytes = 0
    /// Messages that were not kept because there are too many.
    private(set) var dropped = 0

    var count: Int { entries.count }

    mutating func keep(_ message: DeviceMessage) {
        let topic = Array(message.topic.utf8)
        if let old = entries.removeValue(forKey: topic) { bytes -= old.payload.count }
        if message.payload.isEmpty { return }
        guard entries.count < Self.maximumCount, bytes + message.payload.count <= Self.maximumBytes else {
            dropped += 1
            return
        }
        bytes += message.payload.count
        entries[topic] = Entry(
            topic: message.topic, payload: Array(message.payload), isRetained: message.isRetained, time: message.time)
    }

    /// Takes out those whose topics are explained, in the order of their topics.
    mutating func take(where isExplained: (String) -> Bool) -> [Entry] {
        let taken = entries.filter { isExplained($0.value.topic) }
        for (topic, entry) in taken {
            entries[topic] = nil
            bytes -= entry.payload.count
        }
        return taken.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }
}
