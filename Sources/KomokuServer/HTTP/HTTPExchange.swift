internal import KomokuDesk
internal import KomokuWire
internal import NIOConcurrencyHelpers
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
    private let outlet: Outlet

    /// Where answers go.
    private enum Outlet: Sendable {
        case connection(Connection)
        /// To somebody who asks on behalf of another request.
        case collector(AnswerCollector)
    }

    /// The connection's side of it.
    struct Connection: Sendable {
        let handler: NIOLoopBound<HTTPHandler>
        let eventLoop: any EventLoop
        /// Of the connection's: what comes when another is under way is too late.
        let number: Int

        fileprivate func perform(_ body: @escaping @Sendable (HTTPHandler, Int) -> Void) {
            if eventLoop.inEventLoop { return body(handler.value, number) }
            eventLoop.execute { body(handler.value, number) }
        }
    }

    init(
        _ request: HTTPRequest, at route: Route, of caller: Caller, context: ServerContext, account: AnswerAccount,
        connection: Connection
    ) {
        (self.request, self.route, self.caller, self.context) = (request, route, caller, context)
        (self.account, outlet) = (account, .connection(connection))
    }

    private init(_ request: HTTPRequest, at route: Route, for other: HTTPExchange, _ collector: AnswerCollector) {
        (self.request, self.route, caller, context) = (request, route, other.caller, other.context)
        (account, outlet) = (other.account, .collector(collector))
    }

    var desk: Desk { context.desk }

    /// Asks something for the same caller.
    ///
    /// - Parameter then: called once, on any thread.
    func ask(_ request: HTTPRequest, at route: Route, then: @escaping @Sendable (HTTPAnswer) -> Void) {
        HTTPExchange(request, at: route, for: self, AnswerCollector(then)).start()
    }

    func answer(_ answer: HTTPAnswer) {
        switch outlet {
        case .connection(let connection): connection.perform { $0.answer(answer, $1) }
        case .collector(let collector): collector.finish(with: answer)
        }
    }

    func refuse(_ problem: Problem) { answer(HTTPAnswer(problem)) }

    /// The head of an answer whose body follows in pieces.
    func begin(_ type: MediaType, headers: HTTPHeaders = [:]) {
        guard case .connection(let connection) = outlet else { return }
        connection.perform { $0.begin(.ok, type, headers, $1) }
    }

    /// - Parameter then: called on the connection's thread when the peer has taken it, and not at all when it is gone.
    func send(_ bytes: [UInt8], then: (@Sendable () -> Void)? = nil) {
        switch outlet {
        case .connection(let connection): connection.perform { $0.send(bytes, $1, then) }
        case .collector(let collector): if collector.add(bytes) { then?() }
        }
    }

    func end() {
        switch outlet {
        case .connection(let connection): connection.perform { $0.end($1) }
        case .collector(let collector): collector.finish()
        }
    }

    /// The rest of the answer cannot be had: the connection ends, so that nobody takes what there is for all of it.
    func breakOff() {
        switch outlet {
        case .connection(let connection): connection.perform { $0.breakOff($1) }
        case .collector(let collector):
            collector.finish(with: HTTPAnswer(Problem(.storeFailed)))
        }
    }

    /// - Parameter body: called once on the connection's thread, when the answer is whole or the peer is gone.
    func whenOver(_ body: @escaping @Sendable () -> Void) {
        switch outlet {
        case .connection(let connection): connection.perform { $0.whenOver($1, body) }
        case .collector(let collector): collector.whenOver(body)
        }
    }

    /// Calls on the connection's thread until the answer is whole or the peer is gone.
    func repeatedly(every interval: TimeAmount, _ body: @escaping @Sendable () -> Void) {
        guard case .connection(let connection) = outlet else { return }
        connection.perform { handler, number in
            let task = connection.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                body()
            }
            handler.whenOver(number) { task.cancel() }
        }
    }
}

/// Makes one answer of its pieces.
final class AnswerCollector: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var then: (@Sendable (HTTPAnswer) -> Void)?
        var ends: [@Sendable () -> Void] = []
    }

    private let state = NIOLockedValueBox(State())

    /// The most bytes.
    private static let most = 1 << 20

    init(_ then: @escaping @Sendable (HTTPAnswer) -> Void) { state.withLockedValue { $0.then = then } }

    /// - Returns: whether more is wanted.
    func add(_ bytes: [UInt8]) -> Bool {
        let isFull = state.withLockedValue { state in
            state.bytes += bytes
            return state.bytes.count > Self.most
        }
        if isFull { finish() }
        return !isFull
    }

    /// - Parameter answer: nil is what was collected.
    func finish(with answer: HTTPAnswer? = nil) {
        let (then, ends, bytes) = state.withLockedValue { state in
            defer { state = State() }
            return (state.then, state.ends, state.bytes)
        }
        then?(answer ?? HTTPAnswer(content: bytes))
        for end in ends { end() }
    }

    func whenOver(_ body: @escaping @Sendable () -> Void) {
        let isOver = state.withLockedValue { state in
            if state.then != nil { state.ends.append(body) }
            return state.then == nil
        }
        if isOver { body() }
    }
}
