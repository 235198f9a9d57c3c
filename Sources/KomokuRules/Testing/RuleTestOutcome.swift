package import Komoku

/// What became of one test.
package struct RuleTestOutcome: Sendable {
    package struct Failure: Hashable, Sendable {
        package let position: SourcePosition
        /// What was expected and what was there; may have several lines.
        package let message: String
    }

    package let name: String
    package let position: SourcePosition
    package var failures: [Failure] = []
    /// What the rules decided until then, the newest last; only of a test that failed.
    package var log: [String] = []
    /// How long it took, on the clock on the wall.
    package var duration = Duration.zero

    package var passed: Bool { failures.isEmpty }
}

/// What became of the tests of one file.
package struct RuleTestFileOutcome: Sendable {
    package let path: String
    /// Of the file and of its subject.
    package var findings: [Diagnostic] = []
    package var tests: [RuleTestOutcome] = []

    package var passed: Bool { tests.allSatisfy(\.passed) && !findings.contains { $0.severity == .error } }
}
