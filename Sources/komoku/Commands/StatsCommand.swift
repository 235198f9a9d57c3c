internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show statistics of a key, in total or per interval.",
        discussion: """
            Without --step, one set of figures; with --step, a table with one row per interval and, on a terminal, a bar. Averages \
            are weighted by how long each value lasted. Covers the last 24 hours unless --since is given.
            """)

    @Argument(help: "The key: kitchen.temperature.", completion: .keys)
    var key: String?

    @OptionGroup var range: RangeOptions

    @Option(help: "One row per interval: 5m, 1h, or the calendar's hour, day, week, month or year.")
    var step: String?

    @Option(help: "Percentiles of a number, 0 to 100: 5,50,95.")
    var percentiles: String?

    @Option(help: "Which figures: mean,min,max.")
    var fields: String?

    @Flag(help: "Print CSV.")
    var csv = false

    @Flag(help: "Show what the database holds, instead of a key.")
    var store = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard (key != nil) != store else { throw ValidationError("stats takes a key, or --store") }
        try hub.check(csv: csv)
        try range.checkPast()
        if let step { try StepText.check(step) }
        _ = try (marks(), chosenFields())
    }

    /// What the hub takes too, where nobody says which.
    private static let usualMarks: [Double] = [50, 95, 99]

    private func marks() throws -> [Double] {
        if percentiles == nil, try chosenFields()?.contains(.percentiles) == true { return Self.usualMarks }
        return try (percentiles ?? "").split(separator: ",").map { part in
            guard let number = DecimalNumber.parse(Array(part.utf8)), (0...100).contains(number) else {
                throw ValidationError("'\(part)' is no percentile; write 5,50,95")
            }
            return number
        }
    }

    private func chosenFields() throws -> [StatisticsField]? {
        try fields?.split(separator: ",").map { part in
            let name = String(part)
            if let field = StatisticsField(rawValue: name) { return field }
            let names = StatisticsField.allCases.map(\.rawValue)
            let question = Suggestion.question(for: name, in: names) ?? "known are \(names.joined(separator: ", "))"
            throw ValidationError("'\(name)' is no figure; \(question)")
        }
    }

    func run() async throws {
        guard let key else { return try await StoreCommand.show(hub, details: true) }
        var query = StatisticsRequest(try key.asName(), step: step)
        query.zone = hub.zone
        query.percentiles = try marks()
        let chosen = try chosenFields()
        try await hub.withClient { client in
            (query.range.since, query.range.until) = try range.pastBounds()
            let found = try await client.required(key)
            query.fields = asked(chosen, KeyType(rawValue: found.type), found.unit)
            let answer = try await client.statistics(query)
            if hub.json { return Terminal.say(answer.json.text) }
            show(StatisticsShown(answer: answer, fields: chosen, percentiles: query.percentiles))
        }
    }

    /// No more than is shown: some figures cost a look at every point.
    private func asked(_ chosen: [StatisticsField]?, _ type: KeyType?, _ unit: String?) -> [StatisticsField]? {
        if hub.json && chosen == nil { return nil }
        let usual =
            step == nil || csv ? Figure.block(for: type, unit: unit) : Figure.row(for: type) + [Figure.bar(for: type)]
        let shown = chosen ?? usual
        var asked: [StatisticsField] = []
        for field in shown + [.count, .knownTime] + (percentiles == nil ? [] : [.percentiles])
        where !asked.contains(field) { asked.append(field) }
        return asked
    }

    private func show(_ shown: StatisticsShown) {
        if csv {
            Terminal.say(lines: shown.csv())
        } else if step == nil {
            Terminal.say(lines: shown.block())
        } else {
            Terminal.say(table: shown.table(on: .standard))
        }
        for remark in shown.remarks { Terminal.complain(remark) }
    }
}
