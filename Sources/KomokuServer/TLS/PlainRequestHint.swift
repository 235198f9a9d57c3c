internal import NIOCore

/// Stands before TLS and answers who does not speak it in words that he reads. Leaves with the first bytes that are TLS.
final class PlainRequestHint: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// RFC 8446, section 5.1: a ClientHello comes in a record of this type.
    private static let handshake: UInt8 = 22

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        guard let first = bytes.readableBytesView.first, first != Self.handshake else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        // Methods of HTTP are capital letters. Others get what TLS says to them.
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return context.fireChannelRead(data) }
        let channel = context.channel
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: Self.answer))).whenComplete { _ in
            channel.close(mode: .output, promise: nil)
            channel.close(promise: nil)
        }
    }

    private static let answer = {
        let text = "this port speaks TLS: write https:// or wss:// in the address\n"
        return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
            + "Content-Length: \(text.utf8.count)\r\n\r\n" + text
    }()
}
