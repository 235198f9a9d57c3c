public import Komoku

/// A helper: a key that the family sets up without the configuration. What `set_helper` takes, and what `helpers` tells.
public struct HelperDescription: Shape, Hashable, WireValue {
    public var key = KeyName.blank
    public var kind = Kind.switch
    /// What people call it.
    public var label = ""
    /// The name of a picture, which only a page knows.
    public var icon: String?
    /// Of a mode: what it can be.
    public var values: [String]?
    /// Of a number.
    public var minimum: Double?
    public var maximum: Double?
    public var step: Double?
    public var unit: String?
    /// Of a schedule.
    public var days: WeekPlan?
    /// Of a schedule: the value at all other times.
    public var otherwise: JSON?
    /// Of a timer: how long it runs, in seconds.
    public var duration: Duration?
    /// Of a person: boolean keys that say that he is at home.
    public var trackers: [KeyName]?
    /// Of a person: how long none of them says so before he is away, in seconds.
    public var awayAfter: Duration?
    /// Told only.
    public var value: JSON?
    /// Told only: when a timer that runs ends.
    public var ends: Timestamp?
    /// Told only: how long a timer that is paused has left, in seconds.
    public var left: Duration?
    /// Told only: when the value of a schedule changes next.
    public var next: Timestamp?
    /// Told only: it does nothing, since its key is somebody else's; nil where it does.
    public var rests: Bool?

    public enum Kind: String, Hashable, Sendable, CaseIterable, WireValue {
        case `switch`, text, mode, number, schedule, timer, person
    }

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.required("kind", &kind)
        try visit.required("label", &label)
        try visit.optional("icon", &icon)
        try visit.optional("values", &values)
        try visit.optional("min", &minimum)
        try visit.optional("max", &maximum)
        try visit.optional("step", &step)
        try visit.optional("unit", &unit)
        try visit.optional("days", &days)
        try visit.present("otherwise", &otherwise)
        try visit.optional("duration", &duration)
        try visit.optional("trackers", &trackers)
        try visit.optional("away_after", &awayAfter)
        try visit.present("value", &value)
        try visit.optional("ends", &ends)
        try visit.optional("left", &left)
        try visit.optional("next", &next)
        try visit.optional("rests", &rests)
    }
}

/// What a schedule says for each day of the week; a day that is missing has nothing.
public struct WeekPlan: Shape, Hashable, WireValue {
    /// Monday first.
    public var days: [[PlanSpan]?] = Array(repeating: nil, count: 7)

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("mon", &days[0])
        try visit.optional("tue", &days[1])
        try visit.optional("wed", &days[2])
        try visit.optional("thu", &days[3])
        try visit.optional("fri", &days[4])
        try visit.optional("sat", &days[5])
        try visit.optional("sun", &days[6])
    }
}

/// From when to when a day has a value, as clocks show it.
public struct PlanSpan: Shape, Hashable, WireValue {
    /// `06:30`.
    public var from = ""
    /// The first moment that does not belong to it; `24:00` is the end of the day.
    public var to = ""
    public var value: JSON = .null

    public init() {}
    public init(from: String, to: String, value: JSON) { (self.from, self.to, self.value) = (from, to, value) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("from", &from)
        try visit.required("to", &to)
        try visit.given("value", &value)
    }
}

/// The answer to `helpers`.
public struct HelpersList: Shape, Hashable {
    public var helpers: [HelperDescription] = []

    public init() {}
    package init(_ helpers: [HelperDescription]) { self.helpers = helpers }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("helpers", &helpers)
    }
}
