internal import Komoku
internal import KomokuDesk
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression

/// The HTTP side of one connection: requests in, one after another, answers out.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// What comes in.
    private enum Incoming {
        case nothing
        case request(HTTPRequest, Route, body: ByteBuffer)
        /// What it is answered with when all of it has come; its body is thrown away.
        case refused(HTTPAnswer)
    }

    private let policy: UpgradePolicy
    private let context: ServerContext
    private let upgrade: UpgradeOutcome
    private var incoming = Incoming.nothing
    private var head: HTTPRequestHead?
    private var timeout: Scheduled<Void>?
    private var channelContext: ChannelHandlerContext?
    private var account: AnswerAccount?
    /// Of the requests that were answered, the one that is.
    private var number = 0
    private var exchange: HTTPExchange?
    private var hasBegun = false
    /// Bytes of bodies that count for all connections together, and of those that came since the time was renewed.
    private var (held, heard) = (0, 0)
    /// The end of an answer that waits until the client has read some of it.
    private var pendingEnd: Bool?
    private var ends: [@Sendable () -> Void] = []

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
    private func startTimeout(_ length: Komoku.Duration) {
        timeout?.cancel()
        guard let channel = channelContext?.channel else { return }
        timeout = channel.eventLoop.scheduleTask(in: TimeAmount(length)) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerStops || event is GivesWay { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Upgrades that fail are answered as plain requests; the rest is of no use to anybody.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            startTimeout(self.context.limits.request)
            self.head = head
            incoming = incoming(head, context.channel)
        case .body(let bytes): add(bytes)
        case .end: start(context.channel)
        }
    }

    private func incoming(_ head: HTTPRequestHead, _ channel: any Channel) -> Incoming {
        if let refusal = HTTPAnswer.misdirection(of: head, policy) { return .refused(refusal) }
        if Handshake.isWanted(by: head), policy.version(ofPath: head.uri) != nil {
            if case .failure(let refusal) = upgrade.withLockedValue({ $0 }) {
                return .refused(HTTPAnswer(Problem(refusal, for: head.headers)))
            }
            return .refused(
                Handshake.refusal(of: head, policy)
                    ?? .badRequest("a WebSocket begins with the first request of a connection"))
        }
        if let intrusion = HTTPAnswer.intrusion(of: head, policy) { return .refused(intrusion) }
        do throws(Problem) {
            let target = try RequestTarget(parsing: policy.proxies.path(of: head.uri))
            let (route, captures) = try RouteTable.all.route(head.method, target.path)
            let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
            guard length <= route.most else { throw .tooLarge(route.most) }
            let request = HTTPRequest(method: head.method, target: target, headers: head.headers, captures: captures)
            return .request(request, route, body: ByteBuffer())
        } catch {
            return .refused(HTTPAnswer(error))
        }
    }

    private func add(_ bytes: ByteBuffer) {
        guard case .request(let request, let route, var body) = incoming else { return }
        incoming = .nothing
        guard body.readableBytes + bytes.readableBytes <= route.most else {
            incoming = .refused(HTTPAnswer(.tooLarge(route.most)))
            return
        }
        guard context.bodies.take(bytes.readableBytes) else {
            incoming = .refused(HTTPAnswer(.bodiesTooMany))
            return
        }
        held += bytes.readableBytes
        body.writeImmutableBuffer(bytes)
        incoming = .request(request, route, body: body)
        // Whoever sends on is heard to the end, but not a byte at a time.
        heard += bytes.readableBytes
        guard heard >= Self.leastHeard else { return }
        heard = 0
        startTimeout(context.limits.request)
    }

    /// Bytes for which a client gets as much time again as for a request.
    private static let leastHeard = 64 << 10

    private func start(_ channel: any Channel) {
        number += 1
        timeout?.cancel()
        hasBegun = false
        switch incoming {
        case .nothing: break
        case .refused(let refusal): answer(refusal, number)
        case .request(var request, let route, let body):
            request.body = Array(body.readableBytesView)
            carryOut(request, route, channel)
        }
        incoming = .nothing
    }

    /// Asks who it is, and carries it out for him.
    private func carryOut(_ request: HTTPRequest, _ route: Route, _ channel: any Channel) {
        var request = request
        // Nothing behind this sees a secret.
        let given = request.target.query.take("token")
        let token = route.admission == .anybody ? nil : given
        let (handler, eventLoop) = (NIOLoopBound(self, eventLoop: channel.eventLoop), channel.eventLoop)
        let isReading = [.GET, .HEAD, .OPTIONS].contains(request.method)
        // What is for everybody is, whatever else he says.
        let headers =
            route.admission == .anybody
            ? request.headers.without(["Authorization", "Cookie"]) : request.headers
        let admission = Admission(access: context.desk.access, policy: policy)
        let (number, asked) = (number, request)
        admission.admit(
            headers, token: token, certificate: policy.isEncrypted ? channel.peerCertificate : nil,
            isWriting: !isReading,
            unknown: route.admission == .known ? .refused : .served
        ) { result in
            let goOn = { @Sendable in handler.value.goOn(asked, route, channel, result, number) }
            if eventLoop.inEventLoop { goOn() } else { eventLoop.execute(goOn) }
        }
    }

    private func goOn(
        _ request: HTTPRequest, _ route: Route, _ channel: any Channel, _ guest: Result<Admission.Guest, AccessRefusal>,
        _ number: Int
    ) {
        guard number == self.number, channelContext != nil else { return }
        switch guest {
        case .failure(let refusal): answer(HTTPAnswer(Problem(refusal, for: request.headers)), number)
        case .success(let guest): carryOut(request, route, for: guest.caller("http"), channel)
        }
    }

    private func carryOut(_ request: HTTPRequest, _ route: Route, for caller: Caller, _ channel: any Channel) {
        let account = account ?? context.answers.open { channel.close(promise: nil) }
        self.account = account
        let exchange = HTTPExchange(
            request, at: route, of: caller, context: context, account: account,
            connection: HTTPExchange.Connection(
                handler: NIOLoopBound(self, eventLoop: channel.eventLoop), eventLoop: channel.eventLoop, number: number)
        )
        self.exchange = exchange
        // It asked for something that is there: it is no stranger that only keeps a place.
        if caller.identity.validRights != nil { context.connections.becameSession(channel) }
        exchange.start()
    }

    // MARK: Out

    func answer(_ answer: HTTPAnswer, _ number: Int) {
        guard number == self.number, !hasBegun, let channelContext, let head else { return }
        var headers = answer.headers
        let hasBody = answer.status.mayHaveResponseBody
        if hasBody {
            headers.add(name: "Content-Type", value: answer.type.rawValue)
            headers.add(name: "Content-Length", value: String(answer.content.count))
        }
        write(answer.status, headers)
        if hasBody, head.method != .HEAD, !answer.content.isEmpty {
            let bytes = channelContext.channel.allocator.buffer(bytes: answer.content)
            channelContext.write(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
        finish(isLast: !head.isKeepAlive || headers[canonicalForm: "Connection"].contains("close"))
    }

    func begin(_ status: HTTPResponseStatus, _ type: MediaType, _ headers: HTTPHeaders, _ number: Int) {
        guard number == self.number, !hasBegun, let head else { return }
        var headers = headers
        headers.add(name: "Content-Type", value: type.rawValue)
        if head.method == .HEAD {
            // How long it is nobody knows, and chunks would begin the next answer.
            headers.add(name: "Connection", value: "close")
        } else if head.version == .http1_1 {
            headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        write(status, headers)
        channelContext?.flush()
        if head.method == .HEAD { finish(isLast: true) }
    }

    private func write(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) {
        guard let channelContext, let head else { return }
        hasBegun = true
        var headers = headers
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        if headers["Cache-Control"].isEmpty { headers.add(name: "Cache-Control", value: "no-cache") }
        if !head.isKeepAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        headers.add(name: "Vary", value: "Accept-Encoding")
        let response = HTTPResponseHead(version: head.version, status: status, headers: headers)
        channelContext.write(Self.wrapOutboundOut(.head(response)), promise: nil)
    }

    func send(_ bytes: [UInt8], _ number: Int, _ then: (@Sendable () -> Void)?) {
        guard number == self.number, hasBegun, exchange != nil, let channelContext else { return }
        // A peer that takes nothing holds a piece of the answer, and a place.
        startTimeout(context.limits.stall)
        let promise = channelContext.eventLoop.makePromise(of: Void.self)
        let handler = NIOLoopBound(self, eventLoop: channelContext.eventLoop)
        promise.futureResult.whenComplete { result in
            // What is compressed to nothing yet is no failure.
            if case .failure(let error) = result, !(error is HTTPResponseCompressor.CompressionError) { return }
            handler.value.timeout?.cancel()
            then?()
        }
        let buffer = channelContext.channel.allocator.buffer(bytes: bytes)
        channelContext.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(buffer))), promise: promise)
    }

    func end(_ number: Int) {
        guard number == self.number, hasBegun, exchange != nil else { return }
        finish(isLast: head?.isKeepAlive != true)
    }

    func breakOff(_ number: Int) {
        guard number == self.number else { return }
        channelContext?.close(promise: nil)
    }

    func whenOver(_ number: Int, _ body: @escaping @Sendable () -> Void) {
        guard number == self.number, exchange != nil else { return body() }
        ends.append(body)
    }

    /// - Parameter isLast: whether the connection ends with it.
    private func finish(isLast: Bool) {
        guard let channelContext else { return }
        finish()
        release()
        head = nil
        channelContext.flush()
        guard channelContext.channel.isWritable else {
            // The next request is not looked at before: whoever asks and does not read would fill the memory.
            pendingEnd = isLast
            return startTimeout(context.limits.stall)
        }
        writeEnd(isLast: isLast, channelContext)
    }

    private func writeEnd(isLast: Bool, _ channelContext: ChannelHandlerContext) {
        pendingEnd = nil
        let channel = channelContext.channel
        startTimeout(context.limits.idle)
        channelContext.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            if isLast { channel.close(promise: nil) }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let isLast = pendingEnd { writeEnd(isLast: isLast, context) }
        context.fireChannelWritabilityChanged()
    }

    private func release() {
        context.bodies.release(held)
        (held, heard) = (0, 0)
    }

    private func finish() {
        exchange = nil
        let ends = ends
        self.ends = []
        for end in ends { end() }
    }
}

extension HTTPHeaders {
    fileprivate func without(_ names: [String]) -> HTTPHeaders {
        var headers = self
        for name in names { headers.remove(name: name) }
        return headers
    }
}
