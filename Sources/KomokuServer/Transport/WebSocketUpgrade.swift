internal import KomokuDesk
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// Makes a session of an HTTP connection. NIO's upgrader works out the answer; what comes then is read by our own decoder, which
/// says at a frame's first bytes what is wrong with it.
final class WebSocketUpgrade: HTTPServerProtocolUpgrader {
    private let context: ServerContext
    private let policy: UpgradePolicy
    private let outcome: UpgradeOutcome
    private let handshake: NIOWebSocketServerUpgrader

    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    /// - Parameter outcome: is told who was let in, or why not.
    init(context: ServerContext, policy: UpgradePolicy, outcome: UpgradeOutcome) {
        (self.context, self.policy, self.outcome) = (context, policy, outcome)
        handshake = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                let isWanted =
                    HTTPAnswer.obscurity(of: head) == nil && HTTPAnswer.misdirection(of: head, policy) == nil
                    && policy.speech(atPath: head.uri) != nil
                    && Handshake.refusal(of: head, policy) == nil
                guard isWanted else { return channel.eventLoop.makeSucceededFuture(nil) }
                let promise = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                let token = (try? RequestTarget(parsing: head.uri))?.query["token"]
                // Who says nothing may do so with 'auth'.
                Admission(access: context.desk.access, policy: policy).admit(
                    head.headers, token: token, certificate: policy.isEncrypted ? channel.peerCertificate : nil,
                    unknown: .mayIntroduceHimself
                ) { result in
                    outcome.withLockedValue { $0 = result }
                    guard case .success(let guest) = result else { return promise.succeed(nil) }
                    // Before the client hears of it: the next one to come must not take its place.
                    if guest.identity.validRights != nil { context.connections.becameSession(channel) }
                    promise.succeed([:])
                }
                return promise.futureResult
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
        let speech = policy.speech(atPath: upgradeRequest.uri) ?? .json(policy.rootVersion)
        return channel.eventLoop.makeCompletedFuture { [outcome] in
            guard let guest = try outcome.withLockedValue({ $0 })?.get() else { return }
            try channel.pipeline.syncOperations.addHandlers([
                ByteToMessageHandler(ClientFrameDecoder(maximumBytes: context.limits.messageBytes)),
                ConnectionHandler(
                    for: guest.caller("websocket", version: speech.version), speech, .webSocket, context: context,
                    eventLoop: channel.eventLoop),
            ])
        }
    }
}
