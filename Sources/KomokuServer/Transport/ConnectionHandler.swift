internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import Logging
internal import NIOCore
internal import NIOWebSocket

/// The socket side of one session: frames in, bytes out, signs of life, closing.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ClientFrame
    typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        /// A close frame was sent; what still comes is thrown away.
        case closing
        case closed
    }

    private let session: Session
    private let caller: Caller
    /// Until then he has to have said who he is; nil where he has.
    private var stranger: NIODeadline?
    private let context: ServerContext
    private var assembler: MessageAssembler
    private var state = State.open
    private var channelContext: ChannelHandlerContext?
    private var lastHeard = NIODeadline.now()
    private var ticking: RepeatedTask?
    private var isReadingPaused = false
    /// Bytes handed to the channel that the socket has not taken yet.
    private var unwritten = 0
    private let frames: FrameWriter
    private var messages: MessageWriter

    init(
        for caller: Caller, _ speech: Speech, _ framing: Framing, context: ServerContext, eventLoop: any EventLoop
    ) {
        self.caller = caller
        session = Session(speech, context: context, eventLoop: eventLoop)
        self.context = context
        assembler = MessageAssembler(maximumBytes: context.limits.messageBytes, isText: speech != .packed)
        frames = FrameWriter(framing: framing)
        messages = MessageWriter(speech)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
        lastHeard = .now()
        session.onOutput = { [weak self] in self?.writeOutput() }
        session.onFault = { [weak self] fault in self?.fail(fault) }
        session.open(for: caller)
        if caller.identity.kind == .unknown { stranger = .now() + TimeAmount(self.context.limits.introduction) }
        let interval = TimeAmount(self.context.limits.pingInterval)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        ticking = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            handler.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        state = .closed
        ticking?.cancel()
        ticking = nil
        session.close()
        channelContext = nil
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        lastHeard = .now()
        guard case .open = state else {
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        }
        switch frame.opcode {
        case .ping: pong(frame.payload)
        case .connectionClose:
            let answer = CloseCode.answer(to: frame.payload)
            close(answer.code, answer.reason, lingering: false)
        case .text, .binary, .continuation: receive(frame)
        default: break
        }
    }

    private func receive(_ frame: ClientFrame) {
        do throws(FrameViolation) {
            if let message = try assembler.add(frame) { try session.receive(message) }
        } catch {
            close(error.code, error.reason)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .open = state { session.burstEnded() }
        pauseOrResumeReading()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writeOutput() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerStops { close(.goingAway, "the hub stops") }
        if event is GivesWay {
            close(.init(codeNumber: 1013), "there are too many connections; others from this machine wait")
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let violation as FrameViolation: close(violation.code, violation.reason)
        // What comes behind a frame that could not be read.
        case is ByteToMessageDecoderError: break
        default: context.close(promise: nil)
        }
    }

    /// A client that sends faster than the hub answers is held back by TCP.
    private func pauseOrResumeReading() {
        guard let channel = channelContext?.channel, case .open = state, session.isCongested != isReadingPaused else {
            return
        }
        isReadingPaused.toggle()
        lastHeard = .now()
        try? channel.syncOptions?.setOption(.autoRead, value: !isReadingPaused)
    }

    // MARK: Out

    private func writeOutput() {
        guard let channel = channelContext?.channel else { return }
        if session.isOverfull { return fail(.repliesTooLarge) }
        while case .open = state {
            var buffer = channel.allocator.buffer(capacity: 512)
            // A round ends at some size, so that a slow peer is noticed between two.
            while buffer.readableBytes < 32 << 10, let item = session.next(keepsUp: channel.isWritable) {
                guard unwritten <= context.limits.unreadBytes else { return fail(.repliesUnread) }
                messages.write(item) { head, message in frames.write(head, message, into: &buffer) }
            }
            messages.finish { head, message in frames.write(head, message, into: &buffer) }
            guard buffer.readableBytes > 0 else { break }
            send(buffer)
        }
        session.count(unwritten: unwritten)
        pauseOrResumeReading()
    }

    private func fail(_ fault: Disconnection) {
        switch fault {
        case .repliesTooLarge: close(.policyViolation, "the replies that were asked for are too large together")
        case .repliesUnread: close(.policyViolation, "replies that were asked for are not read")
        case .answerBroke: close(.unexpectedServerError, "the rest of an answer could not be read; ask again")
        case .notWanted(let reason): close(.policyViolation, reason)
        }
    }

    private func send(_ bytes: ByteBuffer) {
        guard let channelContext else { return }
        let count = bytes.readableBytes
        unwritten += count
        let handler = NIOLoopBound(self, eventLoop: channelContext.eventLoop)
        let promise = channelContext.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenSuccess { handler.value.wrote(count) }
        channelContext.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }

    /// A peer that takes what had to wait reads, however slowly: it lives.
    private func wrote(_ count: Int) {
        unwritten -= count
        if unwritten > 0 { lastHeard = .now() }
        session.count(unwritten: unwritten)
    }

    // MARK: Signs of life

    private func tick() {
        guard let channelContext, case .open = state else { return }
        if !isReadingPaused, NIODeadline.now() - lastHeard >= TimeAmount(context.limits.silence) {
            return close(.policyViolation, "nothing came for \(context.limits.silence)")
        }
        if stranger == nil, caller.identity.validRights == nil {
            return close(.policyViolation, "this user or token was removed, or is over")
        }
        if let end = stranger, !admitted(until: end, channelContext.channel) { return }
        var buffer = channelContext.channel.allocator.buffer(capacity: 2)
        frames.writePing(into: &buffer)
        send(buffer)
    }

    /// Who has not said who he is keeps no place for long.
    private func admitted(until end: NIODeadline, _ channel: any Channel) -> Bool {
        if caller.identity.kind != .unknown {
            stranger = nil
            self.context.connections.becameSession(channel)
        } else if NIODeadline.now() >= end {
            close(.policyViolation, "nobody said who he is for \(context.limits.introduction)")
            return false
        }
        return true
    }

    private func pong(_ payload: ByteBuffer) {
        guard let channelContext else { return }
        guard unwritten <= context.limits.unreadBytes else { return fail(.repliesUnread) }
        var buffer = channelContext.channel.allocator.buffer(capacity: payload.readableBytes + 2)
        ServerFrame.write(.pong, payload.readableBytesView, into: &buffer)
        send(buffer)
    }

    // MARK: Closing

    /// Says why, then waits a moment for the peer to read it: closing at once, with bytes unread, would reset the connection
    /// and take the close frame with it.
    func close(_ code: WebSocketErrorCode, _ reason: String, lingering: Bool = true) {
        guard case .open = state, let channelContext else { return }
        state = .closing
        ticking?.cancel()
        session.close()
        let channel = channelContext.channel
        var buffer = channel.allocator.buffer(capacity: 64)
        frames.writeClose(code, reason, into: &buffer)
        let promise = channelContext.eventLoop.makePromise(of: Void.self)
        channelContext.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
        if isReadingPaused { try? channel.syncOptions?.setOption(.autoRead, value: true) }
        if lingering {
            channelContext.eventLoop.scheduleTask(in: TimeAmount(context.limits.closing)) {
                channel.close(promise: nil)
            }
        } else {
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
