import Komoku

/// What rules sent out a moment ago, so that a message or a report that is nothing but their own comes back as a part of its
/// chain: a rule that starts itself through the broker, or through a device, is paused as one that does so at once.
struct Echoes {
    /// Where something that was sent stands in its chain.
    struct Origin: Hashable {
        let depth: Int
        let run: Int64
    }

    private struct Sent<Content: Equatable> {
        let content: Content
        let origin: Origin
        /// On the monotonic clock.
        let time: Int64
    }

    /// By topic.
    private var messages: [String: Sent<Int>] = [:]
    /// Commands to devices, by key.
    private var commands: [KeyName: Sent<JSON>] = [:]

    /// Of more topics or keys than these the older ones are forgotten.
    static let capacity = 1024
    /// What comes back later is news.
    static let time = Duration.seconds(10)

    mutating func sent(_ message: RulePublication, _ origin: Origin, at now: Int64) {
        let sent = Sent(content: message.payload.hashValue, origin: origin, time: now)
        Self.insert(sent, message.topic, into: &messages)
    }

    mutating func commanded(_ key: KeyName, _ value: JSON, _ origin: Origin, at now: Int64) {
        Self.insert(Sent(content: value, origin: origin, time: now), key, into: &commands)
    }

    private static func insert<Key: Hashable, Content>(
        _ sent: Sent<Content>, _ key: Key, into memory: inout [Key: Sent<Content>]
    ) {
        if memory.count >= capacity, memory[key] == nil {
            memory = memory.filter { isFresh($0.value, at: sent.time) }
            if memory.count >= capacity { memory = [:] }
        }
        memory[key] = sent
    }

    /// - Parameter payload: nil where it is not known any more.
    func origin(ofMessage topic: String, payload: [UInt8]? = nil, at now: Int64) -> Origin? {
        guard !messages.isEmpty, let sent = messages[topic], Self.isFresh(sent, at: now) else { return nil }
        if let payload, payload.hashValue != sent.content { return nil }
        return sent.origin
    }

    /// Of what a device reports.
    func origin(of change: Change, at now: Int64) -> Origin? {
        guard case .message(let topic) = change.cause else { return nil }
        if let sent = commands[change.key], Self.isFresh(sent, at: now), sent.content == change.value.json {
            return sent.origin
        }
        return origin(ofMessage: topic, at: now)
    }

    private static func isFresh<Content>(_ sent: Sent<Content>, at now: Int64) -> Bool {
        now - sent.time <= time.microseconds
    }
}
