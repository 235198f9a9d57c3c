internal import KomokuDesk
internal import KomokuWire
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix

/// An open port; makes of each connection an HTTP one that may become a session.
struct Listener: Sendable {
    private let channel: any Channel
    private let rootVersion: NIOLockedValueBox<ProtocolVersion>
    private let tls: NIOLockedValueBox<TLSContext?>

    static func open(
        _ endpoint: ServerEndpoint, tls: TLSContext?, addresses: [String], context: ServerContext,
        group: any EventLoopGroup
    ) async throws -> Listener {
        let tls = NIOLockedValueBox(tls)
        let rootVersion = NIOLockedValueBox(endpoint.version)
        let isLoopback = (try? SocketAddress(ipAddress: endpoint.address, port: 0))?.isLocal ?? false
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            // After a kill the port is free at once.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Where no descriptor is left, who waits is asked again a moment later, and not at once for ever.
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { _ in .milliseconds(200) })
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Bounds how old a change can get that a slow reader is sent; the rest waits where it is merged. A ping stands
            // behind what is in here, too: more would take a slow reader past the time for its pong.
            .childChannelOption(.socketOption(.so_sndbuf), value: 64 << 10)
            .childChannelInitializer { channel in
                let policy = UpgradePolicy(
                    rootVersion: rootVersion.withLockedValue { $0 }, addresses: addresses, isLoopback: isLoopback)
                return channel.eventLoop.makeCompletedFuture {
                    try tls.withLockedValue { $0 }?.addHandler(to: channel)
                    try ConnectionSetup(context: context, policy: policy).configure(channel)
                }
            }
            .bind(host: endpoint.address, port: endpoint.port).get()
        return Listener(channel: channel, rootVersion: rootVersion, tls: tls)
    }

    var port: Int? { channel.localAddress?.port }

    /// Changes what `/` speaks, and whether it is TLS, for connections from now on.
    func speak(_ version: ProtocolVersion, tls context: TLSContext?) {
        rootVersion.withLockedValue { $0 = version }
        tls.withLockedValue { $0 = context }
    }

    func close() async {
        try? await channel.close().get()
    }
}

/// Builds the pipeline of a new connection.
private struct ConnectionSetup: Sendable {
    let context: ServerContext
    let policy: UpgradePolicy

    func configure(_ channel: any Channel) throws {
        guard context.connections.add(channel) else { throw ChannelError.operationUnsupported }
        let http = HTTPHandler(policy: policy, context: context)
        let compressor = HTTPResponseCompressor { head, _ in
            head.isWorthCompressing ? .compressIfPossible : .doNotCompress
        }
        let offers = HTTPOffers()
        let handlers = NIOLoopBound(
            [offers, compressor, http] as [any RemovableChannelHandler], eventLoop: channel.eventLoop)
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = 8 << 10
        decoding.maxHeaderListSize = 16 << 10
        decoding.maxHeaderFieldCount = 64
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true,
            withServerUpgrade: (
                upgraders: [WebSocketUpgrade(context: context, policy: policy)],
                completionHandler: { context in
                    for handler in handlers.value {
                        context.pipeline.syncOperations.removeHandler(handler, promise: nil)
                    }
                }
            ),
            withErrorHandling: true, withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
            withDecoderLimitConfiguration: decoding)
        try channel.pipeline.syncOperations.addHandlers([offers, compressor, http])
    }
}
