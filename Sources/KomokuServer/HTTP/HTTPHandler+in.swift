internal import KomokuDesk
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// Requests of a connection. What is wrong with one is said as soon as it is known: who may not ask sends no body, and a body that
/// is too large is not taken.
extension HTTPHandler {
    func begin(_ head: HTTPRequestHead, _ channel: any Channel) {
        guard !incoming.isOver else { return }
        startTimeout(context.limits.request)
        self.head = head
        number += 1
        hasBegun = false
        switch arrival(head) {
        case .failure(let refusal): refuse(refusal.answer)
        case .success(let arrival):
            incoming = .request(arrival)
            admit(arrival, channel)
        }
    }

    private struct Refused: Error { let answer: HTTPAnswer }

    private func arrival(_ head: HTTPRequestHead) -> Result<IncomingRequest.Arrival, Refused> {
        if let refusal = HTTPAnswer.obscurity(of: head) ?? HTTPAnswer.misdirection(of: head, policy) {
            return .failure(Refused(answer: refusal))
        }
        if Handshake.isWanted(by: head), policy.speech(atPath: head.uri) != nil {
            return .failure(Refused(answer: refusalOfUpgrade(head)))
        }
        if let intrusion = HTTPAnswer.intrusion(of: head, policy) { return .failure(Refused(answer: intrusion)) }
        do throws(Problem) {
            let target = try RequestTarget(parsing: policy.proxies.path(of: head.uri))
            let (route, captures) = try RouteTable.all.route(head.method, target.path)
            let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
            guard length <= route.mostBytes else { throw .tooLarge(route.mostBytes) }
            let request = HTTPRequest(method: head.method, target: target, headers: head.headers, captures: captures)
            return .success(IncomingRequest.Arrival(request: request, route: route))
        } catch {
            return .failure(Refused(answer: HTTPAnswer(error)))
        }
    }

    private func refusalOfUpgrade(_ head: HTTPRequestHead) -> HTTPAnswer {
        if case .failure(let refusal) = upgrade.withLockedValue({ $0 }) {
            return HTTPAnswer(Problem(refusal, for: head.headers))
        }
        return Handshake.refusal(of: head, policy)
            ?? .badRequest("a WebSocket begins with the first request of a connection")
    }

    // MARK: Who asks

    private func admit(_ arrival: IncomingRequest.Arrival, _ channel: any Channel) {
        var (request, route) = (arrival.request, arrival.route)
        let given: String?
        // Nothing behind this sees a secret.
        do throws(Problem) { given = try request.target.query.takeOne("token") } catch {
            return refuse(HTTPAnswer(error))
        }
        let token = route.admission == .anybody ? nil : given
        incoming = .request(IncomingRequest.Arrival(request: request, route: route))
        let (handler, eventLoop) = (NIOLoopBound(self, eventLoop: channel.eventLoop), channel.eventLoop)
        let isReading = [.GET, .HEAD, .OPTIONS].contains(request.method)
        // What is for everybody is, whatever else he says.
        let headers =
            route.admission == .anybody
            ? request.headers.without(["Authorization", "Cookie"]) : request.headers
        Admission(access: context.desk.access, policy: policy).admit(
            headers, token: token, certificate: policy.isEncrypted ? channel.peerCertificate : nil,
            isWriting: !isReading,
            unknown: route.admission == .known ? .refused : .served
        ) { [number] result in
            let goOn = { @Sendable in handler.value.goOn(for: result, number) }
            if eventLoop.inEventLoop { goOn() } else { eventLoop.execute(goOn) }
        }
    }

    private func goOn(for guest: Result<Admission.Guest, AccessRefusal>, _ number: Int) {
        guard number == self.number, let channelContext, case .request(var arrival) = incoming else { return }
        defer { readOn() }
        switch guest {
        case .failure(let refusal):
            refuse(HTTPAnswer(Problem(refusal, for: arrival.request.headers)), isWhole: arrival.isWhole)
        case .success(let guest):
            let caller = guest.caller("http")
            if let problem = arrival.route.refusal(of: arrival.request, for: caller, context) {
                return refuse(HTTPAnswer(problem), isWhole: arrival.isWhole)
            }
            arrival.caller = caller
            if arrival.isWhole { return carryOut(arrival, for: caller) }
            incoming = .request(arrival)
            startTimeout(context.limits.request)
            if head?.waitsToGoOn == true {
                channelContext.triggerUserOutboundEvent(HTTPOffers.BodyIsWanted(), promise: nil)
            }
        }
    }

    private func readOn() {
        guard isReadHeld, !incoming.isAwaited else { return }
        isReadHeld = false
        channelContext?.read()
    }

    // MARK: Bodies

    func add(_ bytes: ByteBuffer) {
        guard case .request(var arrival) = incoming else { return }
        // Nobody else holds the body while it grows.
        incoming = .nothing
        guard arrival.body.readableBytes + bytes.readableBytes <= arrival.route.mostBytes else {
            return refuse(HTTPAnswer(.tooLarge(arrival.route.mostBytes)))
        }
        guard context.bodies.take(bytes.readableBytes) else { return refuse(HTTPAnswer(.bodiesTooMany)) }
        held += bytes.readableBytes
        arrival.body.writeImmutableBuffer(bytes)
        incoming = .request(arrival)
        // Whoever sends on is heard to the end, but not a byte at a time.
        heard += bytes.readableBytes
        guard heard >= Self.leastHeard else { return }
        heard = 0
        startTimeout(context.limits.request)
    }

    /// Bytes for which a client gets as much time again as for a request.
    private static let leastHeard = 64 << 10

    func complete() {
        switch incoming {
        case .nothing, .over: break
        case .refused(let refusal): refuse(refusal, isWhole: true)
        case .request(var arrival):
            timeout?.cancel()
            arrival.isWhole = true
            incoming = .request(arrival)
            if let caller = arrival.caller { carryOut(arrival, for: caller) }
        }
    }

    /// - Parameter isWhole: all of the request has come. Else the connection ends with the answer, for what came of a body, or would
    ///   still come, is not taken.
    private func refuse(_ answer: HTTPAnswer, isWhole: Bool = false) {
        release()
        if isWhole {
            incoming = .nothing
            timeout?.cancel()
            return self.answer(answer, number)
        }
        incoming = .refused(answer)
        guard let eventLoop = channelContext?.eventLoop else { return }
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        // A short body that came together with its head is whole by then, and the connection serves on.
        eventLoop.execute { [number] in handler.value.answerEarly(number) }
    }

    private func answerEarly(_ number: Int) {
        guard number == self.number, case .refused(var answer) = incoming else { return }
        incoming = .over
        answer.headers.replaceOrAdd(name: "Connection", value: "close")
        self.answer(answer, number)
        readOn()
    }

    private func carryOut(_ arrival: IncomingRequest.Arrival, for caller: Caller) {
        guard let channel = channelContext?.channel else { return }
        incoming = .nothing
        var request = arrival.request
        request.body = Array(arrival.body.readableBytesView)
        let account = account ?? context.answers.open { channel.close(promise: nil) }
        self.account = account
        let exchange = HTTPExchange(
            request, at: arrival.route, of: caller, context: context, account: account,
            connection: HTTPExchange.Connection(
                handler: NIOLoopBound(self, eventLoop: channel.eventLoop), eventLoop: channel.eventLoop, number: number)
        )
        self.exchange = exchange
        // It asked for something that is there: it is no stranger that only keeps a place.
        if caller.identity.validRights != nil { context.connections.becameSession(channel) }
        exchange.start()
    }
}

extension HTTPHeaders {
    fileprivate func without(_ names: [String]) -> HTTPHeaders {
        var headers = self
        for name in names { headers.remove(name: name) }
        return headers
    }
}
