public import Komoku

/// A document without its content.
public struct DocumentSummary: Shape, Hashable, WireValue {
    public var name = ""
    public var isShared = false
    public var revision: Int64 = 0
    /// Of the content's text, in bytes.
    public var size = 0
    /// When it was written.
    public var time = Timestamp(microseconds: 0)

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try visit.always("shared", &isShared)
        try visit.required("revision", &revision)
        try visit.always("size", &size)
        try visit.always("time", &time)
    }
}

/// The answer to `documents`: those of the caller, then those of the house.
public struct DocumentsList: Shape, Hashable {
    public var documents: [DocumentSummary] = []

    public init() {}
    package init(_ documents: [DocumentSummary]) { self.documents = documents }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("documents", &documents, .required)
    }
}

/// The answer to `document`.
public struct Document: Shape, Hashable {
    public var name = ""
    public var isShared = false
    public var revision: Int64 = 0
    public var content = JSON.null

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try visit.always("shared", &isShared)
        try visit.required("revision", &revision)
        try visit.given("content", &content)
    }
}

/// The answer to `put_document`.
public struct DocumentRevision: Shape, Hashable {
    public var revision: Int64 = 0

    public init() {}
    package init(_ revision: Int64) { self.revision = revision }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("revision", &revision)
    }
}

/// A document was written or deleted, as `follow` tells of it.
public struct DocumentNews: Shape, Hashable {
    public var name = ""
    public var isShared = false
    /// Nil where it was deleted.
    public var revision: Int64?

    public init() {}

    package init(_ name: String, shared: Bool, revision: Int64?) {
        (self.name, isShared, self.revision) = (name, shared, revision)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try visit.always("shared", &isShared)
        try visit.nullable("revision", &revision)
    }
}
