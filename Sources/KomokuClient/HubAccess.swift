internal import Komoku
internal import KomokuWire

/// How a client shows who it is, and how it knows the hub.
public struct HubAccess: Sendable {
    /// What a hub's certificate has to be; only where the connection is TLS.
    public enum Trust: Hashable, Sendable {
        /// Signed by an authority that this machine trusts.
        case system
        /// Signed by one of the authorities in a file, in PEM.
        case authorities(file: String)
        /// This one, whatever its names and dates, or one with this key.
        case fingerprint(Fingerprint)
    }

    /// The SHA-256 of a certificate, or of the public key in it, which stays when the certificate is renewed.
    public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
        let digest: SHA256

        /// 64 hexadecimal digits, with or without colons; nil for anything else.
        public init?(_ text: String) {
            guard let digest = SHA256(hexadecimal: text) else { return nil }
            self.digest = digest
        }

        public var description: String { digest.hexadecimal }
    }

    /// A password of a program. It has no readable description, so that it ends up in no log by mistake.
    public struct Token: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
        let text: String
        private var scheme = "Bearer"

        /// Whether it is a name and a password.
        var isPassword: Bool { scheme == "Basic" }

        /// As the header has it.
        var authorization: String { "\(scheme) \(text)" }

        /// Nil where it cannot be a token (RFC 6750, section 2.1).
        public init?(_ text: String) {
            let isGood = text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
                    true
                default: false
                }
            }
            guard isGood, !text.isEmpty, text.utf8.count <= 4096 else { return nil }
            self.text = text
        }

        /// A user's name and password, sent in the place of a token (RFC 7617).
        public init(user: String, password: String) {
            (text, scheme) = (Base64.text(Array("\(user):\(password)".utf8)), "Basic")
        }

        public var description: String { "<token>" }
        public var debugDescription: String { description }
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    public var token: Token?
    public var trust: Trust
    /// Files of a certificate of the client's own and its key, in PEM, for a hub that asks for one.
    public var certificate: (file: String, key: String)?

    public init(token: Token? = nil, trust: Trust = .system, certificate: (file: String, key: String)? = nil) {
        (self.token, self.trust, self.certificate) = (token, trust, certificate)
    }
}
