/// An accepted observation whose value differs from the key's newest one; for an event key, each put.
public struct Change: Hashable, Sendable {
    public let key: KeyName
    public let type: KeyType
    public let value: Value
    /// The time of the put itself.
    public let time: Timestamp
    /// The last value before this put; nil for the first.
    public let previous: Value?
    public let provenance: Provenance
    public let cause: Cause

    public init(
        key: KeyName, type: KeyType, value: Value, time: Timestamp, previous: Value?, provenance: Provenance,
        cause: Cause
    ) {
        self.key = key
        self.type = type
        self.value = value
        self.time = time
        self.previous = previous
        self.provenance = provenance
        self.cause = cause
    }
}

/// What made a change happen.
public enum Cause: Hashable, Sendable {
    /// An MQTT message on a topic.
    case message(topic: String)
    /// A command of a client; the text names the surface, and who it was where that is known: `websocket`, `http user anna`.
    case client(String)
    /// A run of the rule of this name, by its number; `depth` counts the changes in the chain that led to it, from 1.
    case rule(name: String, run: Int64, depth: Int)
    /// An uptime key that was not refreshed.
    case expiry
    /// The time of a point that was put ahead has come, or the clock was set.
    case clock

    /// How many changes made by rules led to this one.
    public var depth: Int { if case .rule(_, _, let depth) = self { depth } else { 0 } }

    /// The run that made this change; nil where none did.
    public var run: Int64? { if case .rule(_, let run, _) = self { run } else { nil } }
}
