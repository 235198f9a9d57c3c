public import Komoku

/// A note that a rule made.
public struct RuleNotification: Shape, Hashable, WireValue {
    public enum State: String, Hashable, Sendable, CaseIterable, OpenWord {
        case waiting, delivered, failed, acknowledged, other
    }

    public var id: Int64 = 0
    public var rule = ""
    public var target = ""
    public var title: String?
    public var message = ""
    public var topic = ""
    public var time = Timestamp(microseconds: 0)
    public var state = State.waiting
    public var attempts = 0
    /// Why it could not be delivered so far.
    public var reason: String?
    /// When it is tried or escalated next.
    public var due: Timestamp?
    /// Nil until a second target is told.
    public var escalation: Escalation?

    public struct Escalation: Shape, Hashable, WireValue {
        public var target = ""
        /// When it was first to be told to it.
        public var time = Timestamp(microseconds: 0)

        public init() {}
        package init(to target: String, at time: Timestamp) { (self.target, self.time) = (target, time) }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("to", &target)
            try visit.required("time", &time)
        }
    }

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("notification", &id)
        try visit.always("rule", &rule)
        try visit.always("to", &target)
        try visit.optional("title", &title)
        try visit.required("message", &message)
        try visit.always("topic", &topic)
        try visit.required("time", &time)
        try visit.always("state", &state)
        try visit.unless(0, "attempts", &attempts)
        try visit.optional("reason", &reason)
        try visit.optional("due", &due)
        try visit.optional("escalated", &escalation)
    }
}

/// `notifications`: the newest.
package struct NotificationsRequest: Shape, Hashable {
    /// Only those that are still to be delivered, or to be acknowledged by somebody.
    package var openOnly = false
    package var limit: Int?

    package static let usualLimit = 100

    package init() {}
    package init(openOnly: Bool, limit: Int?) { (self.openOnly, self.limit) = (openOnly, limit) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.unless(false, "open", &openOnly)
        try visit.count("limit", &limit, in: 1...10_000)
    }
}

/// The answer to `notifications`.
package struct NotificationsPage: Shape, Hashable {
    package var notifications: [RuleNotification] = []

    package init() {}
    package init(_ notifications: [RuleNotification]) { self.notifications = notifications }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("notifications", &notifications)
    }
}

/// `acknowledge`: which notes are meant.
package enum NotificationChoice: Hashable, Sendable {
    case number(Int64)
    case topic(String)
}

package struct AcknowledgeRequest: Shape, Hashable {
    package var choice = NotificationChoice.number(0)

    package init() {}
    package init(_ choice: NotificationChoice) { self.choice = choice }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var (number, topic): (Int?, String?) =
            switch choice {
            case .number(let number): (Int(exactly: number), nil)
            case .topic(let topic): (nil, topic)
            }
        if visit.isReading { number = nil }
        try visit.count("id", &number, in: 1...(1 << 53))
        try visit.optional("topic", &topic)
        switch (number, topic) {
        case (let number?, nil): choice = .number(Int64(number))
        case (nil, let topic?): choice = .topic(topic)
        default: try visit.refuse(.invalidQuery("'acknowledge' needs an 'id' or a 'topic'"))
        }
    }
}

/// The answer to `acknowledge`: how many.
package struct Acknowledged: Shape, Hashable {
    package var count = 0

    package init() {}
    package init(_ count: Int) { self.count = count }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("acknowledged", &count)
    }
}
