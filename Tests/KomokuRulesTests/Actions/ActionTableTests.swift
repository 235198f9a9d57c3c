import Glibc
import Testing

@testable import KomokuRules

/// What holds of every action, also of those that come later.
struct ActionTableTests {
    private static let words = ActionTable.all.map { $0.word }

    private static func page() -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        guard let file = fopen("\(root)/docs/rules.md", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `each has a word of its own, which finds it`() {
        #expect(Set(Self.words).count == Self.words.count)
        for action in ActionTable.all { #expect(ActionTable[action.word] == action) }
        #expect(ActionTable["dance"] == nil)
    }

    @Test(arguments: words) func `each is in the table of the documentation`(word: String) {
        let rows = Self.page().split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.contains { $0.contains("`\(word): ") }, "docs/rules.md, Actions")
    }

    @Test(arguments: Purpose.words) func `each purpose is in the table of the documentation`(word: String) {
        let rows = Self.page().split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.contains { $0.contains("`\(word)`") }, "docs/rules.md, For a purpose")
    }

    @Test func `what other programs call one is no word of another`() {
        for action in ActionTable.all {
            for (names, meaning) in action.elsewhere {
                for name in names where name != action.word { #expect(!Self.words.contains(name), "\(name)") }
                #expect(Vocabulary.action.meaning(of: names[0]).word == (Self.words.contains(meaning) ? meaning : nil))
            }
        }
    }

    @Test func `its settings are what may stand beside its word`() {
        for action in ActionTable.all {
            #expect(action.settings.first == action.word)
            #expect(Set(action.settings).count == action.settings.count, "\(action.settings)")
            for option in action.settings.dropFirst() { #expect(ActionTable.options.contains(option)) }
        }
        #expect(ActionTable["put"]?.settings == ["put", "timeout", "retry", "on_error", "wait_for_report"])
        #expect(ActionTable["wait_until"]?.settings == ["wait_until", "timeout", "on_timeout", "on_error"])
        #expect(ActionTable["if"]?.settings == ["if", "then", "else"] && ActionTable["stop"]?.settings == ["stop"])
    }
}
