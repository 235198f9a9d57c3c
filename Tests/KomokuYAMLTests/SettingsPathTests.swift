import Testing

@testable import KomokuYAML

@Suite struct SettingsPathTests {
    @Test(arguments: [
        ("*.yaml", "a.yaml", true), ("*.yaml", ".yaml", false), ("*.yaml", ".a.yaml", false), (".*", ".a", true),
        ("*", "", true), ("?", "é", true), ("?", "", false), ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("**", "x", true), ("*a", "aaab", false),
    ])
    func `a segment matches names`(pattern: String, name: String, expected: Bool) {
        #expect(SettingsPath.matches(pattern, name) == expected)
    }

    @Test func `many stars take no time`() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!SettingsPath.matches(pattern, String(repeating: "a", count: 2000)))
    }

    @Test(arguments: [
        ("a/./b", "a/b"), ("a/x/../b", "a/b"), ("../a", "../a"), ("../../a", "../../a"), ("/a//b/", "/a/b"),
        ("./a", "a"),
    ])
    func `two spellings of a path are one file`(path: String, same: String) {
        #expect(SettingsPath.identity(path) == Array(same.utf8))
    }

    @Test func `folders may be matched too`() {
        let files = TableFiles(texts: ["r/a/x.yaml": "", "r/b/x.yaml": "", "r/b/y.yaml": "", "q/c/x.yaml": ""])
        #expect(SettingsPath.matches(of: "r/*/x.yaml", in: files) == ["r/a/x.yaml", "r/b/x.yaml"])
        #expect(SettingsPath.matches(of: "?/c/x*", in: files) == ["q/c/x.yaml"])
    }

    @Test func `a pattern over too many folders is given up`() {
        var files = TableFiles()
        for number in 0..<2000 { files.texts["d\(number)/x"] = "" }
        #expect(SettingsPath.matches(of: "*/*", in: files) == nil)
    }
}
