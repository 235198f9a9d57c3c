public import Komoku

/// A stored state: of a notification, of a behaviour of a plugin.
public struct CellReport: Shape, Hashable, WireValue {
    public enum State: String, Hashable, Sendable, CaseIterable, OpenWord {
        case alive, failed, other
    }

    public var behaviour = ""
    public var id = ""
    public var state = State.alive
    /// Why it has failed.
    public var error: String?
    /// When its timeout comes.
    public var due: Timestamp?
    /// Of a cell that is asked for by its id.
    public var data: JSON?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("behaviour", &behaviour)
        try visit.required("id", &id)
        try visit.always("state", &state)
        try visit.optional("error", &error)
        try visit.optional("due", &due)
        try visit.present("data", &data)
    }
}

/// How many cells there are of a behaviour.
public struct BehaviourReport: Shape, Hashable, WireValue {
    public var name = ""
    /// Nil where nobody has it, so that its cells stay as they are.
    public var version: Int?
    public var alive = 0
    public var failed = 0

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("behaviour", &name)
        try visit.optional("version", &version)
        try visit.always("alive", &alive)
        try visit.always("failed", &failed)
    }
}

/// `cells`: all of a behaviour in the order of their ids, or one with its data. Without a behaviour those that failed.
package struct CellsRequest: Shape, Hashable {
    package var behaviour: String?
    package var id: String?
    /// Only those behind the one of this id.
    package var after: String?
    package var limit: Int?

    /// An answer has no more.
    package static let most = 1000

    package init() {}
    package init(_ behaviour: String? = nil, id: String? = nil, after: String? = nil, limit: Int? = nil) {
        (self.behaviour, self.id, self.after, self.limit) = (behaviour, id, after, limit)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("behaviour", &behaviour)
        try visit.optional("id", &id)
        try visit.optional("after", &after)
        try visit.count("limit", &limit, in: 1...Int(Int32.max))
        if visit.isReading, behaviour == nil, id != nil || after != nil {
            try visit.refuse(.invalidQuery("'\(id == nil ? "after" : "id")' needs 'behaviour'"))
        }
        if visit.isReading, id != nil, after != nil {
            try visit.refuse(.invalidQuery("'id' and 'after' exclude each other"))
        }
    }
}

/// The answer to `cells`.
public struct CellsPage: Shape, Hashable {
    /// All that there are.
    public var behaviours: [BehaviourReport] = []
    public var cells: [CellReport] = []
    /// Not nil where it does not hold all of them.
    public var next: String?

    public init() {}
    package init(_ behaviours: [BehaviourReport], _ cells: [CellReport], next: String? = nil) {
        (self.behaviours, self.cells, self.next) = (behaviours, cells, next)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("behaviours", &behaviours)
        try visit.list("cells", &cells, .required)
        try visit.optional("next", &next)
    }
}

/// `change_cell`: what a person does to a cell.
package struct CellChange: Shape, Hashable {
    package enum Deed: String, Hashable, Sendable, CaseIterable, WireValue {
        /// A failed one lives again.
        case revive
        /// It is deleted.
        case forget
        /// It keeps its data and takes no messages until it is revived.
        case fail
    }

    package var behaviour = ""
    package var id = ""
    package var deed = Deed.revive
    /// Why it fails.
    package var reason: String?

    package init() {}
    package init(_ deed: Deed, _ behaviour: String, _ id: String, reason: String? = nil) {
        (self.deed, self.behaviour, self.id, self.reason) = (deed, behaviour, id, reason)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("behaviour", &behaviour)
        try visit.required("id", &id)
        try visit.required("do", &deed)
        try visit.optional("reason", &reason)
    }
}
