internal import Komoku
package import KomokuHub

/// A message as it came, for rules that are triggered by messages rather than by keys.
package struct RawMessage: Hashable, Sendable {
    package let topic: String
    package let payload: [UInt8]
    /// The broker had kept it; it is not news.
    package let isRetained: Bool

    /// The most bytes of a payload; a longer one goes to the dead letters.
    package static let maximumPayload = 64 << 10

    /// Takes messages, in their order, on the hub's thread.
    package typealias Handler = @Sendable (RawMessage, isolated Hub) -> Void

    package init(topic: String, payload: [UInt8], isRetained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
    }
}
