public import Komoku

/// `hello`: the first message of an agent on a connection.
public struct AgentHello: Shape, Hashable {
    /// The one that the hub gave it; nil at first.
    public var id: String?
    public var hostname = ""
    /// What it wants to be called in keys; nil is as its host.
    public var name: String?
    public var version = ""
    /// Another after each start of the agent. One that comes back after another one had its place is of a cloned machine.
    public var instance = ""
    /// Region, zone, data centre, group and what else is known of the machine.
    public var attributes: [String: String] = [:]

    /// The most attributes, and bytes of each name and value.
    package static let (most, mostBytes) = (32, 255)

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("id", &id)
        try visit.required("hostname", &hostname)
        try visit.optional("name", &name)
        try visit.always("version", &version)
        try visit.required("instance", &instance)
        try visit.unless([:], "attributes", &attributes)
        guard visit.isReading else { return }
        try visit.checkAttributes(attributes)
        for text in [id ?? "", hostname, name ?? "", version, instance] where text.utf8.count > Self.mostBytes {
            try visit.refuse(.invalidQuery("what an agent says of itself has at most \(Self.mostBytes) bytes each"))
        }
        if let name, !AgentName.isOne(name) { try visit.refuse(.invalidQuery(AgentName.rule(name))) }
    }
}

extension MemberVisitor {
    func checkAttributes(_ attributes: [String: String]) throws(Fault) {
        let most = AgentHello.mostBytes
        let areLong = attributes.contains { $0.key.utf8.count > most || $0.value.utf8.count > most }
        if attributes.count > AgentHello.most || areLong {
            try refuse(
                .invalidQuery("an agent has at most \(AgentHello.most) 'attributes', of at most \(most) bytes each"))
        }
    }
}

/// What an agent is called in keys: `attic` of `hosts.attic.cpu.usage`.
package enum AgentName {
    /// The most bytes.
    package static let most = 64

    package static func isOne(_ text: String) -> Bool {
        (1...most).contains(text.utf8.count) && !text.contains(".") && key(text, "online") != nil
    }

    package static func rule(_ text: String) -> String {
        "'\(text.prefix(100))' cannot be the name of an agent: it is one part of keys, of at most \(most) bytes"
    }

    /// `hosts.NAME.…`
    package static func key(_ name: String, _ rest: String) -> KeyName? { KeyName("hosts.\(name).\(rest)") }

    /// A name made of that of a host, whatever it is.
    package static func made(of hostname: String) -> String {
        let first = hostname.split(separator: ".").first ?? ""
        let scalars = first.unicodeScalars.prefix(most).map { scalar in
            scalar.isASCII && scalar != "." && KeyName(String(scalar)) != nil ? scalar : "_"
        }
        let name = String(String.UnicodeScalarView(scalars)).lowercased()
        return isOne(name) ? name : "host"
    }
}

/// The answer to `hello`: who the agent is, and what it collects.
public struct AgentWelcome: Shape, Hashable {
    /// For it to keep.
    public var id = ""
    /// What its keys begin with: `hosts.NAME`.
    public var name = ""
    public var config = AgentSettings()

    public init() {}
    package init(id: String, name: String, config: AgentSettings) {
        (self.id, self.name, self.config) = (id, name, config)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("id", &id)
        try visit.required("name", &name)
        try visit.always("config", &config)
    }
}

/// `report`: what an agent tells beside its keys.
public struct AgentReport: Shape, Hashable {
    /// What seldom changes, as far as it is told: `{"kernel":"6.1"}`; it replaces what was told before.
    public var facts: JSON?
    /// The number of what the hub asked for, which is now there.
    public var pull: Int?

    /// The most bytes of the facts' text.
    package static let mostBytes = 16 << 10

    public init() {}
    public init(facts: JSON? = nil, pull: Int? = nil) { (self.facts, self.pull) = (facts, pull) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("facts", &facts)
        try visit.count("pull", &pull, in: 0...(1 << 53))
        guard visit.isReading, let facts else { return }
        if facts.object == nil { try visit.refuse(.invalidQuery("'facts' is an object")) }
        if facts.text.utf8.count > Self.mostBytes {
            try visit.refuse(.invalidQuery("'facts' has at most \(Self.mostBytes) bytes"))
        }
    }
}

/// What the hub sends to an agent by itself.
public enum AgentOrder: Hashable, Sendable {
    /// What to collect from now on, and under which name: `{"agent":{"id","name","config"}}`.
    case welcome(AgentWelcome)
    /// Something is wanted now: `{"pull":{"what","id"}}`. It is answered by `report`.
    case pull(Pull, id: Int)

    public enum Pull: String, Hashable, Sendable, CaseIterable, WireValue {
        case load, facts
    }

    /// Nil where it is none.
    package init?(_ json: JSON) {
        if let body = json["agent"], let welcome = try? AgentWelcome(body) {
            self = .welcome(welcome)
        } else if let body = json["pull"], let what = body["what"]?.string.flatMap(Pull.init),
            let id = body["id"]?.number.flatMap({ Int(exactly: $0) })
        {
            self = .pull(what, id: id)
        } else {
            return nil
        }
    }

    package var json: JSON {
        switch self {
        case .welcome(let welcome): ["agent": welcome.json]
        case .pull(let what, let id): ["pull": ["what": .string(what.rawValue), "id": .number(Double(id))]]
        }
    }
}
