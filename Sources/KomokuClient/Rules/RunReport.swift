public import Komoku

/// A line of the why log: a run of a rule, or a decision not to run.
public struct RunReport: Hashable, Sendable {
    /// As the hub told it.
    public let json: JSON
    /// Grows with each.
    public let number: Int64
    public let rule: String
    /// `done`, `failed`, `skipped`; `standing` where it has not ended.
    public let outcome: String
    public let started: Timestamp
    /// Nil where it has not ended.
    public let ended: Timestamp?
    public let occasion: Occasion
    /// The step at which it failed, stopped or stands: `2.then.1`.
    public let step: String?
    /// One clause.
    public let reason: String?
    /// What it did: `2 put hall.light true`.
    public let effects: [String]
    /// When what it stands at ends.
    public let due: Timestamp?
    /// How often the same happened in a row, and when last.
    public let count: Int
    public let last: Timestamp?
    /// Records that were left out before this one because the reader was slow.
    public let skipped: Int

    /// What started it.
    public struct Occasion: Hashable, Sendable {
        /// The word of the trigger: `change`, `at`; `call` and `manual` beside.
        public let trigger: String
        public let key: String?
        public let value: JSON?
        public let previous: JSON?
        public let arguments: [JSON.Member]
        /// The run whose change or call this was.
        public let parent: Int64?
        /// Where it came from: `message on zigbee2mqtt/hall`.
        public let source: String?

        init(_ json: JSON?) {
            trigger = json?["trigger"]?.string ?? ""
            key = json?["key"]?.string
            value = json?["value"]?.nonNull
            previous = json?["previous"]?.nonNull
            arguments = json?["arguments"]?.object ?? []
            parent = json?["parent"]?.number.flatMap { Int64(exactly: $0) }
            source = json?["source"]?.string
        }
    }

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) { self.init(json, dropped: 0) }

    init?(_ json: JSON, dropped: Int) {
        guard let number = json["run"]?.number.flatMap({ Int64(exactly: $0) }), let rule = json["rule"]?.string,
            let outcome = json["outcome"]?.string, let started = json["started"]?.time
        else { return nil }
        self.json = json
        self.number = number
        self.rule = rule
        self.outcome = outcome
        self.started = started
        ended = json["ended"]?.time
        occasion = Occasion(json["occasion"])
        step = json["step"]?.string
        reason = json["reason"]?.string
        effects = json["effects"]?.texts ?? []
        due = json["due"]?.time
        count = json["count"]?.count ?? 1
        last = json["last"]?.time
        skipped = dropped + (json["skipped"]?.count ?? 0)
    }

    public var isStanding: Bool { outcome == "standing" }

    /// Whether nothing ran: it was decided so, for `reason`.
    public var isDecision: Bool { Self.decisions.contains(outcome) }

    /// Every outcome, the ones of runs first.
    public static let outcomes = [
        "standing", "done", "failed", "stopped", "replaced", "dropped", "reset", "skipped", "busy", "limited",
        "paused", "missed",
    ]
    private static let decisions: Set<String> = ["skipped", "busy", "limited", "paused", "missed"]
}
