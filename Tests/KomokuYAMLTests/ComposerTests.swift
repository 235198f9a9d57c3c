import Komoku
import KomokuYAML
import Testing

@Suite struct ComposerTests {
    private func problems(_ text: String) -> [String] {
        YAMLSource.table().parse(text, file: "a.yaml").diagnostics.lines
    }

    @Test func `an alias bomb is refused before it is expanded`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let expected =
            "error: the aliases of the file stand for more than 100000 values; write less by aliases"
        #expect(problems(text).count == 1)
        #expect(problems(text).first?.hasSuffix(expected) ?? false)
    }

    @Test func `a file of very many values is refused`() {
        #expect(problems(String(repeating: "- [1, 2]\n", count: 300_000)) == [])
        let expected =
            "error: the file has more than 1000000 values, each use of an alias counted; split it with 'include:'"
        let found = problems(String(repeating: "- [1, 2]\n", count: 400_000))
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix(expected) ?? false)
    }

    @Test func `aliases that only deepen are refused at the limit`() {
        var text = "a0: &a0 [x]\n"
        for level in 1...70 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(problems(text) == ["a.yaml:64:12: error: lists and mappings are nested more than 64 deep"])
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "[{a: "])
    func `deep nesting is refused`(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(problems(text).count == 1)
        #expect(problems(text).first?.contains("nested more than 64 deep") ?? false)
    }

    @Test func `sixty-four levels are read`() {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(problems(text) == [])
    }

    @Test func `a flood of problems is cut`() {
        let text = String(repeating: "a: 1\n", count: 5000)
        #expect(problems(text).count == 201)
        #expect(
            problems(text).last == "a.yaml:201:1: error: the file has too many problems, the rest of it is not read")
    }

    @Test func `tag directives, which libyaml compares with each other, are bounded`() {
        let text = (0..<2000).map { "%TAG !a\($0)! b\n" }.joined() + "---\na: 1"
        #expect(problems(text) == ["a.yaml:1:1: error: the file has more than 1000 '%TAG' directives"])
    }

    @Test func `nodes know where they start`() {
        let root = YAMLSource.table().parse("é: [ab,   'c']\nd:\n  - e: f\n", file: "a.yaml").root
        #expect(root?["é"]?.sequence?.last?.position == SourcePosition(file: "a.yaml", line: 1, column: 11))
        #expect(root?["d"]?.sequence?.first?["e"]?.position == SourcePosition(file: "a.yaml", line: 3, column: 8))
    }

    @Test func `a node behind an alias keeps the place of its text`() {
        let root = YAMLSource.table().parse("a: &x b\nc: *x\n", file: "a.yaml").root
        #expect(root?["c"]?.position.line == 1)
    }

    @Test(arguments: [
        ("a: one + two", 6, "1:10"),
        ("a: 'it''s + two'", 7, "1:13"),
        ("a: \"x\\\"y + two\"", 6, "1:12"),
        ("a: \"\\u00e9 + two\"", 5, "1:4"),
        ("a: é + two", 5, "1:8"),
        ("a: |\n  one\n  + two\n", 6, "3:5"),
        ("a:\n  - |-\n\n     one\n", 1, "4:6"),
        ("a: one\n  + two", 4, "1:4"),
        ("a: one", 99, "1:4"),
        ("a: ${HOME} + two", 3, "1:4"),
    ])
    func `an offset into a text has a place in the file`(text: String, offset: Int, expected: String) {
        let source = YAMLSource.table(environment: ["HOME": "h"])
        let value = source.parse(text, file: "a.yaml").root?["a"]
        let node = value?.sequence?.first ?? value
        let position = node?.position(ofOffset: offset)
        #expect(position.map { "\($0.line):\($0.column)" } == expected)
    }
}
