internal import KomokuDesk
internal import KomokuYAML
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What all connections of a server share.
struct ServerContext: Sendable {
    let desk: Desk
    let limits: ServerLimits
    let connections: ConnectionRegistry
    let answers: AnswerBudget
    let bodies: BodyBudget
    let logger: Logger
    /// Changes with a reload.
    let hooks = NIOLockedValueBox<[String: Secret]>([:])
    let prometheus: PrometheusAPI
    /// As the newest reload has them; for connections from then on.
    let proxies = NIOLockedValueBox(ProxySettings())
    /// Changes with a reload.
    let page = NIOLockedValueBox(PageSettings())

    init(_ desk: Desk, limits: ServerLimits, logger: Logger) {
        self.desk = desk
        self.limits = limits
        self.logger = logger
        prometheus = PrometheusAPI(desk)
        answers = AnswerBudget(capacity: limits.answerBytes, patience: .init(limits.silence))
        bodies = BodyBudget(capacity: limits.bodyBytes)
        connections = ConnectionRegistry(.init(limits, descriptors: Descriptors.limit))
    }
}
