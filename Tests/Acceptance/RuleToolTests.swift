import Glibc
import Komoku
import KomokuTesting
import Testing

/// What the command line tells of rules, with the real programs.
@Suite struct RuleToolTests {
    // MARK: why, runs

    private static let chain = """
        map: [{topic: t/motion, key: hall.motion, type: boolean}]
        keys: {hall.lamp: {type: boolean}, stairs.lamp: {type: boolean}, hall.lux: {type: numeric}}
        rules:
          - {name: hall, when: {change: hall.motion, to: true}, then: [{put: {hall.lamp: true}}]}
          - {name: stairs, when: {change: hall.lamp}, then: [{log: x}, {put: {stairs.lamp: hall.lamp}}]}
          - {name: dark, when: {change: hall.motion}, if: "hall.lux < 40", then: [{put: {stairs.lamp: true}}]}
        """

    @Test func `why tells the chain from a message over changes and rules to the step`() async throws {
        let house = try House(Self.chain)
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        try await house.put("hall.lux", "120")
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.publish("t/motion", "true")
        try await house.wait(for: "stairs.lamp", true)
        let story = try await house.answer("why", "stairs.lamp")
        #expect(story["cause"]?["rule"] == "stairs")
        #expect(story["cause"]?["step"] == "2")
        let chain = story["chain"]?.array ?? []
        #expect(chain.map { $0["rule"] } == ["stairs", "hall"])
        #expect(chain.last?["occasion"]?["key"] == "hall.motion")
        #expect(chain.last?["occasion"]?["source"] == "message on t/motion")
        let passed = story["passed"]?.array ?? []
        #expect(passed.map { $0["rule"] } == ["dark"], "it would have put it")
        #expect(passed.first?["reason"] == "hall.lux < 40 is false: hall.lux is 120")

        let lines = try await house.komoku("why", "stairs.lamp").output
        let told = ["put by run", "run ", "trigger: hall.lamp became true", "2 put stairs.lamp true", "led to by run"]
        var rest = lines[...]
        for text in told + ["trigger: hall.motion became true (message on t/motion)", "hall.lux < 40"] {
            rest = rest.drop { !$0.contains(text) }
            #expect(!rest.isEmpty, "'\(text)' is not in its place:\n\(lines.joined(separator: "\n"))")
        }
    }

    @Test func `what happens is followed as it happens, equal decisions with their count`() async throws {
        let house = try House(Self.chain)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.lux", "120")
        let feed = try RunningProcess("komoku", ["runs", "--follow", "--json"], environment: house.address)
        let story = try RunningProcess("komoku", ["why", "stairs.lamp", "--follow"], environment: house.address)
        defer { for process in [feed, story] { process.end() } }
        // Nothing is recorded yet, so the first line says that it listens.
        try await story.line("it was never set")
        try await house.put("hall.motion", "true")
        // The feed may have begun behind the first one; then the second is its.
        for value in ["false", "true", "false"] { try await house.put("hall.motion", value) }
        try await feed.lines.wait(within: .seconds(30)) { lines in
            let rows = lines.compactMap { try? JSON(parsing: $0) }
            return rows.contains { $0["rule"] == "stairs" && $0["outcome"] == "done" }
                && rows.contains { $0["rule"] == "dark" && $0["count"] == 4 }
        }
        try await story.line("put by run")
    }

    // MARK: test

    private static let lamp = """
        keys: {motion: {type: boolean}, lamp: {type: boolean}}
        rules:
          - {name: lamp, when: {change: motion, to: true}, then: [{put: {lamp: true}}]}
        """

    private func tests(_ folder: TemporaryFolder, _ arguments: String...) async throws -> (code: Int32, text: String) {
        let (code, output) = try await RunningProcess.run("komoku", ["test"] + arguments)
        return (code, output.joined(separator: "\n").replacing(folder.path + "/", with: ""))
    }

    @Test func `the outcome of tests is one object, with the place of each failure`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.lamp, to: "lamp.yaml")
        try folder.write(
            """
            rules: lamp.yaml
            tests:
              - {name: good, steps: [{put: {motion: true}}, {expect: {keys: {lamp: true}}}]}
              - {name: bad, steps: [{put: {motion: true}}, {expect: {keys: {lamp: false}}}]}
            """, to: "a.test.yaml")
        try folder.write("rules: missing.yaml\ntests: [{name: x, steps: [{advance: 1m}]}]", to: "b.test.yaml")
        let (code, text) = try await tests(folder, folder.path, "--json")
        let answer = try JSON(parsing: text)
        #expect(code == 1 && answer["passed"] == 1 && answer["failed"] == 1)
        let files = try #require(answer["files"]?.array)
        #expect(files.map { $0["file"] } == ["a.test.yaml", "b.test.yaml"])
        #expect(files.allSatisfy { $0["passed"] == false })
        let outcomes = try #require(files.first?["tests"]?.array)
        #expect(outcomes.map { $0["name"] } == ["good", "bad"] && outcomes.map { $0["passed"] } == [true, false])
        #expect(outcomes.map { $0["line"] } == [3, 4] && outcomes.first?["failures"] == [])
        let failure = try #require(outcomes.last?["failures"]?.array?.first)
        #expect(failure["file"] == "a.test.yaml" && failure["line"] == 4 && failure["column"] == 71)
        let message = "expected lamp to be false; it is true, put by lamp at 2026-01-01 12:00:00"
        #expect(failure["message"] == .string(message))
        let finding = try #require(files.last?["findings"]?.array?.first)
        #expect(finding["severity"] == "error" && finding["line"] != nil)

        let none = try await tests(folder, folder.path("nowhere"), "--json")
        #expect(none.code == 1 && (try? JSON(parsing: none.text)) != nil, "\(none.text)")
        #expect(mkdir(folder.path("empty"), 0o755) == 0)
        let empty = try await tests(folder, folder.path("empty"), "--json")
        let refusal = try JSON(parsing: empty.text)
        #expect(empty.code == 1 && refusal["error"] == "failed", "\(empty.text)")
    }

    @Test func `tests of rules end with 0 or 1 and leave a JUnit file`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        func text(_ value: Bool) -> String {
            """
            rules: lamp.yaml
            tests:
              - {name: "lit & <set>", steps: [{put: {motion: true}}, {expect: {keys: {lamp: \(value)}}}]}
            """
        }
        try folder.write(Self.lamp, to: "lamp.yaml")
        try folder.write(text(true), to: "good.test.yaml")
        let good = try await tests(folder, folder.path("good.test.yaml"))
        #expect(good.code == 0 && good.text.contains("1 test in 1 file: all passed"), "\(good.text)")

        try folder.write(text(false), to: "bad.test.yaml")
        let bad = try await tests(folder, folder.path, "--junit", folder.path("junit.xml"))
        #expect(bad.code == 1)
        #expect(bad.text.contains("bad.test.yaml:3:81: expected lamp to be false; it is true"), "\(bad.text)")
        let checker = try await RunningProcess.run("/usr/bin/python3", ["-c", Self.junit, folder.path("junit.xml")])
        #expect(checker.output == ["lit & <set> failed", "lit & <set> passed"])

        try folder.write("rules: lamp.yaml\ntests: [{name: x, steps: [{putt: 1}]}]\n", to: "broken.test.yaml")
        let broken = try await tests(folder, folder.path("broken.test.yaml"))
        #expect(broken.code == 1 && broken.text.contains("broken.test.yaml:2:"), "\(broken.text)")
        #expect(try await tests(folder, folder.path("missing.test.yaml")).code == 1)
    }

    /// Says what became of each test of a JUnit file.
    private static let junit = """
        import sys, xml.etree.ElementTree
        for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
            print(case.get("name"), "passed" if case.find("failure") is None else "failed")
        """

    // MARK: replay

    @Test func `rules are tried on what was recorded, and nothing is performed`() async throws {
        let house = try House(Self.lamp)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        for value in ["true", "false", "true"] { try await house.put("motion", value) }
        try house.folder.write(
            """
            rules:
              - name: lamp
                when: {change: motion, to: false}
                then: [{put: {lamp: false}}, {log: out}]
            """, to: "new.yaml")
        let files = [house.folder.path("new.yaml"), "--config", house.folder.path("komoku.yaml"), "--since", "1h"]
        let replay = try await house.komoku(["replay"] + files)
        #expect(replay.code == 0)
        #expect(replay.output.contains { $0.hasSuffix("lamp: change motion false") }, "\(replay.output)")
        #expect(replay.output.last == "lamp: 1 run")
        let rows = try await house.komoku(["replay"] + files + ["--json"]).output.compactMap { try? JSON(parsing: $0) }
        let put: JSON = ["step": "1", "verb": "put", "key": "lamp", "value": false]
        #expect(rows.first?["effects"] == [put, ["step": "2", "verb": "log", "text": "out"]])
        #expect(rows.last?["runs"] == 1)
        let compared = try await house.komoku(
            ["replay"] + files + ["--compare", house.folder.path("komoku.yaml")]
        ).output
        #expect(compared.contains { $0.hasPrefix("- ") && $0.hasSuffix("lamp: change motion true") }, "\(compared)")
        #expect(compared.contains { $0.hasPrefix("+ ") && $0.hasSuffix("lamp: change motion false") }, "\(compared)")
        #expect(try await house.get("lamp") == true)
    }
}
