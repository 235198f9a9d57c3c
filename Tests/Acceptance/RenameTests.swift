import Glibc
import Komoku
import KomokuTesting
import Testing

/// A key gets another name, and the files that use it follow.
@Suite struct RenameTests {
    /// What is between `‹` and `›` is the key and has to be rewritten; what else looks like it has not.
    private static let marked = """
        keys:
          ‹hall.temp›: {type: numeric, unit: °C}   # hall.temp is the sensor at the door
          hall.temp.raw: {type: numeric}
          hall.tempo: {type: numeric}
          in_hall.temp: {type: numeric}
          lamp.temp: {type: numeric}
          warm: {type: boolean}
          out: {type: numeric}
          word: {type: string}
          heat: {type: counter, integrate: {from: ‹hall.temp›, unit: kWh}}
        map:
          - {topic: "sensors/hall/temp", key: ‹hall.temp›, type: numeric}
          - {topic: "meter", json: {A.B: {key: "‹hall.temp›"}, C: hall.temp.raw}}
          - {topic: "rooms/{room}/temp", key: "{room}.temp", type: numeric}
        publish:
          - {keys: [‹hall.temp›, hall.tempo], topic: "out/{path}"}
          - {keys: "*.temp", topic: "all/{path}"}
          - {keys: ["**", "*.*"], topic: "more/{path}"}
        commands:
          - {keys: [out], topic: "cmnd/hall.temp", payload: "{value}"}
        scripts:
          - name: hall.temp
            parameters: [limit]
            then: [{if: "‹hall.temp› > limit", then: [{put: {warm: true}}]}]
        rules:
          - name: one   # of hall.temp
            when:
              - {change: ‹hall.temp›, by: 0.5}
              - {becomes: "`‹hall.temp›` > 20 and hall.tempo < 5"}
              - {becomes: ‹hall.temp› > 25}
              - {change: [word, '‹hall.temp›']}
              - change: "*.temp"
            if: |
              word != '# hall.temp' and
              (‹hall.temp›) > 3 and 'hall.temp' != word
            then:
              - put: {out: "avg(‹hall.temp›, 1h) + ‹hall.temp› - hall.temp.raw", ‹hall.temp›: 5}
              - put: {word: "hall.temp is {round(‹hall.temp›, 1)} and {{hall.temp}}"}
              - log: 'it''s hall.temp: {‹hall.temp›} {if ‹hall.temp› > 1 then ''hall.temp'' else "x"}'
              - publish: {topic: "x/hall.temp", payload: {hall.temp: "{‹hall.temp›}", t: {expr: ‹hall.temp› + 1}}}
              - log: >-
                  folded text of hall.temp
                  and {‹hall.temp› ?? 0}
              - wait_until: {is: "‹hall.temp› < 5", timeout: 1m}
              - set: {hall: "‹hall.temp›"}
              - call: {name: hall.temp, with: {limit: "‹hall.temp›"}}
              - increment: ‹hall.temp›
              - repeat: {each: ["a", "b"], as: room, do: [{put: {"{room}.temp": 1}}]}
          - {name: "hall.temp", each: [‹hall.temp›, lamp.temp], when: {change: self}, then: [{log: "{key} hall.temp"}]}
          - {name: rooms, each: [hall, lamp], when: {change: self.temp}, then: [{log: "{self.temp}"}]}
        """
    /// A mark for each use that is told and left.
    private static let left: [(line: String, form: String)] = [
        ("key: \"{room}.temp\"", "computed"), ("keys: \"*.temp\"", "pattern"), ("change: \"*.temp\"", "pattern"),
        ("\"{room}.temp\": 1", "computed"), ("change: self.temp", "computed"), ("{self.temp}", "computed"),
    ]

    private static func text(_ name: String) -> String {
        marked.split(separator: "‹", omittingEmptySubsequences: false).enumerated().map { index, part in
            guard index > 0, let end = part.firstIndex(of: "›") else { return String(part) }
            return name + part[part.index(after: end)...]
        }.joined()
    }

    private static func house() async throws -> (House, RunningProcess) {
        let house = try House(text("hall.temp"))
        let hub = try await house.start(subscribed: false)
        try await house.put("hall.temp", "21")
        return (house, hub)
    }

    private static func content(_ house: House) throws -> String {
        let bytes = try TestFile.bytes(of: house.folder.path("komoku.yaml"))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a dry run shows each place and changes nothing`() async throws {
        let (house, hub) = try await Self.house()
        defer { house.remove() }
        defer { hub.end() }
        let before = try Self.content(house)
        let (code, output) = try await house.komoku("rename", "hall.temp", "hall_temp.value", "--rewrite", "--dry-run")
        #expect(code == 0, "\(output)")
        #expect(output.contains("hall.temp would become hall_temp.value; nothing was changed"), "\(output)")
        #expect(try Self.content(house) == before)
        #expect(try await house.get("hall.temp") == 21)
        let path = house.folder.path("komoku.yaml")
        #expect(output.contains("--- \(path)") && output.contains("+++ \(path)"))
        let (old, new) = (Self.text("hall.temp").lines, Self.text("hall_temp.value").lines)
        let expected = zip(old, new).filter { $0 != $1 }
        #expect(output.filter { $0.hasPrefix("-") && !$0.hasPrefix("---") } == expected.map { "-" + $0.0 })
        #expect(output.filter { $0.hasPrefix("+") && !$0.hasPrefix("+++") } == expected.map { "+" + $0.1 })
    }

    @Test func `every use is told with its place and its form`() async throws {
        let (house, hub) = try await Self.house()
        defer { house.remove() }
        defer { hub.end() }
        let answer = try await house.answer("rename", "hall.temp", "hall_temp.value", "--dry-run")
        let uses = try #require(answer["uses"]?.array)
        #expect(answer["renamed"] == false && answer["rewritten"] == [])
        let lines = try Self.content(house).lines
        let clear = uses.filter { $0["as"] == "key" }
        let marks = Self.marked.count { $0 == "‹" }
        #expect(clear.count == marks)
        #expect(clear.allSatisfy { $0["write"] == "hall_temp.value" && $0["text"] == "hall.temp" })
        let others = uses.filter { $0["as"] != "key" }
        #expect(others.count == Self.left.count, "\(others)")
        for (line, form) in Self.left {
            let isTold = others.contains { use in
                let number = use["line"]?.number.flatMap { Int(exactly: $0) } ?? 0
                return use["as"]?.string == form && lines[number - 1].contains(line) && use["reason"] != nil
            }
            #expect(isTold, "\(line)")
        }
        let owners = uses.compactMap { use in use["name"]?.string.map { "\(use["section"]?.string ?? "") \($0)" } }
        #expect(Set(owners) == ["scripts hall.temp", "rules one", "rules hall.temp", "rules rooms"])
    }

    @Test func `the files follow, with everything else as it was, and the hub goes on with them`() async throws {
        let (house, hub) = try await Self.house()
        defer { house.remove() }
        defer { hub.end() }
        let path = house.folder.path("komoku.yaml")
        chmod(path, 0o640)
        let (code, output) = try await house.komoku("rename", "hall.temp", "hall_temp.value", "--rewrite", "--yes")
        #expect(code == 0, "\(output)")
        #expect(output.contains("hall.temp is hall_temp.value now") && output.contains("changed \(path)"))
        #expect(try Self.content(house).hasSuffix(Self.text("hall_temp.value") + "\n"))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        #expect(try await house.get("hall_temp.value") == 21)
        // The rules run on the new name, and the old one stays away.
        try await house.put("hall_temp.value", "22")
        try await house.run(of: "hall.temp/hall_temp.value", "done")
        #expect(try await house.get("hall.temp") == nil)
        // Nothing is left to be done.
        let again = try await house.komoku("rename", "hall.temp", "hall_temp.value", "--rewrite")
        #expect(again.code == 0 && !again.output.contains { $0.hasPrefix("@@") }, "\(again.output)")
    }

    private static let simple = """
        devices: {zigbee2mqtt: {}}
        keys: {out: {type: numeric}}
        rules:
          - {name: keep, when: {change: out}, then: [{put: {hall.temp: "out + 1"}}]}
          - {name: see, when: {change: hall.temp}, if: "hall.temp > 3", then: [{log: "{hall.temp}"}]}
        """

    @Test func `a rule that uses the old name is told at a reload, a start and a check, and makes no second key`()
        async throws
    {
        let house = try House(Self.simple)
        defer { house.remove() }
        var hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.temp", "21")
        let (code, output) = try await house.komoku("rename", "hall.temp", "hall_temp.value")
        #expect(code == 0)
        #expect(output.contains { $0.contains("rule keep: hall.temp, write hall_temp.value") }, "\(output)")
        #expect(output.last == "'komoku rename hall.temp hall_temp.value --rewrite' changes the configuration.")
        try await house.put("out", "1")
        let run = try await house.run(of: "keep", "failed")
        #expect(run["reason"]?.string?.contains("hall.temp was renamed to hall_temp.value") ?? false, "\(run)")
        #expect(try await house.get("hall.temp") == nil)
        let told = "'hall.temp' was renamed to hall_temp.value on "
        let reload = try await house.komoku("reload")
        #expect(reload.code == 0 && reload.output.count { $0.contains(told) } == 2, "\(reload.output)")
        let check = try await house.komoku("check", house.folder.path("komoku.yaml"))
        #expect(check.code == 0 && check.output.count { $0.contains(told) } == 2, "\(check.output)")
        hub.end()
        hub = try await house.start(subscribed: false)
        try await hub.line(told)
        try await house.put("out", "2")
        #expect(try await house.get("hall.temp") == nil)
        // Only the files are left to be changed.
        let rewrite = try await house.komoku("rename", "hall.temp", "hall_temp.value", "--rewrite", "--yes")
        #expect(rewrite.code == 0, "\(rewrite.output)")
        let after = try await house.komoku("reload")
        #expect(after.output == ["reloaded"])
        try await house.put("out", "5")
        try await house.wait(for: "hall_temp.value", 6)
    }

    @Test(arguments: [
        (
            "hall-temp",
            ["change: hall-temp", "if: \"`hall-temp` > 3\"", "\"{`hall-temp`}\"", "{hall-temp: \"out + 1\"}"]
        ),
        ("true", ["change: \"true\"", "if: \"`true` > 3\"", "{\"true\": \"out + 1\"}"]),
        ("temp", ["change: temp,", "`temp` > 3"]), ("zimmer.wärme", ["if: \"zimmer.wärme > 3\"", "{zimmer.wärme: "]),
    ])
    func `a name that needs quotes gets them`(name: String, texts: [String]) async throws {
        let house = try House(Self.simple.replacingAll("{change: hall.temp}", with: "{change: hall.temp, by: 1}"))
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.temp", "21")
        let (code, output) = try await house.komoku("rename", "hall.temp", name, "--rewrite", "--yes")
        #expect(code == 0, "\(output)")
        let content = try Self.content(house)
        for text in texts { #expect(content.contains(text), "\(text) in \(content)") }
        try await house.put("out", "8")
        try await house.wait(for: name, 9)
    }

    @Test func `each file of the configuration is changed, with its ends of lines, links and aliases`() async throws {
        let house = try House(
            "include: [rules.yaml, link.yaml]\nkeys: {hall.temp: {type: numeric}, out: {type: numeric}}")
        defer { house.remove() }
        let rules = house.folder.path("rules.yaml"), target = house.folder.path("target.yaml")
        try house.folder.write(
            "rules:\r\n  - {name: a, when: &t {change: hall.temp}, then: [{log: \"{hall.temp}\"}]}\r\n"
                + "  - {name: b, when: *t, then: [{log: b}]} # hall.temp\r\n", to: "rules.yaml")
        try house.folder.write(
            "rules: [{name: c, when: {change: hall.temp}, then: [{log: \"hall.temp\"}]}]", to: "target.yaml")
        #expect(symlink("target.yaml", house.folder.path("link.yaml")) == 0)
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.temp", "21")
        let (code, output) = try await house.komoku("rename", "hall.temp", "b.c", "--rewrite", "--yes")
        #expect(code == 0 && !output.contains { $0.contains("old name") }, "\(output)")
        #expect(
            String(decoding: try TestFile.bytes(of: rules), as: UTF8.self)
                == "rules:\r\n  - {name: a, when: &t {change: b.c}, then: [{log: \"{b.c}\"}]}\r\n"
                + "  - {name: b, when: *t, then: [{log: b}]} # hall.temp\r\n")
        #expect(
            String(decoding: try TestFile.bytes(of: target), as: UTF8.self)
                == "rules: [{name: c, when: {change: b.c}, then: [{log: \"hall.temp\"}]}]")
        #expect(try Self.content(house).contains("keys: {b.c: {type: numeric}"))
        var status = stat()
        #expect(lstat(house.folder.path("link.yaml"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        try await house.put("b.c", "22")
        for rule in ["a", "b", "c"] { try await house.run(of: rule, "done") }
    }

    @Test func `with errors in the configuration nothing is changed`() async throws {
        let house = try House(Self.simple)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.temp", "21")
        try house.write(Self.simple + "\n  - {name: broken, when: {chnge: x}, then: [{log: x}]}")
        let before = try Self.content(house)
        let (code, output) = try await house.komoku("rename", "hall.temp", "b.c", "--rewrite", "--yes")
        #expect(code == 1 && output.last?.hasSuffix("Nothing was changed") ?? false, "\(output)")
        #expect(try Self.content(house) == before)
        #expect(try await house.get("hall.temp") == 21)
        let taken = try await house.komoku("rename", "hall.temp", "out", "--json")
        let answer = try JSON(parsing: taken.output.joined())
        #expect(taken.code == 1 && answer["error"] == "key_exists", "\(taken.output)")
    }
}

extension String {
    fileprivate var lines: [String] {
        split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    fileprivate func replacingAll(_ text: String, with other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}

/// A file as a whole.
private enum TestFile {
    static func bytes(of path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY)
        #expect(file >= 0)
        defer { close(file) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = Glibc.read(file, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        return bytes
    }
}
