public import Komoku

/// A name that a key had before.
public struct FormerKey: Shape, Hashable, WireValue {
    public var key = ""
    /// What the key is called now.
    public var name = ""
    public var time = Timestamp(microseconds: 0)
    /// Its history became part of that of another key.
    public var isMerged = false

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.required("to", &name)
        try visit.always("time", &time)
        try visit.unless(false, "merged", &isMerged)
    }
}

/// The answer to `renames`.
package struct FormerKeys: Shape, Hashable {
    package var keys: [FormerKey] = []

    package init() {}
    package init(_ keys: [FormerKey]) { self.keys = keys }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("renames", &keys)
    }
}
