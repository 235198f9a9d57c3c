internal import Komoku
internal import NIOCore
internal import NIOWebSocket

/// Pairs answers with their requests and hands pushes on. Lives on its connection's event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let pushes: PushBuffer
    private let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var waiting: [Int: (promise: EventLoopPromise<JSON>, timeout: Scheduled<Void>)] = [:]
    private var streams: [Int: ReplyStream] = [:]
    private var nextID = 1
    private var lastHeard = NIODeadline.now()
    private var watchdog: RepeatedTask?

    /// The hub pings every 2 s: one that is silent for so long is gone, whatever TCP thinks.
    private static let silence = TimeAmount.seconds(15)

    init(pushes: PushBuffer, eventLoop: any EventLoop) {
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

    func request(_ command: [JSON.Member], timeout: TimeAmount, address: HubAddress) -> EventLoopFuture<JSON> {
        guard let context else { return eventLoop.makeFailedFuture(ClientError.disconnected(address)) }
        let id = nextID
        nextID += 1
        let promise = context.eventLoop.makePromise(of: JSON.self)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let scheduled = context.eventLoop.scheduleTask(in: timeout) {
            handler.value.giveUp(id, ClientError.timedOut(address))
        }
        waiting[id] = (promise, scheduled)
        send(.text, JSON.object(command + [JSON.Member("query_id", .number(Double(id)))]).bytes)
        return promise.futureResult
    }

    func stream(_ command: [JSON.Member], to stream: ReplyStream) {
        guard context != nil else { return stream.end() }
        let id = nextID
        nextID += 1
        streams[id] = stream
        send(.text, JSON.object(command + [JSON.Member("query_id", .number(Double(id)))]).bytes)
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
        case .text, .binary: receive(frame.unmaskedData)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func receive(_ bytes: ByteBuffer) {
        guard let message = try? JSON(parsing: bytes.readableBytesView) else { return }
        if let push = message["pub"] ?? message["run"] {
            pushes.add(push)
        } else if let id = message["query_id"]?.number.flatMap({ Int(exactly: $0) }) {
            answer(id, message, size: bytes.readableBytes)
        }
    }

    private func answer(_ id: Int, _ message: JSON, size: Int) {
        if let entry = waiting.removeValue(forKey: id) {
            entry.timeout.cancel()
            entry.promise.succeed(message)
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
