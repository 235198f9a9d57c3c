import Glibc
import Komoku
import KomokuTesting
import Testing

@Suite struct ConfigurationTests {
    private func check(_ text: String, _ files: [String: String] = [:]) async throws -> (code: Int32, output: [String])
    {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(text, to: "komoku.yaml")
        for (name, text) in files { try folder.write(text, to: name) }
        let (code, output) = try await RunningProcess.run(
            "komokud", ["--check", "--config", folder.path("komoku.yaml")])
        return (code, output.map { $0.replacing(folder.path + "/", with: "") })
    }

    @Test(arguments: [
        ("mqtt: {ulr: x}", "komoku.yaml:1:8: error: 'mqtt' has no setting 'ulr'; did you mean 'url'?"),
        ("mqqt: {}", "komoku.yaml:1:1: error: the file has no setting 'mqqt'; did you mean 'mqtt'?"),
        ("store: {commit_interval: soon}", "komoku.yaml:1:26: error: 'commit_interval' expects"),
        ("include: [missing.yaml]", "komoku.yaml:1:11: error:"),
        ("mqtt: {}\nmap: [{topic: 'a/{b', key: x}]", "komoku.yaml:2:"),
        ("mqtt: {}\nmap: [{topic: 'a/{b}', key: '{c}'}]", "komoku.yaml:2:"),
        ("mqtt: {}\nmap: [{topic: a, key: x, type: numerik}]", "komoku.yaml:2:32: error: 'type' expects"),
        ("listen: [{port: 7272, api: 1, address: nowhere}]", "komoku.yaml:1:40: error: 'address'"),
        ("listen: [{port: 7272, api: 1, address: 0.0.0.0, open: true}]", "komoku.yaml:1:"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b", "komoku.yaml:"),
        ("keys: {a: {type: string}}\nrules: [{name: r, when: {becomes: 'a > 5'}, then: [{log: x}]}]", "komoku.yaml:2:"),
        (
            "keys: {alarm: {type: string}}\nrules: [{name: r, when: {change: alram}, then: [{log: x}]}]",
            "komoku.yaml:2:"
        ),
    ])
    func `a wrong configuration is told with its place and exit code 1`(text: String, problem: String) async throws {
        let (code, output) = try await check(text)
        #expect(code == 1)
        #expect(output.contains { $0.hasPrefix(problem) }, "\(output)")
    }

    @Test func `all problems are reported at once`() async throws {
        let (code, output) = try await check("hub: {nmae: x}\nstore: {durability: maybe}\nkeys: {a: {precision: 99}}")
        #expect(code == 1)
        // Each with the line that it is about, and a mark below.
        #expect(output.count { $0.contains(": error: ") } == 3, "\(output)")
    }

    @Test func `an alias bomb is refused quickly`() async throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let items = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(try await check(text).code == 1)
    }

    @Test func `secrets are never shown`() async throws {
        let (code, output) = try await check(
            "mqtt: {username: u, password_file: secret.txt, ulr: x}\nhub: {name: \"${KOMOKU_TEST_SECRET}\"}",
            ["secret.txt": "hunter2\n"])
        #expect(code == 1)
        #expect(!output.joined().contains("hunter2"))
    }

    @Test func `a port that others reach needs a user or a token, and the check says so`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let listen = "listen: [{port: 0}, {port: 0, address: 0.0.0.0}]\n"
        let local = "listen: [{port: 0}]\n"
        try folder.write("store: {path: komoku.db}\n" + listen, to: "komoku.yaml")
        try folder.write("store: {path: komoku.db}\n" + local, to: "local.yaml")
        func run(_ words: String...) async throws -> (code: Int32, output: String) {
            let (code, output) = try await RunningProcess.run("komokud", words)
            return (code, output.joined(separator: "\n"))
        }
        let open = folder.path("komoku.yaml")
        let refused = try await run("--check", "--config", open)
        #expect(refused.code == 1)
        #expect(refused.output.contains("komoku.yaml:2:31: error: cannot listen on 0.0.0.0:0: there are no users"))
        #expect(refused.output.contains("komokud --add-token NAME"), "\(refused.output)")
        // It is what the start says.
        let started = try await run("--config", open)
        #expect(started.code == 1 && started.output.contains("cannot listen on 0.0.0.0:0: there are no users"))
        // A database that is there and has none.
        #expect(try await run("--check", "--config", open).code == 1)
        #expect(try await run("--check", "--config", folder.path("local.yaml")).code == 0)
        #expect(try await run("--add-token", "laptop", "--config", open).code == 0)
        let passed = try await run("--check", "--config", open)
        #expect(passed.code == 0, "\(passed.output)")
    }

    /// Every section is in the manual page, the reference and the example.
    @Test func `no section of the configuration is left out of the documentation`() async throws {
        let (_, output) = try await check("qqqq: 1")
        let line = try #require(output.first { $0.contains("known are '") }, "\(output)")
        let sections = line.split(separator: "'").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
            .filter { $0 != "qqqq" }
        #expect(sections.contains("listen") && sections.contains("hooks") && sections.count > 12, "\(sections)")
        let page = try Repository.text(of: "docs/man/komoku.yaml.5")
        let reference = try Repository.text(of: "docs/configuration.md")
        let example = try Repository.text(of: "config/komoku.yaml").split(separator: "\n")
        for section in sections {
            #expect(page.contains(section), "docs/man/komoku.yaml.5 lacks \(section)")
            #expect(reference.contains("`\(section)`") || reference.contains("\(section):"), "\(section)")
            #expect(
                example.contains { $0.drop { $0 == "#" || $0 == " " }.hasPrefix(section + ":") },
                "config/komoku.yaml lacks \(section)")
        }
    }

    @Test(arguments: ["config/demo.yaml", "config/komoku.yaml"])
    func `the examples have no errors`(file: String) async throws {
        let (code, output) = try await RunningProcess.run(
            "komokud", ["--check", "--config", Repository.path(file)],
            environment: [
                "KOMOKU_DEMO_PORT": "1883", "KOMOKU_DEMO_DIR": "/tmp", "KOMOKU_DEMO_V1": "7272",
                "KOMOKU_DEMO_V2": "7274",
            ])
        #expect(code == 0, "\(output)")
    }

    @Test func `a reload takes over what is right and keeps the old where something is wrong`() async throws {
        let house = try House("map: [{topic: a, key: a, type: numeric}]")
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        try house.write("map: [{topic: a, kye: a}]")
        hub.signal(SIGHUP)
        try await hub.line("the previous one stays active")
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.publish("a", "1")
        try await house.wait(for: "a", 1)
        try house.write("map: [{topic: a, key: renamed, type: numeric}, {topic: b, key: b, type: numeric}]")
        hub.signal(SIGHUP)
        try await hub.line("msg=reloaded")
        // Retained, because the new subscription may come after it.
        try await device.publish("b", "2", retain: true)
        try await house.wait(for: "b", 2)
        // By now the new mappings are in force.
        try await device.publish("a", "3", retain: true)
        try await house.wait(for: "renamed", 3)
        #expect(try await house.get("a") == 1)
    }

    @Test func `a port that is taken and a missing folder are told, with what to do`() async throws {
        let house = try House("")
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        let second = try await RunningProcess.run("komokud", ["--config", house.folder.path("komoku.yaml")])
        #expect(second.code == 1)
        #expect(second.output.joined().contains("komoku.db"), "\(second.output)")
        let ephemeral = try await RunningProcess.run(
            "komokud", ["--ephemeral", "--config", house.folder.path("komoku.yaml")])
        #expect(ephemeral.code == 1)
        #expect(ephemeral.output.joined().contains("the port is in use"), "\(ephemeral.output)")
    }
}
