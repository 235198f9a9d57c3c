internal import Komoku
internal import KomokuHub
package import KomokuWire

/// How the hub speaks to an agent that is connected. The closures are called on the hub's thread and do not block.
package struct AgentLine: Sendable {
    package let tell: @Sendable (AgentOrder) -> Void
    /// Ends the connection, with a reason.
    package let end: @Sendable (String) -> Void

    package init(tell: @escaping @Sendable (AgentOrder) -> Void, end: @escaping @Sendable (String) -> Void) {
        (self.tell, self.end) = (tell, end)
    }
}

/// Agents that come, are asked for signs of life, and go.
extension AgentShelf: AlarmHandler {
    /// How many signs of life may be missing.
    private static let patience = 3

    // MARK: Coming

    /// Welcomes an agent under its id, or gives it one.
    ///
    /// - Throws: where its token does not allow its keys.
    func welcome(
        _ hello: AgentHello, from caller: Caller, by line: AgentLine, in hub: isolated Hub
    ) throws(Refusal) -> AgentWelcome {
        start(in: hub)
        let place = try place(for: hello, in: hub)
        var record = place.record
        guard let key = record.onlineKey, caller.rights.mayWrite(key) else {
            throw .notAllowed(
                "you may not put 'hosts.\(record.name).online'; give the agent's token the right to put "
                    + "'hosts.\(record.name).**'")
        }
        if let twin = place.twin {
            hub.warn(
                "\(twin.notice ?? ""); the agent from '\(hello.hostname.prefix(100))' is '\(record.name)' "
                    + "(\(record.id)) now")
            keep(twin, in: hub)
        }
        if let other = links[record.id], other.caller != ObjectIdentifier(caller) {
            hub.warn(
                "another connection of the agent '\(record.name)' (\(record.id)) takes the place of the one before")
            other.line.end("another agent came with the id \(record.id)")
        }
        // Who says hello again as another leaves his first place.
        for (id, link) in links where link.caller == ObjectIdentifier(caller) && id != record.id { links[id] = nil }
        record.take(hello.instance)
        (record.hostname, record.version, record.said) = (hello.hostname, hello.version, hello.attributes)
        (record.address, record.lastSeen) = (caller.entrance.address, hub.clock.now)
        keep(record, in: hub)
        let settings = settings(of: record)
        links[record.id] = Link(
            caller: ObjectIdentifier(caller), line: line, settings: settings,
            nextBeat: Self.beat(after: hub.clock.monotonic, settings))
        setAlarm(in: hub)
        return AgentWelcome(id: record.id, name: record.name, config: settings)
    }

    /// The record of an agent, or a new one, with the changed one of who has the same id. Nothing is kept yet.
    private func place(
        for hello: AgentHello, in hub: isolated Hub
    ) throws(Refusal) -> (record: AgentRecord, twin: AgentRecord?) {
        var known = hello.id.flatMap { records[$0] }
        // The answer that told it its id never came.
        if hello.id == nil {
            known = records.values.first { $0.instance == hello.instance && $0.hostname == hello.hostname }
        }
        if let known, !known.formerInstances.contains(hello.instance) { return (known, nil) }
        guard records.count < Self.most else {
            throw .notAllowed("there are \(Self.most) agents already; forget some with 'komoku agents forget'")
        }
        var record = AgentRecord()
        record.id = newID()
        record.name = freeName(hello.name ?? AgentName.made(of: hello.hostname))
        record.firstSeen = hub.clock.now
        guard var twin = known else { return (record, nil) }
        // Nobody comes back as who he was before, but two who share an id.
        let sentence = "'\(twin.name)' and '\(record.name)' had one id, as machines have that were cloned"
        (record.notice, twin.notice) = (sentence, sentence)
        twin.formerInstances.removeAll { $0 == hello.instance }
        return (record, twin)
    }

    private func newID() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        while true {
            let id = String((0..<8).map { _ in letters[Int.random(in: 0..<letters.count)] })
            if records[id] == nil { return id }
        }
    }

    /// `attic`, or `attic_2` where another is called that.
    private func freeName(_ wanted: String) -> String {
        let taken = Set(records.values.map(\.name))
        if !taken.contains(wanted) { return wanted }
        let stem = wanted.utf8.count > AgentName.most - 7 ? "host" : wanted
        return (2...).lazy.map { "\(stem)_\($0)" }.first { !taken.contains($0) } ?? wanted
    }

    // MARK: Going

    /// Whether an agent is at the other end of a connection.
    func hasLink(_ caller: Caller) -> Bool { links.values.contains { $0.caller == ObjectIdentifier(caller) } }

    /// The connection has ended.
    func left(_ caller: ObjectIdentifier, in hub: isolated Hub) {
        guard let (id, _) = links.first(where: { $0.value.caller == caller }) else { return }
        links[id] = nil
        if var record = records[id] {
            record.lastSeen = hub.clock.now
            keep(record, in: hub)
        }
        setAlarm(in: hub)
    }

    // MARK: Signs of life

    /// Takes what an agent tells beside its keys.
    func take(_ report: AgentReport, from caller: Caller, in hub: isolated Hub) throws(Refusal) {
        guard let id = links.first(where: { $0.value.caller == ObjectIdentifier(caller) })?.key else {
            throw .notAllowed("'report' is for agents; say 'hello' first")
        }
        links[id]?.unanswered = 0
        guard let facts = report.facts, var record = records[id], record.facts != facts else { return }
        record.facts = facts
        keep(record, in: hub)
    }

    private static func beat(after now: Int64, _ settings: AgentSettings) -> Int64? {
        settings.healthbeat > .zero ? now &+ settings.healthbeat.microseconds : nil
    }

    func alarm(in hub: isolated Hub) {
        let now = hub.clock.monotonic
        let due = links.filter { ($0.value.nextBeat ?? .max) <= now }
        for (id, link) in due.sorted(by: { $0.key < $1.key }) {
            if link.unanswered >= Self.patience {
                links[id] = nil
                let name = records[id]?.name ?? id
                hub.warn("the agent '\(name)' did not answer \(Self.patience) times; its connection is closed")
                link.line.end("no answer to \(Self.patience) healthbeats")
                continue
            }
            lastPull += 1
            links[id]?.unanswered += 1
            links[id]?.nextBeat = Self.beat(after: now, link.settings)
            link.line.tell(.pull(.load, id: lastPull))
        }
        setAlarm(in: hub)
    }

    func setAlarm(in hub: isolated Hub) { hub.setAlarm(at: links.values.compactMap(\.nextBeat).min(), for: self) }

    // MARK: The configuration

    /// Tells each agent that is connected what is new for it.
    func configure(_ configuration: AgentsConfiguration, in hub: isolated Hub) {
        start(in: hub)
        self.configuration = configuration
        for id in links.keys.sorted() { if let record = records[id] { tell(record, in: hub) } }
    }

    func tell(_ record: AgentRecord, isRenamed: Bool = false, in hub: isolated Hub) {
        guard let link = links[record.id] else { return }
        let settings = settings(of: record)
        guard isRenamed || settings != link.settings else { return }
        links[record.id]?.settings = settings
        links[record.id]?.nextBeat = Self.beat(after: hub.clock.monotonic, settings)
        setAlarm(in: hub)
        link.line.tell(.welcome(AgentWelcome(id: record.id, name: record.name, config: settings)))
    }
}
