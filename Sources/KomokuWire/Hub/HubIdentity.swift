public import Komoku

/// Who the hub is: the answer to `hub`. The rule of the zone serves programs whose machine does not know the zone.
public struct HubIdentity: Shape, Hashable, WireValue {
    public var name = ""
    public var version = ""
    /// Whole seconds since the start.
    public var uptime = 0
    public var time = Timestamp(microseconds: 0)
    /// The zone in which the hub counts its days: `Europe/Warsaw`; nil where it does not know it.
    public var zone: String?
    /// The same as a rule: `CET-1CEST,M3.5.0,M10.5.0/3`.
    public var zoneRule: String?
    /// Why nothing comes from the broker, as a sentence; nil where it does, or there is none.
    public var brokerTrouble: String?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("name", &name)
        try visit.always("version", &version)
        try visit.always("uptime", &uptime)
        try visit.always("time", &time)
        try visit.nullable("zone", &zone)
        try visit.nullable("zone_rule", &zoneRule)
        try visit.nullable("broker_trouble", &brokerTrouble)
    }
}

/// A time in which the hub was down, or its broker away.
public struct OutageReport: Shape, Hashable, WireValue {
    public enum Subject: String, Hashable, Sendable, CaseIterable, OpenWord { case hub, broker, other }

    public var subject = Subject.hub
    public var start = Timestamp(microseconds: 0)
    /// Nil is not yet.
    public var end: Timestamp?

    public init() {}

    package init(_ subject: Subject, _ start: Timestamp, _ end: Timestamp?) {
        (self.subject, self.start, self.end) = (subject, start, end)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("of", &subject)
        try visit.always("start", &start)
        try visit.nullable("end", &end)
    }
}

/// A kind of message that could not be used.
public struct DeadLetterReport: Shape, Hashable, WireValue {
    public var topic = ""
    /// Bytes that are no text are shown as U+FFFD.
    public var payload = ""
    public var reason = ""
    /// Of the newest.
    public var time = Timestamp(microseconds: 0)
    public var count = 1

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("topic", &topic)
        try visit.always("payload", &payload)
        try visit.always("reason", &reason)
        try visit.always("time", &time)
        try visit.always("count", &count)
    }
}

/// `dead_letters`: the newest.
package struct DeadLettersRequest: Shape, Hashable {
    package var limit: Int?

    package init() {}
    package init(limit: Int?) { self.limit = limit }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.count("limit", &limit, in: 1...10_000)
    }
}

/// `backup`: where to.
package struct BackupRequest: Shape, Hashable {
    package var path = ""

    package init() {}
    package init(_ path: String) { self.path = path }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("path", &path)
        guard path.hasPrefix("/"), path.utf8.count < 4096, !path.utf8.contains(0) else {
            return try visit.refuse(.invalidQuery("'path' is the absolute path of a file on the hub's machine"))
        }
    }
}

/// The answer to `backup`.
package struct BackupReport: Shape, Hashable {
    package var bytes = 0

    package init() {}
    package init(bytes: Int) { self.bytes = bytes }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("bytes", &bytes)
    }
}

/// The counters of `stats`.
public struct ServerCounters: Shape, Hashable {
    public var keys = 0
    /// Whole seconds since the start.
    public var uptime = 0
    /// Commands by name.
    public var operations = JSON.object([])
    public var points = 0
    /// Open ones.
    public var subscriptions = 0

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("keys_count", &keys)
        try visit.always("uptime", &uptime)
        try visit.always("ops_count", &operations)
        try visit.always("data_points_count", &points)
        try visit.always("change_notifications_count", &subscriptions)
    }
}
