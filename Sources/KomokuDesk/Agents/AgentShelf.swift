internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Keeps the inventory of agents, and speaks to those that are connected. It lives on the hub's thread.
final class AgentShelf: Sendable {
    /// An agent that is connected.
    struct Link {
        let caller: ObjectIdentifier
        let line: AgentLine
        /// What it was told last.
        var settings: AgentSettings
        /// When it is asked for a sign of life next, by the monotonic clock; nil is never.
        var nextBeat: Int64?
        /// How often it was asked since it last answered.
        var unanswered = 0
    }

    // Every method that touches these takes the hub as isolated parameter, so only the hub's thread does.
    nonisolated(unsafe) var records: [String: AgentRecord] = [:]
    nonisolated(unsafe) var links: [String: Link] = [:]
    nonisolated(unsafe) var configuration = AgentsConfiguration()
    nonisolated(unsafe) var lastPull = 0
    /// Who was refused and why, as far as it was logged.
    nonisolated(unsafe) private var refusals: Set<String> = []
    nonisolated(unsafe) private var isStarted = false

    static let behaviour = "agents"
    /// The most agents.
    static let most = 20_000

    init(_ configuration: AgentsConfiguration) { self.configuration = configuration }

    /// Reads what an earlier process knew.
    func start(in hub: isolated Hub) {
        guard !isStarted else { return }
        isStarted = true
        try? hub.store.eachCell(of: [Self.behaviour]) { row in
            guard let json = try? JSON(parsing: row.data) else { return }
            var record = AgentRecord()
            record.readStored(json)
            if record.id == row.id, AgentName.isOne(record.name) { records[row.id] = record }
        }
    }

    /// The commit of this turn holds it.
    func keep(_ record: AgentRecord, in hub: isolated Hub) {
        records[record.id] = record
        hub.append(
            cell: CellWrite(behaviour: Self.behaviour, id: record.id, data: record.json, due: nil, failure: nil))
    }

    /// An agent goes on trying: it is logged once.
    func noteRefusal(_ refusal: Refusal, of hello: AgentHello, at address: String, in hub: isolated Hub) {
        let sentence = refusal.message ?? refusal.code
        let host = hello.hostname.prefix(100)
        guard refusals.count < 1000, refusals.insert("\(address) \(host) \(sentence)").inserted else { return }
        hub.warn("the agent of '\(host)' at \(address) was refused: \(sentence)")
    }

    // MARK: What is asked

    /// - Parameter text: an id or a name.
    func record(_ text: String, for rights: Rights, in hub: isolated Hub) throws(Refusal) -> AgentRecord {
        start(in: hub)
        let found = records[text] ?? records.values.first { $0.name == text }
        guard let found, found.onlineKey.map(rights.mayRead) ?? false else {
            throw .notFound("there is no agent '\(text.prefix(100))'; 'komoku agents' lists those that there are")
        }
        return found
    }

    /// Those whose keys somebody may read, by name.
    func list(_ request: AgentsRequest, for rights: Rights, in hub: isolated Hub) throws(Refusal) -> [AgentDescription]
    {
        start(in: hub)
        if let agent = request.agent {
            let record = try record(agent, for: rights, in: hub)
            var told = describe(record, in: hub)
            (told.facts, told.config) = (record.facts, settings(of: record))
            return [told]
        }
        return records.values.filter { $0.onlineKey.map(rights.mayRead) ?? false }
            .map { describe($0, in: hub) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    private func describe(_ record: AgentRecord, in hub: isolated Hub) -> AgentDescription {
        var told = AgentDescription()
        (told.id, told.name, told.hostname) = (record.id, record.name, record.hostname)
        (told.version, told.address, told.notice) = (record.version, record.address, record.notice)
        told.attributes = attributes(of: record)
        told.isConnected = links[record.id] != nil
        told.firstSeen = record.firstSeen
        // What waited in its outbox tells of the time in which nobody heard it.
        let heard = record.onlineKey.flatMap { hub.key($0)?.last?.time } ?? .distantPast
        told.lastSeen = min(max(record.lastSeen, heard), hub.clock.now)
        return told
    }

    func attributes(of record: AgentRecord) -> [String: String] {
        configuration.attributes(id: record.id, name: record.name, known: record.attributes)
            .filter { !$0.value.isEmpty }
    }

    func settings(of record: AgentRecord) -> AgentSettings {
        configuration.settings(id: record.id, name: record.name, attributes: attributes(of: record))
    }

    // MARK: What is changed

    func set(_ request: SetAgentRequest, for rights: Rights, in hub: isolated Hub) throws(Refusal) {
        var record = try record(request.agent, for: rights, in: hub)
        let old = record.name
        if let name = request.name, name != old {
            if records.values.contains(where: { $0.name == name }) {
                throw .keyExists("another agent is called '\(name)'; take another name")
            }
            try move(old, to: name, in: hub)
            record.name = name
            record.notice = nil
        }
        for (attribute, value) in request.attributes ?? [:] {
            record.set[attribute] = value.isEmpty ? nil : value
        }
        if record.set.count > AgentHello.most {
            throw Refusal(.invalidValue, "an agent has at most \(AgentHello.most) attributes")
        }
        keep(record, in: hub)
        tell(record, isRenamed: record.name != old, in: hub)
    }

    /// Its keys go with it.
    private func move(_ old: String, to new: String, in hub: isolated Hub) throws(Refusal) {
        guard let pattern = try? KeyPattern(validating: "hosts.\(old).**") else { return }
        var moves: [(KeyName, KeyName)] = []
        for key in hub.keys(matching: pattern) {
            let rest = String(key.name.text.dropFirst("hosts.\(old).".count))
            guard let name = AgentName.key(new, rest) else {
                throw Refusal(.invalidKey, "'hosts.\(new).\(rest.prefix(100))' would be too long; take a shorter name")
            }
            moves.append((key.name, name))
        }
        if let taken = moves.first(where: { hub.key($0.1) != nil }) {
            throw .keyExists(
                "a key '\(taken.1)' exists; merge or delete the keys of 'hosts.\(new)', or take another name")
        }
        for (from, to) in moves {
            do { try hub.rename(from, to: to) } catch { throw Refusal(error) }
        }
    }

    /// Its keys and their history stay.
    func forget(_ request: AgentRequest, for rights: Rights, in hub: isolated Hub) throws(Refusal) {
        let record = try record(request.agent, for: rights, in: hub)
        records[record.id] = nil
        hub.append(
            cell: CellWrite(behaviour: Self.behaviour, id: record.id, data: nil, due: nil, failure: nil))
        links.removeValue(forKey: record.id)?.line.end("the agent was forgotten; it is new when it comes back")
        setAlarm(in: hub)
    }
}
