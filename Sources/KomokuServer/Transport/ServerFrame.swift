internal import NIOCore
internal import NIOWebSocket

/// Writes the frames of a server, which are never masked, one behind the other into one buffer: a burst is one system call.
enum ServerFrame {
    static func write(_ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, into buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        switch payload.count {
        case ..<126:
            buffer.writeInteger(UInt8(payload.count))
        case ...Int(UInt16.max):
            buffer.writeInteger(126 as UInt8)
            buffer.writeInteger(UInt16(payload.count))
        default:
            buffer.writeInteger(127 as UInt8)
            buffer.writeInteger(UInt64(payload.count))
        }
        buffer.writeBytes(payload)
    }

    /// A close frame; control frames hold at most 125 bytes.
    static func writeClose(_ code: WebSocketErrorCode, _ reason: String, into buffer: inout ByteBuffer) {
        let number = UInt16(webSocketErrorCode: code)
        let payload = [UInt8(number >> 8), UInt8(number & 255)] + reason.utf8.prefix(120)
        write(.connectionClose, payload, into: &buffer)
    }
}

/// Stands nearest to the socket and takes frames that are bytes already, past the encoder that an upgrade brings along.
final class FramePort: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func send(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>?) {
        guard let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }
}
