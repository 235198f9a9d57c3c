internal import NIOCore
internal import NIOWebSocket

/// What the close frame of a client says (RFC 6455, sections 5.5.1 and 7.4).
enum CloseCode {
    /// The code that answers a close frame: the one that it has; 1002 or 1007 where it is none.
    static func answer(to payload: ByteBuffer) -> FrameViolation {
        guard payload.readableBytes > 0 else { return FrameViolation(code: .normalClosure, reason: "") }
        guard let number = payload.getInteger(at: payload.readerIndex, as: UInt16.self) else {
            return .protocolError("a close frame of one byte")
        }
        guard mayBeSent(number) else { return .protocolError("\(number) is no code of a close frame") }
        var check = UTF8Check()
        check.add(payload.readableBytesView.dropFirst(2))
        guard check.isWhole else {
            return FrameViolation(code: .dataInconsistentWithMessage, reason: "a reason that is not UTF-8")
        }
        return FrameViolation(code: WebSocketErrorCode(codeNumber: Int(number)), reason: "")
    }

    /// 1004 is reserved; 1005, 1006 and 1015 are for programs to tell themselves; 1012 to 1014 were registered later; 3000
    /// and up belong to libraries and applications.
    static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
