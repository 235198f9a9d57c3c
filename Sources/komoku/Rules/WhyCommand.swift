internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Explain why a key has its value, or why a rule ran or did not run.",
        discussion: """
            For a key: its value, since when, what set it, the runs that led to that, and the latest times a rule that \
            reads or sets the key did not run, with the condition that was not met. For a rule (--rule): its latest runs and \
            why it did not run. For the number of a run: that run and those that led to it.
            """)

    @Argument(help: "The key: hall.light. Or the number of a run.", completion: .keys)
    var key: String?

    @Option(help: "A rule instead of a key.", completion: .rules)
    var rule: String?

    @Option(help: "Show at most this many runs, and this many decisions not to run.")
    var limit = 5

    @Flag(help: "Keep printing what happens until you press Ctrl-C.")
    var follow = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard (key == nil) != (rule == nil) else { throw ValidationError("name a key, or a rule with --rule") }
        guard (1...100).contains(limit) else { throw ValidationError("--limit expects 1 to 100") }
    }

    func run() async throws {
        try await hub.withClient { client in
            if let key, try await !tell(run: key, client) { try await tell(key: key, client) }
            if let rule { try await tell(rule: rule, client) }
        }
    }

    /// - Returns: whether it is the number of a run, and no key.
    private func tell(run text: String, _ client: Client) async throws -> Bool {
        guard let number = Int64(text), number > 0, number < 1 << 53 else { return false }
        if try await client.key(text) != nil { return false }
        var chain: [RunReport] = []
        var wanted: Int64? = number
        while let number = wanted, chain.count < Story.longestChain, let run = try await Self.run(number, client) {
            chain.append(run)
            // What led to a run has a lower number.
            wanted = run.occasion.parent.flatMap { $0 < number ? $0 : nil }
        }
        guard let run = chain.first else { throw Failure(message: "there is no record of run \(number)") }
        let json: JSON = ["run": run.json, "chain": .array(chain.map(\.json))]
        say(json, Story.lines(of: chain, now: LocalTime.now, on: .standard))
        return true
    }

    private static func run(_ number: Int64, _ client: Client) async throws -> RunReport? {
        try await client.runs(before: number + 1, limit: 1).first { $0.number == number }
    }

    private func tell(key: String, _ client: Client) async throws {
        guard let name = KeyName(key) else { throw try await absent(key, client) }
        let runs = follow ? try await client.follow(RunFilter(key: name)) : nil
        let changes = follow ? try await client.watch(key) : nil
        do {
            let story = try await client.why(key: key, limit: limit)
            say(story.json, Story.lines(of: story, now: LocalTime.now, on: .standard))
        } catch ClientError.refused(.invalidKey, _) {
            throw try await absent(key, client)
        }
        guard let runs, let changes else { return }
        prepareToFollow()
        await withTaskGroup { group in
            group.addTask { [hub] in
                for await event in runs { Follow.say(event, except: [], asJSON: hub.json, client) }
            }
            group.addTask { [hub] in
                // The feed of runs tells when the hub is gone.
                for await event in changes {
                    guard case .item(let change) = event else { continue }
                    let story = try? await client.why(key: change.key, limit: 1)
                    Self.say(change, story, asJSON: hub.json)
                }
            }
        }
    }

    /// The name may be that of a rule.
    private func absent(_ name: String, _ client: Client) async throws(ClientError) -> Failure {
        let rules = (try? await client.rules(name)) ?? []
        guard rules.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            return try await client.absent(name)
        }
        let remedy =
            "'komoku why --rule \(name)' tells what it did and why, 'komoku runs --rule \(name)' lists its runs"
        return Failure(message: "'\(name)' is a rule, not a key; \(remedy)".printable, word: "invalid_key")
    }

    private func tell(rule: String, _ client: Client) async throws {
        let runs = follow ? try await client.follow(RunFilter(rule: rule)) : nil
        let story = try await client.why(rule: rule, limit: limit)
        say(story.json, Story.lines(of: story, now: LocalTime.now, on: .standard))
        guard let runs else { return }
        prepareToFollow()
        for await event in runs { Follow.say(event, except: [], asJSON: hub.json, client) }
    }

    private func prepareToFollow() {
        signal(SIGINT) { _ in _exit(0) }
        Terminal.endWhenNobodyReads()
    }

    private func say(_ json: JSON, _ lines: [String]) {
        if hub.json { return Terminal.say(json.text) }
        Terminal.say(lines: lines.prefix(1).map(Terminal.bold) + [Terminal.dim(LocalTime.remark)] + lines.dropFirst())
    }

    /// A change with what brought it.
    private static func say(_ change: KeyChange, _ story: KeyStory?, asJSON: Bool) {
        if asJSON { return Terminal.say(Shown.json(change).text) }
        let line = Shown.line(change, unit: story?.unit)
        // By the time of the answer the key may have changed once more.
        guard let story, story.value == change.value else { return Terminal.say(line) }
        let now = LocalTime.now
        Terminal.say(
            "\(line)  \(Terminal.dim(Story.beginning(of: story, text: RunText(now: now), now: now).printable))")
    }
}
