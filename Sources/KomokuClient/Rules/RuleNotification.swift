public import Komoku

/// A note that a rule made.
public struct RuleNotification: Hashable, Sendable {
    /// As the hub told it.
    public let json: JSON
    public let id: Int64
    public let rule: String
    public let target: String
    public let title: String?
    public let message: String
    public let topic: String
    public let time: Timestamp
    /// `waiting`, `delivered`, `failed`, `acknowledged`.
    public let state: String
    public let attempts: Int
    public let reason: String?
    /// When it is tried or escalated next.
    public let due: Timestamp?

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let id = json["notification"]?.number.flatMap({ Int64(exactly: $0) }),
            let message = json["message"]?.string, let time = json["time"]?.time
        else { return nil }
        self.json = json
        self.id = id
        self.message = message
        self.time = time
        rule = json["rule"]?.string ?? ""
        target = json["to"]?.string ?? ""
        title = json["title"]?.string
        topic = json["topic"]?.string ?? ""
        state = json["state"]?.string ?? ""
        attempts = json["attempts"]?.count ?? 0
        reason = json["reason"]?.string
        due = json["due"]?.time
    }
}

/// What became of a reload of the configuration.
public struct ReloadAnswer: Hashable, Sendable {
    public let json: JSON
    /// False: the old configuration goes on.
    public let isDone: Bool
    public let findings: [Diagnostic]
    /// What was under way of rules that have changed, and has ended.
    public let endings: [Ending]

    public struct Ending: Hashable, Sendable {
        public let rule: String
        /// One clause for a person.
        public let reason: String
        /// The numbers of its runs that waited.
        public let runs: [Int]
        /// Occasions that waited for a run to end.
        public let queued: Int
        /// Triggers whose `for:` had begun.
        public let holds: Int

        init?(_ json: JSON) {
            guard let rule = json["rule"]?.string else { return nil }
            self.rule = rule
            reason = json["reason"]?.string ?? ""
            runs = (json["runs"]?.array ?? []).compactMap(\.count)
            queued = json["queued"]?.count ?? 0
            holds = json["holds"]?.count ?? 0
        }
    }

    init(_ json: JSON) {
        self.json = json
        isDone = json["reloaded"]?.bool ?? false
        endings = (json["ended"]?.array ?? []).compactMap(Ending.init)
        findings = (json["findings"]?.array ?? []).map { finding in
            let position = SourcePosition(
                file: finding["file"]?.string ?? "", line: finding["line"]?.count ?? 0,
                column: finding["column"]?.count ?? 0)
            let severity = finding["severity"]?.string.flatMap(Diagnostic.Severity.init) ?? .error
            return Diagnostic(
                severity, at: position, finding["message"]?.string ?? "", remedy: finding["remedy"]?.string)
        }
    }
}
