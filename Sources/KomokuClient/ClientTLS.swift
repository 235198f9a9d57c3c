internal import Glibc
internal import Komoku
internal import NIOCore
internal import NIOSSL

/// TLS for connections to one hub. Made once: the authorities of a machine are some hundreds.
struct ClientTLS: Sendable {
    private let context: NIOSSLContext
    private let address: HubAddress
    private let trust: HubAccess.Trust

    /// - Throws: `ClientError.badFile` where a file cannot be used.
    init(_ address: HubAddress, _ access: HubAccess) throws(ClientError) {
        (self.address, trust) = (address, access.trust)
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if case .authorities(let file) = access.trust {
            configuration.trustRoots = .certificates(try Self.certificates(in: file))
        }
        // The pin says more than a name does.
        if case .fingerprint = access.trust { configuration.certificateVerification = .noHostnameVerification }
        if let own = access.certificate {
            configuration.certificateChain = try Self.certificates(in: own.file).map { .certificate($0) }
            guard let key = try? NIOSSLPrivateKey(file: own.key, format: .pem) else {
                throw .badFile(own.key, reason: "there is no private key in PEM in it that this user can read")
            }
            configuration.privateKey = .privateKey(key)
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .badFile(access.certificate?.key ?? "", reason: "the key and the certificate do not belong together")
        }
    }

    private static func certificates(in file: String) throws(ClientError) -> [NIOSSLCertificate] {
        guard access(file, R_OK) == 0 else {
            throw .badFile(file, reason: "it cannot be read: \(ClientSystem.text(of: errno))")
        }
        guard let found = try? NIOSSLCertificate.fromPEMFile(file), !found.isEmpty else {
            throw .badFile(file, reason: "there is no certificate in PEM in it; of a hub it is ca.pem")
        }
        return found
    }

    /// Adds what encrypts, and what says in plain words why that failed.
    func addHandlers(to channel: any Channel) throws {
        let handler: NIOSSLClientHandler
        let name = Self.isAddress(address.host) ? nil : address.host
        if case .fingerprint(let fingerprint) = trust {
            handler = try NIOSSLClientHandler(context: context, serverHostname: name) { chain, promise in
                let isRight = chain.first.map { fingerprint.matches($0) } ?? false
                promise.succeed(isRight ? .certificateVerified : .failed)
            }
        } else {
            handler = try NIOSSLClientHandler(context: context, serverHostname: name)
        }
        try channel.pipeline.syncOperations.addHandlers([handler, HandshakeWitness(address, trust)])
    }

    private static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }
}

extension HubAccess.Fingerprint {
    fileprivate func matches(_ certificate: NIOSSLCertificate) -> Bool {
        if let bytes = try? certificate.toDERBytes(), SHA256(of: bytes) == digest { return true }
        guard let key = try? certificate.extractPublicKey().toSPKIBytes() else { return false }
        return SHA256(of: key) == digest
    }
}

/// Turns what TLS complains about into what a person can do.
private final class HandshakeWitness: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let address: HubAddress
    private let trust: HubAccess.Trust

    init(_ address: HubAddress, _ trust: HubAccess.Trust) {
        (self.address, self.trust) = (address, trust)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        context.fireErrorCaught(explained(error, certificate) ?? error)
    }

    private func explained(_ error: any Error, _ certificate: NIOSSLCertificate?) -> ClientError? {
        if let error = error as? NIOSSLExtraError {
            guard error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch else { return nil }
            return wrongName(certificate)
        }
        switch error as? NIOSSLError {
        case .unableToValidateCertificate?: return wrongName(certificate)
        case .handshakeFailed(let reason)?: return explained("\(reason)", certificate)
        default: return nil
        }
    }

    private func explained(_ reason: String, _ certificate: NIOSSLCertificate?) -> ClientError {
        if reason.contains("WRONG_VERSION_NUMBER") || reason.contains("HTTP_REQUEST") {
            return .notAHub(address, reason: "it does not speak TLS there; write ws:// instead of wss://")
        }
        guard reason.contains("CERTIFICATE_VERIFY_FAILED") else {
            if reason.contains("ALERT") {
                return .untrusted(
                    address, reason: "the hub refuses this client's certificate",
                    remedy: "it has to be signed by the hub's client_ca")
            }
            return .notAHub(address, reason: "TLS failed: \(reason)")
        }
        let now = Int(time(nil))
        if case .fingerprint = trust {
            let shown = certificate.flatMap { try? $0.extractPublicKey().toSPKIBytes() }.map { SHA256(of: $0) }
            return .untrusted(
                address, reason: "the hub's certificate is not the pinned one",
                remedy: "compare with 'komoku tls show' on the hub"
                    + (shown.map { "; the key shown here is \($0.hexadecimal)" } ?? ""))
        }
        if let certificate, certificate.notValidAfter <= now {
            return .untrusted(
                address, reason: "the hub's certificate expired \(Self.days(now - certificate.notValidAfter)) ago",
                remedy: "renew it: 'komoku tls renew' on the hub")
        }
        if let certificate, certificate.notValidBefore > now {
            return .untrusted(
                address,
                reason: "the hub's certificate is valid only in \(Self.days(certificate.notValidBefore - now))",
                remedy: "is this machine's clock right?")
        }
        if case .authorities(let file) = trust {
            return .untrusted(
                address, reason: "the hub's certificate is not signed by the authority in \(file)",
                remedy: "take the hub's ca.pem, or pin its key with --fingerprint")
        }
        return .untrusted(
            address, reason: "the hub's certificate is signed by an authority that this machine does not trust",
            remedy: "name the hub's ca.pem with --ca, or pin its key with --fingerprint")
    }

    private func wrongName(_ certificate: NIOSSLCertificate?) -> ClientError {
        let names = certificate.map { Self.names(of: $0) } ?? []
        let known = names.isEmpty ? "" : "; it is for " + names.prefix(8).joined(separator: ", ")
        return .untrusted(
            address, reason: "the hub's certificate is not for the name '\(address.host)'\(known)",
            remedy: "use one of its names, or make one with 'komoku tls renew --name \(address.host)' on the hub")
    }

    private static func names(of certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            let bytes = Array(name.contents)
            switch name.nameType {
            case .dnsName: return String(decoding: bytes, as: UTF8.self).filter { $0.isASCII && !$0.isWhitespace }
            case .ipAddress:
                return (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0))?.ipAddress
            default: return nil
            }
        }
    }

    private static func days(_ seconds: Int) -> String {
        seconds < 2 * 86_400 ? "\(max(1, seconds / 3600)) h" : "\(seconds / 86_400) days"
    }
}
