internal import KomokuDesk
internal import KomokuWire
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// Lets the requests of one connection in, or says why not.
struct Admission: Sendable {
    let access: AccessControl
    let policy: UpgradePolicy

    /// Who was let in, and where.
    struct Guest: Sendable {
        let identity: Identity
        let entrance: Entrance
        /// He is on this machine, as far as can be known.
        let isLocal: Bool

        func caller(_ surface: String, version: ProtocolVersion = .v2) -> Caller {
            Caller(surface, isLocal: isLocal, version: version, identity: identity, entrance: entrance)
        }
    }

    /// What becomes of who says nothing of himself.
    enum Unknown: Hashable, Sendable {
        case refused
        /// He may say it later, on the same connection.
        case mayIntroduceHimself
        /// He needs nobody's rights.
        case served
    }

    typealias Answer = @Sendable (Result<Guest, AccessRefusal>) -> Void

    /// - Parameters:
    ///   - token: of the address.
    ///   - certificate: that the client showed, and TLS has proved.
    ///   - unknown: what becomes of who says nothing and is not let in for that.
    ///   - then: called once; at once, but where a password has to be hashed, on any thread.
    func admit(
        _ headers: HTTPHeaders, token: String?, certificate: PeerCertificate?, isWriting: Bool = false,
        unknown: Unknown = .refused,
        then: @escaping Answer
    ) {
        let origin = policy.origination(of: headers)
        var entrance = Entrance(
            address: origin.address, openness: policy.openness, isForwarded: origin.isForwarded)
        entrance.isEncrypted = policy.isEncrypted || origin.scheme == "https"
        let isLocal = policy.isPeerLocal && !origin.isForwarded
        guard let credentials = Credentials.read(headers, token: token, certificate: certificate) else {
            return then(
                .failure(AccessRefusal(.unauthorized, "'Authorization' is neither Bearer nor Basic, or not whole")))
        }
        if case .session(let cookie) = credentials, isWriting,
            !access.isRight(csrfToken: headers.first(name: "X-CSRF-Token") ?? "", ofSession: cookie)
        {
            return then(
                .failure(
                    AccessRefusal(
                        .forbidden, "a page of another site may be behind this: 'X-CSRF-Token' is not the session's")))
        }
        access.admit(credentials, at: entrance) { [entrance] result in
            switch result {
            case .success(let identity): then(.success(Guest(identity: identity, entrance: entrance, isLocal: isLocal)))
            case .failure(let refusal)
            where credentials == .none
                && (unknown == .served || (unknown == .mayIntroduceHimself && refusal.kind == .unauthorized)):
                then(.success(Guest(identity: .unknown, entrance: entrance, isLocal: isLocal)))
            case .failure(let refusal): then(.failure(refusal))
            }
        }
    }
}

/// What became of a request for a WebSocket, between who decides it and who carries it out.
typealias UpgradeOutcome = NIOLockedValueBox<Result<Admission.Guest, AccessRefusal>?>

extension Problem {
    /// - Parameter headers: of the request: a page's script is not asked for a password by the browser.
    init(_ refusal: AccessRefusal, for headers: HTTPHeaders) {
        self.init(refusal.refusal)
        switch refusal.kind {
        case .unauthorized:
            status = .unauthorized
            self.headers.add(name: "WWW-Authenticate", value: "Bearer realm=\"Komoku\"")
            if headers.first(name: "Sec-Fetch-Mode").map({ $0 == "navigate" }) ?? true {
                self.headers.add(name: "WWW-Authenticate", value: "Basic realm=\"Komoku\", charset=\"UTF-8\"")
            }
        case .throttled(let seconds):
            status = .tooManyRequests
            self.headers.replaceOrAdd(name: "Retry-After", value: String(seconds))
        case .forbidden: status = .forbidden
        }
    }
}
