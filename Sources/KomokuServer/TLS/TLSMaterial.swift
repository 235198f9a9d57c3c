internal import Glibc
internal import Komoku
internal import KomokuYAML
internal import NIOSSL

/// What the files for TLS hold, read and found to fit together.
struct TLSMaterial: Sendable {
    let context: NIOSSLContext
    /// When the hub's certificate begins and ends to be valid, in seconds since 1970.
    let validity: ClosedRange<Int>

    /// Certificates and keys are a few kilobytes; a bundle of many authorities has some hundreds.
    private static let largestFile = 1 << 20

    init(_ files: TLSFiles, reading source: any SettingsFiles = DiskFiles()) throws(TLSFault) {
        let chain = try Self.certificates(in: files.certificate, source)
        let key = try Self.key(in: files.key, source)
        let clients = try files.clientCA.map { path throws(TLSFault) in try Self.certificates(in: path, source) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clients {
            configuration.trustRoots = .certificates(clients)
            // Who shows none may have a token or a password.
            configuration.certificateVerification = .optionalVerification
            configuration.sendCANameList = true
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFault(
                file: files.key, reason: "this is not the key of the certificate in \(files.certificate)",
                remedy: "name the two files that were made together")
        }
        let leaf = chain[0]
        validity = min(leaf.notValidBefore, leaf.notValidAfter)...max(leaf.notValidBefore, leaf.notValidAfter)
    }

    static func check(_ files: TLSFiles, reading source: any SettingsFiles) throws(TLSFault) {
        _ = try TLSMaterial(files, reading: source)
    }

    private static func certificates(
        in path: String, _ source: any SettingsFiles
    ) throws(TLSFault) -> [NIOSSLCertificate] {
        let bytes = try read(path, source)
        let found = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
        guard !found.isEmpty else {
            throw TLSFault(
                file: path, reason: "there is no certificate in PEM in it",
                remedy: "it has to begin with '-----BEGIN CERTIFICATE-----'; of DER, openssl x509 -inform der makes PEM"
            )
        }
        return found
    }

    private static func key(in path: String, _ source: any SettingsFiles) throws(TLSFault) -> NIOSSLPrivateKey {
        let bytes = try read(path, source)
        guard bytes.firstRange(of: Array("ENCRYPTED".utf8)) == nil else {
            throw TLSFault(
                file: path, reason: "the key is protected by a passphrase, which nobody could enter",
                remedy: "write it without one: openssl pkey -in FILE -out NEW, readable by the hub's user alone")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw TLSFault(
                file: path, reason: "there is no private key in PEM in it",
                remedy: "it has to begin with '-----BEGIN PRIVATE KEY-----' or '-----BEGIN EC PRIVATE KEY-----'")
        }
        return key
    }

    private static func read(_ path: String, _ source: any SettingsFiles) throws(TLSFault) -> [UInt8] {
        do throws(FileFailure) {
            return try source.read(path, limit: largestFile)
        } catch {
            var fault = TLSFault(
                file: path, reason: "it cannot be read: \(error.reason)",
                remedy: "the user that runs the hub has to be able to read it")
            fault.isHidden = access(path, F_OK) == 0 && access(path, R_OK) != 0
            throw fault
        }
    }
}
