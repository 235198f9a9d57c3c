import Komoku

/// An MQTT message that a device publishes or is sent.
struct Message: Hashable, Sendable {
    var topic: String
    var payload: String
    /// Whether the broker keeps it for those who subscribe later; true where the real devices ask for it.
    var isRetained: Bool

    init(_ topic: String, _ payload: String, isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
    }

    init(_ topic: String, _ payload: JSON, isRetained: Bool = false) {
        self.init(topic, payload.text, isRetained: isRetained)
    }
}
