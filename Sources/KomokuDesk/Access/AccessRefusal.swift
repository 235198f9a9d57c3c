package import KomokuWire

/// Why somebody is not let in.
package struct AccessRefusal: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// HTTP 401: he has to say who he is, or what he said is not right.
        case unauthorized
        /// HTTP 429: he tries too often; after so many seconds again.
        case throttled(retryAfter: Int)
        /// HTTP 403: a proxy forwarded the request to a hub that is open to its own machine only.
        case forbidden
    }

    package let kind: Kind
    /// For the person who asks; tells nothing of who exists.
    package let message: String

    package init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

    /// As a command's answer.
    package var refusal: Refusal {
        switch kind {
        case .unauthorized: .unauthorized(message)
        case .throttled: Refusal(code: "throttled", message)
        case .forbidden: .notAllowed(message)
        }
    }

    static let unknown = AccessRefusal(
        .unauthorized, "the hub must know who is asking: give a token, or a name and a password")
    static let wrongToken = AccessRefusal(
        .unauthorized, "there is no such token; 'komoku token list' shows those that exist")
    static let wrongPassword = AccessRefusal(.unauthorized, "the name or the password is wrong")
    static let noSession = AccessRefusal(.unauthorized, "the session has ended: log in again")
    static let forwarded = AccessRefusal(
        .forbidden,
        "a proxy forwarded this request ('Forwarded', 'X-Forwarded-…' or 'Via'), but without users the hub serves its "
            + "own machine only: make a user on the hub's machine with 'komoku user add NAME --admin', then log in")

    static let ended = AccessRefusal(
        .unauthorized, "this user or token was changed or removed, or has expired: log in again")

    static func expired(_ name: String) -> AccessRefusal {
        AccessRefusal(.unauthorized, "the token '\(name)' has expired; an administrator makes a new one")
    }

    static func strangeCertificate(_ fingerprint: String, of name: String?) -> AccessRefusal {
        let called = name.map {
            "the certificate is for \($0.debugDescription), and there is no token or user of that name"
        }
        return AccessRefusal(
            .unauthorized,
            "\(called ?? "the certificate has no name"); 'komoku token add NAME --certificate \(fingerprint)' makes a token for it"
        )
    }

    static func throttled(_ seconds: Int) -> AccessRefusal {
        AccessRefusal(
            .throttled(retryAfter: seconds),
            "too many failed attempts; try again in \(seconds) \(seconds == 1 ? "second" : "seconds")")
    }
}
