import Komoku
import Testing

@Suite struct DiagnosticTests {
    @Test func `a diagnostic names the place and the remedy`() {
        let place = SourcePosition(file: "komoku.yaml", line: 3, column: 5)
        let diagnostic = Diagnostic(.error, at: place, "unknown word 'topik'", remedy: "did you mean 'topic'?")
        #expect(diagnostic.description == "komoku.yaml:3:5: error: unknown word 'topik'; did you mean 'topic'?")
    }

    @Test func `diagnostics are sorted by place`() {
        var diagnostics = Diagnostics()
        diagnostics.error(at: SourcePosition(file: "a", line: 9, column: 1), "late")
        diagnostics.warning(at: SourcePosition(file: "a", line: 2, column: 1), "early")
        #expect(diagnostics.sorted.map(\.message) == ["early", "late"])
        #expect(diagnostics.hasErrors)
    }

    @Test(
        arguments: [
            ("topik", "topic"), ("retian", "retain"), ("kye", "key"), ("zzz", nil), ("payload", "payload"), ("x", nil),
        ] as [(String, String?)])
    func `a misspelt word finds its neighbour`(word: String, expected: String?) {
        #expect(Suggestion.closest(to: word, in: ["topic", "retain", "key", "payload"]) == expected)
    }
}
