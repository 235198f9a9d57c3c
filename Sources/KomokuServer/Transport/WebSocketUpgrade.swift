internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// Makes a session of an HTTP connection. NIO's upgrader works out the answer; what comes then is read by our own decoder, which
/// says at a frame's first bytes what is wrong with it.
final class WebSocketUpgrade: HTTPServerProtocolUpgrader {
    private let context: ServerContext
    private let policy: UpgradePolicy
    private let handshake: NIOWebSocketServerUpgrader

    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    init(context: ServerContext, policy: UpgradePolicy) {
        self.context = context
        self.policy = policy
        handshake = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let isWanted =
                    HTTPAnswer.misdirection(of: head, policy) == nil && policy.version(ofPath: head.uri) != nil
                    && Handshake.refusal(of: head) == nil
                // Before the client hears of it: the next one to come must not take its place.
                if isWanted { context.connections.becameSession(channel) }
                return channel.eventLoop.makeSucceededFuture(isWanted ? [:] : nil)
            },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        handshake.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders)
    }

    func upgrade(context channelContext: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<
        Void
    > {
        let channel = channelContext.channel
        let version = policy.version(ofPath: upgradeRequest.uri) ?? policy.rootVersion
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
                ByteToMessageHandler(ClientFrameDecoder(maximumBytes: context.limits.messageBytes)),
                ConnectionHandler(version: version, context: context, eventLoop: channel.eventLoop),
            ])
        }
    }
}
