import Glibc
import Komoku
import KomokuHub
import KomokuRules
import KomokuStore
import Logging

/// `komokud --replay RULES`: feeds history from standard input to rules, and says what they would have done.
struct Replaying {
    let rules: String
    /// The file of rules to compare with.
    let old: String?
    let configuration: String
    let environment: [String: String]
    var range = Replay.Range()
    var printsJSON = false

    /// - Returns: whether it could be done.
    func run() throws -> Bool {
        guard let new = load(rules) else { return false }
        let oldSettings = try old.map { path in
            guard let settings = load(path) else { throw Stop() }
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

    struct Stop: Error {}

    /// Prints the patterns of the keys whose history is wanted, a line each.
    func printKeys() -> Bool {
        var patterns: Set<String> = []
        for path in [rules, old].compactMap(\.self) {
            guard let settings = load(path) else { return false }
            patterns.formUnion(settings.rules.keysRead.map(\.text))
        }
        write(patterns.sorted().map { $0 + "\n" }.joined())
        return true
    }

    private func load(_ path: String) -> Settings? {
        let options = Settings.Options(environment: environment, rules: path)
        let (settings, findings) = Settings.load(configuration, options)
        for finding in findings { RuleTesting.write("\(finding)\n", to: STDERR_FILENO) }
        return settings
    }

    private func replay(_ settings: Settings, _ history: ReplayHistory) throws -> Replay.Result {
        let replay = Replay(
            RuleTestSubject(settings), logger: Logger(label: "replay") { _ in SwiftLogNoOpLogHandler() })
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
        RuleTesting.write(text, to: STDOUT_FILENO)
    }
}
