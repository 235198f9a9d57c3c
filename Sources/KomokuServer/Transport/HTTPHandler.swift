internal import KomokuDesk
internal import NIOCore
internal import NIOHTTP1

/// Answers plain HTTP requests, and upgrades that were refused. A request's body is thrown away.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let policy: UpgradePolicy
    private let patience: TimeAmount
    private let health: @Sendable () -> Health
    private var head: HTTPRequestHead?
    private var timeout: Scheduled<Void>?

    /// - Parameter patience: how long a connection may take for its next whole request.
    init(policy: UpgradePolicy, patience: TimeAmount, health: @escaping @Sendable () -> Health = { Health() }) {
        self.policy = policy
        self.health = health
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) { startTimeout(context.channel) }
    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timeout?.cancel()
        context.fireChannelInactive()
    }

    private func startTimeout(_ channel: any Channel) {
        timeout?.cancel()
        timeout = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            startTimeout(context.channel)
            answer(head, context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerStops || event is GivesWay { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Upgrades that fail are answered as plain requests; the rest is of no use to anybody.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let answer = HTTPAnswer(to: head, policy: policy, health: health)
        var headers = answer.headers
        headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        headers.add(name: "Content-Length", value: String(answer.body.utf8.count))
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        if !head.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let response = HTTPResponseHead(version: head.version, status: answer.status, headers: headers)
        context.write(Self.wrapOutboundOut(.head(response)), promise: nil)
        if head.method != .HEAD {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        }
        let isLast = !head.isKeepAlive
        let channel = context.channel
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            if isLast { channel.close(promise: nil) }
        }
    }
}
