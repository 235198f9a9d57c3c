import Komoku
import KomokuClient
import KomokuTesting
import KomokuWire
import NIOHTTP1
import Testing

/// The hubs of a person, as the program finds them.
struct HubProfileTests {
    private struct Home {
        let folder: TemporaryFolder

        func write(_ text: String) throws { try folder.write(text, to: "komoku/config.yaml") }

        func run(_ arguments: [String], _ environment: [String] = []) throws -> BuiltProgram.Ended {
            try BuiltProgram.run(arguments, environment: ["XDG_CONFIG_HOME=\(folder.path)"] + environment)
        }
    }

    private static func answer(_ number: Double) -> FakeHub.Reply {
        .messages([["result": ["a": ["type": "numeric", "value": .number(number)]]]])
    }

    /// Two hubs that answer with their number to who has their token.
    private func with(_ body: (Home, [Int]) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        _ = try BuiltProgram.shell("mkdir \"$1/komoku\"", [folder.path])
        let hubs = [
            try await FakeHub(token: ("first-token", .unauthorized)) { _, _ in Self.answer(1) },
            try await FakeHub(token: ("second-token", .unauthorized)) { _, _ in Self.answer(2) },
        ]
        do {
            try await body(Home(folder: folder), try hubs.map { try $0.address.port })
        } catch {
            for hub in hubs { await hub.stop() }
            throw error
        }
        for hub in hubs { await hub.stop() }
    }

    @Test func hubsAreChosenByNameAndOneIsUsual() async throws {
        try await with { home, ports in
            try home.folder.write("second-token\n", to: "komoku/second.token")
            try home.write(
                """
                default: first
                hubs:
                  first: {server: "ws://127.0.0.1:\(ports[0])", token: "${FIRST}"}
                  second: {server: "ws://127.0.0.1:\(ports[1])", token_file: second.token}
                """)
            let secret = ["FIRST=first-token"]
            #expect(try home.run(["get", "a"], secret).output == "1\n")
            #expect(try home.run(["--hub", "second", "get", "a"], secret).output == "2\n")
            #expect(try home.run(["get", "a", "--hub=second"], secret).output == "2\n")
            #expect(try home.run(["get", "a"], secret + ["KOMOKU_HUB=second"]).output == "2\n")
            // What is given by hand comes first.
            let server = ["--server", "ws://127.0.0.1:\(ports[1])"]
            #expect(try home.run(["get", "a", "--token", "second-token"] + server, secret).output == "2\n")
            #expect(try home.run(["get", "a"] + server, secret + ["KOMOKU_TOKEN=second-token"]).output == "2\n")
            let file = ["--token-file", home.folder.path("komoku/second.token")]
            #expect(try home.run(["get", "a"] + server + file, secret + ["KOMOKU_TOKEN=other"]).output == "2\n")
            // The token of one hub is never sent to another.
            let other = try home.run(["get", "a"] + server, secret)
            #expect(other.code == 1)
            #expect(other.complaint.contains("give a token with --token-file or KOMOKU_TOKEN"), "\(other.complaint)")
        }
    }

    @Test(arguments: [
        (["get", "a", "--hub", "frist"], "has no hub 'frist'; did you mean 'first'?"),
        (["get", "a", "--hub", "first", "--server", "ws://h"], "both name a hub"),
        (["get", "a", "--token", "x", "--token-file", "y"], "both give a token"),
        (["get", "a", "--token", "a b"], "--token is no token"),
        (["get", "a", "--token-file", "/nowhere/token"], "/nowhere/token"),
        (["get", "a", "--ca", "ca.pem"], "--ca and --fingerprint are for TLS"),
        (["get", "a", "--server", "wss://h", "--fingerprint", "12"], "is no SHA-256 of 64 hexadecimal digits"),
        (["get", "a", "--server", "wss://h", "--fingerprint", "12", "--ca", "x"], "both say which hub to trust"),
        (["get", "a", "--server", "wss://h", "--ca", "/nowhere/ca.pem"], "/nowhere/ca.pem: it cannot be read"),
    ])
    func mistakesAreSaidWithTheRemedy(words: [String], text: String) async throws {
        try await with { home, ports in
            try home.write("default: first\nhubs: {first: {server: \"ws://127.0.0.1:\(ports[0])\"}}")
            let ended = try home.run(words)
            #expect(ended.code == 2, "\(ended.complaint)")
            #expect(ended.complaint.contains(text), "\(ended.complaint)")
        }
    }

    @Test(arguments: [
        ("hubs: {a: {server: 'ftp://h'}}", "config.yaml:1:20: error:", "ws://, wss://"),
        ("hubs: {a: {sever: 'ws://h'}}", "config.yaml:1:12: error:", "did you mean 'server'?"),
        ("hubs: {a: {server: 'ws://h', token: 'geheim nis'}}", "config.yaml:1:30: error:", "this is no token"),
        ("hubs: {a: {token_file: none}}", "config.yaml:1:24: error:", "cannot be read"),
        ("hubs: {a: {fingerprint: 12}}", "config.yaml:1:25: error:", "64 hexadecimal digits"),
        ("hubs: {a: {ca: x, fingerprint: 12}}", "config.yaml:1:32: error:", "64 hexadecimal digits"),
        ("hubs: {a: {certificate: x}}", "config.yaml:1:11: error:", "both 'certificate' and 'key'"),
        ("default: b\nhubs: {a: {}}", "config.yaml:1:1: error:", "'hubs' has no 'b'"),
    ])
    func aFileWithMistakesIsToldWithThePlace(text: String, place: String, words: String) async throws {
        try await with { home, _ in
            try home.write(text)
            let ended = try home.run(["get", "a", "--hub", "a"])
            #expect(ended.code == 2)
            #expect(ended.complaint.contains(place), "\(ended.complaint)")
            #expect(ended.complaint.contains(words), "\(ended.complaint)")
            #expect(!ended.complaint.contains("geheim"))
        }
    }

    @Test func onlyTheHubThatIsMeantNeedsItsVariablesAndFiles() async throws {
        try await with { home, ports in
            try home.write(
                """
                default: first
                hubs:
                  first: {server: "ws://127.0.0.1:\(ports[0])", token: first-token}
                  second: {server: "ws://127.0.0.1:\(ports[1])", token: "${SECOND}"}
                  third: {server: "${THIRD}", token_file: nowhere}
                """)
            #expect(try home.run(["get", "a"]).output == "1\n")
            #expect(try home.run(["get", "a", "--hub", "second"], ["SECOND=second-token"]).output == "2\n")
            for (hub, words) in [
                ("second", "config.yaml:4:"), ("second", "'SECOND' is not set"), ("third", "'THIRD' is not set"),
                ("third", "nowhere"),
            ] {
                let ended = try home.run(["get", "a", "--hub", hub])
                #expect(ended.code == 2)
                #expect(ended.complaint.contains(words), "\(ended.complaint)")
            }
            // What needs no hub of the file does not need its variables either.
            let server = ["--server", "ws://127.0.0.1:\(ports[0])", "--token", "first-token"]
            #expect(try home.run(["get", "a"] + server).output == "1\n")
        }
    }

    @Test func aTokenThatOthersCanReadIsWarnedOf() async throws {
        try await with { home, ports in
            try home.write("default: a\nhubs: {a: {server: \"ws://127.0.0.1:\(ports[0])\", token: first-token}}")
            let file = home.folder.path("komoku/config.yaml")
            for (mode, isWarned) in [("644", true), ("600", false)] {
                _ = try BuiltProgram.shell("chmod $1 \"$2\"", [mode, file])
                let ended = try home.run(["get", "a"])
                #expect(ended.output == "1\n")
                #expect(ended.complaint.contains("chmod 600 \(file)") == isWarned, "\(ended.complaint)")
            }
        }
    }
}
