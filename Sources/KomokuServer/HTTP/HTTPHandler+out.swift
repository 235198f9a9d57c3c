internal import Komoku
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression

/// Answers of a connection.
extension HTTPHandler {
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
        let (channel, closing) = (channelContext.channel, TimeAmount(context.limits.closing))
        let isEarly = incoming.isOver
        startTimeout(context.limits.idle)
        channelContext.writeAndFlush(Self.wrapOutboundOut(.end(nil))).whenComplete { _ in
            guard isLast else { return }
            // What still comes of it was not wanted.
            if isEarly { channel.closeGently(within: closing) } else { channel.close(promise: nil) }
        }
    }

    func writePendingEnd() {
        guard let channelContext, channelContext.channel.isWritable, let isLast = pendingEnd else { return }
        writeEnd(isLast: isLast, channelContext)
    }
}
