internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List rules and how often they ran, or show one in detail.",
        discussion: "Counts begin anew when a rule is changed; they survive restarts.")

    @Argument(help: "Only this rule, including those that its 'each' creates.", completion: .rules)
    var name: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let rules = try await client.rules(name)
            if hub.json {
                let answer: JSON = ["rules": .array(rules.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !rules.isEmpty else { return Terminal.complain("the hub has no rules") }
            if name != nil, rules.count == 1 {
                let lines = RulesShown.lines(of: rules[0], now: LocalTime.now, on: .standard)
                let remark = rules[0].next == nil ? [] : [Terminal.dim("  " + LocalTime.remark)]
                return Terminal.say(lines: lines.prefix(1).map(Terminal.bold) + lines.dropFirst() + remark)
            }
            Terminal.say(table: RulesShown(rules, now: LocalTime.now).lines(on: .standard))
            // For people only: what reads a pipe expects a rule in each line.
            if Screen.standard.columns != nil { Terminal.say(Terminal.dim("counted since each rule was last changed")) }
        }
    }
}

extension CompletionKind {
    /// The names of rules and scripts, where the hub of `KOMOKU_SERVER` answers in time.
    static var rules: CompletionKind {
        .custom { words, _, _ in await HubNames.rules.list(for: words) }
    }
}
