internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// Changes as server-sent events: a client that reads slowly gets the newest of each key, and how many were left out.
final class ChangeStream: Sendable {
    private let exchange: HTTPExchange
    private let subscriber: NIOLockedValueBox<Subscriber?> = NIOLockedValueBox(nil)
    private let state = NIOLockedValueBox(State.sending)

    private enum State {
        case idle
        /// What was sent has not left yet.
        case sending
        /// And more came meanwhile.
        case behind
    }

    private static let atOnce = 256
    private static let bytesAtOnce = 64 << 10

    init(_ exchange: HTTPExchange) { self.exchange = exchange }

    /// - Parameter after: the `id` of the last event that the client got before its connection broke.
    func start(_ patterns: [KeyPattern], every: Bool, initial: Bool, after: String?, in hub: isolated Hub) {
        let subscriber = Subscriber { [weak self] in self?.wake() }
        self.subscriber.withLockedValue { $0 = subscriber }
        let begin = hub.subscribe(
            subscriber, to: patterns.map { .pattern($0) }, every: every, initial: initial, after: after)
        guard let begin else {
            hub.remove(subscriber)
            return exchange.refuse(
                .badRequest(
                    "all clients together have at most \(Hub.maximumPatternsOfAll) patterns; ask for fewer, or wider ones"
                ))
        }
        exchange.begin(.events, headers: ["X-Accel-Buffering": "no"])
        // An event without data only sets the id (HTML, section 9.2.6).
        exchange.send(Array("retry: 2000\n\(begin.mark.map { "id: \($0)\n" } ?? "")\n".utf8))
        if begin.isGap { exchange.send(Array("event: gap\ndata: {}\n\n".utf8)) }
        let desk = exchange.desk
        // It lives as long as the connection.
        exchange.whenOver { [self] in
            self.subscriber.withLockedValue { $0 = nil }
            desk.hub.enqueue { $0.remove(subscriber) }
        }
        exchange.repeatedly(every: .seconds(2)) { [weak self] in self?.look() }
        exchange.repeatedly(every: .seconds(15)) { [weak self] in self?.beat() }
        send()
    }

    private func wake() {
        let isIdle = state.withLockedValue { state in
            defer { state = state == .idle ? .sending : .behind }
            return state == .idle
        }
        if isIdle { send() }
    }

    private func send() {
        while true {
            let deliveries = subscriber.withLockedValue { $0 }?.drain(max: Self.atOnce, bytes: Self.bytesAtOnce) ?? []
            exchange.desk.counts.add(skipped: deliveries.reduce(0) { $0 + $1.skipped })
            var bytes: [UInt8] = []
            for delivery in deliveries where exchange.caller.rights.mayRead(delivery.change.key) {
                write(delivery, into: &bytes)
            }
            if !bytes.isEmpty { return exchange.send(bytes) { [self] in send() } }
            guard deliveries.isEmpty else { continue }
            let isDone = state.withLockedValue { state in
                defer { state = state == .behind ? .sending : .idle }
                return state != .behind
            }
            if isDone { return }
        }
    }

    private func write(_ delivery: Delivery, into bytes: inout [UInt8]) {
        if let mark = delivery.mark { bytes.append(contentsOf: "id: \(mark)\n".utf8) }
        bytes.append(contentsOf: "event: change\ndata: ".utf8)
        KeyChange(delivery).writeObject(into: &bytes)
        bytes.append(contentsOf: "\n\n".utf8)
    }

    /// Whose user or token was removed, or is over, is told nothing more.
    private func look() {
        if exchange.caller.identity.validRights == nil { exchange.end() }
    }

    /// A sign of life, so that both sides see when the other is gone.
    private func beat() {
        if state.withLockedValue({ $0 == .idle }) { exchange.send(Array(": \n\n".utf8)) }
    }
}

extension HTTPExchange {
    func followChanges() {
        do throws(Problem) {
            let members = try members()
            var patterns: [KeyPattern] = []
            for item in members["keys"]?.array ?? ["**"] {
                guard let pattern = try? KeyPattern(validating: item.string ?? "") else {
                    throw Problem(
                        status: .badRequest, code: "invalid_key",
                        detail: "'\(item.text.prefix(300))' is no pattern: * and ** stand for whole segments of a name")
                }
                patterns.append(pattern)
            }
            let (every, initial) = (members["every"] == true, members["init"] == true)
            guard patterns.count <= 100 else { throw .badRequest("there are at most 100 patterns") }
            let (stream, after) = (ChangeStream(self), request.headers.first(name: "Last-Event-ID"))
            desk.hub.enqueue { [patterns] hub in
                stream.start(patterns, every: every, initial: initial, after: after, in: hub)
            }
        } catch {
            refuse(error)
        }
    }
}
