internal import NIOCore
internal import NIOHTTP1

/// Answers what a client offers before it says all: to wait with a long body until somebody wants it, and to take an answer
/// compressed.
///
/// It stands before the compressor, which counts one answer for each request and prefers deflate, which some clients get wrong.
final class HTTPOffers: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Somebody wants the body, of a request that waits for that.
    struct BodyIsWanted: Sendable {}

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = Self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        // The length of what is not sent would be that of nothing compressed.
        if head.method == .HEAD { head.headers.remove(name: "Accept-Encoding") }
        if head.headers[canonicalForm: "Accept-Encoding"].contains(where: { Self.isGzip($0) }) {
            head.headers.replaceOrAdd(name: "Accept-Encoding", value: "gzip")
        }
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyIsWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(Self.wrapOutboundOut(.head(goOn)), promise: promise)
    }

    private static func isGzip(_ item: Substring) -> Bool {
        let parts = item.lowercased().split(separator: ";")
        guard parts.first?.utf8.elementsEqual("gzip".utf8) == true else { return false }
        return !parts.dropFirst().contains { part in
            let value = part.drop { $0 == " " }
            return value.hasPrefix("q=") && Double(value.dropFirst(2)) == 0
        }
    }
}

extension HTTPRequestHead {
    /// Whether it waits with its body until that is wanted.
    var waitsToGoOn: Bool {
        version == .http1_1 && headers[canonicalForm: "Expect"].contains { $0.lowercased() == "100-continue" }
    }
}

extension HTTPResponseHead {
    /// Below that the head is most of it.
    private static let leastCompressed = 1024

    var isWorthCompressing: Bool {
        guard let type = headers.first(name: "Content-Type").flatMap(MediaType.init(rawValue:)), type.isCompressible
        else { return false }
        return headers.first(name: "Content-Length").flatMap { Int($0) } ?? .max >= Self.leastCompressed
    }
}
