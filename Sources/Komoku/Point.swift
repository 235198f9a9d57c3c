/// A stored time and value. A point without a value is a gap: from then on the key was stale or unknown.
public struct Point: Hashable, Sendable {
    public let time: Timestamp
    public let value: Value?
    public let provenance: Provenance

    public init(time: Timestamp, value: Value?, provenance: Provenance) {
        self.time = time
        self.value = value
        self.provenance = provenance
    }
}
