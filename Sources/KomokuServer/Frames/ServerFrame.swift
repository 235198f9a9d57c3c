internal import NIOCore
internal import NIOWebSocket

/// Writes the frames of a server, which are never masked, one behind the other into one buffer: a burst is one system call.
enum ServerFrame {
    /// What a frame is.
    struct Head: Hashable {
        let opcode: WebSocketOpcode
        /// Nothing of the message follows.
        let isFinal: Bool

        init(_ opcode: WebSocketOpcode, isFinal: Bool = true) {
            self.opcode = opcode
            self.isFinal = isFinal
        }

        /// A whole message.
        static let message = Head(.text)

        /// A part of one (RFC 6455, section 5.4).
        static func fragment(begins: Bool, ends: Bool) -> Head { Head(begins ? .text : .continuation, isFinal: ends) }
    }

    static func write(_ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, into buffer: inout ByteBuffer) {
        write(Head(opcode), payload, into: &buffer)
    }

    static func write(_ head: Head, _ payload: some Collection<UInt8>, into buffer: inout ByteBuffer) {
        buffer.writeInteger((head.isFinal ? 0x80 : 0) | UInt8(webSocketOpcode: head.opcode))
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
