package import Komoku

/// A message on its way to the broker.
package struct Publication: Sendable {
    package enum Kind: Hashable, Sendable {
        /// The newest message of a topic is all that counts: it waits for the broker as long as it takes.
        case state
        /// Worthless when late: it fails after the command timeout.
        case command
    }

    package enum Outcome: Hashable, Sendable {
        /// Written (QoS 0), or acknowledged by the broker (QoS 1).
        case sent
        /// The reason, for a person.
        case failed(String)
        /// The reason; another attempt ends the same.
        case refused(String)
    }

    package var topic: String
    package var payload: [UInt8]
    /// 0, 1 or 2.
    package var qos: Int32
    package var isRetained: Bool
    package var kind: Kind
    /// How long a command may wait for the broker; nil is `command_timeout`.
    package var timeout: Duration?
    /// Called once, on the Outbox's thread or inside `publish`; must not block.
    package var completion: (@Sendable (Outcome) -> Void)?

    package init(
        topic: String, payload: [UInt8], qos: Int32 = 1, isRetained: Bool = false, kind: Kind = .command,
        completion: (@Sendable (Outcome) -> Void)? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
        self.kind = kind
        self.completion = completion
    }

    /// Why no broker would take it, or nil.
    var fault: String? {
        if topic.isEmpty { return "the topic is empty" }
        if topic.utf8.count > TopicPattern.maximumLength { return "the topic is too long" }
        if topic.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") || $0 == 0 }) {
            return "the topic holds a wildcard"
        }
        return payload.count > 16 << 20 ? "the payload is longer than 16 MiB" : nil
    }
}
