internal import KomokuDesk
internal import NIOCore

/// What of a request has come, and what is known of it.
enum IncomingRequest {
    case nothing
    case request(Arrival)
    /// What it is answered with; its body is thrown away.
    case refused(HTTPAnswer)
    /// The last answer of the connection is on its way, or was: whatever still comes is thrown away.
    case over

    /// A request that may be carried out.
    struct Arrival {
        var request: HTTPRequest
        let route: Route
        var body = ByteBuffer()
        /// Nil as long as it is not known who asks.
        var caller: Caller?
        /// All of it has come.
        var isWhole = false
    }

    /// Whether it is not known who asks.
    var isAwaited: Bool { if case .request(let arrival) = self { arrival.caller == nil } else { false } }
    var isOver: Bool { if case .over = self { true } else { false } }
}
