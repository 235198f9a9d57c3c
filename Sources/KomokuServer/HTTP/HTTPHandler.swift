internal import Komoku
internal import KomokuDesk
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// The HTTP side of one connection: requests in, one after another, answers out.
final class HTTPHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let policy: UpgradePolicy
    let context: ServerContext
    let upgrade: UpgradeOutcome
    var incoming = IncomingRequest.nothing
    /// Nothing is read for somebody who is still asked who he is.
    var isReadHeld = false
    var head: HTTPRequestHead?
    var timeout: Scheduled<Void>?
    var channelContext: ChannelHandlerContext?
    var account: AnswerAccount?
    /// Of the requests that came, the last.
    var number = 0
    var exchange: HTTPExchange?
    /// Of the answer to it, the head is written.
    var hasBegun = false
    /// Bytes of bodies that count for all connections together, and of those that came since the time was renewed.
    var (held, heard) = (0, 0)
    /// The end of an answer that waits until the client has read some of it.
    var pendingEnd: Bool?
    var ends: [@Sendable () -> Void] = []

    /// - Parameter upgrade: why the connection became no WebSocket.
    init(policy: UpgradePolicy, context: ServerContext, upgrade: UpgradeOutcome) {
        (self.policy, self.context, self.upgrade) = (policy, context, upgrade)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
        startTimeout(self.context.limits.request)
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        timeout?.cancel()
        exchange?.caller.leave()
        finish()
        release()
        account?.close()
        account = nil
        channelContext = nil
    }

    /// Closes the connection unless something happens before.
    func startTimeout(_ length: Komoku.Duration) {
        timeout?.cancel()
        guard let channel = channelContext?.channel else { return }
        timeout = channel.eventLoop.scheduleTask(in: TimeAmount(length)) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerStops || event is GivesWay { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Upgrades that fail are answered as plain requests; what is no HTTP somebody before this answers.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else { return }
        exchange?.caller.leave()
        finish()
        release()
        (incoming, head) = (.over, nil)
        number += 1
        startTimeout(self.context.limits.closing)
    }

    // MARK: Parts

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): begin(head, context.channel)
        case .body(let bytes): add(bytes)
        case .end: complete()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writePendingEnd()
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if incoming.isAwaited { isReadHeld = true } else { context.read() }
    }

    func release() {
        context.bodies.release(held)
        (held, heard) = (0, 0)
    }

    func finish() {
        exchange = nil
        let ends = ends
        self.ends = []
        for end in ends { end() }
    }
}
