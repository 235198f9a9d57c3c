public import Komoku

/// A rule or a script as the hub lists it.
public struct RuleDescription: Hashable, Sendable {
    /// As the hub told it.
    public let json: JSON
    public let name: String
    public let about: String?
    /// It has no triggers: others call it.
    public let isScript: Bool
    /// Where it is written: `rules/hall.yaml:12:5`.
    public let position: String
    /// `enabled`, `disabled` or `paused`.
    public let state: String
    /// Why it is paused.
    public let reason: String?
    public let mode: String
    /// `20/m`.
    public let limit: String?
    /// For people.
    public let triggers: [String]
    public let condition: String?
    public let parameters: [String]
    /// Runs that ended, failed ones included.
    public let runs: Int
    public let failures: Int
    /// Times that its condition did not hold, and times that its mode or limit let nothing begin.
    public let skipped: Int
    public let refused: Int
    /// Runs that stand at a step that waits, and occasions that wait for one to end.
    public let standing: Int
    public let queued: Int
    public let lastRun: Timestamp?
    /// When a schedule is due.
    public let next: Timestamp?
    /// Triggers whose `for:` has begun, the first to fire first; not all of many.
    public let pending: [Pending]
    /// Why nothing of it is under way; nil where something is.
    public let quiet: String?

    public struct Pending: Hashable, Sendable {
        public let trigger: String
        public let key: String?
        /// When it fires.
        public let due: Timestamp?
    }

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let name = json["rule"]?.string else { return nil }
        self.json = json
        self.name = name
        about = json["description"]?.string
        isScript = json["script"]?.bool ?? false
        position = json["at"]?.string ?? ""
        state = json["state"]?.string ?? ""
        reason = json["reason"]?.string
        mode = json["mode"]?.string ?? ""
        limit = json["limit"]?.string
        triggers = json["triggers"]?.texts ?? []
        condition = json["if"]?.string
        parameters = json["parameters"]?.texts ?? []
        runs = json["runs"]?.count ?? 0
        failures = json["failures"]?.count ?? 0
        skipped = json["skipped"]?.count ?? 0
        refused = json["refused"]?.count ?? 0
        standing = json["standing"]?.count ?? 0
        queued = json["queued"]?.count ?? 0
        lastRun = json["last_run"]?.time
        next = json["next"]?.time
        pending = (json["pending"]?.array ?? []).map {
            Pending(trigger: $0["trigger"]?.string ?? "", key: $0["key"]?.string, due: $0["due"]?.time)
        }
        quiet = json["quiet"]?.string
    }
}

extension JSON {
    /// The texts of a list; what is none is left out.
    var texts: [String] { array?.compactMap(\.string) ?? [] }

    /// A whole number.
    var count: Int? { number.flatMap { Int(exactly: $0) } }
}
