import Glibc
import KomokuServer
import KomokuTesting

@testable import KomokuSystem

/// Certificates of a house, made by the program that users make theirs with.
struct HouseCertificates {
    let authority: HouseAuthority

    static func with<Result>(_ body: (HouseCertificates) async throws -> Result) async throws -> Result {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let house = HouseCertificates(authority: HouseAuthority(folder: folder.path("tls")))
        try house.make(house.authority)
        return try await body(house)
    }

    func make(_ authority: HouseAuthority) throws {
        try authority.create(title: "A house of tests", subjects: [.name("localhost"), .address("127.0.0.1")])
    }

    /// Of another house.
    func other(_ name: String) throws -> HouseAuthority {
        let other = HouseAuthority(folder: authority.folder + name)
        try make(other)
        return other
    }

    var files: TLSFiles { TLSFiles(certificate: authority.certificate, key: authority.key) }

    /// Signs the hub's certificate for so many days only.
    func shorten(to days: Int) throws {
        let settings = String(decoding: try FileCopy.read(authority.names), as: UTF8.self)
        try FileCopy.write(try sign(authority.key, settings, days: days), to: authority.certificate)
    }

    /// The files of a client's certificate, which the authority has signed.
    func clientCertificate() throws -> (certificate: String, key: String) {
        try authority.makeClient("tablet")
        return authority.client("tablet")
    }

    private func sign(_ key: String, _ settings: String, days: Int) throws -> [UInt8] {
        let signer = OpenSSL.Authority(certificate: authority.authorityCertificate, key: authority.authorityKey)
        return try OpenSSL().sign(key: key, settings: settings, days: days, by: signer)
    }

    static func fingerprint(_ path: String) throws -> String {
        try OpenSSL().report(on: path).fingerprint.split(separator: ":").joined().lowercased()
    }
}

/// Files as a test moves them.
enum FileCopy {
    struct Broken: Error { let path: String }

    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw Broken(path: path) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else { throw Broken(path: path) }
        defer { fclose(file) }
        _ = fwrite(bytes, 1, bytes.count, file)
    }

    static func copy(_ path: String, to target: String) throws { try write(read(path), to: target) }

    static func remove(_ path: String) throws { unlink(path) }
}
