internal import NIOCore
internal import NIOWebSocket

/// Joins the fragments of a message (RFC 6455, section 5.4) and checks what a client must keep to.
struct MessageAssembler {
    private let maximumBytes: Int
    /// The fragments so far; nil between messages.
    private var partial: ByteBuffer?

    /// Why the connection has to be closed.
    struct Violation: Error {
        let code: WebSocketErrorCode
        let reason: String
    }

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// - Returns: a whole message, checked to be UTF-8; nil where fragments are missing.
    mutating func add(_ frame: WebSocketFrame) throws(Violation) -> ByteBuffer? {
        var data = frame.unmaskedData
        if frame.opcode == .continuation {
            guard var message = partial else { throw .protocolError("a continuation of nothing") }
            guard message.readableBytes + data.readableBytes <= maximumBytes else {
                throw Violation(code: .messageTooLarge, reason: "a message may have \(maximumBytes) bytes")
            }
            partial = nil
            message.writeBuffer(&data)
            data = message
        } else if partial != nil {
            throw .protocolError("a new message inside another")
        }
        guard frame.fin else {
            partial = data
            return nil
        }
        guard data.readableBytesView.isUTF8 else {
            throw Violation(code: .dataInconsistentWithMessage, reason: "a message that is not UTF-8")
        }
        return data
    }
}

extension MessageAssembler.Violation {
    static func protocolError(_ reason: String) -> Self { Self(code: .protocolError, reason: reason) }
}

extension ByteBufferView {
    fileprivate var isUTF8: Bool {
        // Most messages are ASCII, which needs no decoding.
        if withUnsafeBytes({ bytes in bytes.allSatisfy { $0 < 0x80 } }) { return true }
        return String(validating: self, as: UTF8.self) != nil
    }
}
