/// By what somebody says who he is. It holds secrets: nothing of it is ever logged or answered.
package enum Credentials: Hashable, Sendable, CustomStringConvertible {
    case none
    /// `Authorization: Bearer …`, `?token=…`, or the token of the WebSocket's `auth`.
    case token(String)
    /// `Authorization: Basic …`, or the name and password of the WebSocket's `auth`.
    case password(name: String, password: String)
    /// The value of the web page's cookie.
    case session(String)
    /// TLS has proved it: the name in a certificate that was signed for clients of this hub, and its SHA-256 in hexadecimal.
    case certificate(name: String?, fingerprint: String)

    /// Without what is secret.
    package var description: String {
        switch self {
        case .none: "nothing"
        case .token: "a token"
        case .password(let name, _): "the password of \(name.debugDescription)"
        case .session: "a session"
        case .certificate(let name, let fingerprint):
            "the certificate \(fingerprint) of \((name ?? "").debugDescription)"
        }
    }
}

extension Credentials: CustomDebugStringConvertible, CustomReflectable {
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
