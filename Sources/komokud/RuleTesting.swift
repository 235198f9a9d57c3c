import Glibc
import Komoku
import KomokuDesk
import KomokuHub
import KomokuRules
import KomokuSystem
import KomokuYAML
import Logging

/// `komokud --test FILES|FOLDERS`: runs tests of rules and says what became of them.
struct RuleTesting {
    /// None is the working folder with all below.
    let paths: [String]
    let junit: String?
    let environment: [String: String]
    /// The keys of the house; nil where they are not known.
    var catalogue: KeyCatalogue?
    /// One object at the end instead of lines as they come.
    var printsJSON = false
    /// Whether the files are of somebody who may read no others.
    var isForeign = false

    /// - Returns: whether all passed.
    func run() throws -> Bool {
        let files = paths.isEmpty ? Self.files(of: ".") : paths.flatMap { Self.files(of: $0) }
        guard !files.isEmpty else {
            let folders = paths.isEmpty ? "this folder" : paths.joined(separator: ", ")
            complain("there is no *.test.yaml in \(folders)")
            return false
        }
        let outcomes = try outcomes(of: files)
        if printsJSON {
            let json = RuleTestReport.json(of: outcomes, finding: FindingText.json)
            Self.write(json.text + "\n", to: STDOUT_FILENO)
        } else {
            Self.write(report.summary(of: outcomes), to: STDOUT_FILENO)
        }
        if let junit, !Self.save(JUnitReport.text(of: outcomes), to: junit) {
            Self.write("komokud: \(junit) cannot be written\n", to: STDERR_FILENO)
            return false
        }
        return outcomes.allSatisfy(\.passed)
    }

    private var report: RuleTestReport {
        RuleTestReport(usesColour: isatty(STDOUT_FILENO) == 1 && environment["NO_COLOR"] == nil)
    }

    /// - Parameter message: what nothing can be done about.
    private func complain(_ message: String) {
        let answer: JSON = ["error": "failed", "message": .string(message)]
        if printsJSON {
            Self.write(answer.text + "\n", to: STDOUT_FILENO)
        } else {
            Self.write("komokud: \(message)\n", to: STDERR_FILENO)
        }
    }

    /// Tells of each test when it is over, unless all are told at the end.
    private func outcomes(of files: [String]) throws -> [RuleTestFileOutcome] {
        let (report, say) = (
            report,
            { @Sendable [printsJSON] (text: String) in
                if !printsJSON { Self.write(text, to: STDOUT_FILENO) }
            }
        )
        let loader = RuleTestSubject.loader(
            environment: environment, catalogue: catalogue,
            foreignFiles: isForeign ? files.first.map { FolderFiles(beside: $0) } : nil)
        return try waitFor { () -> [RuleTestFileOutcome] in
            let suite = RuleTestSuite(
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isForeign: isForeign, loader: loader)
            var outcomes: [RuleTestFileOutcome] = []
            for file in files {
                say("\(file)\n")
                let outcome = await suite.run(file) { say(report.text(of: $0)) }
                var text = FindingText()
                for finding in outcome.findings {
                    for line in text.text(of: finding).split(separator: "\n") {
                        say("  \(line)\n")
                    }
                }
                outcomes.append(outcome)
            }
            return outcomes
        }
    }

    private static let maximumDepth = 16

    /// The tests of a folder and those below it, in the order of their names; a file is itself.
    private static func files(of path: String, depth: Int = 0) -> [String] {
        guard let folder = opendir(path) else { return depth == 0 ? [path] : [] }
        defer { closedir(folder) }
        var files: [String] = []
        while let entry = readdir(folder) {
            let isFolder = Int(entry.pointee.d_type) == Int(DT_DIR)
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let below = path == "." ? name : "\(path)/\(name)"
            if isFolder, !name.hasPrefix("."), depth < maximumDepth {
                files += Self.files(of: below, depth: depth + 1)
            } else if name.hasSuffix(".test.yaml") {
                files.append(below)
            }
        }
        return files.sorted()
    }

    private static func save(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0 else { return false }
        let isWritten = write(text, to: file)
        return close(file) == 0 && isWritten
    }

    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        do {
            try writeWhole(text.utf8, to: descriptor)
            return true
        } catch {
            if descriptor == STDOUT_FILENO { endUnread(error) }
            return false
        }
    }

    /// What goes to a full disk was not said; what goes to a pipe that nobody reads is not wanted.
    private static func endUnread(_ failure: WriteFailure) -> Never {
        if failure.isClosedPipe { exit(0) }
        write("komokud: cannot write to the standard output: \(failure)\n", to: STDERR_FILENO)
        exit(1)
    }
}
