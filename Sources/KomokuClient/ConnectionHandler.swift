internal import Komoku
internal import KomokuProto
internal import KomokuWire
internal import NIOCore
internal import NIOWebSocket

/// Pairs answers with their requests and hands pushes on. Lives on its connection's event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let isPacked: Bool
    private let pushes: PushBuffer
    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var waiting: [Int: (promise: EventLoopPromise<Reply>, timeout: Scheduled<Void>)] = [:]
    /// The texts of long results, as far as they are there.
    private var parts: [Int: String] = [:]
    private var streams: [Int: ReplyStream] = [:]
    private var nextID = 1
    private var lastHeard = NIODeadline.now()
    private var watchdog: RepeatedTask?

    private enum Reply: Sendable {
        case json(JSON)
        case puts(PutReport)
    }

    /// The longest result that is taken in parts.
    private static let longestResult = 256 << 20

    /// The hub pings every 2 s: one that is silent for so long is gone, whatever TCP thinks.
    private static let silence = TimeAmount.seconds(15)

    init(isPacked: Bool, pushes: PushBuffer, eventLoop: any EventLoop) {
        self.isPacked = isPacked
        self.eventLoop = eventLoop
        self.pushes = pushes
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        watchdog = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(3), delay: .seconds(3)) { _ in
            handler.value.checkSilence()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        context = nil
        watchdog?.cancel()
        for entry in waiting.values {
            entry.timeout.cancel()
            entry.promise.fail(ChannelError.ioOnClosedChannel)
        }
        waiting = [:]
        for stream in streams.values { stream.end() }
        streams = [:]
        pushes.end()
    }

    func request(_ command: JSON.Member, timeout: TimeAmount, address: HubAddress) -> EventLoopFuture<JSON> {
        expect(timeout: timeout, address: address) { id in send(command, id) }
            .flatMapThrowing { reply in
                guard case .json(let json) = reply else { throw ClientError.unshaped }
                return json
            }
    }

    func put(_ points: PackedPoints, timeout: TimeAmount, address: HubAddress) -> EventLoopFuture<PutReport> {
        expect(timeout: timeout, address: address) { id in
            send(.binary, PackedToHub(points, id: UInt64(id)).packed)
        }
        .flatMapThrowing { reply in
            switch reply {
            case .puts(let report): return report
            case .json(let json):
                // Of no points at all nothing is told.
                if let error = ClientError(in: json) { throw error }
                return PutReport()
            }
        }
    }

    private func expect(
        timeout: TimeAmount, address: HubAddress, _ send: (Int) -> Void
    ) -> EventLoopFuture<Reply> {
        guard let context else { return eventLoop.makeFailedFuture(ClientError.disconnected(address)) }
        let id = nextID
        nextID += 1
        let promise = context.eventLoop.makePromise(of: Reply.self)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(in: timeout) {
            handler.value.giveUp(id, ClientError.timedOut(address))
        }
        waiting[id] = (promise, scheduled)
        send(id)
        return promise.futureResult
    }

    func stream(_ command: JSON.Member, to stream: ReplyStream) {
        guard context != nil else { return stream.end() }
        let id = nextID
        nextID += 1
        streams[id] = stream
        send(command, id)
    }

    private func send(_ command: JSON.Member, _ id: Int) {
        if isPacked { return send(.binary, PackedToHub(command, id: UInt64(id)).packed) }
        send(.text, JSON.object([command, JSON.Member("query_id", .number(Double(id)))]).bytes)
    }

    private func giveUp(_ id: Int, _ error: ClientError) {
        waiting.removeValue(forKey: id)?.promise.fail(error)
    }

    func close() {
        send(.connectionClose, [3, 232])
        context?.close(promise: nil)
    }

    private func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) {
        guard let context else { return }
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: ByteBuffer(bytes: bytes))
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        lastHeard = .now()
        switch frame.opcode {
        case .ping: send(.pong, Array(frame.unmaskedData.readableBytesView))
        case .connectionClose: context.close(promise: nil)
        case .text where !isPacked, .binary where !isPacked: receive(frame.unmaskedData)
        case .binary: receivePacked(frame.unmaskedData)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func receive(_ bytes: ByteBuffer) {
        guard let message = try? JSON(parsing: bytes.readableBytesView) else { return }
        if let push = Self.push(message) {
            pushes.add(push)
        } else if let id = message["query_id"]?.number.flatMap({ Int(exactly: $0) }) {
            answer(id, message, size: bytes.readableBytes)
        }
    }

    /// What the hub says to agents keeps its word: readers of changes and runs never see it.
    private static func push(_ message: JSON) -> JSON? {
        message["pub"] ?? message["run"] ?? (AgentOrder(message) != nil ? message : nil)
    }

    private func receivePacked(_ bytes: ByteBuffer) {
        do throws(PackedFault) {
            try take(try PackedFromHub(packed: Array(bytes.readableBytesView)).message(), size: bytes.readableBytes)
        } catch {
            context?.close(promise: nil)
        }
    }

    private func take(_ message: HubMessage, size: Int) throws(PackedFault) {
        switch message {
        case .reply(let ids, let json):
            for id in ids.compactMap({ Int(exactly: $0) }) { answer(id, json, size: size) }
        case .points(let id, let report):
            guard let id = Int(exactly: id), let entry = waiting.removeValue(forKey: id) else { return }
            entry.timeout.cancel()
            entry.promise.succeed(.puts(report))
        case .part(let id, let text, let isLast):
            guard let id = Int(exactly: id) else { return }
            let whole = (parts.removeValue(forKey: id) ?? "") + text
            guard whole.utf8.count <= Self.longestResult else { throw .unreadable("a result without end") }
            guard isLast else { return parts[id] = whole }
            guard let result = try? JSON(parsing: whole) else { throw .unreadable("a result that is no JSON") }
            answer(id, .object([JSON.Member("result", result)]), size: whole.utf8.count)
        case .pushes(let messages):
            for push in messages.compactMap(Self.push) { pushes.add(push) }
        case .farewell: context?.close(promise: nil)
        case .alive, .other: break
        }
    }

    private func answer(_ id: Int, _ message: JSON, size: Int) {
        if let entry = waiting.removeValue(forKey: id) {
            entry.timeout.cancel()
            entry.promise.succeed(.json(message))
        } else if let stream = streams[id], !stream.add(message, size: size) {
            streams[id] = nil
        }
    }

    private func checkSilence() {
        if streams.values.contains(where: \.isPaused) {
            // Nothing is read meanwhile, pings neither. The hub wants a sign of life, and a pong may come unasked
            // (RFC 6455, section 5.5.3).
            lastHeard = .now()
            send(.pong, [])
        } else if NIODeadline.now() - lastHeard > Self.silence {
            context?.close(promise: nil)
        }
    }
}
