internal import KomokuDesk
internal import NIOCore
internal import NIOHTTP1

/// A request that is being answered, on whatever thread: with one whole answer, or with one that is made piece by piece.
final class HTTPExchange: Sendable {
    let request: HTTPRequest
    let route: Route
    let caller: Caller
    let context: ServerContext
    /// What the connection may hold of answers.
    let account: AnswerAccount
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBound<HTTPHandler>
    /// Of the connection's: what comes when another is under way is too late.
    private let number: Int

    init(
        _ request: HTTPRequest, at route: Route, of caller: Caller, context: ServerContext, account: AnswerAccount,
        handler: NIOLoopBound<HTTPHandler>, eventLoop: any EventLoop, number: Int
    ) {
        (self.request, self.route, self.caller, self.context) = (request, route, caller, context)
        (self.account, self.handler, self.eventLoop, self.number) = (account, handler, eventLoop, number)
    }

    var desk: Desk { context.desk }

    func answer(_ answer: HTTPAnswer) { onLoop { [number] in $0.answer(answer, number) } }

    func refuse(_ problem: Problem) { answer(HTTPAnswer(problem)) }

    /// The head of an answer whose body follows in pieces.
    func begin(_ type: MediaType, headers: HTTPHeaders = [:]) {
        onLoop { [number] in $0.begin(.ok, type, headers, number) }
    }

    /// - Parameter then: called on the connection's thread when the peer has taken it, and not at all when it is gone.
    func send(_ bytes: [UInt8], then: (@Sendable () -> Void)? = nil) {
        onLoop { [number] in $0.send(bytes, number, then) }
    }

    func end() { onLoop { [number] in $0.end(number) } }

    /// The rest of the answer cannot be had: the connection ends, so that nobody takes what there is for all of it.
    func breakOff() { onLoop { [number] in $0.breakOff(number) } }

    /// - Parameter body: called once on the connection's thread, when the answer is whole or the peer is gone.
    func whenOver(_ body: @escaping @Sendable () -> Void) { onLoop { [number] in $0.whenOver(number, body) } }

    /// Calls on the connection's thread until the answer is whole or the peer is gone.
    func repeatedly(every interval: TimeAmount, _ body: @escaping @Sendable () -> Void) {
        onLoop { [eventLoop, number] in
            let task = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in body() }
            $0.whenOver(number) { task.cancel() }
        }
    }

    private func onLoop(_ body: @escaping @Sendable (HTTPHandler) -> Void) {
        if eventLoop.inEventLoop { return body(handler.value) }
        eventLoop.execute { [handler] in body(handler.value) }
    }
}
