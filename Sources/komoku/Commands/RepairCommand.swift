internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Find and correct wrong readings of a meter, or record that it was replaced.",
        discussion: """
            Without an action, lists readings that were ignored, corrected or taken for a reset within the last 30 days, or \
            since --since. The seconds at the end of a line are the time to give to --set and --remove. A removed reading \
            becomes a gap. After --replaced the first reading of the new meter adds nothing to the total, whatever it shows. \
            The last 32 changes of a key can be undone, one by one.
            """)

    @Argument(help: "The key: house.energy.", completion: .keys)
    var key: String

    @OptionGroup var range: RangeOptions

    @Option(help: "Remove the point at that time.")
    var remove: String?

    @Option(parsing: .upToNextOption, help: "Correct a point: its time and the right value, or TIME=VALUE.")
    var set: [String] = []

    @Option(help: "A new meter was installed at that time.")
    var replaced: String?

    @Option(help: "The meter was not replaced at that time.")
    var notReplaced: String?

    @Flag(help: "Take the last change back.")
    var undo = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        let set = setting
        guard set.isEmpty || set.count == 2 else { throw ValidationError("--set expects a time and a value") }
        let times = [remove, set.first, replaced, notReplaced].compactMap(\.self)
        guard times.count + (undo ? 1 : 0) < 2 else {
            throw ValidationError("one of --set, --remove, --replaced, --not-replaced and --undo at a time")
        }
        for time in times { _ = try WrittenTime(time, now: LocalTime.now) }
    }

    /// Written as one word the value may begin with a minus sign.
    private var setting: [String] {
        guard set.count == 1 else { return set }
        return set[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    }

    func run() async throws {
        try await hub.withClient { client in
            let change = try change()
            guard let change else { return try await list(client) }
            let answer = try await client.repair(key, change)
            Terminal.say(hub.json ? answer.json.text : said(of: LocalTime.text(answer.time)))
        }
    }

    private func said(of time: String) -> String {
        if undo { return "what was changed of \(key.printable) at \(time) is as it was" }
        if replaced != nil { return "\(key.printable) begins anew at \(time)" }
        if notReplaced != nil { return "\(key.printable) goes on at \(time)" }
        return "the point of \(key.printable) at \(time) is changed"
    }

    private static func time(_ text: String) throws -> Timestamp { try LocalTime.read(text, now: LocalTime.now) }

    private func change() throws -> RepairRequest.Action? {
        if let remove { return .remove(try Self.time(remove)) }
        let set = setting
        if set.count == 2 {
            return .set(try Self.time(set[0]), PutCommand.json(set[1], asText: false))
        }
        if let replaced { return .replaced(try Self.time(replaced)) }
        if let notReplaced { return .notReplaced(try Self.time(notReplaced)) }
        return undo ? .undo : nil
    }

    private func list(_ client: Client) async throws {
        let (since, until) = try range.bounds()
        let month = (until ?? LocalTime.now) - .seconds(30 * 86_400)
        let outliers = try await client.outliers(of: key, since: since ?? month, until: until)
        if hub.json {
            let answer: JSON = ["key": .string(key), "outliers": .array(outliers.map(\.json))]
            return Terminal.say(answer.text)
        }
        guard !outliers.isEmpty else { return Terminal.say("\(key.printable) has no outliers in this time") }
        let rows = outliers.map { outlier -> [String] in
            [
                LocalTime.text(outlier.time), outlier.kind, outlier.before.map(DecimalNumber.text) ?? "-",
                DecimalNumber.text(outlier.value), DecimalNumber.text(outlier.increase),
                DecimalNumber.text(outlier.time.seconds),
            ]
        }
        let heading = [LocalTime.heading("time"), "kind", "before", "reading", "increase", "seconds since 1970"]
        Terminal.say(table: Table.lines([heading] + rows))
    }
}
