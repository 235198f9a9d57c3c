internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuSystem
internal import KomokuWire

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show which keys are busiest, and which take most of the database.",
        discussion: """
            Rates are of the time for which it looks: on a terminal since it began, until you press Ctrl-C; else, or with --once, of a \
            few seconds. Sizes are those of the packed history in every resolution.
            """)

    enum Order: String, ExpressibleByArgument, CaseIterable {
        case rate, bytes, points
    }

    @Argument(help: "Which keys: 'kitchen.*', '**'.", completion: .keys)
    var pattern = "**"

    @Option(help: "What they are ordered by: rate, bytes or points.")
    var by = Order.rate

    @Option(help: "The most keys; default: as many as the screen has lines, else 20.")
    var limit: Int?

    @Flag(help: "Look for a few seconds, print once, and end.")
    var once = false

    @Option(help: ArgumentHelp("How long to look before it is printed once.", valueName: "seconds"))
    var seconds = 5

    @Flag(help: "Print CSV, for programs.")
    var csv = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try hub.check(csv: csv)
        if let limit, limit < 1 { throw ValidationError("--limit expects 1 or more") }
        if !(1...3600).contains(seconds) { throw ValidationError("--seconds expects 1 to 3600") }
    }

    func run() async throws {
        try pattern.checkedAsPattern()
        let isLive = !once && !hub.json && !csv && LiveScreen.isThere
        try await hub.withClient { client in
            var table = TopTable(try await client.sizes(pattern), order: by)
            let watch = try await client.watch(pattern, initial: false, every: true)
            let counts = PutCounts()
            let counting = Task {
                for await event in watch {
                    if case .item(let change) = event { counts.add(change) }
                }
            }
            defer { counting.cancel() }
            let start = MonotonicClock.now
            guard isLive else {
                if by == .rate { try await Task.sleep(for: .seconds(seconds)) }
                table.set(counts.all, over: Self.seconds(from: start, to: MonotonicClock.now))
                return show(table)
            }
            let screen = LiveScreen()
            defer { screen.close() }
            var (sized, isFirst) = (start, true)
            while true {
                let now = MonotonicClock.now
                // Looking at every block is much for a second.
                if Self.seconds(from: sized, to: now) > 60 {
                    table = TopTable(try await client.sizes(pattern), order: by)
                    sized = now
                }
                table.set(counts.all, over: Self.seconds(from: start, to: now))
                if !isFirst { screen.draw(table.lines(screen.size, limit: limit)) }
                isFirst = false
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    private static func seconds(from start: Int64, to end: Int64) -> Double { Double(end - start) / 1e6 }

    private func show(_ table: TopTable) {
        if hub.json { return Terminal.say(table.json(limit: limit ?? 20).text) }
        if csv { return Terminal.say(lines: table.csv(limit: limit ?? 20)) }
        let size = LiveScreen.Size(columns: Screen.standard.columns ?? 200, rows: (limit ?? 20) + 2)
        Terminal.say(lines: table.lines(size, limit: limit))
    }
}
