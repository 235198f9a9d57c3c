public import Komoku

/// What is told of a key beside its name.
public struct KeyFacts: Shape, Hashable {
    /// `numeric`, `counter`, `boolean`, `uptime` or `string`.
    public var type = ""
    /// In effect; defaults are filled in.
    public var options: [JSON.Member] = []
    /// Of these, the ones that were defined: the first protocol tells no others.
    package var defined: [JSON.Member] = []
    /// Nil where the key has no value, or nobody asked.
    public var value: JSON?
    /// The time of the newest put.
    public var time: Timestamp?
    /// Nothing was heard of it for as long as it should be; the value is what it was.
    public var isStale = false
    /// When the next of its points falls due that are ahead of the hub's clock.
    public var next: Timestamp?
    /// How many of its points the hub dated while its clock was ahead.
    public var misdated = 0
    /// Puts go to the device, and the key changes when the device reports.
    public var isWritable = false
    /// The id of the device that the key is of, and what the device calls it.
    public var device: String?
    public var property: String?
    /// Whether they are told, null where there is none.
    package var tellsValue = false
    package var tellsTime = false

    public init() {}

    /// As the first protocol tells it.
    fileprivate var old: KeyFacts {
        var key = KeyFacts()
        (key.type, key.options, key.value, key.tellsValue) = (type, defined, value, tellsValue)
        return key
    }

    public var unit: String? { options.last { $0.name.utf8.elementsEqual("unit".utf8) }?.value.string }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("type", &type)
        try visit.members("opts", &options)
        try visit.told("value", &value, tellsValue)
        try visit.told("time", &time, tellsTime)
        try visit.unless(false, "stale", &isStale)
        try visit.optional("next", &next)
        try visit.unless(0, "misdated", &misdated)
        try visit.unless(false, "writable", &isWritable)
        try visit.optional("device", &device)
        try visit.optional("property", &property)
    }
}

/// A key as the hub lists it: a member of the answer to `keys`.
@dynamicMemberLookup
public struct KeyDescription: Hashable, Sendable {
    public var name: String
    public var facts: KeyFacts

    public init(_ name: String, _ facts: KeyFacts) { (self.name, self.facts) = (name, facts) }

    public subscript<Member>(dynamicMember member: KeyPath<KeyFacts, Member>) -> Member { facts[keyPath: member] }

    /// About the bytes that it takes in an answer.
    package var weight: Int {
        let options = facts.options.reduce(0) { $0 + $1.name.utf8.count + $1.value.size }
        return 160 + name.utf8.count + (facts.value?.size ?? 0) + options
    }
}

extension [KeyDescription] {
    /// Reads `{NAME:{"type":T,"opts":{…}, …}, …}`.
    package init(wire json: JSON) throws(Refusal) {
        guard let members = json.object else { throw .invalidQuery }
        var keys: [KeyDescription] = []
        for member in members { keys.append(KeyDescription(member.name, try KeyFacts(member.value))) }
        self = keys
    }

    /// Appends the members of the object.
    ///
    /// - Parameter continuing: others came before.
    package func write(_ version: ProtocolVersion, continuing: Bool, into bytes: inout [UInt8]) {
        for (index, key) in enumerated() {
            if index > 0 || continuing { bytes.append(UInt8(ascii: ",")) }
            JSON.write(key.name, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            (version == .v1 ? key.facts.old : key.facts).json.write(into: &bytes)
        }
    }
}

extension MemberVisitor {
    /// Options: an object that is left out where it is empty.
    mutating func members(_ name: StaticString, _ members: inout [JSON.Member]) throws(Fault) {
        var object: JSON? = members.isEmpty ? nil : .object(members)
        try optional(name, &object)
        if isReading { members = object?.object ?? [] }
    }

    /// Left out where nobody asked, else null where there is none.
    fileprivate mutating func told<Value: WireValue>(
        _ name: StaticString, _ value: inout Value?, _ isTold: Bool
    ) throws(Fault) {
        if isTold || isReading { try nullable(name, &value) }
    }
}
