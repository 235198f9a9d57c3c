internal import NIOCore
internal import NIOHTTP1

/// Says what is wrong with bytes that are no request, and ends the connection.
///
/// It stands before the compressor, which counts one answer for each request that it saw.
final class HTTPFaults: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let decoder: RequestDecoder
    private let closing: TimeAmount
    /// An answer has begun.
    private var isAnswering = false
    /// Nothing comes behind the answer that was sent, or is being sent, last.
    private var isLast = false

    /// - Parameter closing: how long a peer has to read the answer.
    init(_ decoder: RequestDecoder, closing: TimeAmount) { (self.decoder, self.closing) = (decoder, closing) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // First, so that nobody behind this answers as well.
        context.fireErrorCaught(error)
        guard let error = error as? HTTPParserError else { return }
        guard !isAnswering else { return context.close(promise: nil) }
        guard !isLast else { return }
        let answer = HTTPAnswer(Problem(error, isTargetTooLong: decoder.isTargetTooLong))
        var headers = answer.headers
        headers.add(name: "Content-Type", value: answer.type.rawValue)
        headers.add(name: "Content-Length", value: String(answer.content.count))
        headers.add(name: "Connection", value: "close")
        isLast = true
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        let bytes = context.channel.allocator.buffer(bytes: answer.content)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        context.channel.closeGently(within: closing)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch Self.unwrapOutboundIn(data) {
        case .head(let head) where head.status.code >= 200: (isAnswering, isLast) = (true, !head.isKeepAlive)
        case .end: isAnswering = false
        case .head, .body: break
        }
        context.write(data, promise: promise)
    }
}

extension Channel {
    /// Says that nothing more comes, and closes when the peer has, or has had its time: what it still sends would, unread, take
    /// back what it was told last (RFC 9112, section 9.6).
    func closeGently(within time: TimeAmount) {
        close(mode: .output).whenFailure { _ in self.close(promise: nil) }
        eventLoop.scheduleTask(in: time) { self.close(promise: nil) }
    }
}

extension Problem {
    /// What was wrong with the bytes of a request.
    init(_ error: HTTPParserError, isTargetTooLong: Bool) {
        switch error {
        case .headerOverflow where isTargetTooLong:
            self.init(
                status: .uriTooLong, code: "too_large",
                detail: "the target of a request has at most \(RequestDecoder.mostOfField) bytes")
        case .headerOverflow:
            self.init(
                status: .requestHeaderFieldsTooLarge, code: "too_large",
                detail: "the head of a request has at most 64 fields, of \(RequestDecoder.mostOfField) bytes each")
        case .invalidVersion:
            self.init(status: .httpVersionNotSupported, code: "invalid_query", detail: "this server speaks HTTP/1.1")
        default:
            self.init(status: .badRequest, code: "invalid_query", detail: "this is no request of HTTP/1.1")
        }
    }
}
