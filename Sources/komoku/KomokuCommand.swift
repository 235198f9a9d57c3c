internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// The command-line tool.
@main
struct KomokuCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "komoku",
        abstract: "Query and control a Komoku hub.",
        discussion: """
            Times are durations before now (90s, 1h, 2d), what people say (yesterday, 'mon 08:00', 22:15), dates \
            (2026-01-31, '2026-01-31 08:30') or seconds since 1970.
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
            CommandGroup(name: "Device", subcommands: [DevicesCommand.self, DiscoverCommand.self, RoomsCommand.self]),
            CommandGroup(
                name: "History",
                subcommands: [
                    HistoryCommand.self, GraphCommand.self, StatsCommand.self, SpansCommand.self, UptimeCommand.self,
                    ProfileCommand.self, EnergyCommand.self, RepairCommand.self,
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
                    ExportCommand.self, ImportCommand.self, StoreCommand.self, TopCommand.self, CompactCommand.self,
                    BackupCommand.self,
                ]),
            CommandGroup(
                name: "Access", subcommands: [UserCommand.self, TokenCommand.self]),
            CommandGroup(
                name: "Hub",
                subcommands: [
                    StatusCommand.self, DeadLettersCommand.self, CellsCommand.self, TLSCommand.self, AgentCommand.self,
                    AgentsCommand.self, ShellCommand.self,
                ]),
        ])

    static func main() async {
        setlocale(LC_CTYPE, "")
        Terminal.watchBuffer()
        do {
            let arguments = takingNoColor(Array(CommandLine.arguments.dropFirst()))
            try checkName(arguments.first)
            var command = try await parsed(arranged(arguments))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Glibc.exit(report(error))
        }
    }

    /// Reads the words of one command alone, which takes a third of the time that all of them take; what is wrong in them, and help,
    /// is for the whole to tell.
    private static func parsed(_ arguments: [String]) async throws -> any ParsableCommand {
        let all = configuration.groupedSubcommands.flatMap { $0.subcommands }
        let type = arguments.first.flatMap { word in all.first { $0.configuration.commandName == word } }
        let isHelp = arguments.contains { ["--help", "-h", "--version", "--help-hidden", "help"].contains($0) }
        if !isHelp, let type = type as? any AsyncParsableCommand.Type,
            let command = try? await type.asyncParseAsRoot(Array(arguments.dropFirst()))
        {
            return command
        }
        return try await asyncParseAsRoot(arguments)
    }

    /// Every command knows the flag, also one that asks no hub; it has to be known before the first word is printed.
    private static func takingNoColor(_ arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        guard arguments[..<end].contains("--no-color") else { return arguments }
        setenv("NO_COLOR", "1", 1)
        return arguments[..<end].filter { $0 != "--no-color" } + arguments[end...]
    }

    /// The parser would complain about the options of a command that it does not know.
    static func checkName(_ word: String?) throws {
        guard let word, !word.hasPrefix("-"), word != "help" else { return }
        guard !commandNames.contains(word) else { return }
        let remedy = Suggestion.question(for: word, in: commandNames) ?? "'komoku --help' lists them"
        throw Failure.usage("there is no command '\(word.printable)'; \(remedy)")
    }

    /// Options of all commands that have a value.
    static let valued = [
        "--server", "--hub", "--token", "--token-file", "--user", "--ca", "--fingerprint", "--zone",
    ]

    /// `komoku --server URL get KEY` with what every command takes moved behind the command, where the parser knows it.
    static func arranged(_ arguments: [String]) -> [String] {
        var common = 0
        while common < arguments.count {
            let word = arguments[common]
            if word == "--json" || valued.contains(where: { word.hasPrefix("\($0)=") }) {
                common += 1
            } else if valued.contains(word) {
                common += 2
            } else {
                break
            }
        }
        guard common > 0, common < arguments.count else { return arguments }
        // `devices show` is a command of two words.
        let below = common + 1 < arguments.count ? subcommands(of: arguments[common]) : []
        let words = below.contains(arguments[min(common + 1, arguments.count - 1)]) ? 2 : 1
        let command = arguments[common..<common + words]
        return Array(command) + arguments[..<common] + arguments[command.endIndex...]
    }

    private static var commands: [any ParsableCommand.Type] {
        configuration.groupedSubcommands.flatMap { $0.subcommands }
    }

    static var commandNames: [String] { commands.compactMap { $0.configuration.commandName } }

    static func subcommands(of word: String) -> [String] {
        let command = commands.first { $0.configuration.commandName == word }
        return command?.configuration.subcommands.compactMap { $0.configuration.commandName } ?? []
    }

    /// The long options that a command takes, as its help has them.
    static func options(of words: [String]) -> [String] {
        guard var command = commands.first(where: { $0.configuration.commandName == words.first }) else { return [] }
        let below = command.configuration.subcommands.first { $0.configuration.commandName == words.dropFirst().first }
        if let below { command = below }
        let parts = helpMessage(for: command, columns: .max).split { $0 == " " || $0 == "\n" || $0 == "," }
        return parts.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init)
    }

    /// Says what went wrong; with `--json` as an object where the answer would have been.
    ///
    /// - Returns: the exit code.
    private static func report(_ error: any Error) -> Int32 {
        let failure = failure(of: error)
        if failure.code == 0 {
            Terminal.say(failure.message)
        } else if !failure.message.isEmpty {
            if wantsJSON(Array(CommandLine.arguments.dropFirst())) {
                Terminal.say(failure.answer.text)
            } else {
                Terminal.complain(failure.message)
            }
        }
        return failure.code
    }

    /// Whether `--json` is among the options; behind `--` nothing is one.
    static func wantsJSON(_ arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains("--json")
    }

    static func failure(of error: any Error) -> Failure {
        switch error {
        case let failure as Failure: return failure
        case let error as ClientError: return Failure(message: "\(error)", code: error.exitCode, word: error.word)
        default:
            // sysexits' EX_USAGE; 2 is what shells and most tools use.
            let isUsage = exitCode(for: error) == .validationFailure
            let wholeText = fullMessage(for: error)
            let prefix = "Error: "
            let text = wholeText.hasPrefix(prefix) ? String(wholeText.dropFirst(prefix.count)) : wholeText
            var failure = Failure(message: text, code: isUsage ? 2 : exitCode(for: error).rawValue)
            if isUsage { (failure.word, failure.sentence) = ("usage", message(for: error)) }
            return failure
        }
    }
}

/// A command that cannot do what was asked; said without further words.
struct Failure: Error {
    /// Empty where everything is said already.
    var message: String
    var code: Int32 = 1
    /// For programs, as the hub's codes are.
    var word = "failed"
    /// What programs get besides.
    var members: [JSON.Member] = []
    /// For programs; nil is the message.
    var sentence: String?

    init(message: String, code: Int32 = 1, word: String = "failed", members: [JSON.Member] = []) {
        (self.message, self.code, self.word, self.members) = (message, code, word, members)
    }

    static func usage(_ message: String) -> Failure { Failure(message: message, code: 2, word: "usage") }

    /// As the hub answers: `{"error":CODE,"message":TEXT}`.
    var answer: JSON {
        .object(
            members + [JSON.Member("error", .string(word)), JSON.Member("message", .string(sentence ?? message))])
    }
}

extension ClientError {
    var exitCode: Int32 {
        switch self {
        case .badAddress, .badFile: 2
        case .unreachable, .notAHub, .untrusted, .disconnected, .timedOut: Self.unreachableCode
        case .denied, .refused, .failed: 1
        }
    }

    static let unreachableCode: Int32 = 3

    /// The hub's code, or one for what did not come from it.
    var word: String {
        switch self {
        case .badAddress, .badFile: "usage"
        case .untrusted: "untrusted"
        case .denied: "denied"
        case .unreachable: "unreachable"
        case .notAHub: "not_a_hub"
        case .disconnected: "disconnected"
        case .timedOut: "timed_out"
        case .refused, .failed: code ?? "failed"
        }
    }
}
