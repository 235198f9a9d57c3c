internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the recorded values of a key, oldest first.",
        discussion: """
            On a terminal a small graph is drawn above them. With --step there is one line per interval that has values: the \
            average of a number, the share of time a boolean was true, or the last text. With --json the points are a list of \
            [time, value], time in seconds since 1970; all other commands print an object.
            """)

    @Argument(help: "The key: kitchen.temperature.", completion: .keys)
    var key: String

    @OptionGroup var range: RangeOptions

    @Option(help: "Show only this many of the newest points; 1 to 10000.")
    var limit: Int?

    @Option(help: "One line per interval: 5m, 1h, or the calendar's hour, day, week, month or year.")
    var step: String?

    @Flag(help: "Print CSV like export: key,time,value.")
    var csv = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        try hub.check(csv: csv)
        if let limit, !(1...10_000).contains(limit) { throw ValidationError("--limit expects 1 to 10000") }
        if let step { try StepText.check(step) }
    }

    func run() async throws {
        try await hub.withClient { client in
            let (since, until) = try range.bounds()
            guard let found = try await client.key(key) else {
                throw try await client.absent(key)
            }
            let points =
                if let step { try await windows(step, of: found, since, until, client) } else {
                    try await client.history(key, since: since, until: until, limit: limit)
                }
            show(points, found)
        }
    }

    /// Windows with points, as points at their starts.
    private func windows(
        _ step: String, of found: KeyDescription, _ since: Timestamp?, _ until: Timestamp?, _ client: Client
    ) async throws -> [HistoryPoint] {
        let field: StatisticsField =
            switch KeyType(rawValue: found.type) {
            case .boolean, .uptime: .fraction
            case .string, .counter: .last
            case .numeric, nil: .mean
            }
        var query = StatisticsRequest(try key.asName(), since: since, until: until, step: step)
        query.zone = hub.zone
        query.fields = [.count, field]
        let answer = try await client.statistics(query)
        let points = answer.windows.compactMap { window -> HistoryPoint? in
            guard window.figures[.count] ?? 0 > 0, let value = window.figures.value(field) else { return nil }
            return HistoryPoint(time: window.start, value: value)
        }
        return points.suffix(limit ?? .max)
    }

    private func show(_ points: [HistoryPoint], _ found: KeyDescription) {
        if hub.json {
            Terminal.say(JSON.array(points.map { [.number($0.time.seconds), $0.value] }).text)
        } else if csv {
            let writer = CSVExport()
            Terminal.write(writer.start() + writer.points(KeyPoints(key: key, points: points)) + writer.end())
        } else {
            let screen = Screen.standard
            if let width = screen.columns, let line = Sparkline(points, unit: found.unit).text(width: width, screen) {
                Terminal.say(line)
            }
            let isComputed = step != nil && found.type == KeyType.numeric.rawValue
            let rows = points.map { [LocalTime.text($0.time), text($0.value, found, isComputed)] }
            if points.isEmpty {
                let time = range.since == nil && range.until == nil ? "" : " in this time"
                Terminal.complain("\(key.printable) has no points\(time)")
            }
            Terminal.say(table: points.isEmpty ? [] : Table.lines([[LocalTime.heading("time"), "value"]] + rows))
        }
    }

    private func text(_ value: JSON, _ found: KeyDescription, _ isComputed: Bool) -> String {
        if step != nil, KeyType(rawValue: found.type)?.isBoolean == true, let share = value.number {
            return Numbers.percent(share)
        }
        guard isComputed, let number = value.number else { return Shown.value(value, unit: found.unit) }
        return Figure.text(number, unit: found.unit, decimals: nil)
    }
}
