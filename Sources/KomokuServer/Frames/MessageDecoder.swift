internal import NIOCore
internal import NIOWebSocket

/// Cuts what a client sends into messages, each behind its length as a varint.
struct MessageDecoder: ByteToMessageDecoder {
    typealias InboundOut = ClientFrame

    private let maximumBytes: Int
    /// Its bytes are not there yet.
    private var length: Int?

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let message = try next(&buffer) else { return .needMoreData }
        context.fireChannelRead(
            Self.wrapInboundOut(ClientFrame(isFinal: true, opcode: .binary, payload: message)))
        return .continue
    }

    /// What is left at the end of a connection is no message.
    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        .needMoreData
    }

    mutating func next(_ buffer: inout ByteBuffer) throws(FrameViolation) -> ByteBuffer? {
        if length == nil { length = try readLength(&buffer) }
        guard let length, let message = buffer.readSlice(length: length) else { return nil }
        self.length = nil
        return message
    }

    /// Five bytes are a length of up to 32 bits; what is too long is told as soon as it shows.
    private func readLength(_ buffer: inout ByteBuffer) throws(FrameViolation) -> Int? {
        var length = 0
        for (index, byte) in buffer.readableBytesView.prefix(5).enumerated() {
            length |= Int(byte & 0x7F) << (7 * index)
            guard length <= maximumBytes else {
                throw FrameViolation(code: .messageTooLarge, reason: "a message may have \(maximumBytes) bytes")
            }
            guard byte & 0x80 != 0 else {
                buffer.moveReaderIndex(forwardBy: index + 1)
                return length
            }
        }
        guard buffer.readableBytes < 5 else { throw .protocolError("a length of more than five bytes") }
        return nil
    }
}
