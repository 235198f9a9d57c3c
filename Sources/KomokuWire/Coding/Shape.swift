public import Komoku

/// What one program says to another: an object of the wire, whose members are listed once for both directions.
///
/// Reading fills in a blank; writing reads what is there. What a reader does not know it leaves alone, and what an older
/// writer does not say is as in the blank, unless it is required.
public protocol Shape: Sendable {
    /// A blank, as it is where nothing else is said.
    init()

    /// Each member with its name and how it is written, in the order of the text.
    mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault)
}

/// Comes to each member of a shape: reads it, writes it, or takes down what there is.
public protocol MemberVisitor {
    associatedtype Fault: Error

    /// Whether the values come from a text, so that a blank's mean nothing.
    var isReading: Bool { get }
    /// What was read does not fit together. While writing it always does.
    func refuse(_ refusal: Refusal) throws(Fault)
    /// Has to be there, and may be null.
    mutating func given(_ name: StaticString, _ value: inout JSON) throws(Fault)
    /// May be missing, and a null is there.
    mutating func present(_ name: StaticString, _ value: inout JSON?) throws(Fault)
    /// Where something is said, it has to be said.
    mutating func required<Value: WireValue>(_ name: StaticString, _ value: inout Value) throws(Fault)
    /// Always written; what is missing stays as it is.
    mutating func always<Value: WireValue>(_ name: StaticString, _ value: inout Value) throws(Fault)
    /// Always written; nothing is null.
    mutating func nullable<Value: WireValue>(_ name: StaticString, _ value: inout Value?) throws(Fault)
    /// Left out where there is none.
    mutating func optional<Value: WireValue>(_ name: StaticString, _ value: inout Value?) throws(Fault)
    /// Left out where it is as it usually is.
    mutating func unless<Value: WireValue & Equatable>(
        _ usual: Value, _ name: StaticString, _ value: inout Value
    ) throws(Fault)
    /// A list of an answer: what does not fit into it, of a newer hub, is left out.
    mutating func list<Item: WireValue & Equatable>(
        _ name: StaticString, _ items: inout [Item], _ presence: ListPresence
    ) throws(Fault)
    /// A whole number within bounds; left out where there is none.
    mutating func count(_ name: StaticString, _ value: inout Int?, in range: ClosedRange<Int>) throws(Fault)
    /// A time that a person may have written: a number of seconds, or text with a zone. Left out where there is none.
    mutating func moment(_ name: StaticString, _ value: inout Timestamp?) throws(Fault)
}

/// When a list is written.
public enum ListPresence: Sendable {
    /// It has to be there.
    case required
    case always
    /// Left out where it is empty.
    case unlessEmpty
}

extension MemberVisitor {
    mutating func list<Item: WireValue & Equatable>(_ name: StaticString, _ items: inout [Item]) throws(Fault) {
        try list(name, &items, .always)
    }
}

extension Shape {
    /// Reads an object.
    ///
    /// - Throws: `Refusal` with the name of the member that is not as it should be.
    public init(_ json: JSON) throws(Refusal) {
        self.init()
        try read(json)
    }

    /// Fills a blank in.
    mutating func read(_ json: JSON) throws(Refusal) {
        guard json.object != nil else { throw .invalidQuery }
        var reader = MemberReader(json)
        try members(&reader)
    }

    /// Fills a blank in with what can be read of what was stored.
    package mutating func readStored(_ json: JSON) {
        var reader = MemberReader(json, isLenient: true)
        try? members(&reader)
    }

    /// The object.
    public var json: JSON {
        var copy = self
        var writer = MemberWriter()
        copy.members(&writer)
        return .object(writer.members)
    }
}

extension MemberVisitor {
    /// The name of a key, of which the other members were read before: what is wrong with those is said first.
    func named(_ text: String) throws(Fault) -> KeyName {
        if let name = KeyName(text) { return name }
        try refuse(Refusal(.invalidKey, "'\(text.prefix(300))' cannot be the name of a key"))
        return .blank
    }
}

/// Reads members from an object.
struct MemberReader: MemberVisitor {
    typealias Fault = Refusal

    private let json: JSON
    /// Whether what is wrong stays as in the blank: of what was stored, the rest is better than nothing.
    private let isLenient: Bool

    init(_ json: JSON, isLenient: Bool = false) {
        self.json = json
        self.isLenient = isLenient
    }

    private func read<Value: WireValue>(
        _ member: JSON?, _ name: StaticString, _ value: inout Value
    ) throws(Refusal) {
        guard let member else { return }
        do throws(Refusal) {
            value = try Value(wire: member, of: name)
        } catch {
            if !isLenient { throw error }
        }
    }

    var isReading: Bool { true }

    func refuse(_ refusal: Refusal) throws(Refusal) { throw refusal }

    /// Nil where it is missing or null.
    private func member(_ name: StaticString) -> JSON? {
        guard let value = anyMember(name), !value.isNull else { return nil }
        return value
    }

    private func anyMember(_ name: StaticString) -> JSON? {
        guard let members = json.object else { return nil }
        let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return members.last { $0.name.utf8.elementsEqual(bytes) }?.value
    }

    mutating func given(_ name: StaticString, _ value: inout JSON) throws(Refusal) {
        guard let member = anyMember(name) else { throw .invalidQuery("'\(name)' is missing") }
        value = member
    }

    mutating func present(_ name: StaticString, _ value: inout JSON?) { value = anyMember(name) }

    mutating func required<Value: WireValue>(_ name: StaticString, _ value: inout Value) throws(Refusal) {
        guard let member = member(name) else {
            if isLenient { return }
            throw .invalidQuery("'\(name)' is missing")
        }
        try read(member, name, &value)
    }

    mutating func always<Value: WireValue>(_ name: StaticString, _ value: inout Value) throws(Refusal) {
        try read(member(name), name, &value)
    }

    mutating func nullable<Value: WireValue>(_ name: StaticString, _ value: inout Value?) throws(Refusal) {
        try optional(name, &value)
    }

    mutating func optional<Value: WireValue>(_ name: StaticString, _ value: inout Value?) throws(Refusal) {
        guard let member = member(name) else { return }
        do throws(Refusal) {
            value = try Value(wire: member, of: name)
        } catch {
            if !isLenient { throw error }
        }
    }

    mutating func unless<Value: WireValue & Equatable>(
        _ usual: Value, _ name: StaticString, _ value: inout Value
    ) throws(Refusal) {
        value = usual
        try read(member(name), name, &value)
    }

    mutating func list<Item: WireValue & Equatable>(
        _ name: StaticString, _ items: inout [Item], _ presence: ListPresence
    ) throws(Refusal) {
        guard let list = member(name)?.array else {
            if presence == .required, !isLenient { throw .invalidQuery("'\(name)' is no list") }
            return
        }
        items = list.compactMap { try? Item(wire: $0, of: name) }
    }

    mutating func count(_ name: StaticString, _ value: inout Int?, in range: ClosedRange<Int>) throws(Refusal) {
        guard let member = member(name) else { return }
        guard let count = member.number.flatMap({ Int(exactly: $0) }), range.contains(count) else {
            let bound =
                range.upperBound == .max ? "from \(range.lowerBound) on" : "\(range.lowerBound) to \(range.upperBound)"
            throw .invalidQuery("'\(name)' is a whole number, \(bound)")
        }
        value = count
    }

    mutating func moment(_ name: StaticString, _ value: inout Timestamp?) throws(Refusal) {
        guard let member = member(name) else { return }
        guard let time = Timestamp(moment: member) else {
            throw .invalidQuery("'\(name)' is no time; give seconds since 1970 or 2026-01-31T08:30:00+01:00")
        }
        value = time
    }
}

/// Writes members to an object.
struct MemberWriter: MemberVisitor {
    typealias Fault = Never

    private(set) var members: [JSON.Member] = []

    var isReading: Bool { false }

    func refuse(_ refusal: Refusal) {}

    mutating func given(_ name: StaticString, _ value: inout JSON) { add(name, value) }

    mutating func present(_ name: StaticString, _ value: inout JSON?) {
        if let value { add(name, value) }
    }

    private mutating func add(_ name: StaticString, _ json: JSON) {
        // No interpolation: an answer may have tens of thousands of members.
        let bytes = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        members.append(JSON.Member(String(decoding: bytes, as: UTF8.self), json))
    }

    mutating func required<Value: WireValue>(_ name: StaticString, _ value: inout Value) { add(name, value.wire) }
    mutating func always<Value: WireValue>(_ name: StaticString, _ value: inout Value) { add(name, value.wire) }

    mutating func nullable<Value: WireValue>(_ name: StaticString, _ value: inout Value?) {
        add(name, value?.wire ?? .null)
    }

    mutating func optional<Value: WireValue>(_ name: StaticString, _ value: inout Value?) {
        if let value { add(name, value.wire) }
    }

    mutating func unless<Value: WireValue & Equatable>(_ usual: Value, _ name: StaticString, _ value: inout Value) {
        if value != usual { add(name, value.wire) }
    }

    mutating func list<Item: WireValue & Equatable>(
        _ name: StaticString, _ items: inout [Item], _ presence: ListPresence
    ) {
        if presence != .unlessEmpty || !items.isEmpty { add(name, items.wire) }
    }

    mutating func count(_ name: StaticString, _ value: inout Int?, in range: ClosedRange<Int>) {
        if let value { add(name, value.wire) }
    }

    mutating func moment(_ name: StaticString, _ value: inout Timestamp?) {
        if let value { add(name, value.wire) }
    }
}
