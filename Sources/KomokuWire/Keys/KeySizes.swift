public import Komoku

/// `sizes`: the keys that take most of the file.
package struct SizesRequest: Shape, Hashable {
    package var pattern: KeyPattern = .all
    /// The most keys.
    package var limit: Int?

    package static let usualLimit = 100

    package init() {}
    package init(_ pattern: KeyPattern, limit: Int? = nil) { (self.pattern, self.limit) = (pattern, limit) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.unless(.all, "match", &pattern)
        try visit.count("limit", &limit, in: 1...100_000)
    }
}

/// What a key takes of the hub's file.
public struct KeySizeReport: Shape, Hashable, WireValue {
    public var key = KeyName.blank
    /// Of its history in every resolution.
    public var bytes = 0
    /// Points that are stored each for itself.
    public var points = 0

    public init() {}
    package init(_ key: KeyName, bytes: Int, points: Int) { (self.key, self.bytes, self.points) = (key, bytes, points) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.always("bytes", &bytes)
        try visit.always("points", &points)
    }
}

/// The answer to `sizes`.
public struct KeySizesList: Shape, Hashable {
    /// The largest first.
    public var keys: [KeySizeReport] = []
    /// Of all that match.
    public var bytes = 0

    public init() {}
    package init(_ keys: [KeySizeReport], bytes: Int) { (self.keys, self.bytes) = (keys, bytes) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("keys", &keys, .required)
        try visit.always("bytes", &bytes)
    }
}
