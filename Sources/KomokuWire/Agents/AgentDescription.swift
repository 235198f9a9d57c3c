public import Komoku

/// An agent as the hub knows it.
public struct AgentDescription: Shape, Hashable, WireValue {
    public var id = ""
    /// What its keys begin with: `hosts.NAME`.
    public var name = ""
    public var hostname = ""
    public var version = ""
    /// Where it came from last.
    public var address = ""
    /// Region, zone, data centre, group and others: what it says, what was set, and what the configuration says, the later above
    /// the former.
    public var attributes: [String: String] = [:]
    public var firstSeen = Timestamp.distantPast
    public var lastSeen = Timestamp.distantPast
    public var isConnected = false
    /// What needs a person.
    public var notice: String?
    /// Kernel, distribution and what else seldom changes.
    public var facts: JSON?
    /// What it collects. In the answer about one agent only, as the facts.
    public var config: AgentSettings?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("id", &id)
        try visit.required("name", &name)
        try visit.always("hostname", &hostname)
        try visit.always("version", &version)
        try visit.always("address", &address)
        try visit.always("attributes", &attributes)
        try visit.always("first_seen", &firstSeen)
        try visit.always("last_seen", &lastSeen)
        try visit.always("connected", &isConnected)
        try visit.optional("notice", &notice)
        try visit.optional("facts", &facts)
        try visit.optional("config", &config)
    }
}

/// The answer to `agents`.
public struct AgentsList: Shape, Hashable {
    public var agents: [AgentDescription] = []

    public init() {}
    package init(_ agents: [AgentDescription]) { self.agents = agents }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("agents", &agents, .required)
    }
}

/// `agents`: all, or one.
package struct AgentsRequest: Shape, Hashable {
    /// By its id or its name.
    package var agent: String?

    package init() {}
    package init(_ agent: String?) { self.agent = agent }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("agent", &agent)
    }
}

/// `forget_agent`.
package struct AgentRequest: Shape, Hashable {
    package var agent = ""

    package init() {}
    package init(_ agent: String) { self.agent = agent }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("agent", &agent)
    }
}

/// `set_agent`: gives it another name, or says where it belongs.
package struct SetAgentRequest: Shape, Hashable {
    package var agent = ""
    package var name: String?
    /// An empty text ends what was said.
    package var attributes: [String: String]?

    package init() {}
    package init(_ agent: String, name: String? = nil, attributes: [String: String]? = nil) {
        (self.agent, self.name, self.attributes) = (agent, name, attributes)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("agent", &agent)
        try visit.optional("name", &name)
        try visit.optional("attributes", &attributes)
        guard visit.isReading else { return }
        try visit.checkAttributes(attributes ?? [:])
        if let name, !AgentName.isOne(name) { try visit.refuse(.invalidQuery(AgentName.rule(name))) }
    }
}
