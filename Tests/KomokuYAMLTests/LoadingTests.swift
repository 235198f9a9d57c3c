import Komoku
import KomokuYAML
import Testing

@Suite struct LoadingTests {
    private func load(_ texts: [String: String], _ path: String = "etc/k.yaml") -> YAMLSource.Document {
        YAMLSource.table(texts).load(path)
    }

    @Test func `lists are joined and mappings put together in the order of the files`() throws {
        let document = load([
            "etc/k.yaml": "include: [rules/*.yaml, keys.yaml]\nrules: [{name: main}]\nkeys: {a: 1}\nhub: {name: h}",
            "etc/rules/b.yaml": "rules: [{name: b}]",
            "etc/rules/a.yaml": "rules:\n  - {name: a1}\n  - {name: a2}\nmap: [x]",
            "etc/rules/.hidden.yaml": "rules: [{name: no}]",
            "etc/rules/c.txt": "rules: [{name: no}]",
            "etc/keys.yaml": "keys: {b: 2, c: 3}\nrules:",
        ])
        #expect(document.diagnostics.lines == [])
        let root = try #require(document.root)
        #expect(root["include"] == nil)
        #expect(root["rules"]?.sequence?.map { $0["name"]?.text } == ["main", "a1", "a2", "b"])
        #expect(root["keys"]?.entries?.map(\.key.text) == ["a", "b", "c"])
        #expect(root["map"]?.sequence?.first?.position == SourcePosition(file: "etc/rules/a.yaml", line: 4, column: 7))
    }

    @Test func `an included file includes relative to itself`() {
        let document = load([
            "etc/k.yaml": "include: sub/a.yaml",
            "etc/sub/a.yaml": "include: [b.yaml, /abs/c.yaml]\nmap: [a]",
            "etc/sub/b.yaml": "map: [b]",
            "/abs/c.yaml": "map: [c]",
        ])
        #expect(document.diagnostics.lines == [])
        #expect(document.root?["map"]?.sequence?.map(\.text) == ["a", "b", "c"])
    }

    @Test func `what two files give in conflict is an error that names both places`() {
        let document = load([
            "etc/k.yaml": "include: b.yaml\nkeys:\n  a: 1\nname: x\nmap: []",
            "etc/b.yaml": "keys:\n  a: 2\nname: y\nmap: {}\n",
        ])
        let remedy = "only sections that are all lists or all mappings can be spread over files"
        #expect(
            document.diagnostics.lines == [
                "etc/b.yaml:2:3: error: 'a' is given twice, first at etc/k.yaml:3:3",
                "etc/b.yaml:3:1: error: 'name' is given as a single value here "
                    + "and as a single value at etc/k.yaml:4:1; \(remedy)",
                "etc/b.yaml:4:1: error: 'map' is given as a mapping here and as a list at etc/k.yaml:5:1; \(remedy)",
            ])
    }

    @Test func `every include that cannot be followed is reported`() {
        let document = load([
            "etc/k.yaml": "include: [no.yaml, none/*.yaml, list.yaml, {a: 1}, bad.yaml, '', self.yaml]\na: 1",
            "etc/list.yaml": "- 1\n",
            "etc/bad.yaml": "a: [\n",
            "etc/self.yaml": "include: ../etc/k.yaml",
        ])
        #expect(
            document.diagnostics.lines == [
                "etc/k.yaml:1:11: error: 'no.yaml' cannot be read: No such file or directory",
                "etc/k.yaml:1:20: warning: no file matches 'none/*.yaml'",
                "etc/k.yaml:1:44: error: 'include' expects paths, found a mapping",
                "etc/k.yaml:1:62: error: 'include' expects paths, found ''",
                "etc/list.yaml:1:1: error: a file of settings is a mapping of sections such as 'map:' or 'rules:', "
                    + "found a list; write the name of the section above the list",
                "etc/bad.yaml:2:1: error: did not find expected node content while parsing a flow node",
                "etc/self.yaml:1:10: error: '../etc/k.yaml' is included by itself, "
                    + "by way of etc/k.yaml → etc/self.yaml",
            ])
        #expect(document.root?["a"]?.integer == 1)
    }

    @Test func `a file named twice is an error, one that a pattern meets again is not`() {
        let document = load([
            "etc/k.yaml": "include: [z.yaml, '*.yaml', ./z.yaml]",
            "etc/z.yaml": "map: [z]", "etc/a.yaml": "map: [a]",
        ])
        #expect(
            document.diagnostics.lines == [
                "etc/k.yaml:1:29: error: './z.yaml' is included already, at etc/k.yaml:1:11"
            ])
        #expect(document.root?["map"]?.sequence?.map(\.text) == ["z", "a"])
    }

    @Test func `the number of files is bounded`() {
        var texts = ["etc/k.yaml": "include: 'd/*'"]
        for number in 0..<400 { texts["etc/d/\(number)"] = "map: [\(number)]" }
        let document = load(texts)
        #expect(document.diagnostics.lines == ["etc/k.yaml:1:10: error: more than 256 files are included"])
        #expect(document.root?["map"]?.sequence?.count == 255)
    }

    @Test func `a pattern leaves out tests of rules; a name does not`() {
        let files = ["k.yaml": "include: ['r/*.yaml']", "r/a.yaml": "rules: [1]", "r/a.test.yaml": "tests: [2]"]
        #expect(YAMLSource.table(files).load("k.yaml").diagnostics.lines == [])
        var named = files
        named["k.yaml"] = "include: [r/a.test.yaml]"
        #expect(YAMLSource.table(named).load("k.yaml").root?["tests"] != nil)
        #expect(YAMLSource.table(files).load("k.yaml").root?["tests"] == nil)
    }

    @Test func `a long list of includes ends with one report`() {
        let paths = (0..<1000).map { "x\($0)" }.joined(separator: ", ")
        let lines = load(["k.yaml": "include: [\(paths)]"], "k.yaml").diagnostics.lines
        #expect(lines.count == 256)
        #expect(lines.last?.hasSuffix("more than 256 files are included") ?? false)
    }

    @Test func `a first file that is missing or wrong gives no root`() {
        let missing = load([:], "k.yaml")
        #expect(missing.root == nil)
        #expect(missing.diagnostics.lines == ["k.yaml:1:1: error: the file cannot be read: No such file or directory"])
        #expect(load(["k.yaml": "- 1"], "k.yaml").root == nil)
    }

    @Test func `a path from the environment is not shown`() {
        let source = YAMLSource.table(["k.yaml": "include: ['${P}', '${P}/*']"], environment: ["P": "hunter2"])
        #expect(
            source.load("k.yaml").diagnostics.lines == [
                "k.yaml:1:11: error: the value of '${P}' cannot be read: No such file or directory",
                "k.yaml:1:19: warning: no file matches the value of '${P}/*'",
            ])
    }
}
