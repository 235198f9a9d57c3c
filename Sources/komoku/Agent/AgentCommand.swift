internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuAgent
internal import KomokuClient
internal import KomokuSystem
internal import KomokuWire

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Tell the hub how this machine is: processors, memory, disks, networks, sensors.",
        discussion: """
            Runs until it is ended. Figures become keys such as hosts.NAME.cpu.usage; what is read while the hub cannot be \
            reached is kept on disk and told later, with its own time. With --standalone they are printed, one JSON object \
            a line, and no hub is needed.
            """)

    @Option(help: "What this machine wants to be called in keys; default: its host name.")
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Where the machine belongs, such as region=home or group=web; the hub's configuration may differ by it.",
            valueName: "attribute"))
    var attribute: [String] = []

    @Option(help: "Read everything this often, such as 10s, until the hub says otherwise.")
    var every: String?

    @Option(help: ArgumentHelp("Where readings wait for the hub.", valueName: "file"), completion: .file())
    var outbox: String?

    @Flag(help: "Print the readings, and tell no hub.")
    var standalone = false

    @Option(
        help: ArgumentHelp("Append the readings to this file, also beside a hub.", valueName: "file"),
        completion: .file())
    var output: String?

    @Option(help: "How times are printed: rfc3339, unix, unix_ms or unix_ns.")
    var timeFormat: AgentTimeFormat?

    @Flag(help: "Read everything once, and end.")
    var once = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if !standalone, once { throw ValidationError("--once is for --standalone") }
        if !standalone, output == nil, timeFormat != nil {
            throw ValidationError("--time-format is for --output and --standalone")
        }
        if standalone, outbox != nil {
            throw ValidationError("with --standalone nothing waits for a hub: drop --outbox")
        }
        if let name, !AgentName.isOne(name) { throw ValidationError(AgentName.rule(name)) }
        _ = try (settings(), Self.attributes(attribute))
    }

    func run() async throws {
        let settings = try settings()
        guard standalone else {
            let path = outbox ?? Self.usualOutbox
            if outbox == nil { Self.makeFolders(of: path) }
            let push = AgentPush(
                outbox: try opened(path),
                identity: AgentIdentity(path: "\(path).id", wanted: name ?? AgentName.made(of: HostName.whole)),
                wanted: name, attributes: try Self.attributes(attribute),
                printer: try output.map { try AgentPrinter(host: nil, output: $0, timeFormat ?? .rfc3339) })
            return try await push.run(hub.target(), settings)
        }
        let host = name ?? AgentName.made(of: HostName.whole)
        let printer = try AgentPrinter(host: host, output: output, timeFormat ?? .rfc3339)
        if once {
            let readings = AgentLoop.readOnce(settings, report: Terminal.complain) { usleep(250_000) }
            return try printer.take(readings, at: LocalTime.now)
        }
        try await AgentRun.collect(by: AgentRun.loop(host: host), settings) { try printer.take($0, at: $1) }
    }

    private func settings() throws -> AgentSettings {
        guard let every else { return AgentSettings() }
        guard let period = try? Komoku.Duration(parsing: every), period >= AgentSettings.shortest else {
            throw ValidationError("'\(every)' is no period; write 10s or 1m, at least 100ms")
        }
        return AgentSettings(every: period)
    }

    /// - Parameter mayEnd: whether `group=` is one.
    static func attributes(_ texts: [String], mayEnd: Bool = false) throws -> [String: String] {
        var attributes: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, mayEnd || !parts[1].isEmpty else {
                throw ValidationError("'\(text)' is no attribute; write group=web")
            }
            attributes[String(parts[0])] = String(parts[1])
        }
        return attributes
    }

    private func opened(_ path: String) throws -> Outbox {
        do throws(OutboxError) { return try Outbox(path: path) } catch {
            throw Failure(message: error.description)
        }
    }

    /// Where systemd says that a service keeps its state, else where programs of a person do.
    private static var usualOutbox: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        if let folder = variable("STATE_DIRECTORY")?.split(separator: ":").first { return "\(folder)/outbox.db" }
        let state = variable("XDG_STATE_HOME") ?? "\(variable("HOME") ?? "/tmp")/.local/state"
        return "\(state)/komoku/agent.db"
    }

    private static func makeFolders(of path: String) {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o700)
        }
    }
}

/// How an agent prints times.
enum AgentTimeFormat: String, ExpressibleByArgument, CaseIterable {
    case rfc3339, unix
    case unixMilliseconds = "unix_ms"
    case unixNanoseconds = "unix_ns"

    func json(_ time: Timestamp) -> JSON {
        switch self {
        case .rfc3339: .string(LocalTime.iso(time))
        case .unix: .number(time.seconds)
        case .unixMilliseconds: .number(Double(time.microseconds / 1000))
        // A number of so many digits is exact as text alone.
        case .unixNanoseconds: .string("\(time.microseconds)000")
        }
    }
}
