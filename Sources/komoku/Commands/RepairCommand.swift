internal import ArgumentParser
internal import Komoku
internal import KomokuClient

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
            if hub.json { return Terminal.say(answer.text) }
            let time = answer["time"]?.number.flatMap(Timestamp.init(seconds:)).map { LocalTime.text($0) } ?? ""
            Terminal.say(said(of: time))
        }
    }

    private func said(of time: String) -> String {
        if undo { return "what was changed of \(key.printable) at \(time) is as it was" }
        if replaced != nil { return "\(key.printable) begins anew at \(time)" }
        if notReplaced != nil { return "\(key.printable) goes on at \(time)" }
        return "the point of \(key.printable) at \(time) is changed"
    }

    private static func time(_ text: String) throws -> Timestamp { try LocalTime.read(text, now: LocalTime.now) }

    private func change() throws -> JSON.Member? {
        if let remove { return JSON.Member("remove", .number(try Self.time(remove).seconds)) }
        let set = setting
        if set.count == 2 {
            let value = PutCommand.json(set[1], asText: false)
            return JSON.Member("set", [.number(try Self.time(set[0]).seconds), value])
        }
        if let replaced { return JSON.Member("replaced", .number(try Self.time(replaced).seconds)) }
        if let notReplaced { return JSON.Member("not_replaced", .number(try Self.time(notReplaced).seconds)) }
        return undo ? JSON.Member("undo", true) : nil
    }

    private func list(_ client: Client) async throws {
        let (since, until) = try range.bounds()
        let month = (until ?? LocalTime.now) - .seconds(30 * 86_400)
        let outliers = try await client.outliers(of: key, since: since ?? month, until: until)
        if hub.json {
            let answer: JSON = ["key": .string(key), "outliers": .array(outliers)]
            return Terminal.say(answer.text)
        }
        guard !outliers.isEmpty else { return Terminal.say("\(key.printable) has no outliers in this time") }
        let rows = outliers.map { outlier -> [String] in
            let time = outlier["time"]?.number.flatMap(Timestamp.init(seconds:)).map { LocalTime.text($0) } ?? ""
            func number(_ name: String) -> String { outlier[name]?.number.map(DecimalNumber.text) ?? "-" }
            return [
                time, outlier["kind"]?.string ?? "", number("before"), number("value"), number("increase"),
                number("time"),
            ]
        }
        let heading = [LocalTime.heading("time"), "kind", "before", "reading", "increase", "seconds since 1970"]
        Terminal.say(table: Table.lines([heading] + rows))
    }
}
