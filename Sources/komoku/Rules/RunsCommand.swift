internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "List what rules did, and when and why they did not run.",
        discussion: """
            Outcomes of runs are \(RunText.words.prefix(7).joined(separator: ", ")); of decisions not to run \
            \(RunText.words.dropFirst(7).joined(separator: ", ")).
            """)

    @Option(help: "Only of this rule.", completion: .rules)
    var rule: String?

    @Option(help: "Only those in which this key plays a part.", completion: .keys)
    var key: String?

    @Option(
        help: ArgumentHelp("Only with these outcomes: failed,skipped.", valueName: "words"),
        completion: .list(RunText.words))
    var outcome: String?

    @Option(help: "Start: 1d (ago), 2026-01-31, '2026-01-31 08:30' or seconds since 1970.")
    var since: String?

    @Option(help: "Show at most this many, the newest; default: 20, with --since 1000.")
    var limit: Int?

    @Flag(help: "Keep printing new ones until you press Ctrl-C.")
    var follow = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try limit.checkedAsLimit()
        if let since { _ = try WrittenTime(since, now: LocalTime.now) }
        _ = try outcomes()
    }

    func outcomes() throws -> [String]? {
        guard let words = outcome?.split(separator: ",").map(String.init) else { return nil }
        // The protocol calls those that wait so.
        let outcomes = words.map { $0 == "waiting" ? "standing" : $0 }
        for word in outcomes where !RunReport.outcomes.contains(word) {
            let question =
                Suggestion.question(for: word, in: RunText.words)
                ?? "there are \(RunText.words.joined(separator: ", "))"
            throw ValidationError("'\(word)' is not an outcome; \(question)")
        }
        return outcomes
    }

    func run() async throws {
        let filter = RunFilter(rule: rule, key: try key?.asName(), outcomes: try outcomes())
        try await hub.withClient { client in
            let since = try since.map { try LocalTime.read($0) }
            // Before the question, so that nothing falls between the two.
            let watch = follow ? try await client.follow(filter) : nil
            let excerpt = try await Excerpt(limit: limit, usual: since == nil ? 20 : 1000) {
                try await client.runs(filter, since: since, limit: $0)
            }
            let runs = excerpt.items
            // The log may know a rule that is gone; a name that neither it nor the hub knows is a mistake.
            if runs.isEmpty, !follow, let rule { _ = try await client.rules(rule) }
            say(runs)
            if !hub.json, !follow { excerpt.tellRest() }
            guard let watch else { return }
            await follow(watch, after: Set(runs.filter { !$0.isStanding }.map(\.number)), client)
        }
    }

    private func say(_ runs: [RunReport]) {
        if hub.json {
            // Those that follow are lines; so are these then.
            if follow { return Terminal.say(lines: runs.reversed().map(\.json.text)) }
            let answer: JSON = ["runs": .array(runs.map(\.json))]
            return Terminal.say(answer.text)
        }
        if !runs.isEmpty { return Terminal.say(table: RunsShown(runs, now: LocalTime.now).lines(on: .standard)) }
        if !follow { Terminal.complain("no matching runs are recorded") }
    }

    private func follow(_ watch: RunWatch, after known: Set<Int64>, _ client: Client) async {
        signal(SIGINT) { _ in _exit(0) }
        Terminal.endWhenNobodyReads()
        for await event in watch { Follow.say(event, except: known, asJSON: hub.json, client) }
    }
}

/// Records that come one by one.
enum Follow {
    static func say(_ event: RunWatch.Event, except known: Set<Int64>, asJSON: Bool, _ client: Client) {
        switch event {
        case .item(let run):
            // One of many equal decisions is told again, with its new count.
            guard !known.contains(run.number) || run.count > 1 else { return }
            Terminal.say(
                lines: asJSON
                    ? [run.json.text] : RunsShown.lines(following: run, now: LocalTime.now, on: .standard))
        case .disconnected: Terminal.complain("the hub at \(client.address) is gone; waiting for it")
        case .reconnected: Terminal.complain("the hub is back")
        }
    }
}
