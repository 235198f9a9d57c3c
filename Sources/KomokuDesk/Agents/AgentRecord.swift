internal import Komoku
internal import KomokuHub
internal import KomokuWire

/// An agent in the inventory.
struct AgentRecord: Shape, Hashable {
    var id = ""
    var name = ""
    var hostname = ""
    var version = ""
    var address = ""
    /// What it says of itself.
    var said: [String: String] = [:]
    /// What somebody set.
    var set: [String: String] = [:]
    var firstSeen = Timestamp.distantPast
    /// Of its connection; its keys may tell of later.
    var lastSeen = Timestamp.distantPast
    /// That of the agent which has this place, and of those that had it before, newest last. None of these comes back, but where
    /// a machine was cloned.
    var instance = ""
    var formerInstances: [String] = []
    var notice: String?
    var facts: JSON?

    /// Of former instances.
    private static let mostFormer = 16

    init() {}

    mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("id", &id)
        try visit.always("name", &name)
        try visit.always("hostname", &hostname)
        try visit.always("version", &version)
        try visit.always("address", &address)
        try visit.always("said", &said)
        try visit.always("set", &set)
        try visit.always("first_seen", &firstSeen)
        try visit.always("last_seen", &lastSeen)
        try visit.always("instance", &instance)
        try visit.list("former", &formerInstances, .always)
        try visit.optional("notice", &notice)
        try visit.optional("facts", &facts)
    }

    /// Another agent has the place, or the same one after a start.
    mutating func take(_ instance: String) {
        guard instance != self.instance else { return }
        if !self.instance.isEmpty { formerInstances.append(self.instance) }
        formerInstances = formerInstances.suffix(Self.mostFormer)
        self.instance = instance
    }

    var attributes: [String: String] { said.merging(set) { $1 } }

    /// Whether the agent lives; its time tells when it did last.
    var onlineKey: KeyName? { AgentName.key(name, "online") }
}
