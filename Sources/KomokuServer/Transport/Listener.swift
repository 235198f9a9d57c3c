internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOWebSocket

/// Opens a port, and makes of each connection an HTTP one that may become a session.
struct Listener: Sendable {
    let context: ServerContext
    let group: any EventLoopGroup

    func bind(_ endpoint: Server.Endpoint) async throws -> any Channel {
        let policy = UpgradePolicy(rootVersion: endpoint.version)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            // After a kill the port is free at once.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Bounds how old a change can get that a slow reader is sent; the rest waits where it is merged.
            .childChannelOption(.socketOption(.so_sndbuf), value: 256 << 10)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, policy) }
            }
            .bind(host: endpoint.address, port: endpoint.port).get()
    }

    private func configure(_ channel: any Channel, _ policy: UpgradePolicy) throws {
        guard context.connections.add(channel) else { throw ChannelError.operationUnsupported }
        let http = HTTPHandler(policy: policy, patience: TimeAmount(context.limits.request))
        let upgrader = upgrader(policy)
        let handler = NIOLoopBound(http, eventLoop: channel.eventLoop)
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = 8 << 10
        decoding.maxHeaderListSize = 16 << 10
        decoding.maxHeaderFieldCount = 64
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(handler.value, promise: nil)
                }
            ),
            withErrorHandling: true, withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
            withDecoderLimitConfiguration: decoding)
        try channel.pipeline.syncOperations.addHandler(http)
    }

    private func upgrader(_ policy: UpgradePolicy) -> NIOWebSocketServerUpgrader {
        NIOWebSocketServerUpgrader(
            maxFrameSize: context.limits.messageBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let isWanted =
                    policy.version(ofPath: head.uri) != nil
                    && UpgradePolicy.isTrusted(origin: head.headers.first(name: "Origin"))
                return channel.eventLoop.makeSucceededFuture(isWanted ? [:] : nil)
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture {
                    let port = FramePort()
                    let version = policy.version(ofPath: head.uri) ?? policy.rootVersion
                    try channel.pipeline.syncOperations.addHandler(port, position: .first)
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(version: version, context: context, port: port, eventLoop: channel.eventLoop))
                }
            })
    }
}
