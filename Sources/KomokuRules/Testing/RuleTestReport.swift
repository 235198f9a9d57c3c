internal import Komoku

/// What a person reads of tests: a line for each, the failures with their places, a summary.
package struct RuleTestReport: Sendable {
    /// Green and red, where the terminal shows them.
    private let usesColour: Bool

    package init(usesColour: Bool = false) {
        self.usesColour = usesColour
    }

    /// What is said of one test, when it is over.
    package func text(of test: RuleTestOutcome) -> String {
        var text = test.passed ? "  \(colour("✓", 32))" : "  \(colour("✗", 31))"
        text += " \(test.name) (\(Self.milliseconds(test.duration)))\n"
        for failure in test.failures {
            text += indented("\(failure.position): \(failure.message)", by: 6)
        }
        if !test.log.isEmpty {
            text += indented("the newest that rules did and decided:", by: 6)
            for line in test.log { text += indented(line, by: 8) }
        }
        return text
    }

    /// What is said of all, at the end.
    package func summary(of files: [RuleTestFileOutcome]) -> String {
        let tests = files.flatMap(\.tests)
        let failed = tests.count { !$0.passed }
        let broken = files.count { $0.tests.isEmpty || !$0.passed && $0.tests.allSatisfy(\.passed) }
        let time = Self.milliseconds(
            tests.reduce(.zero) { Duration(microseconds: $0.microseconds + $1.duration.microseconds) })
        var text = "\(Self.count(tests.count, "test")) in \(Self.count(files.count, "file"))"
        text += failed == 0 && broken == 0 ? ": \(colour("all passed", 32))" : ": \(colour("\(failed) failed", 31))"
        if broken > 0 { text += ", \(Self.count(broken, "file")) could not be run" }
        return text + " (\(time))\n"
    }

    private static func count(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    static func milliseconds(_ duration: Duration) -> String { "\((duration.microseconds + 500) / 1000) ms" }

    private func colour(_ text: String, _ code: Int) -> String {
        usesColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private func indented(_ text: String, by count: Int) -> String {
        let margin = String(repeating: " ", count: count)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { "\(margin)\($0)\n" }.joined()
    }
}
