import Glibc
import Komoku
import KomokuTesting
import Testing

/// A reload is whole or nothing, and says where something is wrong.
@Suite struct RuleReloadTests {
    private static let right = """
        keys: {entry: {type: numeric}, out: {type: numeric}, word: {type: string}}
        rules:
          - {name: echo, when: {change: entry}, then: [{put: {out: "entry + 1"}}]}
        """
    private static let wrong = """
        keys: {entry: {type: numeric}, out: {type: numeric}, word: {type: string}}
        rules:
          - {name: echo, when: {change: entry}, then: [{put: {out: "entry + 100"}}]}
          - {name: more, when: {becomes: "word > 5"}, then: [{put: {out: "word + 1"}}]}
        """

    @Test func `a reload with errors is refused whole, with their places, and the old rules go on`() async throws {
        let house = try House(Self.right)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try house.write(Self.wrong)
        // The house writes three lines before.
        let place = house.folder.path("komoku.yaml") + ":7:"
        let (code, output) = try await house.komoku("reload")
        #expect(code == 1)
        #expect(output.contains { $0.hasPrefix(place + "35: error: ") && $0.contains("word") }, "\(output)")
        #expect(output.contains { $0.hasPrefix(place + "67: error: ") && $0.contains("word is text") }, "\(output)")
        #expect(output.last == "komoku: the new configuration was rejected; the previous one stays active")
        hub.signal(SIGHUP)
        try await hub.line(place + "35: error: ")
        #expect(hub.lines.elements.count { $0.contains("the previous one stays active") } >= 1)
        try await house.put("entry", "1")
        #expect(try await house.get("out") == 2)
        #expect(try await house.answer("rules")["rules"]?.array?.map { $0["rule"] } == ["echo"])
    }

    @Test(arguments: [
        (#"{name: r, when: {at: "07:00", dates: ["02-31"]}, then: [{log: x}]}"#, "February has no day 31"),
        (#"{name: r, when: {cron: "0 0 30 2 *"}, then: [{log: x}]}"#, "so it never comes"),
        (#"{name: r, when: {cron: "0 0 0 1 *"}, then: [{log: x}]}"#, "error: "),
        (#"{name: r, when: {change: entry}, then: [{put: {out: "entry / 'x'"}}]}"#, "error: "),
        (#"{name: r, when: {change: word}, then: [{put: {out: "word + 1"}}]}"#, "error: "),
        (#"{name: r, when: {change: entry}, then: [{http: "ftp://x/"}]}"#, "it begins with http:// or https://"),
        (#"{name: r, when: {change: entry}, then: [{run: []}]}"#, "names no program"),
    ])
    func `what can never work is told before it runs`(rule: String, problem: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let keys = "keys: {entry: {type: numeric}, out: {type: numeric}, word: {type: string}}"
        try folder.write("\(keys)\nrules:\n  - \(rule)\n", to: "komoku.yaml")
        let (code, output) = try await RunningProcess.run("komoku", ["check", folder.path("komoku.yaml")])
        #expect(code == 1)
        let place = output.firstIndex { $0.hasPrefix(folder.path("komoku.yaml:3:")) && $0.contains(problem) }
        let index = try #require(place, "\(output)")
        // The line, and a mark under the column.
        #expect(output[index + 1].contains("name: r, when"))
        let column = try #require(output[index].split(separator: ":").dropFirst(2).first.flatMap { Int($0) })
        let mark = output[index + 2].count
        #expect(mark - 2 == min(column, 62) && output[index + 2].last == "^", "\(output)")
    }

    @Test func `a line that may hold a secret is not shown`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("mqtt: {username: u, password: hunter2, ulr: x}\n", to: "komoku.yaml")
        let (code, output) = try await RunningProcess.run("komoku", ["check", folder.path("komoku.yaml")])
        #expect(code == 1 && output.contains { $0.contains("'ulr'") })
        #expect(!output.joined().contains("hunter2"))
    }

    @Test func `keys that have a value are not warned of when the configuration is read again`() async throws {
        let house = try House(
            """
            keys: {entry: {type: numeric}, out: {type: numeric}, later: {type: numeric}}
            rules:
              - {name: sum, when: {change: later}, then: [{put: {out: "entry + later"}}]}
            """)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        #expect(try await house.komoku("reload").output.contains { $0.contains("entry may be unknown") })
        try await house.put("entry", "1")
        #expect(try await house.komoku("reload").output.allSatisfy { !$0.contains("entry may be unknown") })
    }
}
