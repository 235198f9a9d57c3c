internal import KomokuWire

/// How the messages of a connection are written. What they mean is the same in the second and the third protocol.
enum Speech: Hashable, Sendable {
    case json(ProtocolVersion)
    /// The third protocol.
    case packed

    /// Whose commands are understood.
    var version: ProtocolVersion {
        switch self {
        case .json(let version): version
        case .packed: .v2
        }
    }
}

/// How messages are told apart in the bytes of a connection.
enum Framing: Hashable, Sendable {
    case webSocket
    /// Each behind its length as a varint.
    case delimited
}
