public import Komoku

/// `why`: whose story is asked for.
package struct WhyRequest: Shape, Hashable {
    package enum Subject: Hashable, Sendable {
        case key(KeyName)
        case rule(String)
    }

    package var subject = Subject.rule("")
    /// The most runs, and the most decisions not to run.
    package var limit: Int?

    package static let usualLimit = 5

    package init() {}
    package init(_ subject: Subject, limit: Int? = nil) { (self.subject, self.limit) = (subject, limit) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var (key, rule): (KeyName?, String?) =
            switch subject {
            case .key(let name): (name, nil)
            case .rule(let name): (nil, name)
            }
        if visit.isReading { rule = nil }
        try visit.optional("key", &key)
        try visit.optional("rule", &rule)
        try visit.count("limit", &limit, in: 1...100)
        switch (key, rule) {
        case (let name?, nil): subject = .key(name)
        case (nil, let name?): subject = .rule(name)
        default: try visit.refuse(.invalidQuery("'why' needs a 'key' or a 'rule'"))
        }
    }
}

/// What made a change.
public struct ChangeCause: Shape, Hashable, WireValue {
    public enum Kind: String, Hashable, Sendable, CaseIterable, OpenWord {
        case message, client, rule
        /// An uptime key that was not refreshed.
        case expiry
        /// The time of a point that was put ahead came, or the hub's clock was set.
        case clock
        /// A newer hub knows more.
        case other
    }

    public var kind = Kind.message
    public var topic: String?
    /// The surface: `websocket`.
    public var client: String?
    /// Who it was, for those who may know: `user anna`, `token grafana`.
    public var by: String?
    public var rule: String?
    public var run: Int64?
    public var step: String?
    /// The run that had sent to a device what it now reports.
    public var asked: Asked?

    public struct Asked: Shape, Hashable, WireValue {
        public var rule = ""
        public var run: Int64 = 0
        public var step: String?

        public init() {}

        package init(_ rule: String, _ run: Int64, step: String?) {
            (self.rule, self.run, self.step) = (rule, run, step)
        }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("rule", &rule)
            try visit.required("run", &run)
            try visit.optional("step", &step)
        }
    }

    public init() {}
    package init(_ kind: Kind) { self.kind = kind }

    package init(rule: String, run: Int64) {
        (kind, self.rule, self.run) = (.rule, rule, run)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("kind", &kind)
        try visit.optional("topic", &topic)
        try visit.optional("client", &client)
        try visit.optional("by", &by)
        try visit.optional("rule", &rule)
        try visit.optional("run", &run)
        try visit.optional("step", &step)
        try visit.optional("asked", &asked)
    }
}

/// How a key came to its value.
public struct KeyStory: Shape, Hashable {
    public var key = ""
    public var type = ""
    public var unit: String?
    /// Nil where it has none yet.
    public var value: JSON?
    /// The time of the newest put, and when the value came to be what it is.
    public var time: Timestamp?
    public var since: Timestamp?
    /// Nil where nobody knows any more.
    public var cause: ChangeCause?
    /// The run that brought the value, then the run that led to that, and so on.
    public var chain: [RunReport] = []
    /// The newest runs that changed the key.
    public var runs: [RunReport] = []
    /// The newest decisions not to run that looked at it.
    public var passed: [RunReport] = []
    public var isStale = false

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.always("type", &type)
        try visit.nullable("unit", &unit)
        try visit.nullable("value", &value)
        try visit.nullable("time", &time)
        try visit.nullable("since", &since)
        try visit.nullable("cause", &cause)
        try visit.list("chain", &chain)
        try visit.list("runs", &runs)
        try visit.list("passed", &passed)
        try visit.unless(false, "stale", &isStale)
    }
}

/// What a rule did of late, and what it did not.
public struct RuleStory: Shape, Hashable {
    public var rule = RuleDescription()
    /// The newest runs; among them those that stand.
    public var runs: [RunReport] = []
    /// The newest decisions not to run.
    public var passed: [RunReport] = []

    public init() {}

    package init(_ rule: RuleDescription, runs: [RunReport], passed: [RunReport]) {
        (self.rule, self.runs, self.passed) = (rule, runs, passed)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("rule", &rule)
        try visit.list("runs", &runs)
        try visit.list("passed", &passed)
    }
}
