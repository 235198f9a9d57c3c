internal import NIOCore
internal import NIOHTTP1

/// Answers plain HTTP requests, and upgrades that were refused. A request's body is thrown away.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let policy: UpgradePolicy
    private let patience: TimeAmount
    private var head: HTTPRequestHead?
    private var timeout: Scheduled<Void>?

    /// - Parameter patience: how long a connection may take for its next whole request.
    init(policy: UpgradePolicy, patience: TimeAmount) {
        self.policy = policy
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
        if event is ServerStops { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Upgrades that fail are answered as plain requests; the rest is of no use to anybody.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let answer = HTTPAnswer(to: head, policy: policy)
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

/// What a plain request is answered with.
struct HTTPAnswer {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders = [:]
    var body: String

    init(to head: HTTPRequestHead, policy: UpgradePolicy) {
        let path = String(head.uri.prefix { $0 != "?" })
        let wantsWebSocket = head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
        if wantsWebSocket, policy.version(ofPath: path) != nil {
            self = Self.refusal(of: head)
        } else if path != "/-/healthy", path != "/" {
            self = HTTPAnswer(status: .notFound, body: "nothing is here\n")
        } else if head.method != .GET, head.method != .HEAD {
            self = HTTPAnswer(
                status: .methodNotAllowed, headers: ["Allow": "GET, HEAD"], body: "only GET is answered\n")
        } else {
            self = HTTPAnswer(status: .ok, body: path == "/" ? Self.page(policy) : "ok\n")
        }
    }

    private init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: String) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Why an upgrade did not happen.
    private static func refusal(of head: HTTPRequestHead) -> HTTPAnswer {
        if !UpgradePolicy.isTrusted(origin: head.headers.first(name: "Origin")) {
            return HTTPAnswer(status: .forbidden, body: "pages of other sites may not talk to this hub\n")
        }
        if head.headers.first(name: "Sec-WebSocket-Version") != "13" {
            return HTTPAnswer(
                status: .upgradeRequired, headers: ["Sec-WebSocket-Version": "13", "Upgrade": "websocket"],
                body: "version 13 of the WebSocket protocol is needed\n")
        }
        return HTTPAnswer(status: .badRequest, body: "not a WebSocket handshake\n")
    }

    private static func page(_ policy: UpgradePolicy) -> String {
        """
        This is Komoku, a home-automation hub.

        A WebSocket at / speaks version \(policy.rootVersion.rawValue) of its protocol; /v1 and /v2 speak the one they name.
        /-/healthy answers ok while the hub runs. On the command line: komoku watch '**'

        """
    }
}
