public import Komoku

/// `repair`: a list of a counter's outliers, or a change of one point.
public struct RepairRequest: Shape, Hashable {
    public enum Action: Hashable, Sendable {
        case list(HistoryRange)
        case remove(Timestamp)
        case set(Timestamp, JSON)
        case replaced(Timestamp)
        case notReplaced(Timestamp)
        case undo
    }

    public var key = KeyName.blank
    public var action = Action.list(HistoryRange())
    /// The most outliers of a list.
    public var limit: Int?

    package static let usualLimit = 1000

    public init() {}
    public init(_ key: KeyName, _ action: Action) { (self.key, self.action) = (key, action) }

    package var isList: Bool { if case .list = action { true } else { false } }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var parts = visit.isReading ? Parts() : Parts(action)
        try visit.required("key", &key)
        try visit.moment("remove", &parts.remove)
        try visit.optional("set", &parts.set)
        try visit.moment("replaced", &parts.replaced)
        try visit.moment("not_replaced", &parts.notReplaced)
        try visit.unless(false, "undo", &parts.undo)
        try visit.count("limit", &limit, in: 1...10_000)
        // A change has no range.
        if !visit.isReading || (parts.actions.isEmpty && parts.set == nil) { try parts.range.members(&visit) }
        guard visit.isReading else { return }
        if parts.set != nil, parts.change == nil {
            try visit.refuse(.invalidQuery("'set' is a list of a time and a value"))
        }
        guard parts.actions.count < 2 else {
            return try visit.refuse(
                .invalidQuery("one of 'remove', 'set', 'replaced', 'not_replaced' and 'undo' at a time"))
        }
        action = parts.actions.first ?? .list(parts.range)
    }

    /// The action as its members have it.
    private struct Parts {
        var remove: Timestamp?
        var set: JSON?
        var replaced: Timestamp?
        var notReplaced: Timestamp?
        var undo = false
        var range = HistoryRange()

        init() {}

        init(_ action: Action) {
            switch action {
            case .list(let range): self.range = range
            case .remove(let time): remove = time
            case .set(let time, let value): set = [time.wire, value]
            case .replaced(let time): replaced = time
            case .notReplaced(let time): notReplaced = time
            case .undo: undo = true
            }
        }

        /// A time and a value; a null is none.
        var change: (time: Timestamp, value: JSON)? {
            guard let items = set?.array, items.count == 2, !items[1].isNull, let time = Timestamp(moment: items[0])
            else { return nil }
            return (time, items[1])
        }

        var actions: [Action] {
            [
                remove.map { .remove($0) }, change.map { .set($0.time, $0.value) }, replaced.map { .replaced($0) },
                notReplaced.map { .notReplaced($0) }, undo ? .undo : nil,
            ].compactMap(\.self)
        }
    }
}

/// A reading of a counter that is left out, corrected or taken for a reset, or the first one of another meter.
public struct Outlier: Shape, Hashable, WireValue {
    public var time = Timestamp(microseconds: 0)
    public var value = 0.0
    /// The correct reading before it.
    public var before: Double?
    /// `glitch`, `correction`, `reset`, `fast` or `replaced`.
    public var kind = ""
    /// What it added.
    public var increase = 0.0

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("time", &time)
        try visit.always("value", &value)
        try visit.nullable("before", &before)
        try visit.always("kind", &kind)
        try visit.always("increase", &increase)
    }
}

/// The answer to `repair` that asks for a list.
package struct Outliers: Shape, Hashable {
    package var key = ""
    package var outliers: [Outlier] = []

    package init() {}
    package init(of key: String, _ outliers: [Outlier]) { (self.key, self.outliers) = (key, outliers) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("key", &key)
        try visit.list("outliers", &outliers)
    }
}

/// The answer to `repair` that changed something: when.
public struct Repaired: Shape, Hashable {
    public var key = ""
    public var time = Timestamp(microseconds: 0)

    public init() {}
    package init(_ key: String, at time: Timestamp) { (self.key, self.time) = (key, time) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("key", &key)
        try visit.required("time", &time)
    }
}
