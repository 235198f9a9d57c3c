import Glibc
import Komoku
import KomokuServer
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuClient
@testable import KomokuSystem

struct TLSClientTests {
    /// A house with certificates, for the name `localhost` unless others are given.
    static func with(
        _ names: [String] = ["localhost"], _ body: (HouseAuthority, TLSFiles) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let authority = HouseAuthority(folder: folder.path("tls"))
        try authority.create(title: "A house of tests", subjects: names.compactMap(CertificateSubject.init))
        try await body(authority, TLSFiles(certificate: authority.certificate, key: authority.key))
    }

    /// Why a client does not get in.
    private func refusal(
        _ access: HubAccess, tls: TLSFiles, host: String = "localhost"
    ) async throws -> String {
        var said = "it was let in"
        try await TestHub.withClient(access, tls: tls, host: host) { client in
            do throws(ClientError) {
                _ = try await client.get("a")
            } catch {
                said = "\(error)"
            }
        }
        return said
    }

    @Test func aHubIsTrustedByItsAuthority() async throws {
        try await Self.with { authority, files in
            let access = HubAccess(trust: .authorities(file: authority.authorityCertificate))
            try await TestHub.withClient(access, tls: files, host: "localhost") { client in
                try await client.put("a", 1.5)
                #expect(try await client.get("a") == 1.5)
            }
        }
    }

    @Test func anAddressIsANameToo() async throws {
        try await Self.with(["127.0.0.1"]) { authority, files in
            let access = HubAccess(trust: .authorities(file: authority.authorityCertificate))
            try await TestHub.withClient(access, tls: files) { _ = try await $0.get("a") }
        }
    }

    @Test func aPinnedKeyOutlivesARenewalAndNeedsNoName() async throws {
        try await Self.with(["elsewhere.lan"]) { authority, files in
            let key = SHA256(of: try OpenSSL().publicKey(of: authority.key)).hexadecimal
            let certificate = try OpenSSL().report(on: authority.certificate).fingerprint
            for pin in [key, certificate] {
                let access = HubAccess(trust: .fingerprint(try #require(HubAccess.Fingerprint(pin))))
                try await TestHub.withClient(access, tls: files) { _ = try await $0.get("a") }
            }
            try authority.renew()
            let byKey = HubAccess(trust: .fingerprint(try #require(HubAccess.Fingerprint(key))))
            try await TestHub.withClient(byKey, tls: files) { _ = try await $0.get("a") }
            let byCertificate = HubAccess(trust: .fingerprint(try #require(HubAccess.Fingerprint(certificate))))
            let said = try await refusal(byCertificate, tls: files)
            #expect(said.contains("is not the pinned one; compare with 'komoku tls show'"), "\(said)")
            #expect(said.contains(key), "\(said)")
        }
    }

    @Test func whatIsNotTrustedIsSaidWithTheRemedy() async throws {
        try await Self.with { authority, files in
            let unknown = try await refusal(HubAccess(), tls: files)
            #expect(
                unknown.contains("an authority that this machine does not trust; name the hub's ca.pem"), "\(unknown)")
            try await Self.with { other, _ in
                let access = HubAccess(trust: .authorities(file: other.authorityCertificate))
                let wrong = try await refusal(access, tls: files)
                #expect(wrong.contains("not signed by the authority in \(other.authorityCertificate)"), "\(wrong)")
            }
            let access = HubAccess(trust: .authorities(file: authority.authorityCertificate))
            let name = try await refusal(access, tls: files, host: "127.0.0.1")
            #expect(name.contains("not for the name '127.0.0.1'; it is for localhost; use one of"), "\(name)")
            let missing = try await refusal(HubAccess(trust: .authorities(file: "/nowhere/ca.pem")), tls: files)
            #expect(missing == "/nowhere/ca.pem: it cannot be read: no such file or directory")
            let noPEM = try await refusal(HubAccess(trust: .authorities(file: authority.key)), tls: files)
            #expect(noPEM.contains("there is no certificate in PEM in it"), "\(noPEM)")
        }
    }

    @Test func anExpiredCertificateIsSaidSo() async throws {
        try await Self.with { authority, files in
            let script = """
                cd "$1" && touch index && echo 01 >serial && openssl req -new -key hub.key -config hub.cnf -out request &&
                printf '[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\npolicy=p\\n[p]\\n' >ca.cnf &&
                printf 'commonName=optional\\n[names]\\nDNS=localhost\\n[e]\\nsubjectAltName=@names\\n' >>ca.cnf &&
                openssl ca -batch -notext -config ca.cnf -extensions e -md sha256 -in request -cert ca.pem \\
                  -keyfile ca.key -startdate 20200101000000Z -enddate 20200201000000Z -out hub.pem
                """
            let said = try BuiltProgram.shell(script, [authority.folder])
            let access = HubAccess(trust: .authorities(file: authority.authorityCertificate))
            let refused = try await refusal(access, tls: files)
            #expect(refused.contains(" days ago; renew it: 'komoku tls renew'"), "\(refused) \(said)")
        }
    }

    @Test func theWrongSchemeIsSaidOnBothSides() async throws {
        try await Self.with { authority, files in
            let hub = try await TestHub(tls: files)
            let plain = Client(try HubAddress("ws://localhost:\(hub.port)"))
            let error = await #expect(throws: ClientError.self) { try await plain.get("a") }
            #expect("\(error ?? .unshaped)".contains("write https:// or wss://"), "\(error as Any)")
            await plain.close()
            await hub.stop()
            let open = try await TestHub()
            let secure = Client(
                try HubAddress("wss://localhost:\(open.port)"),
                access: HubAccess(trust: .authorities(file: authority.authorityCertificate)))
            let other = await #expect(throws: ClientError.self) { try await secure.get("a") }
            #expect("\(other ?? .unshaped)".contains("write ws:// instead of wss://"), "\(other as Any)")
            await secure.close()
            await open.stop()
        }
    }

    @Test func aCertificateSaysWhoseItIsAsATokenDoes() async throws {
        try await Self.with { authority, files in
            var files = files
            files.clientCA = authority.authorityCertificate
            for name in ["tablet", "stranger"] { try authority.makeClient(name) }
            let trust = HubAccess.Trust.authorities(file: authority.authorityCertificate)
            func client(_ name: String?, of hub: TestHub) throws -> Client {
                let shown = name.map { authority.client($0) }.map { (file: $0.certificate, key: $0.key) }
                return Client(
                    try HubAddress("wss://localhost:\(hub.port)"),
                    access: HubAccess(trust: trust, certificate: shown))
            }
            let hub = try await TestHub(tls: files)
            let first = try client(nil, of: hub)
            let fingerprint = try OpenSSL().report(on: authority.client("tablet").certificate).fingerprint
            let digits = fingerprint.replacing(":", with: "").lowercased()
            _ = try await first.request(
                "add_token", ["token": "tablet", "certificate": .string(digits), "admin": true])
            let (known, nobody) = (try client("tablet", of: hub), try client(nil, of: hub))
            let stranger = try client("stranger", of: hub)
            try await known.put("a", 1)
            #expect(try await known.request("auth", [:])["name"] == "tablet")
            let unknown = await #expect(throws: ClientError.self) { try await nobody.get("a") }
            #expect("\(unknown ?? .unshaped)".contains("token"), "\(unknown as Any)")
            let strange = await #expect(throws: ClientError.self) { try await stranger.get("a") }
            #expect("\(strange ?? .unshaped)".contains("certificate"), "\(strange as Any)")
            for client in [first, known, nobody, stranger] { await client.close() }
            await hub.stop()
        }
    }

    @Test func aClientShowsACertificateOfItsOwn() async throws {
        try await Self.with { authority, files in
            var files = files
            files.clientCA = authority.authorityCertificate
            let trust = HubAccess.Trust.authorities(file: authority.authorityCertificate)
            try await TestHub.withClient(HubAccess(trust: trust), tls: files, host: "localhost") {
                _ = try await $0.get("a")
            }
            try await Self.with { other, _ in
                let access = HubAccess(trust: trust, certificate: (other.certificate, other.key))
                let said = try await refusal(access, tls: files)
                #expect(said != "it was let in", "\(said)")
            }
        }
    }
}
