import Komoku
import KomokuYAML
import Testing

@Suite struct SettingsReaderTests {
    private enum Durability: String, CaseIterable { case full, normal }

    /// Reads `text` with `body` and returns what was reported.
    private func report(
        _ text: String, environment: [String: String] = [:], _ body: (SettingsReader) -> Void
    ) -> [String] {
        let source = YAMLSource.table(environment: environment)
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return report.diagnostics.lines }
        let reader = SettingsReader(root, report: report)
        body(reader)
        reader.finish()
        return report.diagnostics.lines
    }

    @Test func `each type is read`() {
        let text = """
            port: 0x1F
            ratio: 2
            name: 007
            flag: True
            hold: 90s
            size: 4GB
            durability: normal
            key: kitchen.lamp
            keys: ['**', 'a.*']
            days: mon
            level: low
            table: {"ON": true, b: false}
            """
        let lines = report(text) { reader in
            #expect(reader.value("port", .integer(in: 1...65535)) == 31)
            #expect(reader.value("ratio", .number(in: 0...2.5)) == 2)
            #expect(reader.value("name", .string) == "007")
            #expect(reader.value("flag", .bool) == true)
            #expect(reader.value("hold", .duration)?.microseconds == 90_000_000)
            #expect(reader.value("size", .byteSize()) == 4_000_000_000)
            #expect(reader.value("durability", .word, default: Durability.full) == .normal)
            #expect(reader.value("key", .keyName) == KeyName("kitchen.lamp"))
            #expect(reader.list("keys", of: .keyPattern).map(\.text) == ["**", "a.*"])
            #expect(reader.value("days", .oneOrMore(of: .string)) == ["mon"])
            #expect(reader.value("level", .word(["low": 1, "high": 2])) == 1)
            let table = reader.value("table", .entries(.string, .bool)) ?? []
            #expect(table.map(\.key) == ["ON", "b"])
            #expect(table.map(\.value) == [true, false])
            #expect(reader.value("absent", .integer, default: 5) == 5)
            #expect(reader.value("absent", .integer) == nil)
            #expect(reader.list("absent", of: .string).isEmpty)
        }
        #expect(lines == [])
    }

    @Test(arguments: [
        ("port: abc", "'port' expects a whole number from 1 to 65535, found 'abc'"),
        ("port: 0", "'port' expects a whole number from 1 to 65535, found '0'"),
        ("port: 1.5", "'port' expects a whole number from 1 to 65535, found '1.5'"),
        ("port: '80'", "'port' expects a whole number from 1 to 65535, found '80'; write it without quotes"),
        ("port: [80]", "'port' expects a whole number from 1 to 65535, found a list"),
        ("port: ${SECRET}", "'port' expects a whole number from 1 to 65535, found the value of '${SECRET}'"),
        ("port: {a: 1}", "'port' expects a whole number from 1 to 65535, found a mapping"),
    ])
    func `a wrong number says what was expected and found`(text: String, expected: String) {
        let lines = report(text, environment: ["SECRET": "hunter2"]) { _ = $0.value("port", .integer(in: 1...65535)) }
        #expect(lines == ["k.yaml:1:7: error: \(expected)"])
    }

    @Test func `each type says what it expects`() {
        let text = """
            flag: yes
            hold: 90
            size: big
            durability: ful
            key: kitchen/lamp
            pattern: a*
            ratio: .inf
            list: a
            section: 5
            items: [1, x, {a: 1}]
            topic: {room}
            span: 2h
            """
        let lines = report(text) { reader in
            _ = reader.value("flag", .bool)
            _ = reader.value("hold", .duration)
            _ = reader.value("size", .byteSize())
            _ = reader.value("durability", .word, default: Durability.full)
            _ = reader.value("key", .keyName)
            _ = reader.value("pattern", .keyPattern)
            _ = reader.value("ratio", .number)
            _ = reader.list("list", of: .string)
            _ = reader.mapping("section")
            #expect(reader.list("items", of: .integer) == [1])
            _ = reader.value("topic", .string)
            _ = reader.value("span", .duration(in: .seconds(1) ... .seconds(60)))
            _ = reader.required("url", .string)
        }
        #expect(
            lines == [
                "k.yaml:1:1: error: the file needs 'url', text",
                "k.yaml:1:7: error: 'flag' expects true or false, found 'yes'; write true or false, without quotes",
                "k.yaml:2:7: error: 'hold' expects a duration such as 90s, 5m, 2h or 1d, found '90'; "
                    + "add a unit: s, m, h or d",
                "k.yaml:3:7: error: 'size' expects a size such as 4GB or 16MiB, found 'big'",
                "k.yaml:4:13: error: 'durability' expects one of 'full', 'normal', found 'ful'; did you mean 'full'?",
                "k.yaml:5:6: error: 'key' expects the name of a key, found 'kitchen/lamp': "
                    + "'/' is not allowed; use letters, digits, '_', '-' and dots",
                "k.yaml:6:10: error: 'pattern' expects a key or a pattern such as 'kitchen.*', found 'a*': "
                    + "'*' and '**' stand for whole segments",
                "k.yaml:7:8: error: 'ratio' expects a number, found '.inf'",
                "k.yaml:8:7: error: 'list' expects a list, found 'a'; "
                    + "put '- ' before each item, or '[' and ']' around them",
                "k.yaml:9:10: error: 'section' expects a mapping, found '5'",
                "k.yaml:10:12: error: item 2 of 'items' expects a whole number, found 'x'",
                "k.yaml:10:15: error: item 3 of 'items' expects a whole number, found a mapping",
                "k.yaml:11:8: error: 'topic' expects text, found a mapping; put text that starts with '{' in quotes",
                "k.yaml:12:7: error: 'span' expects a duration from 1s to 1m, found '2h'; add a unit: s, m, h or d",
            ])
    }

    @Test func `keys that nobody asked for are reported once, in every section`() {
        let text = """
            mqtt: {url: x, usrname: y}
            extra: 1
            map:
              - {topic: a, jsno: {}}
            later: {}
            """
        let lines = report(text) { reader in
            _ = reader.mapping("mqtt")?.value("url", .string)
            _ = reader.mapping("mqtt")?.value("username", .string)
            _ = reader.list(
                "map",
                of: .mapping {
                    $0.declare("json", "key"); return $0.value("topic", .string)
                })
            reader.declare("later")
            reader.finish()
        }
        #expect(
            lines == [
                "k.yaml:1:16: error: 'mqtt' has no setting 'usrname'; did you mean 'username'?",
                "k.yaml:2:1: error: the file has no setting 'extra'; known are 'mqtt', 'map', 'later'",
                "k.yaml:4:16: error: item 1 of 'map' has no setting 'jsno'; did you mean 'json'?",
            ])
    }

    @Test func `a flood of unknown keys is cut`() {
        let text = (0..<1000).map { "k\($0): 1\n" }.joined()
        let lines = report(text) { $0.declare("known") }
        #expect(lines.count == 51)
        #expect(lines.last == "k.yaml:51:1: error: the file has more unknown settings from here on")
    }

    @Test func `an absent section reads as its defaults`() {
        let lines = report("store:") { reader in
            #expect(reader.section("hub").value("name", .string, default: "home") == "home")
            #expect(reader.mapping("hub") != nil)
            #expect(reader.mapping("mqtt") == nil)
            #expect(reader.section("store").value("path", .string) == nil)
        }
        #expect(lines == [])
    }

    @Test(arguments: [
        ("{put: 1}", []), ("{zzzz: 1}", ["k.yaml:1:1: error: the file needs one of 'put', 'wait'"]),
        ("{wiat: 1}", ["k.yaml:1:1: error: the file needs one of 'put', 'wait'; did you mean 'wait'?"]),
        ("{put: 1, wait: 2}", ["k.yaml:1:10: error: the file has 'put' and 'wait'; keep one of them"]),
    ])
    func `one of several keys is asked for`(text: String, expected: [String]) {
        let lines = report(text) { reader in
            _ = reader.exactlyOne(of: "put", "wait")
            reader.declare("zzzz", "wiat")
        }
        #expect(lines == expected)
    }

    @Test func `a refused value is reported by nobody else`() {
        let lines = report("port: ${NO}\nlist: ['${NO}']\n") { reader in
            _ = reader.required("port", .integer)
            _ = reader.mapping("port")
            _ = reader.list("list", of: .string)
            _ = reader.value("port", .oneOrMore(of: .string))
        }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasSuffix("the environment variable 'NO' is not set") })
    }

    @Test func `a problem inside a text is reported at its place unless the text is secret`() {
        let lines = report("a: '1 + x'\nb: '${X} + x'\nc: 1", environment: ["X": "hunter2"]) { reader in
            let type = SettingType<Int>.text("an expression") { text throws(Setting.Invalid) in
                throw Setting.Invalid("there is no key 'x' in \(text)", offset: 4, remedy: "define it")
            }
            _ = reader.value("a", type)
            _ = reader.value("b", type)
            _ = reader.value("c", SettingType<KeyName>.text("a key") { _ in throw FileFailure("it is wrong") })
        }
        #expect(
            lines == [
                "k.yaml:1:9: error: there is no key 'x' in 1 + x; define it",
                "k.yaml:2:4: error: 'b' has the value of '${X} + x', which cannot be used",
                "k.yaml:3:4: error: 'c' expects a key, found '1': FileFailure(reason: \"it is wrong\")",
            ])
    }

    @Test func `entries come in their order with their places`() {
        let lines = report("keys:\n  b: 1\n  'a/b': 2\n") { reader in
            let entries = reader.mapping("keys")?.entries ?? []
            #expect(entries.map(\.key.node.text) == ["b", "a/b"])
            _ = entries.last?.key.value(.keyName)
            entries.first?.value.warning("this is odd")
        }
        #expect(
            lines == [
                "k.yaml:2:6: warning: this is odd",
                "k.yaml:3:3: error: a key of 'keys' expects the name of a key, found 'a/b': "
                    + "'/' is not allowed; use letters, digits, '_', '-' and dots",
            ])
    }

    @Test func `a tree becomes JSON`() {
        let root = YAMLSource.table().parse("a: [1, x, null, true]\nb: {c: 1.5}", file: "k.yaml").root
        #expect(root?.json == ["a": [1, "x", .null, true], "b": ["c": 1.5]])
        #expect(YAMLSource.table().parse("a: .inf", file: "k.yaml").root?.json == nil)
    }
}
