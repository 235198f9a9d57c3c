internal import ArgumentParser
internal import Dispatch
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

    @Option(help: "What this machine is called in keys; default: its host name.")
    var name: String?

    @Option(help: "Read everything this often, such as 10s; default: 10s, and rarely what seldom changes.")
    var every: String?

    @Option(help: ArgumentHelp("Where readings wait for the hub.", valueName: "file"), completion: .file())
    var outbox: String?

    @Flag(help: "Print the readings, and tell no hub.")
    var standalone = false

    @Option(help: ArgumentHelp("Append the readings to this file.", valueName: "file"), completion: .file())
    var output: String?

    @Option(help: "How times are printed: rfc3339, unix, unix_ms or unix_ns.")
    var timeFormat: AgentTimeFormat?

    @Flag(help: "Read everything once, and end.")
    var once = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if !standalone, output != nil || timeFormat != nil || once {
            throw ValidationError("--output, --time-format and --once are for --standalone")
        }
        if standalone, outbox != nil {
            throw ValidationError("with --standalone nothing waits for a hub: drop --outbox")
        }
        _ = try settings()
    }

    func run() async throws {
        let host = HostReading.segment(name ?? (HostName.short.isEmpty ? "host" : HostName.short))
        let settings = try settings()
        if standalone {
            let printer = try AgentPrinter(host: host, output: output, timeFormat ?? .rfc3339)
            if once { return try await AgentRun.readOnce(settings) { try printer.take($0, at: $1) } }
            try await AgentRun.untilEnded {
                try await AgentRun.collect(settings, host) { try printer.take($0, at: $1) }
            }
        } else {
            try await AgentRun.untilEnded { try await push(settings, host) }
        }
    }

    private func settings() throws -> AgentSettings {
        guard let every else { return AgentSettings() }
        guard let period = try? Komoku.Duration(parsing: every), period >= .milliseconds(100) else {
            throw ValidationError("'\(every)' is no period; write 10s or 1m, at least 100ms")
        }
        return AgentSettings(every: period)
    }

    // MARK: To the hub

    private func push(_ settings: AgentSettings, _ host: String) async throws {
        let outbox = try opened()
        defer { outbox.close() }
        let client = try hub.target().client()
        let keys = AgentKeys(host: host)
        let delivery = OutboxDelivery(
            of: outbox, by: client,
            onRefusal: { Terminal.complain("the hub refused \($0.put.key.printable): \($0.reason.printable)") }
        ) { client, puts throws(ClientError) in try await keys.define(puts, by: client) }
        let sending = Task { await delivery.run() }
        // The machine lives: true until nothing is told of it for three periods.
        let period = max(.seconds(10), settings.periods.values.filter { $0 > .zero }.min() ?? .seconds(10))
        keys.learn(.flag("online", true), period: period)
        defer { sending.cancel() }
        do {
            try await AgentRun.collect(settings, host, atLeast: period) { readings, time in
                for reading in readings { keys.learn(reading, period: period) }
                let told = readings + [HostReading.flag("online", true)]
                outbox.add(told.map { OutboxPut(keys.name(of: $0), $0.value, at: time) })
            }
        } catch {
            await client.close()
            throw error
        }
    }

    private func opened() throws -> Outbox {
        let path = outbox ?? Self.usualOutbox
        if outbox == nil { Self.makeFolders(of: path) }
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
