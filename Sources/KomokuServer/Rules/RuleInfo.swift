package import Komoku

/// A rule or a script as clients see it.
package struct RuleInfo: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case enabled
        /// By a person or by its `enabled: false`.
        case disabled
        /// By a guard: a chain of changes that was too deep.
        case paused
        /// It ran as often as its limit lets it; after some time it runs again.
        case limited
    }

    package var name: String
    package var about: String?
    package var isScript = false
    /// `rules/hall.yaml:12:5`.
    package var position = ""
    package var state = State.enabled
    /// Why it is paused or limited.
    package var reason: String?
    /// As it is written: `single`, `queued 10`.
    package var mode = "single"
    /// `20/m`.
    package var limit: String?
    /// A line for people each: `change hall.motion to true`.
    package var triggers: [String] = []
    package var condition: String?
    package var parameters: [String] = []
    /// Runs that ended, failed ones included.
    package var runs = 0
    package var failures = 0
    /// Times that a trigger fired and the condition did not hold.
    package var skipped = 0
    /// Times that the mode, the limit or a pause let nothing begin.
    package var refused = 0
    package var lastRun: Timestamp?
    /// Runs that stand at a step that waits.
    package var standing = 0
    /// Occasions that wait for a run to end.
    package var queued = 0
    /// When a schedule of it is due.
    package var next: Timestamp?
    /// Triggers whose `for:` has begun, the first to fire first; not all of many.
    package var pending: [Pending] = []
    /// Why nothing of it is under way, as a sentence without its end; nil where something is.
    package var quiet: String?

    package struct Pending: Hashable, Sendable {
        package var trigger: String
        package var key: KeyName?
        /// When it fires.
        package var due: Timestamp

        package init(_ trigger: String, of key: KeyName?, due: Timestamp) {
            (self.trigger, self.key, self.due) = (trigger, key, due)
        }
    }

    package init(_ name: String) {
        self.name = name
    }
}

/// A note that a rule made.
package struct NotificationInfo: Hashable, Sendable {
    package var id: Int64
    package var rule: String
    package var target: String
    package var title: String?
    package var message: String
    package var topic: String
    package var time: Timestamp
    /// One word: `waiting`, `delivered`, `failed`, `acknowledged`.
    package var state: String
    package var attempts = 0
    /// Why it could not be delivered so far.
    package var reason: String?
    /// When it is tried or escalated next.
    package var due: Timestamp?
    /// Nil until a second target is told.
    package var escalation: Escalation?

    package struct Escalation: Hashable, Sendable {
        package var target: String
        /// When it was first to be told to it.
        package var time: Timestamp

        package init(to target: String, at time: Timestamp) {
            self.target = target
            self.time = time
        }
    }

    package init(
        id: Int64, rule: String, target: String, message: String, topic: String, time: Timestamp, state: String
    ) {
        self.id = id
        self.rule = rule
        self.target = target
        self.message = message
        self.topic = topic
        self.time = time
        self.state = state
    }
}
