public import Komoku

/// How a key came to its value.
public struct KeyStory: Hashable, Sendable {
    /// As the hub told it.
    public let json: JSON
    public let key: String
    public let unit: String?
    /// Nil where it has none yet.
    public let value: JSON?
    public let isStale: Bool
    /// The time of the newest put, and when the value came to be what it is.
    public let time: Timestamp?
    public let since: Timestamp?
    /// Nil where nobody knows any more.
    public let cause: Cause?
    /// The run that brought the value, then the run that led to that, and so on.
    public let chain: [RunReport]
    /// The newest runs that changed the key.
    public let runs: [RunReport]
    /// The newest decisions not to run that looked at it.
    public let passed: [RunReport]

    public enum Cause: Hashable, Sendable {
        case message(topic: String)
        /// The surface: `websocket`.
        case client(String)
        case run(Int64, rule: String, step: String?)
        /// An uptime key that was not refreshed.
        case expiry
        /// The time of a point that was put ahead came, or the hub's clock was set.
        case clock

        init?(_ json: JSON?) {
            switch json?["kind"]?.string {
            case "message": self = .message(topic: json?["topic"]?.string ?? "")
            case "client": self = .client(json?["client"]?.string ?? "")
            case "expiry": self = .expiry
            case "clock": self = .clock
            case "rule":
                guard let run = json?["run"]?.number.flatMap({ Int64(exactly: $0) }) else { return nil }
                self = .run(run, rule: json?["rule"]?.string ?? "", step: json?["step"]?.string)
            default: return nil
            }
        }
    }

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let key = json["key"]?.string else { return nil }
        self.json = json
        self.key = key
        unit = json["unit"]?.string
        value = json["value"]?.nonNull
        isStale = json["stale"]?.bool ?? false
        time = json["time"]?.time
        since = json["since"]?.time
        cause = Cause(json["cause"])
        chain = json["chain"]?.runReports ?? []
        runs = json["runs"]?.runReports ?? []
        passed = json["passed"]?.runReports ?? []
    }
}

/// What a rule did of late, and what it did not.
public struct RuleStory: Hashable, Sendable {
    /// As the hub told it.
    public let json: JSON
    public let rule: RuleDescription
    /// The newest runs; among them those that stand.
    public let runs: [RunReport]
    /// The newest decisions not to run.
    public let passed: [RunReport]

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let rule = json["rule"].flatMap(RuleDescription.init) else { return nil }
        self.json = json
        self.rule = rule
        runs = json["runs"]?.runReports ?? []
        passed = json["passed"]?.runReports ?? []
    }
}

extension JSON {
    var runReports: [RunReport] { (array ?? []).compactMap { RunReport($0) } }
}
