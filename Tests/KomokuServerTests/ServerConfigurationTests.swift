import Komoku
import KomokuDesk
@testable import KomokuServer
import KomokuSystem
import KomokuWire
import KomokuYAML
import Testing

struct ServerConfigurationTests {
    private func read(_ text: String, file: String = "komoku.yaml") -> (Server.Configuration, [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: file)
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else {
            return (Server.Configuration(), document.diagnostics.all.map(\.description))
        }
        let reader = SettingsReader(root, report: report)
        let configuration = Server.Configuration.read(reader)
        reader.finish()
        return (configuration, report.diagnostics.sorted.map(\.description))
    }

    @Test func portsHaveTheirVersions() {
        let (configuration, problems) = read("listen: [{port: 7272, api: 1}, {port: 80, api: 2, address: '::1'}]")
        #expect(problems == [])
        #expect(
            configuration.endpoints == [
                Server.Endpoint(port: 7272, version: .v1), Server.Endpoint(address: "::1", port: 80, version: .v2),
            ])
    }

    @Test func aPortWithoutHTTPIsVersionThree() {
        let (configuration, problems) = read("listen: [{port: 7275, api: 3}, {socket: /run/k.sock, api: 3}]")
        #expect(problems == [] && configuration.endpoints.map(\.isPacked) == [true, true])
        let (open, _) = read("listen: [{port: 7275, api: 3, address: 0.0.0.0}]")
        #expect(open.exposure?.place == "0.0.0.0:7275")
    }

    @Test func socketsOpennessAndProxiesAreRead() {
        let (configuration, problems) = read(
            """
            listen: [{socket: /run/k.sock, mode: "0600"}, {port: 1, open: true}, {port: 2, open: false}, {port: 3},
              {port: 4, address: 0.0.0.0}, {socket: /run/l.sock, open: false}]
            http: {base_path: /komoku, trusted_proxies: [10.0.0.0/8, "::1", unix]}
            """)
        #expect(problems == [])
        #expect(configuration.endpoints[0].socket == .init(path: "/run/k.sock", mode: 0o600))
        #expect(
            configuration.endpoints.map(\.openness) == [.always, .always, .never, .untilAccounts, .never, .never])
        #expect(configuration.proxies.basePath == "/komoku" && configuration.proxies.trustsSockets)
        #expect(configuration.proxies.trusted.map(\.description) == ["10.0.0.0/8", "::1"])
        let paths = [
            "/komoku": "/", "/komoku/": "/", "/komoku/api?x": "/api?x", "/komoku?x": "/?x", "/a": "/a",
            "/komokux": "/komokux",
        ]
        for (path, rest) in paths { #expect(configuration.proxies.path(of: path) == rest) }
    }

    @Test func withoutTheSectionTheUsualPortsAreOnLoopback() {
        let (configuration, problems) = read("other: 1")
        #expect(problems.count == 1)
        #expect(configuration.endpoints.map(\.description) == ["127.0.0.1:7272", "127.0.0.1:7274"])
    }

    @Test(arguments: [
        ("listen: [{port: 7272, address: 0.0.0.0, open: true}]", "1:41: error:", "could command this house"),
        ("listen: [{socket: komoku.sock}]", "1:19: error:", "absolute path"),
        ("listen: [{socket: /a, mode: '0999'}]", "1:29: error:", "octal"),
        ("listen: [{socket: /a}, {socket: /a}]", "1:1: error:", "/a"),
        ("http: {base_path: komoku}", "1:19: error:", "no path"), ("http: {base_path: /}", "1:19: error:", "no path"),
        ("http: {trusted_proxies: [10.0.0.0/40]}", "1:26: error:", "no network"),
        ("listen: [{port: 7272, address: home}]", "1:32: error:", "no IP address"),
        ("listen: [{port: 7272, api: 4}]", "1:28: error:", "1, 2 or 3"),
        ("listen: [{port: 70000}]", "1:17: error:", "65535"),
        ("listen: [{api: 1}]", "1:10: error:", "needs 'port'"),
        ("listen: [{port: 1, adress: '::1'}]", "1:20: error:", "did you mean 'address'?"),
        ("listen: [{port: 5}, {port: 5}]", "1:1: error:", "port 5"),
    ])
    func mistakesAreSaidWithTheirPlace(text: String, place: String, words: String) {
        let (_, problems) = read(text)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("komoku.yaml:" + place) == true, "\(problems)")
        #expect(problems.first?.contains(words) == true, "\(problems)")
    }

    @Test func anEntryTakesFilesForTLSBesideTheConfiguration() async throws {
        try await HouseCertificates.with { house in
            let folder = house.authority.folder
            let (configuration, problems) = read(
                "listen: [{port: 7273, api: 1, tls: {certificate: hub.pem, key: hub.key, client_ca: ca.pem}}]",
                file: folder + "/komoku.yaml")
            #expect(problems == [])
            let files = TLSFiles(
                certificate: folder + "/hub.pem", key: folder + "/hub.key", clientCA: folder + "/ca.pem")
            #expect(configuration.endpoints == [Server.Endpoint(port: 7273, version: .v1, tls: files)])
        }
    }

    @Test(arguments: [
        ("{certificate: hub.pem}", "1:28: error:", "needs 'key'"),
        ("{key: hub.key}", "1:28: error:", "'komoku tls init' makes"),
        ("{certificate: no.pem, key: hub.key}", "1:42: error:", "no.pem: it cannot be read: No such file"),
        ("{certificate: hub.pem, key: no.key}", "1:56: error:", "no.key: it cannot be read"),
        ("{certificate: hub.pem, key: ca.key}", "1:56: error:", "not the key of the certificate"),
        ("{certificate: hub.key, key: hub.key}", "1:42: error:", "no certificate in PEM"),
        ("{certificate: hub.pem, key: hub.pem}", "1:42: error:", "no private key in PEM"),
        ("{certificate: hub.pem, key: locked.key}", "1:56: error:", "protected by a passphrase"),
        ("{certificate: hub.pem, key: hub.key, client_ca: hub.key}", "1:56: error:", "no certificate in PEM"),
        ("{certificate: hub.pem, key: hub.key, ca: ca.pem}", "1:65: error:", "'client_ca'"),
    ])
    func mistakesWithFilesAreSaidWithTheirPlace(tls: String, place: String, words: String) async throws {
        try await HouseCertificates.with { house in
            let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
            try FileCopy.write(Array(locked.utf8), to: house.authority.folder + "/locked.key")
            let (_, problems) = read(
                "listen: [{port: 7273, tls: \(tls)}]", file: house.authority.folder + "/komoku.yaml")
            #expect(problems.count == 1, "\(problems)")
            #expect(problems.first?.contains("komoku.yaml:" + place) == true, "\(problems)")
            #expect(problems.first?.contains(words) == true, "\(problems)")
        }
    }
}
