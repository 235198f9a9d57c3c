/// Where an observation came from. The raw values are stored: never renumber them.
public enum Provenance: UInt8, Hashable, Sendable, CaseIterable {
    /// A message or a command, as it happened.
    case live = 0
    /// Replayed by the broker on subscribing: it sets state and fires nothing by itself.
    case retained = 1
    /// From the database, at start.
    case restored = 2
    /// Older than the newest point.
    case backfill = 3
    /// Made by a rule or an expiry.
    case derived = 4

    public var name: String {
        switch self {
        case .live: "live"
        case .retained: "retained"
        case .restored: "restored"
        case .backfill: "backfill"
        case .derived: "derived"
        }
    }
}
