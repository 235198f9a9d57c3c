import Komoku
import KomokuYAML
package import Logging

/// Runs files of tests, one after another.
package struct RuleTestSuite: Sendable {
    private let loader: RuleTestSubject.Loader
    private let logger: Logger
    private let isForeign: Bool

    /// - Parameter isForeign: whether the files are of somebody who may read no others.
    package init(logger: Logger, isForeign: Bool = false, loader: @escaping RuleTestSubject.Loader) {
        self.loader = loader
        self.isForeign = isForeign
        self.logger = logger
    }

    /// - Parameter told: of each test when it is over.
    package func run(_ path: String, told: (RuleTestOutcome) -> Void = { _ in }) async -> RuleTestFileOutcome {
        var outcome = RuleTestFileOutcome(path: path)
        let (file, findings) = RuleTestFile.load(
            path, files: isForeign ? FolderFiles(beside: path) : DiskFiles())
        outcome.findings = findings
        guard let file else { return outcome }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        func full(_ name: String) -> String {
            name.utf8.first == UInt8(ascii: "/") || folder.isEmpty ? name : "\(folder)/\(name)"
        }
        for (index, test) in file.tests.enumerated() {
            let overrides = RuleTestSubject.Overrides(zone: test.zone, place: test.place)
            if index == 0 {
                // What is wrong with the subject is told once.
                let (subject, findings) = loader(full(file.subject), overrides)
                outcome.findings += findings
                if subject == nil { return outcome }
            }
            let result = await RuleTestRun.run(test, logger: logger) { name in
                loader(full(name ?? file.subject), overrides)
            }
            told(result)
            outcome.tests.append(result)
        }
        return outcome
    }
}
