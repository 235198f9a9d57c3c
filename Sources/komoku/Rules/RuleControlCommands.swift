internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a rule or a script now.",
        discussion: "Its condition is ignored, its mode and limit are not. Exit code 1 if it failed or could not start."
    )

    @Argument(help: "The rule.", completion: .rules)
    var rule: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A value that the rule finds under this name; may be repeated.", valueName: "name=value"))
    var values: [String] = []

    @OptionGroup var hub: HubOptions

    func validate() throws { _ = try arguments() }

    func arguments() throws -> [JSON.Member] {
        try values.map { text in
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw ValidationError("'\(text)' is no argument; write --set room=hall")
            }
            let value = PutCommand.json(String(text[text.index(after: equals)...]), asText: false)
            return JSON.Member(String(text[..<equals]), value)
        }
    }

    func run() async throws {
        try await hub.withClient { client in
            guard let run = try await client.run(rule, arguments: try arguments()) else { return }
            if hub.json {
                Terminal.say(run.json.text)
            } else {
                Terminal.say(lines: Self.lines(of: run, now: LocalTime.now, on: .standard))
            }
            if run.isDecision || run.outcome == "failed" { throw ExitCode(1) }
        }
    }

    static func lines(of run: RunReport, now: Timestamp, on screen: Screen) -> [String] {
        let text = RunText(now: now)
        let number = run.isDecision ? "" : "run \(run.number) of "
        let head = "\(number)\(run.rule): \(RunText.outcome(run))" + (run.reason.map { ": \($0)" } ?? "")
        let details =
            RunText.effects(run) + [run.isStanding ? text.waits(run).map { "waiting \($0)" } : nil].compactMap(\.self)
        return Wrapping.lines(head, hanging: 2, on: screen)
            + details.flatMap { Wrapping.lines($0, indent: 2, hanging: 4, on: screen) }
    }
}

struct EnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Enable a rule that was disabled or paused.")

    @Argument(help: "The rule.", completion: .rules)
    var rule: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.setEnabled(true, rule: rule)
            if hub.json {
                let answer: JSON = ["rule": .string(rule), "enabled": true]
                Terminal.say(answer.text)
            }
        }
    }
}

struct DisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Disable a rule; persists across restarts.",
        discussion: "Runs in progress continue, and their number is shown; use --stop to end them.")

    @Argument(help: "The rule.", completion: .rules)
    var rule: String

    @Flag(help: "Also end its runs that are in progress.")
    var stop = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.setEnabled(false, rule: rule)
            let stopped = stop ? try await client.stopRuns(of: rule) : 0
            let left = try await client.rules(rule).first?.standing ?? 0
            if hub.json {
                let answer: JSON = [
                    "rule": .string(rule), "enabled": false, "stopped": .number(Double(stopped)),
                    "standing": .number(Double(left)),
                ]
                return Terminal.say(answer.text)
            }
            if stopped > 0 { Terminal.say("\(Numbers.counted(stopped, "run")) of \(rule.printable) ended") }
            if left > 0 {
                Terminal.say(
                    "\(Numbers.counted(left, "run")) of it still under way; end with: komoku disable --stop \(rule.printable)"
                )
            }
        }
    }
}

struct EmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit", abstract: "Send an event to rules.",
        discussion: """
            'komoku emit NAME [PAYLOAD]' starts every rule with the trigger 'emit: NAME'. A payload that is not JSON is sent as \
            text. Exit code 1 if no rule has such a trigger. 'komoku emit --cell BEHAVIOUR ID [MESSAGE]' sends a message to \
            one stored state of the hub and is meant for developers.
            """)

    @Argument(help: ArgumentHelp("NAME [PAYLOAD], or with --cell BEHAVIOUR ID [MESSAGE].", valueName: "words"))
    var words: [String]

    @Flag(help: "Send to a cell.")
    var cell = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        let names = cell ? 2 : 1
        guard (names...(names + 1)).contains(words.count) else {
            throw ValidationError(
                cell
                    ? "--cell expects BEHAVIOUR ID [MESSAGE]"
                    : "'emit' expects NAME [PAYLOAD]; quote a payload of many words")
        }
    }

    /// JSON where it is such, else a text; null where there is none.
    static func payload(_ text: String?) -> JSON {
        guard let text else { return .null }
        return (try? JSON(parsing: text)) ?? .string(text)
    }

    func run() async throws {
        let payload = Self.payload(words.count > (cell ? 2 : 1) ? words.last : nil)
        try await hub.withClient { client in
            if cell {
                try await client.emit(toCell: words[1], of: words[0], payload)
                let answer: JSON = ["cell": [.string(words[0]), .string(words[1])], "message": payload]
                return Terminal.say(lines: hub.json ? [answer.text] : [])
            }
            let count = try await client.emit(words[0], payload: payload)
            let answer: JSON = ["emit": .string(words[0]), "rules": .number(Double(count))]
            guard count > 0 else {
                let message = "no rule waits for '\(words[0].printable)'"
                throw Failure(message: message, word: "not_found", members: answer.object ?? [])
            }
            if hub.json { Terminal.say(answer.text) }
        }
    }
}

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Reload the configuration without a restart.",
        discussion:
            "If the new configuration has errors it is rejected as a whole, the previous one stays active, and the exit code is 1."
    )

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let answer = try await client.reload()
            if hub.json {
                Terminal.say(answer.json.text)
            } else {
                for finding in answer.findings { Terminal.tell(finding.description.printable) }
                for ending in answer.endings { Terminal.say(Self.text(of: ending).printable) }
                if answer.isDone { return Terminal.say("reloaded") }
                Terminal.complain("the new configuration was rejected; the previous one stays active")
            }
            if !answer.isDone { throw ExitCode(1) }
        }
    }

    /// `'washer': the rule was changed; ended run 12, 1 queued run, 1 pending 'for'`.
    private static func text(of ending: ReloadAnswer.Ending) -> String {
        var parts: [String] = []
        if !ending.runs.isEmpty {
            let numbers = ending.runs.prefix(5).map(String.init).joined(separator: ", ")
            let more = ending.runs.count > 5 ? " and \(ending.runs.count - 5) more" : ""
            parts.append("run\(ending.runs.count == 1 ? "" : "s") \(numbers)\(more)")
        }
        if ending.queued > 0 { parts.append("\(ending.queued) queued run\(ending.queued == 1 ? "" : "s")") }
        if ending.holds > 0 { parts.append("\(ending.holds) pending 'for'") }
        return "'\(ending.rule)': \(ending.reason); ended \(parts.joined(separator: ", "))"
    }
}
