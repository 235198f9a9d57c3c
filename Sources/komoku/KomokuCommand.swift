internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient

/// The command-line tool.
@main
struct KomokuCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "komoku",
        abstract: "Query and control a Komoku hub.",
        discussion: """
            Times are durations before now (90s, 1h, 2d), dates (2026-01-31, '2026-01-31 08:30') or seconds since 1970.
            Exit codes: 0 done, 1 the hub refused or there is no such key, 2 wrong usage, 3 the hub cannot be reached.
            """,
        version: "komoku \(Release.version)",
        groupedSubcommands: [
            CommandGroup(
                name: "Key",
                subcommands: [
                    GetCommand.self, LastCommand.self, PutCommand.self, KeysCommand.self, WatchCommand.self,
                    DefineCommand.self, RenameCommand.self, MergeCommand.self, DeleteCommand.self,
                ]),
            CommandGroup(name: "Device", subcommands: [DevicesCommand.self, DiscoverCommand.self]),
            CommandGroup(
                name: "History",
                subcommands: [
                    HistoryCommand.self, StatsCommand.self, SpansCommand.self, UptimeCommand.self,
                    ProfileCommand.self, RepairCommand.self,
                ]),
            CommandGroup(
                name: "Rule",
                subcommands: [
                    RulesCommand.self, RunsCommand.self, WhyCommand.self, RunCommand.self, EmitCommand.self,
                    EnableCommand.self, DisableCommand.self, ReloadCommand.self, NotificationsCommand.self,
                    AcknowledgeCommand.self, CheckCommand.self, TestCommand.self, ReplayCommand.self,
                ]),
            CommandGroup(
                name: "Database",
                subcommands: [
                    ExportCommand.self, ImportCommand.self, StoreCommand.self, CompactCommand.self,
                    BackupCommand.self,
                ]),
        ])

    static func main() async {
        setlocale(LC_CTYPE, "")
        Terminal.watchBuffer()
        do {
            var command = try await asyncParseAsRoot(arranged(Array(CommandLine.arguments.dropFirst())))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Glibc.exit(report(error))
        }
    }

    /// `komoku --server URL get KEY` with what every command takes moved behind the command, where the parser knows it.
    static func arranged(_ arguments: [String]) -> [String] {
        var common = 0
        while common < arguments.count {
            if arguments[common] == "--json" || arguments[common].hasPrefix("--server=") {
                common += 1
            } else if arguments[common] == "--server" {
                common += 2
            } else {
                break
            }
        }
        guard common > 0, common < arguments.count else { return arguments }
        // `devices show` is a command of two words.
        let isLong = arguments[common] == DevicesCommand.configuration.commandName && common + 1 < arguments.count
        let words = isLong && DevicesCommand.words.contains(arguments[common + 1]) ? 2 : 1
        let command = arguments[common..<common + words]
        return Array(command) + arguments[..<common] + arguments[command.endIndex...]
    }

    /// Says what went wrong.
    ///
    /// - Returns: the exit code.
    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let failure as Failure:
            if !failure.message.isEmpty { Terminal.complain(failure.message) }
            return failure.code
        case let error as ClientError:
            Terminal.complain("komoku: \(error)")
            return error.exitCode
        default:
            let code = exitCode(for: error).rawValue
            let text = fullMessage(for: error)
            if code == 0 {
                Terminal.say(text)
            } else if !text.isEmpty {
                Terminal.complain(text)
            }
            // sysexits' EX_USAGE; 2 is what shells and most tools use.
            return code == ExitCode.validationFailure.rawValue ? 2 : code
        }
    }
}

/// A command that cannot do what was asked; said without further words.
struct Failure: Error {
    var message: String
    var code: Int32 = 1

    static let badAnswer = Failure(
        message: "komoku: the hub's answer is not shaped as this program expects; are both of one version?")

    static func usage(_ message: String) -> Failure { Failure(message: "komoku: " + message, code: 2) }
}

extension ClientError {
    var exitCode: Int32 {
        switch self {
        case .badAddress: 2
        case .unreachable, .notAHub, .disconnected, .timedOut: 3
        case .refused, .failed: 1
        }
    }
}
