internal import Komoku
internal import KomokuProto
internal import KomokuWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOWebSocket

/// One WebSocket to the hub.
struct Connection: Sendable {
    let address: HubAddress
    /// Whether it speaks the third version of the protocol.
    let isPacked: Bool
    let pushes: PushBuffer
    private let channel: any Channel
    private let handler: NIOLoopBound<ConnectionHandler>

    /// The largest message that is taken from a hub: a listing of very many keys.
    private static let maximumMessage = 256 << 20

    /// Opens a connection; where the hub does not know the third version of the protocol, one of the second.
    static func open(
        _ address: HubAddress, token: HubAccess.Token? = nil, tls: ClientTLS? = nil, on group: any EventLoopGroup,
        timeout: TimeAmount
    ) async throws(ClientError) -> Connection {
        do throws(Refused) {
            return try await attempt(
                address, isPacked: address.isPacked, token: token, tls: tls, on: group, timeout: timeout)
        } catch {
            guard error.isNotThere, address.isPacked else { throw error.error }
        }
        do throws(Refused) {
            return try await attempt(address, isPacked: false, token: token, tls: tls, on: group, timeout: timeout)
        } catch {
            throw error.error
        }
    }

    private struct Refused: Error {
        let error: ClientError
        /// There is something, but nothing of that path.
        var isNotThere = false
    }

    private enum Handshake: Sendable {
        case done(NIOLoopBound<ConnectionHandler>, any Channel)
        case refused(EventLoopFuture<RefusedUpgrade.Answer>)
    }

    private static func attempt(
        _ address: HubAddress, isPacked: Bool, token: HubAccess.Token?, tls: ClientTLS?,
        on group: any EventLoopGroup, timeout: TimeAmount, pushCapacity: Int = 4096
    ) async throws(Refused) -> Connection {
        let pushes = PushBuffer(capacity: pushCapacity)
        let handshake: Handshake
        do {
            let bootstrap = ClientBootstrap(group: group).connectTimeout(timeout)
            let configured = { @Sendable (channel: any Channel) in
                channel.eventLoop.makeCompletedFuture {
                    try tls?.addHandlers(to: channel)
                    return try configure(
                        channel, address: address, isPacked: isPacked, token: token, pushes: pushes, timeout: timeout)
                }
            }
            let upgrade: EventLoopFuture<Handshake>
            if case .unix(let path) = address.transport {
                upgrade = try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: configured)
            } else {
                upgrade = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: address.host, port: address.port, channelInitializer: configured)
            }
            handshake = try await upgrade.get()
        } catch let error as ClientError {
            throw Refused(error: error)
        } catch {
            throw Refused(error: .unreachable(address, reason: Self.reason(error)))
        }
        switch handshake {
        case .done(let handler, let channel):
            return Connection(
                address: address, isPacked: isPacked, pushes: pushes, channel: channel, handler: handler)
        case .refused(let answer):
            guard let answer = try? await answer.get() else { throw Refused(error: .disconnected(address)) }
            throw Refused(error: answer.error(at: address, token: token), isNotThere: answer.status == 404)
        }
    }

    private init(
        address: HubAddress, isPacked: Bool, pushes: PushBuffer, channel: any Channel,
        handler: NIOLoopBound<ConnectionHandler>
    ) {
        self.address = address
        self.isPacked = isPacked
        self.pushes = pushes
        self.channel = channel
        self.handler = handler
    }

    var isOpen: Bool { channel.isActive }
    var eventLoop: any EventLoop { channel.eventLoop }

    /// Sends one command and waits for its answer: the whole object, with `result` or `error`.
    func request(_ command: JSON.Member, timeout: TimeAmount) async throws(ClientError) -> JSON {
        do {
            return try await submit(command, timeout: timeout).get()
        } catch {
            throw failure(error)
        }
    }

    /// Sends one command now, in the order of the calls. The answer comes later: the whole object.
    func submit(_ command: JSON.Member, timeout: TimeAmount) -> EventLoopFuture<JSON> {
        let handler = self.handler
        let address = self.address
        return channel.eventLoop.flatSubmit { handler.value.request(command, timeout: timeout, address: address) }
    }

    /// Puts points together, in the third version of the protocol.
    func submit(_ points: PackedPoints, timeout: TimeAmount) -> EventLoopFuture<PutReport> {
        let handler = self.handler
        let address = self.address
        return channel.eventLoop.flatSubmit { handler.value.put(points, timeout: timeout, address: address) }
    }

    /// What a failed future of `submit` says.
    func failure(_ error: any Error) -> ClientError { error as? ClientError ?? .disconnected(address) }

    /// Sends one command that is answered with many messages.
    func stream(_ command: JSON.Member) -> ReplyStream {
        let stream = ReplyStream(channel: channel, address: address)
        let handler = self.handler
        channel.eventLoop.execute { handler.value.stream(command, to: stream) }
        return stream
    }

    func close() async {
        let handler = self.handler
        channel.eventLoop.execute { handler.value.close() }
        try? await channel.closeFuture.get()
    }

    /// Ends the connection without waiting for its end.
    func abandon() {
        let handler = self.handler
        channel.eventLoop.execute { handler.value.close() }
    }

    private static func configure(
        _ channel: any Channel, address: HubAddress, isPacked: Bool, token: HubAccess.Token?, pushes: PushBuffer,
        timeout: TimeAmount
    ) throws -> EventLoopFuture<Handshake> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Handshake>(
            maxFrameSize: maximumMessage,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ConnectionHandler(
                        isPacked: isPacked, pushes: pushes, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1 << 16,
                            maxAccumulatedFrameSize: maximumMessage),
                        handler,
                    ])
                    return .done(NIOLoopBound(handler, eventLoop: channel.eventLoop), channel)
                }
            })
        var head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: address.isPacked && !isPacked ? address.olderPath : address.path)
        head.headers.add(name: "Host", value: address.authority)
        if let token { head.headers.add(name: "Authorization", value: token.authorization) }
        let configuration = NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: head, upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                let answer = channel.eventLoop.makePromise(of: RefusedUpgrade.Answer.self)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RefusedUpgrade(answer))
                    let limit = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
                    answer.futureResult.whenComplete { _ in
                        limit.cancel()
                        channel.close(promise: nil)
                    }
                    // What is answered comes to the handler only once this is over.
                    return .refused(answer.futureResult)
                }
            })
        let result = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration))
        let timeout = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        result.whenComplete { _ in timeout.cancel() }
        return result
    }

    /// The system's words for why there is no connection: `connection refused`.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(first.error) }
            return "there is no host of that name"
        case let error as IOError:
            return ClientSystem.text(of: error.errnoCode)
        case ChannelError.connectTimeout:
            return "nobody answered in time"
        case ChannelError.ioOnClosedChannel, ChannelError.eof, ChannelError.alreadyClosed, ChannelError.inputClosed:
            return "it closed the connection"
        default:
            return "\(error)"
        }
    }
}
