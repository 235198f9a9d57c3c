public import Komoku

/// How everything is, and what of it needs a person: the answer to `status`.
public struct HubStatus: Shape, Hashable {
    public var hub = HubIdentity()
    /// Nil where the configuration names none.
    public var broker: Broker?
    public var isStoring = true
    public var storeError: String?
    public var keys = 0
    /// Keys that nothing was heard of for too long, and the names of some of them.
    public var stale = 0
    public var staleKeys: [String] = []
    public var devices = 0
    public var offline = 0
    public var offlineDevices: [String] = []
    /// Devices that their family lists no more.
    public var gone = 0
    public var rules = Rules()
    /// Kinds of messages that could not be used.
    public var deadLetters = 0
    /// The newest first.
    public var outages: [OutageReport] = []
    /// A sentence each, the gravest first.
    public var attention: [String] = []

    public struct Broker: Shape, Hashable, WireValue {
        /// `mqtt://192.168.1.2:1883`.
        public var address = ""
        public var isConnected = false
        /// Why not; a sentence.
        public var reason: String?
        /// Since when it is away.
        public var since: Timestamp?

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("address", &address)
            try visit.always("connected", &isConnected)
            try visit.nullable("reason", &reason)
            try visit.nullable("since", &since)
        }
    }

    public struct Rules: Shape, Hashable, WireValue {
        public var count = 0
        public var disabled: [Rule] = []
        public var paused: [Rule] = []
        public var limited: [Rule] = []
        /// The newest run of each rule whose newest run failed.
        public var failed: [FailedRun] = []

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("count", &count)
            try visit.list("disabled", &disabled)
            try visit.list("paused", &paused)
            try visit.list("limited", &limited)
            try visit.list("failed", &failed)
        }
    }

    public struct Rule: Shape, Hashable, WireValue {
        public var rule = ""
        public var reason: String?

        public init() {}
        package init(_ rule: String, because reason: String?) { (self.rule, self.reason) = (rule, reason) }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("rule", &rule)
            try visit.nullable("reason", &reason)
        }
    }

    public struct FailedRun: Shape, Hashable, WireValue {
        public var rule = ""
        public var run: Int64 = 0
        public var time = Timestamp(microseconds: 0)
        public var reason: String?

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("rule", &rule)
            try visit.required("run", &run)
            try visit.required("time", &time)
            try visit.nullable("reason", &reason)
        }
    }

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("hub", &hub)
        try visit.nullable("broker", &broker)
        try visit.required("storing", &isStoring)
        try visit.nullable("store_error", &storeError)
        try visit.always("keys", &keys)
        try visit.always("stale", &stale)
        try visit.list("stale_keys", &staleKeys)
        try visit.always("devices", &devices)
        try visit.always("offline", &offline)
        try visit.list("offline_devices", &offlineDevices)
        try visit.always("gone", &gone)
        try visit.always("rules", &rules)
        try visit.always("dead_letters", &deadLetters)
        try visit.list("outages", &outages)
        try visit.list("attention", &attention)
    }
}
