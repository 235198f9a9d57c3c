/// What `openssl req` is told of a certificate, in its own notation.
enum CertificateSettings {
    /// An authority that may sign for the house alone: the names given, and those that no public name server knows
    /// (RFC 5280, section 4.2.1.10). Addresses are not limited: BoringSSL, which the hub's own clients and many programs
    /// use, refuses every certificate for an address below an authority that has such limits.
    static func authority(title: String, subjects: [CertificateSubject]) -> String {
        var names = ["localhost", "local", "lan", "internal", "home.arpa"]
        for case .name(let name) in subjects { names.append(name.hasPrefix("*.") ? String(name.dropFirst(2)) : name) }
        let constraints = names.enumerated().map { "permitted;DNS.\($0) = \($1)" }
        return """
            \(opening(title))
            basicConstraints = critical, CA:true, pathlen:0
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            nameConstraints = critical, @constraints
            [constraints]
            \(constraints.joined(separator: "\n"))

            """
    }

    static func client(_ name: String) -> String {
        """
        \(opening(name))
        basicConstraints = critical, CA:false
        keyUsage = critical, digitalSignature
        extendedKeyUsage = clientAuth
        authorityKeyIdentifier = keyid
        # Without one the common name would be taken for a host's, which the authority may not sign for.
        subjectAltName = DNS:client.komoku.internal

        """
    }

    static func hub(_ subjects: [CertificateSubject]) -> String {
        // Without another name OpenSSL takes this one for a host's where it looks like one, and an address does.
        let name = subjects.lazy.compactMap(\.hostName).first { $0.utf8.count <= 64 } ?? "Komoku hub"
        let alternatives = subjects.enumerated().map { index, subject in
            switch subject {
            case .name(let name): "DNS.\(index) = \(name)"
            case .address(let address): "IP.\(index) = \(address)"
            }
        }
        return """
            # The hub's certificate; 'komoku tls renew' and the hub itself make it anew from this.
            \(opening(name))
            basicConstraints = critical, CA:false
            keyUsage = critical, digitalSignature
            extendedKeyUsage = serverAuth
            subjectKeyIdentifier = hash
            authorityKeyIdentifier = keyid
            subjectAltName = @names
            [names]
            \(alternatives.joined(separator: "\n"))

            """
    }

    /// What each begins with, down to the first of its extensions.
    private static func opening(_ name: String) -> String {
        """
        [req]
        prompt = no
        distinguished_name = subject
        x509_extensions = extensions
        [subject]
        CN = \(name)
        [extensions]
        """
    }
}
