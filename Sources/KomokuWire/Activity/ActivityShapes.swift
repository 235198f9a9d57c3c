public import Komoku

/// `activity`: what happened in the house, newest first.
package struct ActivityRequest: Shape, Hashable {
    /// `before` of an answer: only what is older.
    package var before: String?
    package var since: Timestamp?
    package var limit: Int?
    package var key: KeyName?
    /// By its id, its name or the first part of its keys.
    package var device: String?
    package var rule: String?
    package var kinds: [ActivityEntry.Kind]?

    package static let usualLimit = 50
    package static let most = 200

    package init() {}

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("before", &before)
        try visit.moment("since", &since)
        try visit.count("limit", &limit, in: 1...Self.most)
        try visit.optional("key", &key)
        try visit.optional("device", &device)
        try visit.optional("rule", &rule)
        try visit.optional("kinds", &kinds)
        if visit.isReading, let before, ActivityCursor(before) == nil {
            try visit.refuse(.invalidQuery("'before' is the 'before' of the answer before"))
        }
    }
}

/// Where a page of what happened ends.
package struct ActivityCursor: Hashable, Sendable {
    /// What was then is told already.
    package var time: Timestamp
    /// The oldest record of a run that was told.
    package var run: Int64?

    package init(_ time: Timestamp, run: Int64?) { (self.time, self.run) = (time, run) }

    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Int64(parts[0]), time >= 0, time < 1 << 60 else { return nil }
        self.time = Timestamp(microseconds: time)
        if !parts[1].isEmpty {
            guard let run = Int64(parts[1]), run > 0 else { return nil }
            self.run = run
        }
    }

    package var text: String { "\(time.microseconds)-" + (run.map { "\($0)" } ?? "") }
}

/// The answer to `activity`.
public struct ActivityPage: Shape, Hashable {
    public var activity: [ActivityEntry] = []
    /// For what is older; nil where there is nothing.
    public var before: String?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("activity", &activity, .required)
        try visit.nullable("before", &before)
    }
}

/// Something that happened.
public struct ActivityEntry: Shape, Hashable, WireValue {
    public enum Kind: String, Hashable, Sendable, CaseIterable, WireValue {
        case change, run, decision, command, notification, outage, device
    }

    /// The same of the same, always: `change:hall.light:1700000000000000`.
    public var id = ""
    public var time = Timestamp(microseconds: 0)
    public var kind = Kind.change
    public var key: String?
    /// Of a change: null where nobody knows it any more.
    public var value: JSON?
    public var previous: JSON?
    /// The id of a device.
    public var device: String?
    public var rule: String?
    /// Of runs, and what they did.
    public var run: Int64?
    /// Of runs one of theirs; of commands `sent`, `reported`, `differs`, `failed` or `waiting`; of notifications their state.
    public var outcome: String?
    /// A sentence for people, without an end.
    public var text = ""
    public var cause: Cause?

    public init() {}

    /// What led to it, as far as it is known: each names what to look at next.
    public struct Cause: Shape, Hashable, WireValue {
        /// `message`, `client`, `rule`, `expiry`, `clock`; of runs `trigger`.
        public var kind = ""
        public var topic: String?
        /// The surface: `websocket`.
        public var client: String?
        /// Who it was, for those who may know: `user anna`, `token grafana`.
        public var by: String?
        public var rule: String?
        public var run: Int64?
        public var step: String?
        /// Of runs: what fired them.
        public var trigger: String?
        public var key: String?
        public var value: JSON?
        public var source: String?
        public var time: Timestamp?

        public init() {}
        package init(_ kind: String) { self.kind = kind }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("kind", &kind)
            try visit.optional("topic", &topic)
            try visit.optional("client", &client)
            try visit.optional("by", &by)
            try visit.optional("rule", &rule)
            try visit.optional("run", &run)
            try visit.optional("step", &step)
            try visit.optional("trigger", &trigger)
            try visit.optional("key", &key)
            try visit.optional("value", &value)
            try visit.optional("source", &source)
            try visit.optional("time", &time)
        }
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("id", &id)
        try visit.required("time", &time)
        try visit.required("kind", &kind)
        try visit.optional("key", &key)
        try visit.present("value", &value)
        try visit.optional("previous", &previous)
        try visit.optional("device", &device)
        try visit.optional("rule", &rule)
        try visit.optional("run", &run)
        try visit.optional("outcome", &outcome)
        try visit.always("text", &text)
        try visit.optional("cause", &cause)
    }
}
