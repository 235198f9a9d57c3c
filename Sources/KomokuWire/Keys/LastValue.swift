public import Komoku

/// The answer to `last`: `{"value":V,"time":T}`.
public struct LastValue: Shape, Hashable {
    /// Nil is a gap.
    public var value: JSON?
    public var time = Timestamp(microseconds: 0)
    public var isStale = false

    public init() {}

    public init(_ value: JSON?, at time: Timestamp, isStale: Bool = false) {
        (self.value, self.time, self.isStale) = (value, time, isStale)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.nullable("value", &value)
        try visit.required("time", &time)
        try visit.unless(false, "stale", &isStale)
    }
}
