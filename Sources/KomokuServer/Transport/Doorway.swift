internal import KomokuDesk
internal import KomokuWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// Lets a connection of a port without HTTP in, as soon as TLS is done where it is wanted, and makes a session of it.
///
/// What comes meanwhile waits: nothing more is read.
final class Doorway: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let context: ServerContext
    private let policy: UpgradePolicy
    private var waiting: [ByteBuffer] = []
    private var isDeciding = false
    private var timeout: Scheduled<Void>?

    init(context: ServerContext, policy: UpgradePolicy) {
        (self.context, self.policy) = (context, policy)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timeout = context.eventLoop.scheduleTask(in: TimeAmount(self.context.limits.request)) {
            channel.close(promise: nil)
        }
        if channel.isActive, !policy.isEncrypted { decide(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelActive(context: ChannelHandlerContext) {
        if !policy.isEncrypted { decide(context) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { decide(context) }
        if event is ServerStops || event is GivesWay { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.append(Self.unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !waiting.isEmpty { try? context.channel.syncOptions?.setOption(.autoRead, value: false) }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func decide(_ channelContext: ChannelHandlerContext) {
        guard !isDeciding else { return }
        isDeciding = true
        let (channel, eventLoop) = (channelContext.channel, channelContext.eventLoop)
        let door = NIOLoopBound(self, eventLoop: eventLoop)
        // Who says nothing may do so with 'auth'.
        Admission(access: context.desk.access, policy: policy).admit(
            [:], token: nil, certificate: policy.isEncrypted ? channel.peerCertificate : nil,
            unknown: .mayIntroduceHimself
        ) { result in
            eventLoop.execute { door.value.enter(result, channel) }
        }
    }

    private func enter(_ result: Result<Admission.Guest, AccessRefusal>, _ channel: any Channel) {
        guard channel.isActive else { return }
        guard case .success(let guest) = result else { return channel.close(promise: nil) }
        if guest.identity.validRights != nil { context.connections.becameSession(channel) }
        let operations = channel.pipeline.syncOperations
        do {
            try operations.addHandlers([
                ByteToMessageHandler(MessageDecoder(maximumBytes: context.limits.messageBytes)),
                ConnectionHandler(
                    for: guest.caller("tcp", version: .v2), .packed, .delimited, context: context,
                    eventLoop: channel.eventLoop),
            ])
            let here = try operations.context(handler: self)
            try channel.syncOptions?.setOption(.autoRead, value: true)
            for bytes in waiting { here.fireChannelRead(Self.wrapInboundOut(bytes)) }
            if !waiting.isEmpty { here.fireChannelReadComplete() }
            waiting = []
            operations.removeHandler(self, promise: nil)
        } catch {
            channel.close(promise: nil)
        }
    }
}
