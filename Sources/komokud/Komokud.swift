import ArgumentParser
import Glibc
import Komoku
import KomokuDesk
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuServer
import KomokuStore
import KomokuSystem
import KomokuWire
import KomokuYAML
import Logging

/// The daemon's command line.
@main
struct Komokud: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "komokud",
        abstract: "Home-automation hub: MQTT in, typed keys in SQLite, rules, WebSocket.",
        version: version)

    static let version = Release.version

    @Option(name: .customLong("config"), help: "The configuration file; else \(usualConfig).")
    var givenConfig: String?

    private static let usualConfig = "/etc/komoku/komoku.yaml"

    private var config: String { givenConfig ?? Self.usualConfig }

    @Flag(help: "Read the configuration, tell every problem, and exit.")
    var check = false

    @Flag(help: "Keep the database in memory; nothing outlives the process.")
    var ephemeral = false

    @Option(
        help: ArgumentHelp(
            "With --check: a file with the keys of the house, as 'komoku keys --json' prints them.", valueName: "file"))
    var catalogue: [String] = []

    @Option(
        help: ArgumentHelp(
            "Make a token that may do everything, print it, and exit; the hub must not run.", valueName: "name"))
    var addToken: String?

    @Option(
        name: .customLong("rules"),
        help: ArgumentHelp(
            "With --check: check the rules of this file in place of those of the configuration.", valueName: "file"))
    var givenRules: String?

    @Flag(
        help: ArgumentHelp("The rules are of somebody who may read no files and no environment.", visibility: .hidden))
    var foreign = false

    @Option(help: ArgumentHelp("Listen to a broker and print a configuration for it.", visibility: .hidden))
    var discover: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long to listen: 90s, 5m.", visibility: .hidden))
    var period = "60s"

    @Flag(help: ArgumentHelp("Run tests of rules.", visibility: .hidden))
    var test = false

    @Option(help: ArgumentHelp("Write what became of the tests to this file, as XML.", visibility: .hidden))
    var junit: String?

    @Argument(
        help: ArgumentHelp("With --test: files, or folders with *.test.yaml; none is this one.", visibility: .hidden))
    var files: [String] = []

    @Option(help: ArgumentHelp("Feed history from standard input to the rules of this file.", visibility: .hidden))
    var replay: String?

    @Option(help: ArgumentHelp("Print the patterns of the keys that the rules of this file read.", visibility: .hidden))
    var replayKeys: String?

    @Option(help: ArgumentHelp("Show only what the rules of this file would have done otherwise.", visibility: .hidden))
    var compare: String?

    @Option(help: ArgumentHelp("Where the replay begins, in seconds since 1970.", visibility: .hidden))
    var since: Double?

    @Option(help: ArgumentHelp("Where the replay ends, in seconds since 1970.", visibility: .hidden))
    var until: Double?

    @Flag(help: ArgumentHelp("Print what the replay, the check or the tests find as JSON.", visibility: .hidden))
    var json = false

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: LogLevel = .info

    func run() throws {
        do {
            try AddressSpace.prepare()
        } catch {
            Self.complain(error.description)
            throw ExitCode(1)
        }
        if let discover { return try listen(to: discover, Signals()) }
        if let isDone = try work() {
            if isDone { return }
            throw ExitCode(1)
        }
        if check { return try checkConfiguration() }
        // From here on a signal asks to stop in good order; what is only looked at ends at once.
        var signals = Signals()
        let (loaded, findings) = load()
        guard var settings = loaded else { throw ExitCode(1) }
        if ephemeral { settings.store.location = .memory }
        let logger = Logger(label: "komokud") { [logLevel] _ in LogfmtHandler(level: logLevel.level) }
        if let addToken { return try make(token: addToken, settings.store, logger) }
        let files = Descriptors.raiseLimit()
        if files < Descriptors.wanted {
            logger.warning(
                "few files may be open, so fewer clients can be connected",
                metadata: ["limit": "\(files)", "remedy": "LimitNOFILE= in the unit, or ulimit -Hn"])
        }
        let daemon = try start(settings, told: findings, logger)
        logger.info("komokud \(Self.version) runs", metadata: ["config": "\(config)", "pid": "\(getpid())"])
        serve(daemon, &signals, logger)
        logger.info("stopping")
        daemon.stop()
        logger.info("stopped")
    }

    private func make(token name: String, _ store: Store.Configuration, _ logger: Logger) throws {
        do {
            let secret = try TokenMaking(store: store, logger: logger).run(name)
            RuleTesting.write(secret + "\n", to: STDOUT_FILENO)
        } catch let refusal as Refusal {
            Self.complain("\(Self.program): \(refusal.message ?? refusal.code)")
            throw ExitCode(1)
        } catch {
            Self.complain("\(Self.program): \(error)")
            throw ExitCode(1)
        }
    }

    /// What is done without running the hub.
    ///
    /// - Returns: nil where it shall run; else whether all went well.
    private func work() throws -> Bool? {
        if test {
            let keys = try keysOfHouse()
            var testing = RuleTesting(paths: files, junit: junit, environment: Self.environment, catalogue: keys)
            testing.printsJSON = json
            testing.isForeign = foreign
            return try testing.run()
        }
        guard let rules = replay ?? replayKeys else { return nil }
        let configuration = givenConfig ?? Replaying.configuration(of: rules, usual: Self.usualConfig)
        var replaying = Replaying(
            rules: rules, old: compare, configuration: configuration, environment: Self.environment,
            catalogue: try keysOfHouse())
        replaying.range = Replay.Range(
            since: since.flatMap(Timestamp.init(seconds:)), until: until.flatMap(Timestamp.init(seconds:)))
        replaying.printsJSON = json
        replaying.isForeign = foreign
        return replay == nil ? replaying.printKeys() : try replaying.run()
    }

    /// How long devices may take to announce themselves after a start or a reload, in seconds.
    private static let settling = 60

    /// Does what signals ask for, until one asks for the end.
    private func serve(_ daemon: Daemon, _ signals: inout Signals, _ logger: Logger) {
        var mustLook = true
        while true {
            switch signals.next(within: mustLook ? Self.settling : nil) {
            case .stop: return
            case .reload:
                daemon.reload { answer in
                    for finding in answer.findings { Self.complain(finding.description) }
                }
                mustLook = true
            case nil:
                daemon.checkRulesAgain()
                mustLook = false
            }
        }
    }

    private func listen(to url: String, _ signals: Signals) throws {
        do {
            try Discovery(url: url, duration: Duration(parsing: period)).run(signals)
        } catch let error as DiscoveryListener.Failure {
            Self.complain("\(Self.program): \(error)")
            throw ExitCode(error.isRefusal ? 1 : 3)
        } catch let error as BrokerAddress.Invalid {
            // Without the address itself, which may hold a password.
            Self.complain("\(Self.program): this is not the address of a broker: \(error); write mqtt://192.168.1.2")
            throw ExitCode(2)
        } catch {
            Self.complain("\(Self.program): \(error)")
            throw ExitCode(1)
        }
    }

    private func start(_ settings: Settings, told: [Diagnostic], _ logger: Logger) throws -> Daemon {
        do {
            let (path, isEphemeral) = (config, ephemeral)
            let environment = Self.environment
            let load: ConfigurationFiles.Loader = { catalogue, mentions, files in
                var options = Settings.Options(
                    environment: environment, catalogue: catalogue, mentions: mentions)
                options.files = files
                var (settings, findings) = Settings.load(path, options)
                if isEphemeral { settings?.store.location = .memory }
                return (settings, findings)
            }
            let daemon = try Daemon(
                settings, told: told, path: Self.absolute(path), environment: environment, load: load, logger: logger)
            try daemon.start()
            return daemon
        } catch {
            Self.complain("\(Self.program): \(error)")
            throw ExitCode(1)
        }
    }

    /// The settings, after telling every finding, a line each; nil where one is an error.
    private func load() -> (settings: Settings?, findings: [Diagnostic]) {
        let (settings, findings) = Settings.load(config, Settings.Options(environment: Self.environment))
        for finding in findings { Self.write("\(finding)\n") }
        return (settings, findings)
    }

    private func checkConfiguration() throws {
        var options = Settings.Options(
            environment: Self.environment, rules: givenRules, catalogue: try keysOfHouse())
        options.foreignFiles = foreign ? FolderFiles(beside: givenRules ?? config) : nil
        var (settings, findings) = Settings.load(config, options)
        if givenRules == nil, !foreign, let finding = settings.flatMap(exposureFinding) {
            findings.append(finding)
            if finding.severity == .error { settings = nil }
        }
        if json {
            RuleTesting.write(FindingText.json(of: findings, in: config).text + "\n", to: STDOUT_FILENO)
            if settings == nil { throw ExitCode(1) }
            return
        }
        var text = FindingText()
        for finding in findings { Self.write(text.text(of: finding)) }
        guard let settings else { throw ExitCode(1) }
        for line in settings.rules.purposes { RuleTesting.write("\(line)\n", to: STDOUT_FILENO) }
        let warnings = findings.isEmpty ? "" : findings.count == 1 ? ", 1 warning" : ", \(findings.count) warnings"
        RuleTesting.write("\(config): no errors\(warnings)\n", to: STDOUT_FILENO)
        for line in settings.rules.calendars.report(at: SystemClock().now) {
            RuleTesting.write(line + "\n", to: STDOUT_FILENO)
        }
    }

    /// What the start would say of a port that other machines may reach; nil where it opens it.
    private func exposureFinding(_ settings: Settings) -> Diagnostic? {
        guard let exposure = settings.server.exposure else { return nil }
        guard case .file(let path) = settings.store.location, !ephemeral else { return exposure.refusal }
        switch Store.hasAccounts(inFile: path) {
        case true?: return nil
        case false?: return exposure.refusal
        case nil:
            return Diagnostic(
                .warning, at: exposure.position,
                "whether the hub may listen on \(exposure.place) depends on its users and tokens, and \(path) cannot be read",
                remedy: "check as the hub's user: sudo -u komoku komokud --check --config \(config)")
        }
    }

    /// What the files of the catalogue hold; nil where none is named.
    private func keysOfHouse() throws -> KeyCatalogue? {
        if catalogue.isEmpty { return nil }
        do {
            return try KeyCatalogue(files: catalogue)
        } catch {
            Self.complain("\(Self.program): \(error)")
            throw ExitCode(1)
        }
    }

    /// What this process was called by: `komoku` where that has become it.
    private static var program: String {
        CommandLine.arguments.first == "komoku" ? "komoku" : "komokud"
    }

    /// Wrong usage ends with 2, as with most programs.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            let text = fullMessage(for: error)
            complain(text.hasPrefix("Error: ") ? program + ": " + text.dropFirst(7) : text)
            Glibc.exit(2)
        }
    }

    /// This program's file.
    static var ownPath: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, length)), as: UTF8.self)
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    private static func complain(_ text: String) { write(text + "\n") }

    private static func write(_ text: String) { RuleTesting.write(text, to: STDERR_FILENO) }

    private static var environment: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }
}

/// A level of logging on the command line.
struct LogLevel: ExpressibleByArgument {
    let level: Logger.Level

    static let info = LogLevel(level: .info)

    private init(level: Logger.Level) {
        self.level = level
    }

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument) else { return nil }
        self.level = level
    }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
    var defaultValueDescription: String { level.rawValue }
}
