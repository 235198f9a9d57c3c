import FoundationEssentials
import Glibc
import Komoku
import KomokuTesting
import KomokuWire
import KomokuYAML
import Testing

@testable import KomokuDesk

/// Files of rules that clients write.
@Suite struct RuleFolderTests {
    private static func withFolder(_ body: (TemporaryFolder, RuleFolder) throws -> Void) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try body(folder, RuleFolder(folder.path))
    }

    @Test func untilItIsCommittedTheOldTextIsThere() throws {
        try Self.withFolder { folder, rules in
            try rules.prepare("one", as: "a.yaml").commit()
            #expect(try rules.file("a.yaml")?.text == "one")
            // A kill here: nothing takes the file's place, and what is left is no file of rules.
            let pending = try rules.prepare("two", as: "a.yaml")
            #expect(try rules.file("a.yaml")?.text == "one")
            #expect(try rules.files().map(\.name) == ["a.yaml"])
            let again = try rules.prepare("three", as: "a.yaml")
            try again.commit()
            #expect(try rules.file("a.yaml")?.text == "three")
            #expect(throws: Refusal.self) { try pending.commit() }
            #expect(try rules.file("a.yaml")?.text == "three")
            let withdrawn = try rules.prepare("four", as: "a.yaml")
            withdrawn.withdraw()
            #expect(DiskFiles().names(in: folder.path) == ["a.yaml"])
            try rules.prepare(nil, as: "a.yaml").commit()
            #expect(try rules.file("a.yaml") == nil && rules.files().isEmpty)
        }
    }

    @Test(arguments: [
        "../a.yaml", "a/b.yaml", ".a.yaml", "A.yaml", "a.yml", "a.test.yaml", ".yaml", "a.yaml\u{0}", "a b.yaml",
        "é.yaml",
    ])
    func noOtherNameIsWrittenOrRead(name: String) throws {
        try Self.withFolder { _, rules in
            #expect(throws: Refusal.self) { _ = try rules.prepare("x", as: name) }
            #expect(throws: Refusal.self) { _ = try rules.file(name) }
            #expect(!RuleFileName.isOne(name))
        }
    }

    @Test func aLinkIsNotFollowedAndAnythingElseIsNoFile() throws {
        try Self.withFolder { folder, rules in
            try folder.write("secret", to: "outside")
            symlink(folder.path("outside"), folder.path("a.yaml"))
            #expect(throws: Refusal.self) { _ = try rules.file("a.yaml") }
            #expect(try rules.files().isEmpty)
            // The link is replaced, and what it led to is as it was.
            try rules.prepare("new", as: "a.yaml").commit()
            #expect(try rules.file("a.yaml")?.text == "new")
            #expect(try String(contentsOfFile: folder.path("outside"), encoding: .utf8) == "secret")
            mkfifo(folder.path("b.yaml"), 0o600)
            #expect(throws: Refusal.self) { _ = try rules.file("b.yaml") }
            mkdir(folder.path("c.yaml"), 0o700)
            #expect(throws: Refusal.self) { _ = try rules.file("c.yaml") }
            #expect(throws: Refusal.self) { _ = try RuleFolder(folder.path("none")).files() }
        }
    }

    @Test(arguments: [
        ("rules:\n  - name: a\n    then: x\n\n  # of b\n  - name: b\n", 2, "- name: a\n  then: x\n"),
        ("rules:\n  - name: a\n  # of b\n  - name: b\n    then: |\n\n      x\n", 4, "- name: b\n  then: |\n\n    x\n"),
        ("- {name: a,\n   then: x}\n- {name: b}\n", 1, "- {name: a,\n   then: x}\n"),
        ("rules:\n  -\n    name: a\n    then: x\n  - name: b\n", 3, "-\n  name: a\n  then: x\n"),
        ("rules:\n- name: ü\nkeys: {}\n", 2, "- name: ü\n"),
    ])
    func aRuleIsToldWithItsLinesAndNoOthers(file: String, line: Int, text: String) {
        let position = SourcePosition(file: "a.yaml", line: line, column: 5)
        #expect(RuleExcerpt.text(at: position, of: file) == text)
    }

    @Test func aPlaceThatIsNotThereAnyMoreGivesNothing() {
        #expect(RuleExcerpt.text(at: SourcePosition(file: "a.yaml", line: 9, column: 1), of: "x\n") == nil)
        #expect(RuleExcerpt.text(at: SourcePosition(file: "a.yaml", line: 0, column: 1), of: "x\n") == nil)
    }
}

/// The example library as templates.
@Suite struct RuleExamplesTests {
    private static let folder = "\(#filePath)".replacing(
        "Tests/KomokuDeskTests/RuleFiles/RuleFolderTests.swift", with: "config/examples")

    @Test func everyExampleIsInTheProgram() throws {
        let files = DiskFiles().names(in: Self.folder).filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }
        #expect(RuleExamples.all.map { $0.name + ".yaml" }.sorted() == files.sorted())
        for example in RuleExamples.all {
            let text = try String(contentsOfFile: "\(Self.folder)/\(example.name).yaml", encoding: .utf8)
            #expect(RuleExamples.example(named: example.name, text, tests: example.tests) == example)
            #expect(!example.title.isEmpty && example.text.contains("rules:"), "\(example.name)")
            #expect(!example.text.contains("\nkeys:"), "\(example.name)")
        }
    }

    @Test func theKeysOfAnExampleAreSlotsToFillIn() throws {
        let arrival = try #require(RuleExamples.all.first { $0.name == "arrival" })
        #expect(
            arrival.title
                == "Somebody who comes home in the dark finds the hall lit; ten minutes after the last person has left, all lights go off and the heating goes down"
        )
        #expect(arrival.slots.map(\.key).contains("heating.target"))
        let target = try #require(arrival.slots.first { $0.key == "heating.target" })
        #expect(target.type == "numeric" && target.unit == "°C" && target.isWritten)
        #expect(arrival.slots.first { $0.key == "phone.anna" }?.isWritten == false)
        #expect(arrival.setup?.contains("keys:") == true && arrival.tests?.contains("tests:") == true)
    }
}
