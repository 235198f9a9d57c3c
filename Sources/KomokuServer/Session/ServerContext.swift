internal import KomokuHub
internal import Logging
internal import NIOCore

/// What all connections of a server share.
struct ServerContext: Sendable {
    let hub: Hub
    let limits: Server.Limits
    let counts = CommandCounts()
    let connections: ConnectionRegistry
    let started = NIODeadline.now()
    let logger: Logger

    init(hub: Hub, limits: Server.Limits, logger: Logger) {
        self.hub = hub
        self.limits = limits
        self.logger = logger
        connections = ConnectionRegistry(capacity: limits.connections)
    }

    /// Whole seconds since the server started.
    var uptime: Int { Int((NIODeadline.now() - started).nanoseconds / 1_000_000_000) }
}
