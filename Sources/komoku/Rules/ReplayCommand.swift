internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire
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
        help: ArgumentHelp("Show only the differences from the rules in this file.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var compare: String?

    @Option(
        help: ArgumentHelp(
            "The hub's configuration; default: RULES itself if it is a complete configuration, else /etc/komoku/komoku.yaml.",
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
        let lines = try HubProgram.output(program, ["--replay-keys"] + files).split(separator: "\n")
        try await hub.withClient { client in try await replay(lines.map(WantedKeys.init), files, program, client) }
    }

    private func replay(
        _ patterns: [WantedKeys], _ files: [String], _ program: String, _ client: Client
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

/// Keys whose history rules want.
struct WantedKeys {
    let pattern: String
    /// How much of it before the first moment their history functions ask for.
    let lookBack: Duration

    /// - Parameter line: as `komokud --replay-keys` prints it.
    init(_ line: Substring) {
        let words = line.split(separator: " ")
        pattern = words.first.map(String.init) ?? ""
        lookBack = words.dropFirst().first.flatMap { Double($0) }.flatMap { Duration(seconds: $0) } ?? .zero
    }
}

/// The history of some keys as lines of `export`, that of before the time first: what the key was when it began, and what history
/// functions ask for.
struct ReplayHistory {
    let since: Timestamp
    let until: Timestamp?
    let write: ([UInt8]) throws -> Void
    private var sent: Set<KeyName> = []
    /// Keys of which points are kept from a later time on only, and that time.
    private var shortened: [(key: String, from: Timestamp)] = []
    /// Keys of which averages of an hour stand for points of before the time, and from when on there are points.
    private var averaged: [(key: String, from: Timestamp)] = []
    /// Keys of which there is less than rules look back, and where they begin.
    private var lacking: [(key: String, from: Timestamp)] = []
    private var progress = Progress()
    private var points = 0

    private static let listedGaps = 5
    /// Fewer hours than the hub answers at once, in microseconds.
    private static let averagedAtOnce: Int64 = 5_000 * 3_600_000_000

    init(since: Timestamp, until: Timestamp?, write: @escaping ([UInt8]) throws -> Void) {
        self.since = since
        self.until = until
        self.write = write
    }

    /// Sends each key once, however many patterns match it.
    mutating func send(_ wanted: [WantedKeys], from client: Client) async throws {
        defer { progress.clear() }
        // A key that several patterns match is sent with the first: that with the longest look back.
        for want in wanted.sorted(by: { $0.lookBack > $1.lookBack }) {
            let pattern = want.pattern
            let keys = try await client.keys(matching: pattern)
            let fresh = Set(keys.compactMap { KeyName($0.name) }).subtracting(sent)
            guard !fresh.isEmpty else { continue }
            for key in keys where KeyName(key.name).map(fresh.contains) ?? false {
                try await sendBefore(key, since - want.lookBack, from: client)
            }
            for try await part in try client.export(pattern, since: since, until: until) {
                guard case .points(let lists) = part else { continue }
                for list in lists where KeyName(list.key).map(fresh.contains) ?? false { try send(list) }
            }
            sent.formUnion(fresh)
        }
    }

    private mutating func send(_ list: KeyPoints) throws {
        try write(JSONLinesExport().points(list))
        points += list.points.count
        progress.show(points: points) { "\(Numbers.grouped(points)) points" }
    }

    /// What the key was when the time began, the value before that one, and all since the moment that rules look back to.
    private mutating func sendBefore(_ key: KeyDescription, _ moment: Timestamp, from client: Client) async throws {
        let query: JSON = ["key": .string(key.name), "since": .number(moment.seconds), "fields": ["count"]]
        // Earlier there are tiers only, or what was older than everything that is kept.
        let start = try await client.request("statistics", query)["raw_since"]?.number
        let rawStart = start.flatMap(Timestamp.init(seconds:)) ?? .distantPast
        if rawStart > since { shortened.append((key.name, rawStart)) }
        if rawStart > moment, moment < since { try await sendAverages(of: key, moment, min(rawStart, since), client) }
        // Two: some rules ask what it was before.
        let before = try await client.history(key.name, until: max(moment, rawStart), limit: 2)
        if !before.isEmpty { try send(KeyPoints(key: key.name, points: before)) }
        guard moment < since, rawStart < since else { return }
        for try await part in try client.export(key.name, since: max(moment, rawStart), until: since) {
            guard case .points(let lists) = part else { continue }
            for list in lists { try send(list) }
        }
    }

    /// What is left of points that were thinned: the averages of hours.
    private mutating func sendAverages(
        of key: KeyDescription, _ start: Timestamp, _ end: Timestamp, _ client: Client
    ) async throws {
        guard key.type == "numeric" else { return lacking.append((key.name, end)) }
        var windows: [JSON] = []
        for begin in stride(from: start.microseconds, to: end.microseconds, by: Int(Self.averagedAtOnce)) {
            let stop = min(end, Timestamp(microseconds: begin) + Duration(microseconds: Self.averagedAtOnce))
            let query: JSON = [
                "key": .string(key.name), "since": .number(Timestamp(microseconds: begin).seconds),
                "until": .number(stop.seconds), "step": "1h", "fields": ["time_mean"],
            ]
            windows += try await client.request("statistics", query)["windows"]?.array ?? []
        }
        let points = windows.compactMap { window -> HistoryPoint? in
            guard let time = window["start"]?.number.flatMap(Timestamp.init(seconds:)), let mean = window["time_mean"],
                mean != .null
            else { return nil }
            return HistoryPoint(time: time, value: mean)
        }
        if points.isEmpty { return lacking.append((key.name, end)) }
        averaged.append((key.name, end))
        try send(KeyPoints(key: key.name, points: points))
    }

    /// What the history does not hold, for people.
    var gaps: [String] {
        Self.lines(shortened) { key, start in
            """
            recorded points of \(key) before \(LocalTime.text(start)) were thinned to averages and are not replayed; \
            until then rules may have fired otherwise
            """
        }
            + Self.lines(averaged) { key, start in
                """
                history functions see averages of an hour for \(key) before \(LocalTime.text(start)): its points were thinned
                """
            }
            + Self.lines(lacking) { key, start in
                """
                history functions see nothing of \(key) before \(LocalTime.text(start)): its points were thinned to sums \
                that cannot be replayed
                """
            }
    }

    private static func lines(_ gaps: [(key: String, from: Timestamp)], _ text: (String, Timestamp) -> String)
        -> [String]
    {
        let lines = gaps.prefix(listedGaps).map(text)
        let more = gaps.count - lines.count
        return more > 0 ? lines + ["the same is true of \(Numbers.counted(more, "other key"))"] : lines
    }
}
