internal import NIOCore
internal import NIOWebSocket

/// A frame of a client, unmasked, that keeps to RFC 6455, section 5.
struct ClientFrame: Equatable {
    let isFinal: Bool
    let opcode: WebSocketOpcode
    let payload: ByteBuffer
}

/// Why a connection has to be closed, as the close frame says it.
struct FrameViolation: Error, Equatable {
    let code: WebSocketErrorCode
    let reason: String

    static func protocolError(_ reason: String) -> Self { Self(code: .protocolError, reason: reason) }
}

/// What stands before the payload of a frame (RFC 6455, section 5.2).
struct FrameHead: Equatable {
    let isFinal: Bool
    let opcode: WebSocketOpcode
    let length: Int
    let mask: WebSocketMaskingKey

    /// Reads a head; nil, and nothing taken, where bytes are missing.
    ///
    /// What is wrong is told as soon as the first bytes show it: nobody has to send a mebibyte to hear that it is not masked.
    static func read(
        _ buffer: inout ByteBuffer, maximumBytes: Int
    ) throws(FrameViolation) -> FrameHead? {
        let start = buffer.readerIndex
        guard let bytes = buffer.getBytes(at: start, length: min(2, buffer.readableBytes)), let first = bytes.first
        else { return nil }
        let opcode = try opcode(of: first)
        guard bytes.count == 2 else { return nil }
        let isFinal = first & 0x80 != 0
        let short = Int(bytes[1] & 0x7F)
        guard bytes[1] & 0x80 != 0 else { throw .protocolError("a frame of a client has to be masked") }
        if opcode.isControlOpcode {
            guard isFinal else { throw .protocolError("a control frame in fragments") }
            guard short < 126 else { throw .protocolError("a control frame of more than 125 bytes") }
        }
        let width = short == 126 ? 2 : short == 127 ? 8 : 0
        guard let length = try length(short, in: buffer, at: start + 2) else { return nil }
        guard length <= maximumBytes else {
            throw FrameViolation(code: .messageTooLarge, reason: "a frame may have \(maximumBytes) bytes")
        }
        guard let key = buffer.getBytes(at: start + 2 + width, length: 4), let mask = WebSocketMaskingKey(key) else {
            return nil
        }
        buffer.moveReaderIndex(forwardBy: 2 + width + 4)
        return FrameHead(isFinal: isFinal, opcode: opcode, length: length, mask: mask)
    }

    private static func opcode(of first: UInt8) throws(FrameViolation) -> WebSocketOpcode {
        guard first & 0x70 == 0 else { throw .protocolError("no extension was agreed on") }
        switch WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F) {
        case .some(let opcode) where [.continuation, .text, .binary, .connectionClose, .ping, .pong].contains(opcode):
            return opcode
        default: throw .protocolError("an unknown kind of frame")
        }
    }

    /// A length has to be written in as few bytes as it takes.
    private static func length(
        _ short: Int, in buffer: ByteBuffer, at index: Int
    ) throws(FrameViolation) -> Int? {
        switch short {
        case 126:
            guard let length = buffer.getInteger(at: index, as: UInt16.self).map(Int.init) else { return nil }
            guard length > 125 else { throw .protocolError("a length in more bytes than it takes") }
            return length
        case 127:
            guard let length = buffer.getInteger(at: index, as: UInt64.self) else { return nil }
            guard length > UInt64(UInt16.max) else { throw .protocolError("a length in more bytes than it takes") }
            guard let length = Int(exactly: length) else { throw .protocolError("a length that is negative") }
            return length
        default: return short
        }
    }
}

/// Cuts what a client sends into frames.
struct ClientFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = ClientFrame

    private let maximumBytes: Int
    /// Its payload is not there yet.
    private var head: FrameHead?

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let frame = try next(&buffer) else { return .needMoreData }
        context.fireChannelRead(Self.wrapInboundOut(frame))
        return .continue
    }

    /// What is left at the end of a connection is no frame.
    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        .needMoreData
    }

    mutating func next(_ buffer: inout ByteBuffer) throws(FrameViolation) -> ClientFrame? {
        if head == nil { head = try FrameHead.read(&buffer, maximumBytes: maximumBytes) }
        guard let head, var payload = buffer.readSlice(length: head.length) else { return nil }
        self.head = nil
        payload.webSocketUnmask(head.mask)
        return ClientFrame(isFinal: head.isFinal, opcode: head.opcode, payload: payload)
    }
}
