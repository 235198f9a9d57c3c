package import KomokuWire

/// Why a message of the third protocol cannot be taken.
package enum PackedFault: Error, Hashable, Sendable {
    /// The bytes are no such message: whoever sent them speaks something else, and the connection ends.
    case unreadable(String)
    /// It says something that cannot be.
    case refused(Refusal)

    package var reason: String {
        switch self {
        case .unreadable(let reason): reason
        case .refused(let refusal): refusal.message ?? refusal.code
        }
    }

    static func refused(_ message: String) -> PackedFault { .refused(.invalidQuery(message)) }
}
