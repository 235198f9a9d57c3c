internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuSystem

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Show what rules would have done in the past, using recorded history.",
        discussion: """
            Fetches the history of the keys that the rules read from the hub and runs the rules on it with a simulated clock. \
            Nothing is really done. Needs the program komokud to be installed.
            """)

    @Argument(help: "The file with the rules.", completion: .file(extensions: ["yaml", "yml"]))
    var rules: String

    @OptionGroup var range: RangeOptions

    @Option(
        help: ArgumentHelp("Show only what is different with the rules of this file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var compare: String?

    @Option(
        help: ArgumentHelp(
            "The hub's configuration; else RULES itself where it is a whole one, else /etc/komoku/komoku.yaml.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    @OptionGroup var keys: HouseKeys

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if range.since == nil { throw ValidationError("--since says from when on: --since 30d") }
        try range.checkPast()
    }

    func run() async throws {
        let program = try HubProgram.find(for: "replay")
        let rest = (config.map { ["--config", $0] } ?? []) + (compare.map { ["--compare", $0] } ?? [])
        // Before the hub is asked: the rules may have errors.
        _ = try HubProgram.output(program, ["--replay-keys", rules] + rest)
        let files = [rules] + (try await keys.arguments(hub)) + rest
        let patterns = try HubProgram.output(program, ["--replay-keys"] + files).split(separator: "\n").map(String.init)
        try await hub.withClient { client in try await replay(patterns, files, program, client) }
    }

    private func replay(
        _ patterns: [String], _ files: [String], _ program: String, _ client: Client
    ) async throws {
        let (start, until) = try range.pastBounds()
        guard let since = start else { return }
        var arguments = ["--replay"] + files + ["--since", DecimalNumber.text(since.seconds)]
        if let until { arguments += ["--until", DecimalNumber.text(until.seconds)] }
        if hub.json { arguments.append("--json") }
        let (child, input) = try Self.start(program, arguments)
        do {
            var history = ReplayHistory(since: since, until: until) { try Self.write($0, to: input) }
            try await history.send(patterns, from: client)
            for line in history.gaps { Terminal.complain(line.printable) }
        } catch is Unread {
            // It ended early, and has said why.
        } catch {
            close(input)
            _ = child.waitForEnd()
            throw error
        }
        close(input)
        let code = child.waitForEnd()
        if code != 0 { throw Failure(message: "", code: code) }
    }

    /// The program has closed its input.
    private struct Unread: Error {}

    /// - Returns: the running program, and the end of the pipe that it reads.
    private static func start(_ program: String, _ arguments: [String]) throws -> (ChildProgram, Int32) {
        // A program that ends early is told by the write.
        signal(SIGPIPE, SIG_IGN)
        let ends = try HubProgram.pipe(for: program)
        defer { close(ends.reading) }
        do {
            return (try ChildProgram(program, arguments, input: ends.reading), ends.writing)
        } catch {
            close(ends.writing)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) throws {
        do { try writeWhole(bytes, to: file) } catch { throw Unread() }
    }
}

/// The history of some keys as lines of `export`, the value at the beginning of the time first.
struct ReplayHistory {
    let since: Timestamp
    let until: Timestamp?
    let write: ([UInt8]) throws -> Void
    private var sent: Set<KeyName> = []
    /// Keys of which points are kept from a later time on only, and that time.
    private var shortened: [(key: String, from: Timestamp)] = []
    private var progress = Progress()
    private var points = 0

    private static let listedGaps = 5

    init(since: Timestamp, until: Timestamp?, write: @escaping ([UInt8]) throws -> Void) {
        self.since = since
        self.until = until
        self.write = write
    }

    /// Sends each key once, however many patterns match it.
    mutating func send(_ patterns: [String], from client: Client) async throws {
        defer { progress.clear() }
        for pattern in patterns {
            let keys = try await client.keys(matching: pattern).compactMap { KeyName($0.name) }
            let fresh = Set(keys).subtracting(sent)
            guard !fresh.isEmpty else { continue }
            for key in fresh.sorted() { try await sendBeginning(of: key.text, from: client) }
            for try await part in client.export(pattern, since: since, until: until) {
                guard case .points(let lists) = part else { continue }
                for list in lists where KeyName(list.key).map(fresh.contains) ?? false { try send(list) }
            }
            sent.formUnion(fresh)
        }
    }

    private mutating func send(_ list: KeyPoints) throws {
        try write(JSONLinesExport().points(list))
        points += list.points.count
        progress.show { "\(Numbers.grouped(points)) points" }
    }

    /// The newest point before the time: what the key was when it began.
    private mutating func sendBeginning(of key: String, from client: Client) async throws {
        let before = try await client.history(key, until: since, limit: 1)
        if !before.isEmpty { try send(KeyPoints(key: key, points: before)) }
        let query: JSON = ["key": .string(key), "since": .number(since.seconds), "fields": ["count"]]
        // Earlier there are tiers only, or what was older than everything that is kept.
        let start = try await client.request("statistics", query)["raw_since"]?.number
        if let start = start.flatMap(Timestamp.init(seconds:)), start > since { shortened.append((key, start)) }
    }

    /// What the history does not hold, for people.
    var gaps: [String] {
        let lines = shortened.prefix(Self.listedGaps).map { key, start in
            """
            recorded points of \(key) before \(LocalTime.text(start)) were thinned to averages and are not replayed; \
            until then rules may have fired otherwise
            """
        }
        let more = shortened.count - lines.count
        return more > 0 ? lines + ["so it is with \(Numbers.counted(more, "other key"))"] : lines
    }
}
