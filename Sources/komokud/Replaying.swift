import ArgumentParser
import Glibc
import Komoku
import KomokuDesk
import KomokuHub
import KomokuRules
import KomokuStore
import KomokuYAML
import Logging

/// `komokud --replay RULES`: feeds history from standard input to rules, and says what they would have done.
struct Replaying {
    let rules: String
    /// The file of rules to compare with.
    let old: String?
    let configuration: String
    let environment: [String: String]
    /// The keys of the house; nil where they are not known.
    var catalogue: KeyCatalogue?
    var range = Replay.Range()
    var printsJSON = false
    /// Whether the rules are of somebody who may read no files.
    var isForeign = false

    /// The sections of which one says that a file is a whole configuration.
    private static let sections = ["hub", "mqtt", "store", "listen", "devices", "map", "keys", "include"]

    /// The configuration that goes with rules: their own file, where that is a whole one or there is no other.
    static func configuration(of rules: String, usual: String) -> String {
        guard access(usual, R_OK) == 0 else { return rules }
        let root = YAMLSource(environment: [:], files: DiskFiles()).load(rules).root
        let names = (root?.entries ?? []).compactMap(\.key.text)
        return names.contains(where: sections.contains) ? rules : usual
    }

    /// - Returns: whether it could be done.
    func run() throws -> Bool {
        var told: Set<Diagnostic> = []
        guard let new = load(rules, telling: .all, besides: &told) else { return false }
        let oldSettings = try old.map { path in
            guard let settings = load(path, telling: .all, besides: &told) else { throw ExitCode(1) }
            return settings
        }
        guard let history = read() else { return false }
        let zone = (try? ZoneFiles().zone(named: new.hub.timeZone ?? "local")) ?? .utc
        let report = ReplayReport(zone)
        if !printsJSON { write(report.introduction(history, range)) }
        let result = try replay(new, history)
        if let oldSettings {
            let differences = result.differences(from: try replay(oldSettings, history))
            write(printsJSON ? report.lines(of: differences) : report.text(of: differences))
        } else {
            write(printsJSON ? report.lines(of: result) : report.text(of: result))
        }
        return true
    }

    /// Prints the patterns of the keys whose history is wanted, a line each; behind one the seconds of history before the first
    /// moment that the rules ask for.
    func printKeys() -> Bool {
        var patterns: [String: Duration] = [:]
        var told: Set<Diagnostic> = []
        for path in [rules, old].compactMap(\.self) {
            guard let settings = load(path, telling: .faults, besides: &told) else { return false }
            for pattern in settings.rules.keysRead {
                let lookBack = settings.rules.lookBack(of: pattern) ?? .zero
                patterns[pattern.text] = max(patterns[pattern.text] ?? .zero, lookBack)
            }
        }
        let lines = patterns.sorted { $0.key < $1.key }.map { pattern, lookBack in
            lookBack == .zero ? pattern : "\(pattern) \(DecimalNumber.text(lookBack.seconds))"
        }
        write(lines.map { $0 + "\n" }.joined())
        return true
    }

    private enum Telling {
        case all
        /// Only why it cannot be read: the patterns are asked for before the replay, which then says the rest.
        case faults
    }

    /// - Parameter told: what was told already; the configuration's own findings are those of each file of rules.
    private func load(_ path: String, telling: Telling, besides told: inout Set<Diagnostic>) -> Settings? {
        var options = Settings.Options(environment: environment, rules: path, catalogue: catalogue)
        options.foreignFiles = isForeign ? FolderFiles(beside: rules) : nil
        let (settings, findings) = Settings.load(configuration, options)
        var text = FindingText()
        for finding in findings where telling == .all || settings == nil {
            if told.insert(finding).inserted { RuleTesting.write(text.text(of: finding), to: STDERR_FILENO) }
        }
        return settings
    }

    private func replay(_ settings: Settings, _ history: ReplayHistory) throws -> Replay.Result {
        let replay = Replay(
            RuleTestSubject(settings, catalogue: catalogue),
            logger: Logger(label: "replay") { _ in SwiftLogNoOpLogHandler() })
        return try waitFor { [range] in try await replay.run(history, range) }
    }

    /// The points on standard input; nil after telling what is wrong with a line.
    private func read() -> ReplayHistory? {
        var history = ReplayHistory()
        var number = 0
        while let line = readLine() {
            number += 1
            do throws(ReplayHistory.BrokenLine) {
                try history.add(line: line.utf8)
            } catch {
                RuleTesting.write("komokud: line \(number) of the history is no point: \(error)\n", to: STDERR_FILENO)
                return nil
            }
        }
        history.sort()
        return history
    }

    private func write(_ text: String) {
        // The history has what devices sent.
        RuleTesting.write(text.printableLines, to: STDOUT_FILENO)
    }
}
