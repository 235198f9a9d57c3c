public import Komoku

/// Takes down which members a shape has and what they are, as a schema of JSON (2020-12) says it.
struct MemberSchema: MemberVisitor {
    typealias Fault = Never

    private var properties: [JSON.Member] = []
    private var required: [JSON] = []

    var isReading: Bool { false }

    var schema: JSON {
        var members: [JSON.Member] = [
            JSON.Member("type", "object"), JSON.Member("properties", .object(properties)),
        ]
        if !required.isEmpty { members.append(JSON.Member("required", .array(required))) }
        return .object(members)
    }

    private mutating func add(_ name: StaticString, _ schema: JSON, isRequired: Bool = false) {
        properties.append(JSON.Member("\(name)", schema))
        if isRequired { required.append(.string("\(name)")) }
    }

    func refuse(_ refusal: Refusal) {}

    mutating func given(_ name: StaticString, _ value: inout JSON) { add(name, JSON.schema, isRequired: true) }
    mutating func present(_ name: StaticString, _ value: inout JSON?) { add(name, JSON.schema) }

    mutating func required<Value: WireValue>(_ name: StaticString, _ value: inout Value) {
        add(name, Value.schema, isRequired: true)
    }

    mutating func always<Value: WireValue>(_ name: StaticString, _ value: inout Value) {
        add(name, Value.schema, isRequired: true)
    }

    mutating func nullable<Value: WireValue>(_ name: StaticString, _ value: inout Value?) {
        add(name, Value.schema.orNull, isRequired: true)
    }

    mutating func optional<Value: WireValue>(_ name: StaticString, _ value: inout Value?) { add(name, Value.schema) }

    mutating func unless<Value: WireValue & Equatable>(_ usual: Value, _ name: StaticString, _ value: inout Value) {
        add(name, Value.schema)
    }

    mutating func list<Item: WireValue & Equatable>(
        _ name: StaticString, _ items: inout [Item], _ presence: ListPresence
    ) {
        add(name, [Item].schema, isRequired: presence != .unlessEmpty)
    }

    mutating func count(_ name: StaticString, _ value: inout Int?, in range: ClosedRange<Int>) {
        add(name, Int.schema)
    }

    mutating func moment(_ name: StaticString, _ value: inout Timestamp?) { add(name, Timestamp.schema) }
}

extension JSON {
    /// A schema that also allows null.
    package var orNull: JSON {
        guard let type = self["type"] else { return self }
        let types = (type.array ?? [type]).filter { $0 != "null" } + ["null"]
        let others = (object ?? []).filter { !$0.name.utf8.elementsEqual("type".utf8) }
        return .object([JSON.Member("type", .array(types))] + others)
    }
}

extension Shape {
    /// What it is, for programs that ask by HTTP.
    public static var schema: JSON { membersSchema }

    static var membersSchema: JSON {
        var (blank, visit) = (Self(), MemberSchema())
        blank.members(&visit)
        return visit.schema
    }
}
