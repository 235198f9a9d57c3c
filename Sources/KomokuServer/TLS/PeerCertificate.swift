internal import Komoku
internal import NIOCore
internal import NIOSSL

/// A client's certificate, which an authority of `client_ca` has signed: it names who is at the other end as a token does.
struct PeerCertificate: Hashable, Sendable {
    /// The SHA-256 of the certificate in hexadecimal digits, as `openssl x509 -fingerprint -sha256` tells it.
    let fingerprint: String
    /// Who it is of: the common name of its subject. Nil where it has none.
    let name: String?
}

extension Channel {
    /// Nil without TLS, and where the client showed no certificate. On the connection's event loop, once something was read.
    var peerCertificate: PeerCertificate? {
        guard let certificate = try? pipeline.syncOperations.nioSSL_peerCertificate(),
            let bytes = try? certificate.toDERBytes()
        else { return nil }
        // Where there are several the last is the most significant (RFC 6125, section 2.3.1).
        let name = certificate.subjectName.last { $0.type == .commonName }?.value
        return PeerCertificate(fingerprint: SHA256(of: bytes).hexadecimal, name: name)
    }
}
