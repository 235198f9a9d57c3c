public import Komoku

/// A line of the why log: a run of a rule, or a decision not to run.
public struct RunReport: Shape, Hashable, WireValue {
    /// Grows with each.
    public var number: Int64 = 0
    public var rule = ""
    /// `done`, `failed`, `skipped`; `standing` where it has not ended.
    public var outcome = ""
    public var started = Timestamp(microseconds: 0)
    /// The keys that it is about: the one that fired it, those that it changed, those that its condition read.
    public var keys: [String] = []
    /// Nil where it has not ended.
    public var ended: Timestamp?
    public var occasion = Occasion()
    /// The step at which it failed, stopped or stands: `2.then.1`.
    public var step: String?
    /// One clause.
    public var reason: String?
    /// What it did, step by step.
    public var effects: [RunEffect] = []
    /// How many more effects there were.
    public var omitted = 0
    /// Keys that it changed and that no kept effect names.
    public var changed: [String] = []
    /// When what it stands at ends.
    public var due: Timestamp?
    /// How often the same happened in a row, and when last.
    public var count = 1
    public var last: Timestamp?
    /// Records that were left out before this one because the reader was slow.
    public var skipped = 0

    /// What started it.
    public struct Occasion: Shape, Hashable, WireValue {
        /// The word of the trigger: `change`, `at`; `call` and `manual` beside.
        public var trigger = ""
        public var time: Timestamp?
        public var key: String?
        public var value: JSON?
        public var previous: JSON?
        public var arguments: [JSON.Member] = []
        /// The run whose change or call this was.
        public var parent: Int64?
        /// Where it came from: `message on zigbee2mqtt/hall`.
        public var source: String?

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("trigger", &trigger)
            try visit.optional("time", &time)
            try visit.optional("key", &key)
            try visit.optional("value", &value)
            try visit.optional("previous", &previous)
            try visit.members("arguments", &arguments)
            try visit.optional("parent", &parent)
            try visit.optional("source", &source)
        }
    }

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("run", &number)
        try visit.required("rule", &rule)
        try visit.required("outcome", &outcome)
        try visit.required("started", &started)
        try visit.list("keys", &keys)
        try whatIsStored(&visit)
        try visit.unless(0, "skipped", &skipped)
    }

    /// The members that the why log keeps of it beside its columns: what is written there has to stay readable.
    private mutating func whatIsStored<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("ended", &ended)
        try visit.always("occasion", &occasion)
        try visit.optional("step", &step)
        try visit.optional("reason", &reason)
        try visit.effects(&effects, &omitted)
        try visit.list("changed", &changed, .unlessEmpty)
        try visit.optional("due", &due)
        try visit.unless(1, "count", &count)
        try visit.optional("last", &last)
    }

    public var isStanding: Bool { outcome == Self.standing }

    /// Whether nothing ran: it was decided so, for `reason`.
    public var isDecision: Bool { Self.decisions.contains(outcome) }

    /// The outcome of a run that has not ended.
    public static let standing = "standing"
    /// The outcomes of what ran.
    public static let ran = [standing, "done", "failed", "stopped", "replaced", "dropped", "reset"]
    /// Decisions not to run.
    public static let decisions = ["skipped", "busy", "limited", "paused", "missed"]
    /// Every outcome, the ones of runs first.
    public static let outcomes = ran + decisions
}

extension MemberVisitor {
    /// `effects` and `omitted`, as they are now and as earlier versions wrote them.
    fileprivate mutating func effects(_ effects: inout [RunEffect], _ omitted: inout Int) throws(Fault) {
        var told = effects.map(\.json)
        try unless([], "effects", &told)
        try unless(0, "omitted", &omitted)
        guard isReading else { return }
        let all: JSON = ["effects": .array(told), "omitted": .number(Double(omitted))]
        (effects, omitted) = RunEffect.list(of: all)
    }
}

/// Which records of the why log are meant; everything that is given has to hold.
public struct RunFilter: Shape, Hashable {
    public var rule: String?
    public var key: KeyName?
    /// Words of `RunReport.outcomes`; others are no fault.
    public var outcomes: [String]?

    public init() {}

    public init(rule: String? = nil, key: KeyName? = nil, outcomes: [String]? = nil) {
        (self.rule, self.key, self.outcomes) = (rule, key, outcomes)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("rule", &rule)
        try visit.optional("key", &key)
        try visit.optional("outcomes", &outcomes)
        if let outcomes, !(1...32).contains(outcomes.count) {
            try visit.refuse(.invalidQuery("'outcomes' is a list of at most 32 words"))
        }
    }
}

/// `runs`: the newest records that match.
package struct RunsRequest: Shape, Hashable {
    package var filter = RunFilter()
    package var since: Timestamp?
    /// Only older ones than this number.
    package var before: Int64?
    package var limit: Int?

    package static let usualLimit = 100

    package init() {}

    package init(_ filter: RunFilter, since: Timestamp? = nil, before: Int64? = nil, limit: Int? = nil) {
        (self.filter, self.since, self.before, self.limit) = (filter, since, before, limit)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try filter.members(&visit)
        try visit.moment("since", &since)
        var number = before.flatMap { Int(exactly: $0) }
        try visit.count("before", &number, in: 1...(1 << 53))
        before = number.map { Int64($0) }
        try visit.count("limit", &limit, in: 1...10_000)
    }
}

/// The answer to `runs`.
package struct RunsPage: Shape, Hashable {
    package var runs: [RunReport] = []

    package init() {}
    package init(_ runs: [RunReport]) { self.runs = runs }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("runs", &runs)
    }
}
