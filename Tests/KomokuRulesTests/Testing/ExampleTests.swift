import Glibc
import Komoku
import KomokuRules
import Logging
import Testing

@Suite("The examples")
struct ExampleTests {
    private static let folder = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        return parts.joined(separator: "/") + "/config/examples"
    }()

    static let files = {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob("\(folder)/*.test.yaml", 0, nil, &found) == 0 else { return [String]() }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }()

    @Test("are there")
    func count() {
        #expect(Self.files.count >= 59)
    }

    @Test("do what their tests say", arguments: files)
    func pass(_ path: String) async {
        let logger = Logger(label: "example") { _ in SwiftLogNoOpLogHandler() }
        let outcome = await RuleTestSuite(logger: logger, loader: ExampleLoader.load).run(path)
        #expect(outcome.findings.isEmpty, "\(outcome.findings.map(\.description).joined(separator: "\n"))")
        #expect(!outcome.tests.isEmpty)
        for test in outcome.tests where !test.passed {
            Issue.record("\n\(RuleTestReport().text(of: test))")
        }
    }
}
