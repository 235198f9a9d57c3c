package import Komoku
package import KomokuHub
internal import KomokuStore
package import KomokuWire
internal import Synchronization

/// Where the surfaces of the hub have commands carried out: what a caller may ask, and what he is answered.
///
/// It knows no connections. A command that is done at once has its outcome; one that needs the store has it later, on any
/// thread.
package final class Desk: Sendable {
    package let hub: Hub
    package let rules: (any RuleService)?
    package let counts = CommandCounts()
    let prover: Prover?
    /// Who may come in.
    package let access: AccessControl
    /// What clients are told of who follow it.
    package let notices = NoticeBoard()
    let documents: DocumentShelf
    package let rooms: RoomBook
    /// Which keys are the house's meters.
    let energy: EnergyBook
    let ruleFiles: (any RuleFiles)?
    private let broker: BrokerState.Source
    let polls: PollReport.Source
    private let started: MonotonicSeconds
    private let zones = ZoneCache()
    let helpers: HelperShelf
    let agents: AgentShelf
    /// Makes texts, reads long imports: what would keep the hub from others.
    let work = WorkQueues()

    /// - Parameters:
    ///   - rules: nil where no rules run; commands about them are refused.
    ///   - access: nil reads the users and tokens of the hub's store. That waits for the disk, as reading the documents does.
    ///   - prover: tries rules that are not loaded; nil where that cannot be done.
    ///   - rooms: with what the configuration says of them.
    ///   - agents: what the configuration says of them.
    ///   - people: of whom the configuration speaks.
    ///   - ruleFiles: nil where nobody writes rules.
    ///   - broker: how the connection to the broker is.
    ///   - polls: how web services answer.
    package init(
        _ hub: Hub, rules: (any RuleService)? = nil, access: AccessControl? = nil, prover: Prover? = nil,
        rooms: RoomBook = RoomBook(), energy: EnergyBook = EnergyBook(), people: PeopleBook = PeopleBook(),
        agents book: AgentBook = AgentBook(), ruleFiles: (any RuleFiles)? = nil,
        broker: @escaping BrokerState.Source = { nil }, polls: @escaping PollReport.Source = { [] }
    ) {
        self.hub = hub
        self.rules = rules
        self.prover = prover
        self.energy = energy
        self.broker = broker
        self.polls = polls
        self.access = access ?? AccessControl(store: hub.store, clock: hub.clock)
        documents = DocumentShelf(hub.store, clock: hub.clock)
        self.rooms = rooms
        self.ruleFiles = ruleFiles
        rooms.open(documents)
        started = .now
        helpers = HelperShelf(zones: zones)
        agents = AgentShelf(book.configuration)
        book.follow { [agents] configuration in
            hub.enqueue { agents.configure(configuration, in: $0) }
        }
        hub.addBootTask { [helpers, agents] hub in
            helpers.start(in: hub)
            agents.start(in: hub)
            people.start(in: hub)
        }
    }

    /// What a command came to at once.
    package enum Outcome: Sendable {
        case reply(Reply)
        /// Answered after its commit, with `ok`, or with this.
        case durable(Reply)
        /// Answered when the newest command to the key has ended.
        case commanded(KeyName)
    }

    package typealias Answer = @Sendable (Reply) -> Void

    /// Whole seconds since the start.
    package var uptime: Int { started.whole }

    package var brokerState: BrokerState? { broker() }

    /// Asked on any thread.
    package var health: Health { Health(hub.store.statistics, broker()) }

    /// The time zone of a name; without one the hub's.
    func zone(named name: String?, in hub: isolated Hub) throws(Refusal) -> Zone {
        try zones.zone(named: name ?? hub.configuration.timeZone ?? "local")
    }

    /// Carries out a command and answers, whatever kind it is, for surfaces that have one at a time. What needs a connection
    /// that stays is refused. Whoever imports says when nothing more comes, in the command or by `dismiss`.
    ///
    /// - Parameters:
    ///   - then: called once, on any thread, unless `pieces` is.
    ///   - pieces: takes an answer that is too long to be held.
    package func perform(
        _ command: Command, for caller: Caller, then: @escaping Answer,
        pieces: @escaping @Sendable (PieceSource) -> Void
    ) {
        hub.enqueue { [self] hub in perform(command, for: caller, in: hub, then: then, pieces: pieces) }
    }

    /// The same, on the hub's thread.
    package func perform(
        _ command: Command, for caller: Caller, in hub: isolated Hub, then: @escaping Answer,
        pieces: @escaping @Sendable (PieceSource) -> Void
    ) {
        if command.isQuery { return ask(command, for: caller, in: hub, then, pieces) }
        switch execute(command, for: caller, in: hub) {
        case .failure(let refusal): then(.error(refusal))
        case .success(.reply(let reply)): then(reply)
        case .success(.durable(let reply)): hub.whenDurable { then($0 == .durable ? reply : reply.unstored) }
        case .success(.commanded(let key)): hub.whenReported(key) { then(Reply($0)) }
        }
    }

    /// Nobody hears any more, and nothing more will come.
    package func dismiss(_ caller: Caller, in hub: isolated Hub) {
        hub.endImport(by: ObjectIdentifier(caller))
    }

    // MARK: What is done in order with others

    /// Carries out a command that is no query, on the hub's thread.
    package func execute(
        _ command: Command, for caller: Caller, in hub: isolated Hub
    ) -> Result<Outcome, Refusal> {
        do throws(Refusal) {
            let rights = try caller.check(command)
            return .success(try outcome(of: command, for: caller, rights, in: hub))
        } catch {
            return .failure(error)
        }
    }

    private func outcome(
        of command: Command, for caller: Caller, _ rights: Rights, in hub: isolated Hub
    ) throws(Refusal) -> Outcome {
        let cause = Cause.client(caller.origin)
        switch command {
        case .get(let request):
            let key = request.name.flatMap { hub.key($0, for: rights) }
            return .reply(.value(key?.last?.value, isStale: key?.isStale ?? false))
        case .last(let request):
            let key = request.name.flatMap { hub.key($0, for: rights) }
            return .reply(.last(key?.last, isStale: key?.isStale ?? false))
        case .put(let request): return try put(request, cause, for: caller, in: hub)
        case .increment(let request):
            try refusing { () throws(CommandError) in
                try hub.increment(request.key, by: request.step, at: request.time, cause: cause)
            }
        case .define(let keys): try define(keys, in: hub)
        case .delete(let request):
            try refusing { () throws(CommandError) in try hub.delete(request.key) }
        case .setHelper(let helper): try helpers.set(Helper(helper), in: hub)
        case .removeHelper(let request): try helpers.remove(request.key, in: hub)
        case .clearDeadLetters: hub.clearDeadLetters()
        case .ping(let payload): return .reply(.pong(payload))
        case .rename(let request): try rename(request.key, to: request.name, rights, in: hub)
        case .forget(let request): try forget(request.device, in: hub)
        case .removeUser, .removeToken, .setRights, .addToken:
            if let outcome = try accountOutcome(of: command) { return outcome }
        case .documents, .document, .putDocument:
            if let outcome = try documentOutcome(of: command, for: caller, rights) { return outcome }
        case .report, .setAgent, .forgetAgent:
            if let outcome = try agentOutcome(of: command, for: caller, rights, in: hub) { return outcome }
        case .resetRooms: try resetRooms()
        default: return try ruleOutcome(of: command, for: caller, in: hub)
        }
        return .durable(.ok)
    }

    private func rename(
        _ old: KeyName, to new: KeyName, _ rights: Rights, in hub: isolated Hub
    ) throws(Refusal) {
        try helpers.checkRename(old, to: new, for: rights, in: hub)
        do { try hub.rename(old, to: new) } catch { throw Refusal(error) }
        helpers.moveEnd(of: old, to: new, in: hub)
    }

    private func define(_ keys: [KeyDefinition], in hub: isolated Hub) throws(Refusal) {
        try helpers.checkDefinitions(keys, in: hub)
        let definitions = keys.map(Definition.init)
        do throws(CommandError) {
            try hub.define(definitions)
        } catch {
            throw Refusal(error, hub.fault(in: definitions))
        }
    }
}

/// What the hub refuses without a sentence.
private func refusing(_ body: () throws(CommandError) -> Void) throws(Refusal) {
    do throws(CommandError) { try body() } catch { throw Refusal(error) }
}

extension Definition {
    init(_ key: KeyDefinition) { self.init(name: key.name, type: key.type, options: key.options) }
}

/// A moment of a clock that nobody sets.
struct MonotonicSeconds: Sendable {
    private let moment: ContinuousClock.Instant

    static var now: MonotonicSeconds { MonotonicSeconds(moment: ContinuousClock.now) }

    /// Whole seconds since then.
    var whole: Int { Int((ContinuousClock.now - moment).components.seconds) }
}
