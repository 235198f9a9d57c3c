internal import KomokuProto
internal import NIOCore
internal import NIOWebSocket

/// Writes what leaves a connection, one behind the other into one buffer.
struct FrameWriter {
    let framing: Framing

    func write(_ head: ServerFrame.Head, _ message: [UInt8], into buffer: inout ByteBuffer) {
        switch framing {
        case .webSocket: ServerFrame.write(head, message, into: &buffer)
        case .delimited:
            buffer.writeVarint(message.count)
            buffer.writeBytes(message)
        }
    }

    /// A sign of life that asks for another.
    func writePing(into buffer: inout ByteBuffer) {
        switch framing {
        case .webSocket: ServerFrame.write(.ping, [], into: &buffer)
        case .delimited: write(.message, PackedFromHub.alive.packed, into: &buffer)
        }
    }

    func writeClose(_ code: WebSocketErrorCode, _ reason: String, into buffer: inout ByteBuffer) {
        switch framing {
        case .webSocket: ServerFrame.writeClose(code, reason, into: &buffer)
        case .delimited:
            let number = Int(UInt16(webSocketErrorCode: code))
            write(.message, PackedFromHub.farewell(number, reason).packed, into: &buffer)
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeVarint(_ number: Int) {
        var number = number
        while number > 0x7F {
            writeInteger(UInt8(truncatingIfNeeded: number) | 0x80)
            number >>= 7
        }
        writeInteger(UInt8(number))
    }
}
