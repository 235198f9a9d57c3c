public import Komoku

/// A rule or a script as the hub lists it.
public struct RuleDescription: Shape, Hashable, WireValue {
    public enum State: String, Hashable, Sendable, CaseIterable, OpenWord {
        case enabled
        /// By a person or by its `enabled: false`.
        case disabled
        /// By a guard: a chain of changes that was too deep.
        case paused
        /// It ran as often as its limit lets it; after some time it runs again.
        case limited
        /// A newer hub knows more.
        case other
    }

    public var name = ""
    public var about: String?
    /// It has no triggers: others call it.
    public var isScript = false
    /// Where it is written: `rules/hall.yaml:12:5`.
    public var position = ""
    public var state = State.enabled
    /// Why it is paused or limited.
    public var reason: String?
    /// As it is written: `single`, `queued 10`.
    public var mode = "single"
    /// `20/m`.
    public var limit: String?
    /// A line for people each: `change hall.motion to true`.
    public var triggers: [String] = []
    public var condition: String?
    public var parameters: [String] = []
    /// Runs that ended, failed ones included.
    public var runs = 0
    public var failures = 0
    /// Times that a trigger fired and the condition did not hold.
    public var skipped = 0
    /// Times that the mode, the limit or a pause let nothing begin.
    public var refused = 0
    /// Runs that stand at a step that waits.
    public var standing = 0
    /// Occasions that wait for a run to end.
    public var queued = 0
    /// Triggers whose `for:` has begun, the first to fire first; not all of many.
    public var pending: [Pending] = []
    /// Why nothing of it is under way, as a sentence without its end; nil where something is.
    public var quiet: String?
    public var lastRun: Timestamp?
    /// When a schedule of it is due.
    public var next: Timestamp?

    public struct Pending: Shape, Hashable, WireValue {
        public var trigger = ""
        public var key: String?
        /// When it fires.
        public var due: Timestamp?

        public init() {}

        package init(_ trigger: String, of key: KeyName?, due: Timestamp) {
            (self.trigger, self.key, self.due) = (trigger, key?.text, due)
        }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("trigger", &trigger)
            try visit.optional("key", &key)
            try visit.nullable("due", &due)
        }
    }

    public init() {}
    package init(_ name: String) { self.name = name }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("rule", &name)
        try visit.optional("description", &about)
        try visit.unless(false, "script", &isScript)
        try visit.always("at", &position)
        try visit.always("state", &state)
        try visit.optional("reason", &reason)
        try visit.always("mode", &mode)
        try visit.optional("limit", &limit)
        try visit.list("triggers", &triggers)
        try visit.optional("if", &condition)
        try visit.list("parameters", &parameters, .unlessEmpty)
        try visit.always("runs", &runs)
        try visit.always("failures", &failures)
        try visit.always("skipped", &skipped)
        try visit.always("refused", &refused)
        try visit.always("standing", &standing)
        try visit.always("queued", &queued)
        try visit.list("pending", &pending, .unlessEmpty)
        try visit.optional("quiet", &quiet)
        try visit.nullable("last_run", &lastRun)
        try visit.optional("next", &next)
    }
}

/// `rules`: all, some at a time; or one, and those that its `each` made.
package struct RulesRequest: Shape, Hashable {
    package var rule: String?
    /// Only those behind the one of this name.
    package var after: String?
    package var limit: Int?

    /// An answer has no more, so that many rules are read in several turns of the hub.
    package static let most = 1000

    package init() {}
    package init(_ rule: String? = nil, after: String? = nil) { (self.rule, self.after) = (rule, after) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("rule", &rule)
        try visit.optional("after", &after)
        try visit.count("limit", &limit, in: 1...Int(Int32.max))
    }
}

/// The answer to `rules`.
package struct RulesPage: Shape, Hashable {
    package var rules: [RuleDescription] = []
    /// Not nil where it does not hold all of them.
    package var next: String?

    package init() {}
    package init(_ rules: [RuleDescription], next: String?) { (self.rules, self.next) = (rules, next) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("rules", &rules, .required)
        try visit.optional("next", &next)
    }
}
