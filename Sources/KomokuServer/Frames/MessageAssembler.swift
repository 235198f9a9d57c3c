internal import NIOCore
internal import NIOWebSocket

/// Joins the fragments of a message (RFC 6455, section 5.4) and checks that it is what the protocol is written in.
struct MessageAssembler {
    private let maximumBytes: Int
    /// Text, whatever its frames say; else bytes.
    private let isText: Bool
    /// The fragments so far; nil between messages.
    private var partial: (message: ByteBuffer, text: UTF8Check)?

    init(maximumBytes: Int, isText: Bool = true) {
        (self.maximumBytes, self.isText) = (maximumBytes, isText)
    }

    /// - Returns: a whole message, checked to be UTF-8 where it is text; nil where fragments are missing.
    mutating func add(_ frame: ClientFrame) throws(FrameViolation) -> ByteBuffer? {
        if !isText, frame.opcode == .text {
            throw FrameViolation(code: .unacceptableData, reason: "version 3 of the protocol is in binary frames")
        }
        var (message, text) = try beginning(frame)
        if isText { text.add(frame.payload.readableBytesView) }
        guard text.isValid, text.isWhole || !frame.isFinal else {
            throw FrameViolation(code: .dataInconsistentWithMessage, reason: "a message that is not UTF-8")
        }
        if message.readableBytes == 0 {
            message = frame.payload
        } else {
            message.writeImmutableBuffer(frame.payload)
        }
        guard frame.isFinal else {
            partial = (message, text)
            return nil
        }
        return message
    }

    /// What came of the message before this frame.
    private mutating func beginning(
        _ frame: ClientFrame
    ) throws(FrameViolation) -> (message: ByteBuffer, text: UTF8Check) {
        guard frame.opcode == .continuation else {
            guard partial == nil else { throw .protocolError("a new message inside another") }
            return (ByteBuffer(), UTF8Check())
        }
        guard let known = partial else { throw .protocolError("a continuation of nothing") }
        partial = nil
        guard known.message.readableBytes + frame.payload.readableBytes <= maximumBytes else {
            throw FrameViolation(code: .messageTooLarge, reason: "a message may have \(maximumBytes) bytes")
        }
        return known
    }
}
