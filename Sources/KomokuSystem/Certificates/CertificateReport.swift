/// What a certificate says of itself.
package struct CertificateReport: Hashable, Sendable {
    /// SHA-256, hexadecimal digits with colons.
    package let fingerprint: String
    /// `2027-11-30 16:00:00Z`.
    package let end: String
    /// What it is for; none for an authority.
    package let names: [String]
}

extension OpenSSL {
    package func report(on certificate: String) throws(Failure) -> CertificateReport {
        let words = ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256", "-enddate"]
        let output = try run(words + ["-dateopt", "iso_8601", "-ext", "subjectAltName"])
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        func value(_ name: String) -> String {
            let line = lines.first { $0.lowercased().hasPrefix(name + "=") }
            return line.map { String($0.dropFirst(name.count + 1)) } ?? ""
        }
        let names = lines.filter { $0.hasPrefix("    ") }.flatMap { $0.split(separator: ",") }.map { entry in
            // OpenSSL writes addresses of IPv6 at full length.
            let name = String(entry.drop { $0 != ":" }.dropFirst())
            return CertificateSubject.compact(address: name) ?? name
        }
        return CertificateReport(fingerprint: value("sha256 fingerprint"), end: value("notafter"), names: names)
    }

    /// The public part of a private key, as certificates hold it (RFC 5280, section 4.1.2.7).
    package func publicKey(of key: String) throws(Failure) -> [UInt8] {
        try run(["pkey", "-in", key, "-pubout", "-outform", "DER"])
    }
}
