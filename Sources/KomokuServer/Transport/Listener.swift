internal import Glibc
internal import KomokuDesk
internal import KomokuWire
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix

/// An open port; makes of each connection an HTTP one that may become a session, or at once a session of the third protocol.
struct Listener: Sendable {
    /// What a connection meets; a reload changes it.
    private struct Manner: Sendable {
        var version: ProtocolVersion
        var isPacked: Bool
        var openness: Entrance.Openness
        var tls: TLSContext?

        init(_ endpoint: ServerEndpoint, _ tls: TLSContext?) {
            (version, isPacked, openness) = (endpoint.version, endpoint.isPacked, endpoint.openness)
            self.tls = tls
        }
    }

    private let channel: any Channel
    private let manner: NIOLockedValueBox<Manner>
    private let socket: ServerEndpoint.UnixSocket?

    static func open(
        _ endpoint: ServerEndpoint, tls: TLSContext?, addresses: [String], context: ServerContext,
        group: any EventLoopGroup
    ) async throws -> Listener {
        let manner = NIOLockedValueBox(Manner(endpoint, tls))
        let isLoopback = endpoint.isLoopback
        let bootstrap = Self.prepared(group).childChannelInitializer { channel in
            let manner = manner.withLockedValue { $0 }
            var policy = UpgradePolicy(
                rootVersion: manner.version, addresses: addresses, isLoopback: isLoopback, openness: manner.openness,
                peer: channel.remoteAddress?.ipAddress, proxies: context.proxies.withLockedValue { $0 })
            policy.isEncrypted = manner.tls != nil
            return channel.eventLoop.makeCompletedFuture { [policy] in
                try manner.tls?.addHandler(to: channel)
                let setup = ConnectionSetup(context: context, policy: policy)
                if manner.isPacked { try setup.configurePacked(channel) } else { try setup.configure(channel) }
            }
        }
        guard let socket = endpoint.socket else {
            let channel = try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: endpoint.address, port: endpoint.port).get()
            return Listener(channel: channel, manner: manner, socket: nil)
        }
        // What a hub that was killed left there is in the way; anything but a socket is not touched.
        let channel = try await bootstrap.bind(unixDomainSocketPath: socket.path, cleanupExistingSocketFile: true).get()
        guard chmod(socket.path, socket.mode) == 0 else {
            let code = errno
            try? await channel.close().get()
            throw IOError(errnoCode: code, reason: "chmod")
        }
        return Listener(channel: channel, manner: manner, socket: socket)
    }

    private static func prepared(_ group: any EventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
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
            // Bounds how old a change can get that a slow reader is sent; the rest waits where it is merged. A ping stands
            // behind what is in here, too: more would take a slow reader past the time for its pong.
            .childChannelOption(.socketOption(.so_sndbuf), value: 64 << 10)
    }

    /// 0 for a socket.
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Changes what connections meet from now on.
    func speak(as endpoint: ServerEndpoint, tls context: TLSContext?) {
        manner.withLockedValue { manner in
            manner = Manner(endpoint, context)
        }
        if let socket = endpoint.socket { chmod(socket.path, socket.mode) }
    }

    func close() async {
        try? await channel.close().get()
        if let socket { unlink(socket.path) }
    }
}

/// Builds the pipeline of a new connection.
private struct ConnectionSetup: Sendable {
    let context: ServerContext
    let policy: UpgradePolicy

    /// Without HTTP.
    func configurePacked(_ channel: any Channel) throws {
        guard context.connections.add(channel) else { throw ChannelError.operationUnsupported }
        try channel.pipeline.syncOperations.addHandler(Doorway(context: context, policy: policy))
    }

    func configure(_ channel: any Channel) throws {
        guard context.connections.add(channel) else { throw ChannelError.operationUnsupported }
        let upgrade = UpgradeOutcome(nil)
        let compressor = HTTPResponseCompressor { head, _ in
            head.isWorthCompressing ? .compressIfPossible : .doNotCompress
        }
        let (decoder, encoder) = (RequestDecoder(), HTTPResponseEncoder())
        let ours: [any RemovableChannelHandler] = [
            HTTPFaults(decoder, closing: TimeAmount(context.limits.closing)), HTTPOffers(), compressor,
            HTTPHandler(policy: policy, context: context, upgrade: upgrade),
        ]
        let protocols: [any RemovableChannelHandler] = [
            ByteToMessageHandler(decoder), HTTPServerPipelineHandler(), NIOHTTPResponseHeadersValidator(),
        ]
        let upgrader = HTTPServerUpgradeHandler(
            upgraders: [WebSocketUpgrade(context: context, policy: policy, outcome: upgrade)], httpEncoder: encoder,
            extraHTTPHandlers: protocols
        ) { context in
            for handler in ours { context.pipeline.syncOperations.removeHandler(handler, promise: nil) }
        }
        try channel.pipeline.syncOperations.addHandlers([encoder] + protocols + [upgrader] + ours)
    }
}
