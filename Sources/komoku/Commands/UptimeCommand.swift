internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct UptimeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uptime", abstract: "Show how much of the time a key was true, and when it was not.",
        discussion: "For boolean and uptime keys. Covers the last 24 hours unless --since is given.")

    @Argument(help: "The key: router.alive.", completion: .keys)
    var key: String

    @OptionGroup var range: RangeOptions

    @OptionGroup var hub: HubOptions

    func validate() throws { try range.checkPast() }

    func run() async throws {
        try await hub.withClient { client in try await run(client) }
    }

    private func run(_ client: Client) async throws {
        var (since, until) = try range.pastBounds()
        // One range for both questions.
        let asked = until
        let end = until ?? LocalTime.now
        since = since ?? end - .seconds(86_400)
        until = end
        let found = try await client.required(key)
        guard KeyType(rawValue: found.type)?.isBoolean == true else {
            throw Failure(message: "\(key) is \(found.type); only boolean and uptime keys are up or down")
        }
        var query = StatisticsRequest(try key.asName(), since: since, until: until)
        query.fields = [.fraction, .trueTime, .knownTime]
        let figures = try await client.statistics(query).windows.first?.figures ?? StatisticsFigures()
        let outages = try await client.spans(key, value: false, since: since, until: asked)
        show(figures, SpanList(outages, until: end))
    }

    private func show(_ figures: StatisticsFigures, _ outages: SpanList) {
        if hub.json { return Terminal.say(json(figures, outages).text) }
        guard let share = figures[.fraction] else {
            return Terminal.say("nothing is known of \(key.printable) in this time")
        }
        let known = figures[.knownTime] ?? 0
        let up = figures[.trueTime] ?? share * known
        var rows = [["up", "\(Numbers.percent(share))  \(Numbers.length(up)) of \(Numbers.length(known)) known"]]
        if figures.unwatched > 0 { rows.append(["not watched", Numbers.length(figures.unwatched)]) }
        rows.append(["outages", Numbers.grouped(outages.spans.count)])
        if let longest = outages.longest {
            rows += [["down for", Numbers.length(outages.total)], ["longest", Numbers.length(longest)]]
        }
        Terminal.say(rows: rows)
        guard !outages.spans.isEmpty else { return }
        Terminal.say("")
        Terminal.say(table: outages.table())
    }

    private func json(_ figures: StatisticsFigures, _ outages: SpanList) -> JSON {
        func number(_ number: Double?) -> JSON { number.map { .number($0) } ?? .null }
        return [
            "key": .string(key), "fraction": number(figures[.fraction]), "true_time": number(figures[.trueTime]),
            "known_time": number(figures[.knownTime]), "outage_time": .number(outages.total),
            "longest_outage": number(outages.longest), "unwatched": .number(figures.unwatched),
            "outages": outages.json,
        ]
    }
}
