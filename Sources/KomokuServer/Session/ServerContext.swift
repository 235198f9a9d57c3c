internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import Logging
internal import NIOCore

/// What all connections of a server share.
struct ServerContext: Sendable {
    let hub: Hub
    let rules: (any RuleService)?
    let broker: BrokerState.Source
    let limits: Server.Limits
    let counts = CommandCounts()
    let connections: ConnectionRegistry
    let answers: AnswerBudget
    let started = NIODeadline.now()
    let logger: Logger
    private let zones = ZoneCache()

    init(
        hub: Hub, rules: (any RuleService)?, broker: @escaping BrokerState.Source, limits: Server.Limits, logger: Logger
    ) {
        self.hub = hub
        self.rules = rules
        self.broker = broker
        self.limits = limits
        self.logger = logger
        answers = AnswerBudget(capacity: limits.answerBytes, patience: .init(limits.silence))
        connections = ConnectionRegistry(.init(limits, descriptors: Descriptors.limit))
    }

    /// Whole seconds since the server started.
    var uptime: Int { Int((NIODeadline.now() - started).nanoseconds / 1_000_000_000) }

    /// Asked on any thread.
    var health: Health { Health(hub.store.statistics, broker()) }

    /// The time zone of a name; without one the hub's.
    func zone(named name: String?, in hub: isolated Hub) throws(Refusal) -> Zone {
        try zones.zone(named: name ?? hub.configuration.timeZone ?? "local")
    }
}
