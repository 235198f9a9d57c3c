internal import Glibc

/// The certificate authority of a house: a folder with its certificate and key, and the certificate of the hub that it signed.
///
/// Debian's program `openssl` makes what is made here. The authority may sign for names of the house only, so that a
/// phone that trusts it trusts it with no other site.
package struct HouseAuthority: Sendable {
    package let folder: String
    private let openssl: OpenSSL

    /// With so many days left a certificate is renewed, and it is made for so many (Apple's devices take no more than 825).
    package static let renewalDays = 30
    package static let hubDays = 365
    package static let authorityDays = 3650

    package init(folder: String, openssl: OpenSSL = OpenSSL()) {
        (self.folder, self.openssl) = (folder, openssl)
    }

    /// The authority that has signed a certificate; nil where it was no such one, or its key is kept elsewhere.
    package init?(ofCertificate path: String) {
        guard let slash = path.lastIndex(of: "/"), path[slash...] == "/" + Self.certificateName else { return nil }
        self.init(folder: String(path[..<slash]))
        let needed: [String] = [authorityKey, authorityCertificate, key, names]
        guard needed.allSatisfy({ path in access(path, F_OK) == 0 }) else { return nil }
    }

    private static let certificateName = "hub.pem"

    package var authorityCertificate: String { folder + "/ca.pem" }
    package var authorityKey: String { folder + "/ca.key" }
    package var certificate: String { folder + "/" + Self.certificateName }
    package var key: String { folder + "/hub.key" }
    /// What the certificate is for, as `openssl` reads it.
    package var names: String { folder + "/hub.cnf" }

    package struct Failure: Error, Hashable, Sendable {
        package let reason: String
        package let remedy: String

        package init(_ reason: String, remedy: String) {
            (self.reason, self.remedy) = (reason, remedy)
        }
    }

    /// Makes the authority and the first certificate of the hub.
    ///
    /// - Parameters:
    ///   - title: the authority's name, as phones list it.
    ///   - subjects: what the hub is called; the first is its name.
    package func create(title: String, subjects: [CertificateSubject]) throws(Failure) {
        try makeFolder()
        for path in [authorityKey, authorityCertificate, key, certificate] where access(path, F_OK) == 0 {
            throw Failure(
                "\(path) already exists",
                remedy:
                    "'komoku tls renew' makes a new certificate; for a new authority, which must then be installed on every device "
                    + "again, move the folder away")
        }
        try write(try openssl.makeKey(), to: authorityKey, mode: 0o600)
        let settings = CertificateSettings.authority(title: title, subjects: subjects)
        try write(
            try openssl.sign(key: authorityKey, settings: settings, days: Self.authorityDays),
            to: authorityCertificate, mode: 0o644)
        try write(try openssl.makeKey(), to: key, mode: 0o600)
        try renew(subjects: subjects)
    }

    /// Makes a new certificate of the hub with the same key, so that clients that pin the key go on.
    ///
    /// - Parameter subjects: nil leaves what it is for.
    package func renew(subjects: [CertificateSubject]? = nil) throws(Failure) {
        for path in [authorityCertificate, authorityKey, key] where access(path, R_OK) != 0 {
            let reason = String(cString: strerror(errno)).lowercased()
            throw Failure(
                "\(path) cannot be read: \(reason)",
                remedy: "renewing needs the authority's key: bring it back to that folder, or run 'komoku tls init'")
        }
        let settings: String
        if let subjects {
            settings = CertificateSettings.hub(subjects)
        } else {
            settings = try read(names)
        }
        let authority = OpenSSL.Authority(certificate: authorityCertificate, key: authorityKey)
        let bytes = try openssl.sign(key: key, settings: settings, days: Self.hubDays, by: authority)
        try openssl.verify(bytes, authority: authorityCertificate)
        if subjects != nil { try write(Array(settings.utf8), to: names, mode: 0o644) }
        try write(bytes, to: certificate, mode: 0o644)
    }

    /// The files of a client's certificate.
    package func client(_ name: String) -> (certificate: String, key: String) {
        ("\(folder)/client-\(name).pem", "\(folder)/client-\(name).key")
    }

    /// Makes a certificate by which a client shows who it is.
    ///
    /// - Parameter name: that of a user or a token of the hub.
    package func makeClient(_ name: String) throws(Failure) {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._-@+".utf8.contains(byte)
            }
        }
        guard isName, (1...64).contains(name.utf8.count), name.first != "." else {
            throw Failure(
                "this cannot be the name of a client",
                remedy: "a name has 1 to 64 letters, digits and . _ - @ +")
        }
        let files = client(name)
        guard access(files.certificate, F_OK) != 0, access(files.key, F_OK) != 0 else {
            throw Failure(
                "\(files.certificate) or its key already exists",
                remedy: "move it away to make another one of that name")
        }
        let signer = OpenSSL.Authority(certificate: authorityCertificate, key: authorityKey)
        try write(try openssl.makeKey(), to: files.key, mode: 0o600)
        let settings = CertificateSettings.client(name)
        try write(
            try openssl.sign(key: files.key, settings: settings, days: Self.hubDays, by: signer),
            to: files.certificate, mode: 0o644)
    }

    private func read(_ path: String) throws(Failure) -> String {
        guard let file = fopen(path, "re") else {
            throw Failure(
                "\(path) cannot be read: \(String(cString: strerror(errno)).lowercased())",
                remedy: "'komoku tls renew --name NAME' writes it anew")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    // MARK: Files

    private func makeFolder() throws(Failure) {
        if mkdir(folder, 0o755) == 0 {
            let parent = folder.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            let owner = FileOwner(parent.isEmpty ? "." : parent.joined(separator: "/") + "/")
            owner?.give { chown(folder, $0, $1) }
        } else if errno != EEXIST {
            throw Failure(
                "the folder \(folder) cannot be made: \(String(cString: strerror(errno)).lowercased())",
                remedy: "name another with --dir, or run this as the user that may write there")
        }
    }

    /// Whole or not at all; what root writes belongs to whom the folder does, so that the hub can read it.
    private func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(Failure) {
        do throws(PartFile.Failure) {
            let file = try PartFile(for: path)
            FileOwner(folder)?.give { fchown(file.descriptor, $0, $1) }
            guard fchmod(file.descriptor, mode) == 0 else { throw PartFile.Failure(code: errno) }
            do throws(WriteFailure) {
                try writeWhole(bytes, to: file.descriptor)
            } catch {
                throw PartFile.Failure(code: error.code)
            }
            try file.publish(replacing: true)
        } catch {
            throw Failure(
                "\(path) cannot be written: \(error.reason.lowercased())",
                remedy: "the folder has to belong to the user that runs this, and the disk needs room")
        }
    }
}

/// Who a file belongs to.
private struct FileOwner {
    let user: uid_t
    let group: gid_t

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (user, group) = (status.st_uid, status.st_gid)
    }

    /// Only root can, and needs to.
    func give(_ change: (uid_t, gid_t) -> Int32) {
        if geteuid() == 0 { _ = change(user, group) }
    }
}
